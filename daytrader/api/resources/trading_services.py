"""/services: what each service is, and its life."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from flask_restx import Namespace, Resource

from daytrader.api.decorators import (
    accepts,
    accepts_nothing,
    authenticated,
    current_actor,
    guarded,
    lists,
    reads,
    returns,
    returns_nothing,
    writes,
)
from daytrader.api.schemas.trading_service import (
    CheckSchema,
    DecisionSchema,
    ModeSchema,
    ServiceSchema,
    StateSchema,
    StoppedServiceSchema,
    StopSchema,
)
from daytrader.api.swagger import can_fail
from daytrader.models.enums import ServiceState, TradingMode
from daytrader.models.trading_service import TradingService
from daytrader.services import listings, trading_checks, trading_service
from daytrader.services.event_payloads import entity
from daytrader.services.trading_checks import Check
from daytrader.utils.query_utils import ListQuery, Page

ns = Namespace("services", description="Trading services: configuration, control, checks and decisions")

_REFUSALS = can_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@ns.route("")
class ServiceList(Resource):  # type: ignore[misc]
    """The caller's services."""

    @authenticated
    @reads
    @lists(ServiceSchema, listings.SERVICES)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List own services (all, for admins)."""
        return listings.services(session, current_actor(), query)

    @can_fail(HTTPStatus.NOT_FOUND)
    @authenticated
    @writes
    @accepts(ServiceSchema)
    @returns(ServiceSchema, HTTPStatus.CREATED, location="/services/{id}")
    def post(self, session: Any, data: Mapping[str, Any]) -> TradingService:
        """Open a service: INACTIVE, waiting to BUY, holding its initial balance."""
        return trading_service.create(session, current_actor(), data)


@ns.route("/<int:service_id>")
class ServiceItem(Resource):  # type: ignore[misc]
    """One service."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(ServiceSchema)
    def get(self, session: Any, service_id: int) -> TradingService:
        """Show a service."""
        return trading_service.get_owned(session, service_id, current_actor())

    @_REFUSALS
    @authenticated
    @writes
    @guarded("service_id", trading_service.get_own)
    @accepts(ServiceSchema, partial=True)
    @returns(ServiceSchema)
    def put(self, session: Any, service_id: int, data: Mapping[str, Any]) -> TradingService:
        """Change the given settings; they hold from the next bar."""
        return trading_service.update(session, current_actor(), service_id, data)

    patch = put

    @_REFUSALS
    @authenticated
    @writes
    @returns_nothing
    def delete(self, session: Any, service_id: int) -> None:
        """Remove a service that never traded."""
        trading_service.delete(session, current_actor(), service_id)


@ns.route("/<int:service_id>/activate")
class ServiceActivation(Resource):  # type: ignore[misc]
    """The start of a service."""

    @_REFUSALS
    @authenticated
    @writes
    @guarded("service_id", trading_service.get_own)
    @accepts_nothing
    @returns(ServiceSchema)
    def post(self, session: Any, service_id: int) -> TradingService:
        """Start a service that is INACTIVE."""
        return trading_service.activate(session, current_actor(), service_id)


@ns.route("/<int:service_id>/pause")
class ServicePause(Resource):  # type: ignore[misc]
    """The suspension of a service."""

    @_REFUSALS
    @authenticated
    @writes
    @guarded("service_id", trading_service.get_owned)
    @accepts_nothing
    @returns(ServiceSchema)
    def post(self, session: Any, service_id: int) -> TradingService:
        """Suspend a service that is ACTIVE; its stop-loss stays in force while `keep_protection` is true."""
        return trading_service.pause(session, current_actor(), service_id)


@ns.route("/<int:service_id>/resume")
class ServiceResumption(Resource):  # type: ignore[misc]
    """The end of a suspension."""

    @_REFUSALS
    @authenticated
    @writes
    @guarded("service_id", trading_service.get_own)
    @accepts_nothing
    @returns(ServiceSchema)
    def post(self, session: Any, service_id: int) -> TradingService:
        """Let a service that is PAUSED go on."""
        return trading_service.resume(session, current_actor(), service_id)


@ns.route("/<int:service_id>/stop")
class ServiceStop(Resource):  # type: ignore[misc]
    """The end of a service's work."""

    @_REFUSALS
    @authenticated
    @writes
    @guarded("service_id", trading_service.get_owned)
    @accepts(StopSchema)
    @returns(StoppedServiceSchema)
    def post(self, session: Any, service_id: int, data: Mapping[str, Literal["keep", "sell"]]) -> Mapping[str, Any]:
        """Stop a service; `notice` says what becomes of its position."""
        position = data["position"]
        service = trading_service.stop(session, current_actor(), service_id, position)
        return entity(service) | {"notice": trading_service.stop_notice(service, position)}


@ns.route("/<int:service_id>/toggle")
class ServiceToggle(Resource):  # type: ignore[misc]
    """A service's switch."""

    @_REFUSALS
    @authenticated
    @writes
    @guarded("service_id", trading_service.get_own)
    @accepts_nothing
    @returns(ServiceSchema)
    def post(self, session: Any, service_id: int) -> TradingService:
        """Start a service that is INACTIVE, stop one that is ACTIVE (its position is kept)."""
        return trading_service.toggle(session, current_actor(), service_id)


@ns.route("/<int:service_id>/state")
class ServiceStateItem(Resource):  # type: ignore[misc]
    """The state of a service."""

    @_REFUSALS
    @authenticated
    @writes
    @guarded("service_id", trading_service.get_owned)
    @accepts(StateSchema)
    @returns(ServiceSchema)
    def put(self, session: Any, service_id: int, data: Mapping[str, ServiceState]) -> TradingService:
        """Move to a state, as its verb would; ERROR is set by the system alone."""
        return trading_service.set_state(session, current_actor(), service_id, data["state"])

    patch = put


@ns.route("/<int:service_id>/mode")
class ServiceMode(Resource):  # type: ignore[misc]
    """The mode of a service."""

    @_REFUSALS
    @authenticated
    @writes
    @guarded("service_id", trading_service.get_own)
    @accepts(ModeSchema)
    @returns(ServiceSchema)
    def put(self, session: Any, service_id: int, data: Mapping[str, TradingMode]) -> TradingService:
        """Say what the service waits for: SELL needs shares, BUY needs none, HOLD takes no signal."""
        return trading_service.set_mode(session, current_actor(), service_id, data["mode"])

    patch = put


@ns.route("/<int:service_id>/check-buy")
class ServiceBuyCheck(Resource):  # type: ignore[misc]
    """Whether a service would buy."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(CheckSchema)
    def get(self, session: Any, service_id: int) -> Check:
        """Tell whether the service would buy on the last bar, and why; nothing changes."""
        return trading_checks.check_buy(session, current_actor(), service_id)


@ns.route("/<int:service_id>/check-sell")
class ServiceSellCheck(Resource):  # type: ignore[misc]
    """Whether a service would sell."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(CheckSchema)
    def get(self, session: Any, service_id: int) -> Check:
        """Tell whether the service would sell on the last bar, and why; nothing changes."""
        return trading_checks.check_sell(session, current_actor(), service_id)


@ns.route("/<int:service_id>/decisions")
class ServiceDecisions(Resource):  # type: ignore[misc]
    """The decision journal of a service."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @lists(DecisionSchema, listings.DECISIONS)
    def get(self, session: Any, service_id: int, query: ListQuery) -> Page:
        """List what the service decided on each bar, and why."""
        return listings.decisions_of(session, current_actor(), service_id, query)
