"""/sweeps/{id}/results, /heatmap and /symbols: what came of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from flask import Response, request
from flask_restx import Resource

from daytrader.api.background import sweep_files_of
from daytrader.api.decorators import authenticated, current_actor, reads, returns
from daytrader.api.encoding import answer
from daytrader.api.parsers.arguments import asks
from daytrader.api.resources import sweeps
from daytrader.api.schemas.fields import BaseSchema
from daytrader.api.schemas.sweep import HeatmapSchema, SweepResultSchema
from daytrader.api.schemas.sweep_findings import SweepFindingsSchema, SweepSymbolSchema
from daytrader.api.swagger import can_fail, documented, page_of, query_parameter
from daytrader.core.heatmap import REDUCTIONS
from daytrader.core.ranking import HIGHER_IS_BETTER, METRICS
from daytrader.models import Sweep
from daytrader.services import sweep_files, sweep_results, sweep_service
from daytrader.services.sweep_results import SUMMARY_ORDERS, ResultQuery
from daytrader.utils import query_values, validators
from daytrader.utils.errors import NotFoundError
from daytrader.utils.query_utils import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

ns = sweeps.ns

_Made = Callable[..., Any]
_PAGING: Final = {
    "page": query_parameter(int, "From 1", default=1),
    "page_size": query_parameter(int, "1 to 100", default=DEFAULT_PAGE_SIZE),
}
_RESULTS: Final = {
    **_PAGING,
    "sort": query_parameter(str, "A figure or a setting; the sweep's metric by default", "total_return_pct"),
    "order": query_parameter(str, "By default the best first", enum=["asc", "desc"]),
    "symbol": query_parameter(str, "Of several: one symbol's figures instead of those of all together", "AAPL"),
    "where": query_parameter(str, "Only combinations with these settings", "fast:10,slow:50"),
}
_HEATMAP: Final = {
    "x": query_parameter(str, "The setting across", "fast", required=True),
    "y": query_parameter(str, "The setting down", "slow", required=True),
    "metric": query_parameter(str, "The sweep's by default", enum=list(METRICS)),
    "reduce": query_parameter(
        str, "What stands for combinations that share a cell", enum=list(REDUCTIONS), default="mean"
    ),
    "symbol": query_parameter(str, "Of several: one symbol's figures", "AAPL"),
}
_SYMBOLS: Final = {
    **_PAGING,
    "sort": query_parameter(str, "What to order by; the sweep's order by default", enum=list(SUMMARY_ORDERS)),
    "order": query_parameter(str, "Ascending or descending", enum=["asc", "desc"], default="asc"),
}


def _lists(schema: type[BaseSchema], parameters: Mapping[str, Mapping[str, Any]]) -> Callable[[_Made], _Made]:
    """Answer with a page of what a finished sweep has come to, as the method makes it of these *parameters*."""

    def decorate(method: _Made) -> _Made:
        @can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
        @authenticated
        @reads
        @asks(parameters)
        @wraps(method)
        def get(self: Resource, session: Any, sweep_id: int) -> Response:
            return answer(method(self, sweep_service.finished(session, sweep_id, current_actor())))

        return documented(get, responses={int(HTTPStatus.OK): ("A page", page_of(schema()))})

    return decorate


@ns.route("/<int:sweep_id>/results")
class SweepResults(Resource):  # type: ignore[misc]
    """What each combination came to."""

    @_lists(SweepResultSchema, _RESULTS)
    def get(self, stored: Sweep) -> Mapping[str, Any]:
        """List combinations with their settings and figures, by default the best first."""
        return sweep_results.page(sweep_files_of(stored.id), stored, _result_query(stored))


@ns.route("/<int:sweep_id>/heatmap")
class SweepHeatmap(Resource):  # type: ignore[misc]
    """A figure over two settings."""

    @can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    @authenticated
    @reads
    @asks(_HEATMAP)
    @returns(HeatmapSchema)
    def get(self, session: Any, sweep_id: int) -> dict[str, Any]:
        """Show a figure over two settings; of combinations that share a cell the mean, the median or the best."""
        stored = sweep_service.finished(session, sweep_id, current_actor())
        given = request.args
        metric = validators.checked("metric", _one_of(METRICS), given.get("metric", stored.metric))
        reduce = validators.checked("reduce", _one_of(REDUCTIONS), given.get("reduce", "mean"))
        names = sweep_results.settings_of(stored)
        x, y = (validators.checked(name, _one_of(names), given.get(name, "")) for name in ("x", "y"))
        symbol = _symbol_place(stored)
        found = sweep_results.heatmap(sweep_files_of(sweep_id), stored, x, y, metric, reduce, symbol)
        return {"metric": metric, **found.to_dict()}


@ns.route("/<int:sweep_id>/symbols")
class SweepSymbols(Resource):  # type: ignore[misc]
    """The stocks of a sweep, each judged alone."""

    @_lists(SweepSymbolSchema, _SYMBOLS)
    def get(self, stored: Sweep) -> Mapping[str, Any]:
        """List the best of each stock alone, with the figures that say whether it is luck; in the sweep's order."""
        sort = request.args.get("sort")
        if sort is not None:
            validators.checked("sort", _one_of(SUMMARY_ORDERS), sort)
        page, size = _page()
        files = sweep_files_of(stored.id)
        return sweep_results.symbols_page(files, stored, sort, page, size, is_descending=_is_descending("asc"))


@ns.route("/<int:sweep_id>/symbols/<string:symbol>")
class SweepSymbol(Resource):  # type: ignore[misc]
    """One stock of a sweep."""

    @can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    @authenticated
    @reads
    @returns(SweepFindingsSchema)
    def get(self, session: Any, sweep_id: int, symbol: str) -> dict[str, Any]:
        """Show what a sweep of this stock alone finds: its best, deflated Sharpe ratio, walk-forward, verdict."""
        stored = sweep_service.finished(session, sweep_id, current_actor())
        symbols = list(stored.symbols)
        if symbol.upper() not in symbols:
            raise NotFoundError("stock of this sweep")
        return sweep_results.findings_of(sweep_files_of(sweep_id), stored, symbols.index(symbol.upper()))


def _result_query(stored: Sweep) -> ResultQuery:
    given = request.args
    names = sweep_results.settings_of(stored)
    sort = given.get("sort", stored.metric)
    sweep_files.require_figure(sort, names)
    page, page_size = _page()
    return ResultQuery(
        sort=sort,
        is_descending=_is_descending("desc" if sort in HIGHER_IS_BETTER else "asc"),
        page=page,
        page_size=page_size,
        symbol=_symbol_place(stored),
        where=validators.checked("where", lambda text: _where(text, names), given.get("where", "")),
    )


def _page() -> tuple[int, int]:
    """Return which page the address asks for, and how long a page is."""
    number, size = request.args.get("page", "1"), request.args.get("page_size", str(DEFAULT_PAGE_SIZE))
    return (
        validators.checked("page", lambda text: query_values.whole(text, 1, 10**15), number),
        validators.checked("page_size", lambda text: query_values.whole(text, 1, MAX_PAGE_SIZE), size),
    )


def _is_descending(default: str) -> bool:
    order: str = validators.checked("order", _one_of(("asc", "desc")), request.args.get("order", default))
    return order == "desc"


def _where(text: str, names: Sequence[str]) -> dict[str, float]:
    """Return the settings that ``fast:10,slow:50`` asks for."""
    found = {}
    for part in text.split(",") if text else ():
        name, _, value = part.partition(":")
        found[query_values.choice(name, names)] = float(validators.decimal(value))
    return found


def _symbol_place(stored: Sweep) -> int | None:
    """Return which of the symbols the address names; None is all together, where there are several."""
    name = request.args.get("symbol")
    if name is None:
        return 0 if len(stored.symbols) == 1 else None
    chosen: str = validators.checked("symbol", _one_of(stored.symbols), name.upper())
    return list(stored.symbols).index(chosen)


def _one_of(words: Any) -> Any:
    return lambda text: query_values.choice(text, words)
