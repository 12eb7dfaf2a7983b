"""/system: is it alive, is it ready, what is it."""

from __future__ import annotations

import secrets
import time
from http import HTTPStatus
from typing import Any, Final

from flask import Response, current_app, request
from flask_restx import Namespace, Resource

from daytrader.api.decorators import admin_required, authenticated, current_actor, reads, returns
from daytrader.api.encoding import answer
from daytrader.api.prometheus import CONTENT_TYPE, Figures
from daytrader.api.schemas.system import InfoSchema, StatusSchema
from daytrader.api.swagger import documented, responses_of, shown
from daytrader.config import Settings
from daytrader.services import system_service
from daytrader.services.bells import Bells
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import UnauthenticatedError, UnavailableError

ns = Namespace("system", description="Status and operation")

_status: Final = StatusSchema()
_started: Final = time.monotonic()
_NONE: Final = "none"


@ns.route("/health")
class Health(Resource):  # type: ignore[misc]
    """Whether the process answers."""

    def get(self) -> Response:
        """Tell that the process answers."""
        body: dict[str, Any] = {"status": system_service.OK}
        found = system_service.database_status()
        if found == system_service.OK and _is_admin():
            body["parts"] = _parts(found)
        return answer(body)


@ns.route("/ready")
class Ready(Resource):  # type: ignore[misc]
    """Whether everything needed is there."""

    def get(self) -> Response:
        """Tell whether the database answers with the right schema and the engine, where one runs, has reconciled."""
        engine = running_engine()
        found = system_service.database_status()
        # Nothing trades before reconciliation: until then an engine is not ready, unless another one trades.
        is_ready = found == system_service.OK and (engine is None or engine.is_ready or engine.is_standing_by)
        body: dict[str, Any] = {"status": "ready" if is_ready else "not ready"}
        if found == system_service.OK and _is_admin():
            body["parts"] = _parts(found)
        return answer(body, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@ns.route("/metrics")
class Metrics(Resource):  # type: ignore[misc]
    """Figures for Prometheus."""

    def get(self) -> Response:
        """Show figures in Prometheus' text format, to admins and to whoever sends the scrape token as Bearer."""
        settings: Settings = current_app.extensions["settings"]
        _, _, given = request.headers.get("Authorization", "").partition(" ")
        is_scraper = bool(settings.scrape_token) and secrets.compare_digest(
            given.encode(), settings.scrape_token.encode()
        )
        return _figures() if is_scraper else _figures_for_admins()


@authenticated
@admin_required
def _figures_for_admins() -> Response:
    return _figures()


def _figures() -> Response:
    figures: Figures = current_app.extensions["figures"]
    return Response(figures.text(), content_type=CONTENT_TYPE)


documented(
    Metrics.get,
    security=[{"Bearer": []}],
    produces=["text/plain"],
    responses={200: "Figures"} | responses_of(_figures_for_admins),
)


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
                "engine": running_engine() is not None,
            },
        }


_status_model = shown(_status)
documented(Health.get, responses={200: ("It does", _status_model)}, security=[])
documented(Ready.get, responses={200: ("Ready", _status_model), 503: ("Not ready", _status_model)}, security=[])


def running_engine() -> Any:
    """Return the supervisor of the engine in this process, or what stands for one elsewhere; None without either."""
    # The composition root's hook: whoever puts the parts of a process together puts it here.
    return current_app.extensions.get("engine")


def _parts(database: str) -> dict[str, Any]:
    engine = running_engine()
    with SessionManager(read_only=True) as session:
        jobs = system_service.counts(session)["jobs"]
    status = None if engine is None else engine.status()
    bells: Bells | None = current_app.extensions.get("bells")
    return {
        "database": database,
        "engine": status or _NONE,
        "feed": (status and status["feed"]) or _NONE,
        "jobs": dict(jobs),
        "redis": _NONE if bells is None else bells.status,
        "sockets": current_app.extensions["sockets"].count,
    }


def _is_admin() -> bool:
    try:
        return current_actor().is_admin
    except (UnauthenticatedError, UnavailableError):
        return False
