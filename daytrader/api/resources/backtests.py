"""/backtests: run, kept, previewed and compared; and the backtest of a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from flask import Response, request
from flask_restx import Namespace, Resource

from daytrader.api import swagger
from daytrader.api.background import starts_job
from daytrader.api.backtesting import backtesting
from daytrader.api.decorators import (
    accepts,
    authenticated,
    computes,
    current_actor,
    guarded,
    lists,
    reads,
    returns,
    writes,
)
from daytrader.api.encoding import answer
from daytrader.api.headers import API_PREFIX
from daytrader.api.parsers.arguments import asks
from daytrader.api.resources.trading_services import ns as services_ns
from daytrader.api.schemas.backtest import (
    BacktestItemSchema,
    BacktestSchema,
    ReportSchema,
    ServiceBacktestSchema,
    StoredReportSchema,
)
from daytrader.api.schemas.job import JobItemSchema
from daytrader.api.swagger import can_fail, documented, query_parameter
from daytrader.core.rules import RULE_NAMES, Rules
from daytrader.jobs import backtest as backtest_jobs
from daytrader.models import Backtest
from daytrader.services import backtest_service, job_service, listings, trading_service
from daytrader.services.backtest_request import BacktestRequest, MemberRequest
from daytrader.services.backtest_service import Loaded, StoredReport
from daytrader.services.event_payloads import job_entity
from daytrader.services.session_manager import SessionManager
from daytrader.utils import query_values, validators
from daytrader.utils.errors import InvalidInputError
from daytrader.utils.query_utils import ListQuery, Page

ns = Namespace("backtests", description="Strategies on past prices")

_DEFAULT_CASH: Final = Decimal(10_000)
_REFUSALS = can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS)
_job = JobItemSchema()
_LAST_MOMENT: Final = 2**53 - 1  # as far as the numbers of a browser go


class _Attempt:
    """What a POST came to before anything is written: a report, or a request that takes longer than one waits."""

    def __init__(self, asked: BacktestRequest, days: int | None, service_id: int | None) -> None:
        self.asked = asked
        self.days = days
        self.service_id = service_id
        self.loaded: Loaded | None = None
        self.report: StoredReport | None = None

    def make(self) -> _Attempt:
        """Run it if it is short."""
        user_id = current_actor().user_id
        with SessionManager(read_only=True) as session:
            jobs = job_service.count_unfinished(session, user_id, backtest_jobs.BACKTEST)
        with backtesting().slot(user_id, jobs):
            with SessionManager(read_only=True) as session:
                backtest_service.check(session, self.asked, self.days)
                if not backtest_service.is_short(session, self.asked):
                    return self
                self.loaded = backtest_service.load(session, self.asked, days=self.days)
            self.report = self.loaded.run()
        return self

    def answer(self, session: Any) -> Response:
        """Keep the report and show it, or leave the work to a job."""
        if self.loaded is None or self.report is None:
            params = backtest_jobs.params_of(current_actor(), self.asked, days=self.days, service_id=self.service_id)
            job = job_service.create(session, current_actor(), backtest_jobs.BACKTEST, params)
            return _located(answer(_job.dump(job_entity(job)), HTTPStatus.ACCEPTED), f"/jobs/{job.id}")
        kept = backtest_service.keep(session, current_actor(), self.loaded, self.report, service_id=self.service_id)
        return _located(answer(stored_report(kept, self.report, is_restated=False)), f"/backtests/{kept.id}")


def _ask(data: Mapping[str, Any]) -> _Attempt:
    return _Attempt(backtest_request(data), None, None).make()


def _ask_of_service(service_id: int, data: Mapping[str, Any]) -> _Attempt:
    with SessionManager(read_only=True) as session:
        service = trading_service.get_owned(session, service_id, current_actor())
        period = {name: data[name] for name in ("start", "end", "prices") if name in data}
        asked = backtest_service.of_service(service, **period)
    return _Attempt(asked, data.get("days"), service_id).make()


def _answers_or_starts(method: Callable[..., Any]) -> Callable[..., Any]:
    location = {"headers": {"Location": {"description": "Its address", "type": "string"}}}
    return documented(
        method,
        responses={
            int(HTTPStatus.OK): ("Run and stored", swagger.shown(StoredReportSchema()), location),
            int(HTTPStatus.ACCEPTED): (
                "It takes longer than one waits: a job whose `result_url` is the backtest",
                swagger.shown(_job),
                location,
            ),
        },
    )


@ns.route("")
class Backtests(Resource):  # type: ignore[misc]
    """Backtests of any settings."""

    @authenticated
    @reads
    @lists(BacktestItemSchema, listings.BACKTESTS)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List own stored backtests (all, for admins)."""
        return listings.backtests(session, current_actor(), query)

    @_REFUSALS
    @starts_job
    @authenticated
    @accepts(BacktestSchema)
    @computes(_ask)
    @writes
    @_answers_or_starts
    def post(self, session: Any, data: Mapping[str, Any], made: _Attempt) -> Response:  # noqa: ARG002 (it is in *made*)
        """Backtest a strategy on a stock, or a portfolio, and keep the report, that of `daytrader backtest --json`."""
        return made.answer(session)


@services_ns.route("/<int:service_id>/backtest")
class ServiceBacktest(Resource):  # type: ignore[misc]
    """A backtest of a service's settings."""

    @_REFUSALS
    @starts_job
    @authenticated
    @guarded("service_id", trading_service.get_owned)
    @accepts(ServiceBacktestSchema)
    @computes(_ask_of_service)
    @writes
    @_answers_or_starts
    def post(self, session: Any, service_id: int, data: Mapping[str, Any], made: _Attempt) -> Response:  # noqa: ARG002 (it is in *made*)
        """Backtest the service as it is set, from its initial balance, and keep the report."""
        return made.answer(session)


_ASKED_AT: Final = {
    "asked_at": query_parameter(
        int,
        "When the caller asked, in milliseconds since 1970: of two previews the later one is the newer, whichever "
        "arrives first; without it, the time of arrival",
        1764162000000,
    )
}


@ns.route("/preview")
class BacktestPreview(Resource):  # type: ignore[misc]
    """A backtest that leaves nothing behind."""

    @_REFUSALS
    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @asks(_ASKED_AT)
    @accepts(BacktestSchema)
    @returns(ReportSchema)
    def post(self, data: Mapping[str, Any]) -> dict[str, object]:
        """Backtest settings as they are being typed; a newer preview of the same caller ends this one with 409."""
        asked = backtest_request(data)

        def load() -> Loaded:
            with SessionManager(read_only=True) as session:
                return backtest_service.load(session, asked)

        asked_at = validators.checked("asked_at", _moment, request.args.get("asked_at"))
        return backtesting().preview(current_actor().user_id, asked_at, load, Loaded.run).to_dict()


def _moment(text: str | None) -> int | None:
    return None if text is None else query_values.whole(text, 0, _LAST_MOMENT)


def stored_report(kept: Backtest, report: StoredReport, *, is_restated: bool) -> dict[str, object]:
    """Return a stored backtest as `StoredReportSchema` shows it."""
    names = ("id", "user_id", "service_id", "interval", "created_at")
    return {**report.to_dict(), **{name: getattr(kept, name) for name in names}, "is_restated": is_restated}


def _located(response: Response, path: str) -> Response:
    response.headers["Location"] = API_PREFIX + path
    return response


def backtest_request(data: Mapping[str, Any]) -> BacktestRequest:
    """
    Return what a body of the shape of `BacktestSchema` asks for.

    Raises:
        InvalidInputError: If it names no stock, or both a stock and members.
    """
    if ("symbol" in data) == ("members" in data):
        raise InvalidInputError({"symbol": ["is required, or members, and not both"]})
    members = [_member(member) for member in data.get("members", ())]
    first = members[0] if members else _member(data)
    return BacktestRequest(
        symbol=first.symbol,
        strategy=first.strategy,
        params=first.params,
        rules=first.rules,
        cash=data.get("cash", _DEFAULT_CASH),
        interval=data["interval"],
        start=data.get("start"),
        end=data.get("end"),
        fill=data["fill"],
        prices=data["prices"],
        members=tuple(members),
    )


def _member(data: Mapping[str, Any]) -> MemberRequest:
    thresholds = {name: data[name] for name in ("buy_threshold", "sell_threshold") if name in data}
    return MemberRequest(
        symbol=data["symbol"],
        strategy=data["strategy"],
        params=thresholds | data["params"],
        rules=Rules.called({name: data[name] for name in RULE_NAMES if name in data}),
        budget=data.get("budget"),
        name=data.get("name", ""),
    )
