"""/backtests, and the backtest of a service."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from flask_restx import Namespace, Resource

from daytrader.api.decorators import accepts, authenticated, current_actor, guarded, reads, returns
from daytrader.api.resources.trading_services import ns as services_ns
from daytrader.api.schemas.backtest import BacktestSchema, ReportSchema, ServiceBacktestSchema
from daytrader.api.swagger import can_fail
from daytrader.core.rules import Costs, Rules
from daytrader.services import backtest_service, trading_service
from daytrader.services.backtest_service import BacktestRequest

ns = Namespace("backtests", description="Strategies on past prices")

_DEFAULT_CASH: Final = Decimal(10_000)
_RULES: Final = {
    "allocation": "allocation",
    "shares": "fixed_shares",
    "stop_loss": "stop_loss_percent",
    "take_profit": "take_profit_percent",
    "minimum_balance": "minimum_balance",
    "gap_reserve": "gap_reserve_percent",
}
_COSTS: Final = {
    "commission_per_order": "per_order",
    "commission_per_share": "per_share",
    "commission_percent": "percent",
    "commission_minimum": "minimum",
    "slippage_bps": "slippage_bps",
}
_REFUSALS = can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)


@ns.route("")
class Backtests(Resource):  # type: ignore[misc]
    """Backtests of any settings."""

    @_REFUSALS
    @authenticated
    @reads
    @accepts(BacktestSchema)
    @returns(ReportSchema)
    def post(self, session: Any, data: Mapping[str, Any]) -> dict[str, object]:
        """Backtest a strategy on a stock's stored prices; the report is that of `daytrader backtest --json`."""
        return backtest_service.run(session, _request(data)).to_dict()


@services_ns.route("/<int:service_id>/backtest")
class ServiceBacktest(Resource):  # type: ignore[misc]
    """A backtest of a service's settings."""

    @_REFUSALS
    @authenticated
    @reads
    @guarded("service_id", trading_service.get_owned)
    @accepts(ServiceBacktestSchema)
    @returns(ReportSchema)
    def post(self, session: Any, service_id: int, data: Mapping[str, Any]) -> dict[str, object]:
        """Backtest the service as it is set, from its initial balance."""
        service = trading_service.get_owned(session, service_id, current_actor())
        period = {name: data[name] for name in ("start", "end", "prices") if name in data}
        request = backtest_service.of_service(service, **period)
        return backtest_service.run(session, request, days=data.get("days")).to_dict()


def _request(data: Mapping[str, Any]) -> BacktestRequest:
    thresholds = {name: data[name] for name in ("buy_threshold", "sell_threshold") if name in data}
    return BacktestRequest(
        symbol=data["symbol"],
        strategy=data["strategy"],
        params=thresholds | data["params"],
        rules=Rules(**_renamed(data, _RULES), costs=Costs(**_renamed(data, _COSTS))),
        cash=data.get("cash", _DEFAULT_CASH),
        interval=data["interval"],
        start=data.get("start"),
        end=data.get("end"),
        fill=data["fill"],
        prices=data["prices"],
    )


def _renamed(data: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {target: data[name] for name, target in names.items() if name in data}
