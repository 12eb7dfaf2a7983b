"""/risk, and the same for the whole installation below /system/engine: limits, kill switch, getting out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask_restx import Namespace, Resource

from daytrader.api.decorators import (
    accepts,
    accepts_nothing,
    admin_required,
    audited,
    authenticated,
    current_actor,
    in_person,
    reads,
    returns,
    writes,
)
from daytrader.api.resources.system import ns as system_ns
from daytrader.api.schemas.risk import KillSchema, LimitsSchema, RiskSchema
from daytrader.api.schemas.system import FlattenedSchema
from daytrader.services import emergency, exposure, exposure_limits
from daytrader.services.emergency import Flattened

ns = Namespace("risk", description="Limits of what services may risk, and the kill switch")

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _own() -> int:
    return current_actor().user_id


def _nobody() -> None:
    """All services together are nobody's own."""


def _anyone(method: Callable[..., Any]) -> Callable[..., Any]:
    return method


def _changes(owner: Callable[[], int | None], action: str, only: _Decorator = _anyone) -> _Decorator:
    """Let a method change limits or switch of *owner*, for *only* those who may, and answer with how things stand."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def change(self: Resource, session: Any, **given: Any) -> Mapping[str, Any]:
            whose = owner()
            method(self, session=session, whose=whose, **given)
            return exposure.standing(session, whose)

        return authenticated(writes(audited(action)(only(returns(RiskSchema)(change)))))

    return decorate


@ns.route("")
class Risk(Resource):  # type: ignore[misc]
    """The caller's limits."""

    @authenticated
    @reads
    @returns(RiskSchema)
    def get(self, session: Any) -> Mapping[str, Any]:
        """Show own limits, how much of them is taken, and whether a kill switch is on."""
        return exposure.standing(session, _own())

    @_changes(_own, "risk.limits", in_person)
    @accepts(LimitsSchema)
    def put(self, session: Any, whose: int, data: Mapping[str, Any]) -> None:
        """Set own limits: they bound every buy of own services, by hand too; sales and stops never."""
        exposure_limits.change(session, whose, data)


@ns.route("/kill")
class RiskKill(Resource):  # type: ignore[misc]
    """The caller's kill switch."""

    @_changes(_own, "risk.kill")
    @accepts(KillSchema)
    def post(self, session: Any, whose: int, data: Mapping[str, Any]) -> None:
        """Stop all that adds exposure to own services now: entries are cancelled, stops stay in force."""
        exposure_limits.kill(session, whose, data.get("reason"))


@ns.route("/release")
class RiskRelease(Resource):  # type: ignore[misc]
    """The end of that."""

    @_changes(_own, "risk.release", in_person)
    @accepts_nothing
    def post(self, session: Any, whose: int) -> None:
        """Turn the own kill switch off: own services buy again."""
        exposure_limits.release(session, whose)


@ns.route("/flatten")
class RiskFlatten(Resource):  # type: ignore[misc]
    """The end of the caller's positions."""

    @authenticated
    @writes
    @in_person
    @audited("risk.flatten")
    @accepts_nothing
    @returns(FlattenedSchema)
    def post(self, session: Any) -> Flattened:
        """Pause own services at work, cancel their entries and sell their positions at the next open."""
        return emergency.flatten(session, _own())


@system_ns.route("/engine/limits")
class InstallationLimits(Resource):  # type: ignore[misc]
    """The installation's limits."""

    @authenticated
    @reads
    @admin_required
    @returns(RiskSchema)
    def get(self, session: Any) -> Mapping[str, Any]:
        """Show the limits of all services together, how much is taken, and the kill switch (admins)."""
        return exposure.standing(session, None)

    @_changes(_nobody, "engine.limits", admin_required)
    @accepts(LimitsSchema)
    def put(self, session: Any, whose: None, data: Mapping[str, Any]) -> None:
        """Set the limits of all services together (admins)."""
        exposure_limits.change(session, whose, data)


@system_ns.route("/engine/kill")
class InstallationKill(Resource):  # type: ignore[misc]
    """Everybody's kill switch."""

    @_changes(_nobody, "engine.kill", admin_required)
    @accepts(KillSchema)
    def post(self, session: Any, whose: None, data: Mapping[str, Any]) -> None:
        """Stop all that adds exposure to anybody's services now; stops stay in force (admins)."""
        exposure_limits.kill(session, whose, data.get("reason"))


@system_ns.route("/engine/release")
class InstallationRelease(Resource):  # type: ignore[misc]
    """The end of that."""

    @_changes(_nobody, "engine.release", admin_required)
    @accepts_nothing
    def post(self, session: Any, whose: None) -> None:
        """Turn everybody's kill switch off (admins)."""
        exposure_limits.release(session, whose)
