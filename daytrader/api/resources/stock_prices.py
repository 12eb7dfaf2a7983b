"""/prices: stored bars."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import request
from flask_restx import Namespace, Resource

from daytrader.api.decorators import authenticated, lists, reads, returns
from daytrader.api.schemas.stock_price import DailyPriceSchema, HistorySchema, LatestSchema
from daytrader.api.swagger import can_fail, documented, query_parameter
from daytrader.services import daily_price_service, listings, price_history
from daytrader.services.event_payloads import entity
from daytrader.services.price_history import History
from daytrader.utils import query_values, validators
from daytrader.utils.constants import DAILY, INTRADAY_INTERVALS
from daytrader.utils.errors import BrokenRuleError
from daytrader.utils.query_utils import ListQuery, Page

ns = Namespace("prices", description="Stored bars")

_INTERVALS: Final = {"daily": DAILY} | {str(minutes): minutes for minutes in (DAILY, *INTRADAY_INTERVALS)}


@ns.route("/daily")
class DailyPriceList(Resource):  # type: ignore[misc]
    """Daily prices of all stocks."""

    @authenticated
    @reads
    @lists(DailyPriceSchema, listings.DAILY_PRICES)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List daily prices; `symbol`, `start` and `end` are the usual filters."""
        return listings.daily_prices(session, query)


@ns.route("/daily/<int:price_id>")
class DailyPriceItem(Resource):  # type: ignore[misc]
    """One daily price."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(DailyPriceSchema)
    def get(self, session: Any, price_id: int) -> dict[str, Any]:
        """Show a daily price."""
        price = daily_price_service.get(session, price_id)
        return entity(price) | {"symbol": price.stock.symbol}


@ns.route("/<string:symbol>/history")
class PriceHistory(Resource):  # type: ignore[misc]
    """The bars of one stock, for charts."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
    @returns(HistorySchema)
    def get(self, session: Any, symbol: str) -> History:
        """Show a stock's bars in columns, oldest first."""
        given = request.args
        start = validators.checked("start", _day, given.get("start"))
        end = validators.checked("end", _day, given.get("end"))
        interval = validators.checked("interval", _interval, given.get("interval", "daily"))
        adjusted = validators.checked("adjusted", query_values.boolean, given.get("adjusted", "false"))
        return price_history.history(session, symbol, interval, start, end, adjusted=adjusted)


@ns.route("/<string:symbol>/latest")
class LatestPrices(Resource):  # type: ignore[misc]
    """The last bars of one stock."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(LatestSchema)
    def get(self, session: Any, symbol: str) -> dict[str, Any]:
        """Show the last bar of each interval; in a replay, the last that the market knows."""
        found, bars = price_history.latest(session, symbol)
        return {"symbol": found, "items": bars}


documented(
    PriceHistory.get,
    params={
        "start": query_parameter(str, "First session, YYYY-MM-DD", format="date"),
        "end": query_parameter(str, "Last session, YYYY-MM-DD", format="date"),
        "interval": query_parameter(str, "Minutes of a bar", enum=list(_INTERVALS), default="daily"),
        "adjusted": query_parameter(bool, "Scaled by the vendor's adjusted close", default=False),
    },
)


def _day(value: str | None) -> Any:
    return None if value is None else query_values.day(value)


def _interval(value: str) -> int:
    if value not in _INTERVALS:
        raise BrokenRuleError(f"must be one of {', '.join(_INTERVALS)}")
    return _INTERVALS[value]
