"""/prices/import, export and fetch: many bars at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Response, current_app, request
from flask_restx import Resource

from daytrader.api.background import starts_job
from daytrader.api.decorators import (
    accepts,
    admin_required,
    authenticated,
    current_actor,
    guarded,
    limited,
    returns,
    writes,
)
from daytrader.api.parsers import price_queries
from daytrader.api.parsers.arguments import asks
from daytrader.api.parsers.price_queries import Span
from daytrader.api.resources import stock_prices
from daytrader.api.schemas.job import JobSchema
from daytrader.api.schemas.stock_price import FetchSchema
from daytrader.api.swagger import can_fail, documented, query_parameter
from daytrader.api.uploads import Upload, receives_price_file
from daytrader.jobs.price_jobs import FETCH, IMPORT
from daytrader.models.enums import PriceSource
from daytrader.services import job_service, price_export, rate_limits, stock_service
from daytrader.services.actor import Actor
from daytrader.services.data_providers import get_provider
from daytrader.services.data_providers.csv_dates import DateOrder
from daytrader.services.event_payloads import entity
from daytrader.services.price_export import ExportFormat
from daytrader.services.price_upsert import OnConflict
from daytrader.services.session_manager import SessionManager
from daytrader.utils import validators
from daytrader.utils.errors import ConfigurationError, InvalidInputError

ns = stock_prices.ns

_TYPES: Final = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
    ExportFormat.JSON: "application/json",
}
_FORMAT: Final = {"format": query_parameter(ExportFormat, "The form of the file", default=ExportFormat.CSV.value)}
_IMPORT_PARAMETERS: Final = {
    "symbol": query_parameter(str, "The stock of every row; left out where a column names it", "AAPL"),
    "interval": query_parameter(str, "Minutes of a bar; found out by default", enum=list(price_queries.INTERVALS)),
    "source": query_parameter(PriceSource, "Where the prices come from", default=PriceSource.HISTORICAL.value),
    "dry_run": query_parameter(bool, "Check everything and write nothing", default=False),
    "partial": query_parameter(bool, "Keep the good rows of a file that has bad ones", default=False),
    "on_conflict": query_parameter(
        OnConflict, "What happens to bars that are stored already", default=OnConflict.UPDATE.value
    ),
    "date_order": query_parameter(
        DateOrder, "Which comes first in dates such as 03/04/2020, for files whose dates all leave it open"
    ),
    "timezone": query_parameter(
        str, "The zone of times that do not say theirs; the exchange's by default", "America/New_York"
    ),
}


def _exists(session: Any, symbol: Any, _actor: Actor) -> object:
    return stock_service.by_symbol(session, symbol)


@ns.route("/import")
class PriceImport(Resource):  # type: ignore[misc]
    """Prices of a file."""

    @authenticated
    @admin_required
    @limited(rate_limits.IMPORTS)
    @starts_job
    @receives_price_file
    @writes
    @asks(_IMPORT_PARAMETERS)
    @returns(JobSchema, HTTPStatus.ACCEPTED, location="/jobs/{id}")
    def post(self, session: Any, upload: Upload) -> Mapping[str, Any]:
        """
        Import a CSV, JSON (plain or gzip) or Parquet file, daily or intraday, in any common vendor's layout (admins).

        The file is validated as a whole, then written in one transaction: the job lists each bad row with its line,
        and nothing is written unless `partial` is set. A `symbol` column imports many stocks at once.
        """
        params = _import_params(upload)
        job = job_service.create(session, current_actor(), IMPORT, params | {"upload": upload.path.name})
        upload.is_kept = True
        return entity(job)


@ns.route("/<string:symbol>/fetch")
class PriceFetch(Resource):  # type: ignore[misc]
    """Prices of a provider."""

    @authenticated
    @limited(rate_limits.IMPORTS)
    @starts_job
    @writes
    @guarded("symbol", _exists)
    @admin_required
    @accepts(FetchSchema)
    @returns(JobSchema, HTTPStatus.ACCEPTED, location="/jobs/{id}")
    def post(self, session: Any, symbol: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask a data provider for a stock's bars, dividends and splits (admins)."""
        _judge(data["provider"], data["interval"])
        start, end = data.get("start"), data.get("end")
        if start is not None and end is not None and start > end:
            raise InvalidInputError({"start": ["must not be after the end"]})
        params = {
            "symbol": stock_service.by_symbol(session, symbol).symbol,
            "provider": data["provider"],
            "interval": data["interval"],
            "start": start and start.isoformat(),
            "end": end and end.isoformat(),
        }
        return entity(job_service.create(session, current_actor(), FETCH, params))


def _judge(provider: str, interval: int) -> None:
    """Refuse what the provider does not have, or a provider that is not set up."""
    try:
        intervals = get_provider(provider, current_app.extensions["settings"]).capabilities.intervals
    except ConfigurationError as error:
        raise InvalidInputError({"provider": [str(error)]}) from error
    if interval not in intervals:
        raise InvalidInputError({"interval": [f"{provider} has no such bars"]})


@ns.route("/<string:symbol>/export")
class PriceExport(Resource):  # type: ignore[misc]
    """One stock's bars as a file."""

    @authenticated
    @can_fail(HTTPStatus.NOT_FOUND)
    @asks(price_queries.SPAN | _FORMAT)
    def get(self, symbol: str) -> Response:
        """Download a stock's bars as CSV, Parquet or JSON; imported again they are the same bars."""
        span = price_queries.span()
        given = request.args.get("format", ExportFormat.CSV.value)
        form = validators.checked("format", validators.member_of(ExportFormat), given)
        with SessionManager(read_only=True) as session:
            found = stock_service.by_symbol(session, symbol).symbol
        response = Response(_stream(found, form, span), mimetype=_TYPES[form])
        name = f"{found}-{span.interval or 'daily'}.{form.value}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.direct_passthrough = True  # nobody waits for its end to compress it
        return response


def _stream(symbol: str, form: ExportFormat, span: Span) -> Iterator[bytes]:
    # A unit of work of its own: it lasts as long as the download, beyond the request's.
    with SessionManager(read_only=True) as session:
        stock = stock_service.by_symbol(session, symbol)
        yield from price_export.export(session, stock, form, span.interval, span.start, span.end)


def _import_params(upload: Upload) -> dict[str, Any]:
    given = request.args
    symbol, interval = given.get("symbol"), given.get("interval")
    if symbol is None and upload.stocks is None:
        raise InvalidInputError({"symbol": ["is required: the file does not name its stock"]})
    if symbol is not None and len(upload.stocks or ()) > 1:
        raise InvalidInputError({"symbol": ["must be left out: the file holds several stocks"]})
    source = given.get("source", PriceSource.HISTORICAL.value)
    on_conflict = given.get("on_conflict", OnConflict.UPDATE.value)
    order, zone = given.get("date_order"), given.get("timezone")
    return {
        "symbol": None if symbol is None else validators.checked("symbol", validators.symbol, symbol),
        "interval": None if interval is None else validators.checked("interval", price_queries.interval, interval),
        "source": validators.checked("source", validators.member_of(PriceSource), source).value,
        "is_dry_run": price_queries.flag("dry_run"),
        "is_partial": price_queries.flag("partial"),
        "on_conflict": validators.checked("on_conflict", validators.member_of(OnConflict), on_conflict).value,
        "date_order": order and validators.checked("date_order", validators.member_of(DateOrder), order).value,
        "timezone": zone and validators.checked("timezone", validators.time_zone, zone).key,
    }


documented(
    PriceExport.get,
    produces=[*_TYPES.values()],
    responses={200: "The file"},
)
