"""/services: found by name, evaluated now, measured."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import request
from flask_restx import Resource

from daytrader.api.decorators import (
    accepts_nothing,
    authenticated,
    current_actor,
    guarded,
    limited,
    reads,
    replays,
    returns,
)
from daytrader.api.parsers.arguments import asks
from daytrader.api.parsers.searches import SEARCH_PARAMETERS, search_limit, search_words
from daytrader.api.resources.trading_services import ns
from daytrader.api.schemas.trading_service import DecisionSchema, EquitySchema, MetricsSchema, ServiceMatchesSchema
from daytrader.api.swagger import can_fail
from daytrader.engine import on_demand
from daytrader.models.decision import TradeDecision
from daytrader.models.trading_service import TradingService
from daytrader.services import performance_service, rate_limits, trading_service
from daytrader.services.performance_service import EquityCurve, Metrics


@ns.route("/search")
class ServiceSearch(Resource):  # type: ignore[misc]
    """Services by part of their name or symbol."""

    @authenticated
    @reads
    @asks(SEARCH_PARAMETERS)
    @returns(ServiceMatchesSchema)
    def get(self, session: Any) -> dict[str, list[TradingService]]:
        """Find own services (all, for admins) whose name or symbol contains `q`; what begins with it stands first."""
        given = request.args
        return {
            "items": trading_service.search(session, current_actor(), search_words(given), search_limit(given)),
        }


@ns.route("/<int:service_id>/execute-strategy")
class ServiceExecution(Resource):  # type: ignore[misc]
    """The decision of a service on the last bar."""

    # No unit of work here: the engine's own are opened below, one after the other.
    @can_fail(
        HTTPStatus.NOT_FOUND,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.CONFLICT,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    @authenticated
    @limited(rate_limits.WRITES)
    @replays
    @guarded("service_id", trading_service.get_own)
    @accepts_nothing
    @returns(DecisionSchema)
    def post(self, service_id: int) -> TradeDecision:
        """
        Evaluate the last completed bar now, once per bar: what it decides is ordered.

        Asked again for the same bar, by whomever or after the engine, nothing happens and the same decision is shown.
        """
        return on_demand.execute_strategy(current_actor(), service_id)


@ns.route("/<int:service_id>/metrics")
class ServiceMetrics(Resource):  # type: ignore[misc]
    """The performance of a service."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(MetricsSchema)
    def get(self, session: Any, service_id: int) -> Metrics:
        """Show equity, returns, drawdown, win rate, Sharpe ratio and exposure, versus buying and holding."""
        service = trading_service.get_owned(session, service_id, current_actor())
        return performance_service.metrics(session, service)


@ns.route("/<int:service_id>/equity")
class ServiceEquity(Resource):  # type: ignore[misc]
    """The equity curve of a service."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(EquitySchema)
    def get(self, session: Any, service_id: int) -> EquityCurve:
        """Show cash, position and their sum at each session close since the service began, in columns."""
        service = trading_service.get_owned(session, service_id, current_actor())
        return performance_service.equity(session, service)
