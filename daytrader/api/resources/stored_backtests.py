"""/backtests/{id}, its parts, and several side by side."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Response, request
from flask_restx import Resource

from daytrader.api.decorators import authenticated, current_actor, guarded, reads, returns, returns_nothing, writes
from daytrader.api.parsers.arguments import asks
from daytrader.api.resources.backtests import ns, stored_report
from daytrader.api.schemas.backtest import (
    BacktestComparisonSchema,
    BacktestEquitySchema,
    BacktestTradesSchema,
    StoredReportSchema,
)
from daytrader.api.swagger import can_fail, documented, query_parameter
from daytrader.core.report import Report
from daytrader.models import Backtest
from daytrader.services import backtest_service, pinned_data
from daytrader.services.event_payloads import entity
from daytrader.utils import query_values, validators
from daytrader.utils.errors import BrokenRuleError

_MOST_COMPARED: Final = 10


@ns.route("/compare")
class BacktestComparison(Resource):  # type: ignore[misc]
    """Stored backtests side by side."""

    @can_fail(HTTPStatus.NOT_FOUND)
    @authenticated
    @reads
    @asks({"ids": query_parameter(str, "Their ids, separated by commas", "1,2", required=True)})
    @returns(BacktestComparisonSchema)
    def get(self, session: Any) -> dict[str, object]:
        """Show the figures of 2 to 10 own backtests beside each other, and the settings in which they differ."""
        ids = validators.checked("ids", _ids, request.args.get("ids", ""))
        found = backtest_service.compare(session, current_actor(), ids)
        items = [entity(kept) | {"is_restated": pinned_data.is_restated(session, kept)} for kept in found.backtests]
        return {"items": items, "differences": found.differences, "is_same_data": found.is_same_data}


@ns.route("/<int:backtest_id>")
class BacktestItem(Resource):  # type: ignore[misc]
    """One stored backtest."""

    @can_fail(HTTPStatus.NOT_FOUND)
    @authenticated
    @reads
    @returns(StoredReportSchema)
    def get(self, session: Any, backtest_id: int) -> dict[str, object]:
        """Show the report as it was made, and whether the prices it was made from have changed since."""
        kept = backtest_service.get_owned(session, backtest_id, current_actor())
        return stored_report(kept, backtest_service.report_of(kept), is_restated=pinned_data.is_restated(session, kept))

    @authenticated
    @writes
    @guarded("backtest_id", backtest_service.get_owned)
    @returns_nothing
    def delete(self, session: Any, backtest_id: int) -> None:
        """Remove a stored backtest."""
        backtest_service.delete(session, current_actor(), backtest_id)


@ns.route("/<int:backtest_id>/trades")
class BacktestTrades(Resource):  # type: ignore[misc]
    """The trades of a stored backtest."""

    @can_fail(HTTPStatus.NOT_FOUND)
    @authenticated
    @reads
    @returns(BacktestTradesSchema)
    def get(self, session: Any, backtest_id: int) -> dict[str, object]:
        """List its trades in the order of their entries, each with its reasons."""
        report = backtest_service.report_of(backtest_service.get_owned(session, backtest_id, current_actor()))
        return {"items": report.to_dict()["trades"]}


@ns.route("/<int:backtest_id>/equity")
class BacktestEquity(Resource):  # type: ignore[misc]
    """The equity curve of a stored backtest."""

    @can_fail(HTTPStatus.NOT_FOUND)
    @authenticated
    @reads
    @returns(BacktestEquitySchema)
    def get(self, session: Any, backtest_id: int) -> Mapping[str, object]:
        """Show its value, its drawdown and buy and hold at each session's close, in columns."""
        kept = backtest_service.get_owned(session, backtest_id, current_actor())
        return backtest_service.equity(_whole(kept))


@ns.route("/<int:backtest_id>/report.html")
class BacktestPage(Resource):  # type: ignore[misc]
    """A stored backtest as a page."""

    @can_fail(HTTPStatus.NOT_FOUND)
    @authenticated
    @reads
    def get(self, session: Any, backtest_id: int) -> Response:
        """Download the report as one self-contained page, to be read anywhere."""
        kept = backtest_service.get_owned(session, backtest_id, current_actor())
        # To be saved: our own pages allow no styles within a page, as this one has them.
        headers = {"Content-Disposition": f'attachment; filename="backtest-{kept.id}.html"'}
        return Response(_whole(kept).to_html(), headers=headers, mimetype="text/html")


documented(BacktestPage.get, produces=["text/html"], responses={int(HTTPStatus.OK): "The page"})


def _ids(text: str) -> list[int]:
    found = [query_values.whole(part, 1, 2**31 - 1) for part in text.split(",")] if text else []
    if not 1 < len(set(found)) == len(found) <= _MOST_COMPARED:
        raise BrokenRuleError(f"must be 2 to {_MOST_COMPARED} different ids, separated by commas")
    return found


def _whole(kept: Backtest) -> Report:
    return backtest_service.whole(backtest_service.report_of(kept))
