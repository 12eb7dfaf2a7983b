"""/risk, and the same for the whole installation below /system/engine: limits, kill switch, getting out."""

from __future__ import annotations

from collections.abc import Mapping
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


@ns.route("")
class Risk(Resource):  # type: ignore[misc]
    """The caller's limits."""

    @authenticated
    @reads
    @returns(RiskSchema)
    def get(self, session: Any) -> Mapping[str, Any]:
        """Show own limits, how much of them is taken, and whether a kill switch is on."""
        return exposure.standing(session, current_actor().user_id)

    @authenticated
    @writes
    @in_person
    @audited("risk.limits")
    @accepts(LimitsSchema)
    @returns(RiskSchema)
    def put(self, session: Any, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Set own limits: they bound every buy of own services, by hand too; sales and stops never."""
        exposure_limits.change(session, current_actor().user_id, data)
        return exposure.standing(session, current_actor().user_id)


@ns.route("/kill")
class RiskKill(Resource):  # type: ignore[misc]
    """The caller's kill switch."""

    @authenticated
    @writes
    @audited("risk.kill")
    @accepts(KillSchema)
    @returns(RiskSchema)
    def post(self, session: Any, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Stop all that adds exposure to own services now: entries are cancelled, stops stay in force."""
        exposure_limits.kill(session, current_actor().user_id, data.get("reason"))
        return exposure.standing(session, current_actor().user_id)


@ns.route("/release")
class RiskRelease(Resource):  # type: ignore[misc]
    """The end of that."""

    @authenticated
    @writes
    @in_person
    @audited("risk.release")
    @accepts_nothing
    @returns(RiskSchema)
    def post(self, session: Any) -> Mapping[str, Any]:
        """Turn the own kill switch off: own services buy again."""
        exposure_limits.release(session, current_actor().user_id)
        return exposure.standing(session, current_actor().user_id)


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
        return emergency.flatten(session, current_actor().user_id)


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

    @authenticated
    @writes
    @audited("engine.limits")
    @admin_required
    @accepts(LimitsSchema)
    @returns(RiskSchema)
    def put(self, session: Any, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Set the limits of all services together (admins)."""
        exposure_limits.change(session, None, data)
        return exposure.standing(session, None)


@system_ns.route("/engine/kill")
class InstallationKill(Resource):  # type: ignore[misc]
    """Everybody's kill switch."""

    @authenticated
    @writes
    @audited("engine.kill")
    @admin_required
    @accepts(KillSchema)
    @returns(RiskSchema)
    def post(self, session: Any, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Stop all that adds exposure to anybody's services now; stops stay in force (admins)."""
        exposure_limits.kill(session, None, data.get("reason"))
        return exposure.standing(session, None)


@system_ns.route("/engine/release")
class InstallationRelease(Resource):  # type: ignore[misc]
    """The end of that."""

    @authenticated
    @writes
    @audited("engine.release")
    @admin_required
    @accepts_nothing
    @returns(RiskSchema)
    def post(self, session: Any) -> Mapping[str, Any]:
        """Turn everybody's kill switch off (admins)."""
        exposure_limits.release(session, None)
        return exposure.standing(session, None)
