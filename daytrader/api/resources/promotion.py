"""/services/{id}/promotion and /promote, /risk/promotion: the gate to live trading."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import request
from flask_restx import Resource

from daytrader.api.decorators import (
    accepts,
    audited,
    authenticated,
    current_actor,
    guarded,
    in_person,
    reads,
    returns,
    writes,
)
from daytrader.api.parsers.arguments import asks
from daytrader.api.resources.risk import ns as risk_ns
from daytrader.api.resources.trading_services import ns
from daytrader.api.schemas.promotion import PromoteSchema, PromotionSchema, ShownThresholdsSchema, ThresholdsSchema
from daytrader.api.swagger import can_fail, query_parameter
from daytrader.models import PromotionThresholds
from daytrader.services import live_trading, promotion_service, trading_service
from daytrader.services.promotion_service import State
from daytrader.utils import query_values, validators

_LARGEST_ID: Final = 2**31 - 1


@ns.route("/<int:service_id>/promotion")
class ServicePromotion(Resource):  # type: ignore[misc]
    """Whether a service may trade real money, and what it lacks."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @asks({"backtest_id": query_parameter(int, "An own backtest that is not pinned yet", 12)})
    @returns(PromotionSchema)
    def get(self, session: Any, service_id: int) -> State:
        """
        Show whether the service may trade live: every criterion with what was measured and what is asked for.

        `is_permitted` when all are met and the owner has opted in. With `backtest_id`: how the service would stand with
        that backtest.
        """
        service = trading_service.get_owned(session, service_id, current_actor())
        return promotion_service.state(session, service, _backtest_id())


@ns.route("/<int:service_id>/promote")
class ServicePromote(Resource):  # type: ignore[misc]
    """The owner's opt-in."""

    @can_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @writes
    @audited("promotion.opt_in")
    @guarded("service_id", trading_service.get_own)
    @accepts(PromoteSchema)
    @returns(PromotionSchema)
    def post(self, session: Any, service_id: int, data: Mapping[str, Any]) -> State:
        """
        Let the service trade real money; 409, naming what is missing, unless every criterion is met.

        A setting that is changed, or a price of the backtest that is restated, ends it: nothing buys any more, stops
        and sales go on.
        """
        service = trading_service.get_own(session, service_id, current_actor())
        state = promotion_service.opt_in(session, service, data["backtest_id"])
        live_trading.require_cash(session, service)
        return state

    @can_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    @authenticated
    @writes
    @audited("promotion.withdraw")
    @returns(PromotionSchema)
    def delete(self, session: Any, service_id: int) -> State:
        """Take the opt-in back: the service buys no more where it trades live; stops and sales go on."""
        service = trading_service.get_own(session, service_id, current_actor())
        return promotion_service.withdraw(session, service)


@risk_ns.route("/promotion")
class Thresholds(Resource):  # type: ignore[misc]
    """What the caller asks of own services before they trade live."""

    @authenticated
    @reads
    @returns(ShownThresholdsSchema)
    def get(self, session: Any) -> PromotionThresholds:
        """Show own thresholds, null where none were set: nothing is promoted then."""
        return promotion_service.thresholds(session, current_actor().user_id) or PromotionThresholds()

    @authenticated
    @in_person
    @writes
    @audited("promotion.thresholds")
    @accepts(ThresholdsSchema, partial=True)
    @returns(ShownThresholdsSchema)
    def put(self, session: Any, data: Mapping[str, Any]) -> PromotionThresholds:
        """Set own thresholds, all of them the first time; they hold for services that are promoted already, too."""
        return promotion_service.set_thresholds(session, current_actor().user_id, data)


def _backtest_id() -> int | None:
    given = request.args.get("backtest_id")
    if given is None:
        return None
    return validators.checked("backtest_id", lambda text: query_values.whole(text, 1, _LARGEST_ID), given)
