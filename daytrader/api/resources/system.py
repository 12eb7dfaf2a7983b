"""/system: is it alive, is it ready, what is it."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any, Final

from flask import Response, current_app
from flask_restx import Namespace, Resource

from daytrader.api.decorators import authenticated, current_actor, reads, returns
from daytrader.api.encoding import answer
from daytrader.api.schemas.system import InfoSchema, StatusSchema
from daytrader.api.swagger import documented, shown
from daytrader.config import Settings
from daytrader.services import system_service
from daytrader.utils.errors import UnauthenticatedError, UnavailableError

ns = Namespace("system", description="Status and operation")

_status: Final = StatusSchema()
_started: Final = time.monotonic()
_NO_ENGINE: Final = "none"


@ns.route("/health")
class Health(Resource):  # type: ignore[misc]
    """Whether the process answers."""

    def get(self) -> Response:
        """Tell that the process answers."""
        return answer({"status": system_service.OK})


@ns.route("/ready")
class Ready(Resource):  # type: ignore[misc]
    """Whether everything needed is there."""

    def get(self) -> Response:
        """Tell whether the database answers with the right schema and the engine, where one runs, has reconciled."""
        engine = _engine()
        found = system_service.database_status()
        # Nothing trades before reconciliation: until then an engine is not ready.
        is_ready = found == system_service.OK and (engine is None or engine.is_ready)
        body: dict[str, Any] = {"status": "ready" if is_ready else "not ready"}
        if is_ready and _is_admin():
            body["parts"] = {"database": found, "engine": _NO_ENGINE if engine is None else engine.status()}
        return answer(body, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@ns.route("/info")
class Info(Resource):  # type: ignore[misc]
    """What runs here."""

    @authenticated
    @reads
    @returns(InfoSchema)
    def get(self, session: Any) -> dict[str, Any]:
        """Show version, uptime, market time and features."""
        settings: Settings = current_app.extensions["settings"]
        found = system_service.info(session)
        return {
            "name": found.name,
            "version": found.version,
            "uptime_seconds": round(time.monotonic() - _started, 1),
            "market_time": found.market_time,
            "strategies": list(found.strategies),
            "features": {
                "demo": settings.demo,
                "registration": settings.registration,
                "engine": _engine() is not None,
            },
        }


_status_model = shown(_status)
documented(Health.get, responses={200: ("It does", _status_model)}, security=[])
documented(Ready.get, responses={200: ("Ready", _status_model), 503: ("Not ready", _status_model)}, security=[])


def _engine() -> Any:
    # The composition root's hook: whoever runs an engine in this process puts its supervisor here.
    return current_app.extensions.get("engine")


def _is_admin() -> bool:
    try:
        return current_actor().is_admin
    except (UnauthenticatedError, UnavailableError):
        return False
