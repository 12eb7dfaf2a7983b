"""/system: what admins see and do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import current_app
from flask_restx import Resource

from daytrader.api import audit
from daytrader.api.decorators import (
    accepts_nothing,
    admin_required,
    authenticated,
    lists,
    reads,
    replays,
    returns,
    writes,
)
from daytrader.api.resources.system import ns, running_engine
from daytrader.api.schemas.audit_entry import AuditEntrySchema
from daytrader.api.schemas.system import (
    BackupSchema,
    ConfigSchema,
    DatabaseStatusSchema,
    DdlSchema,
    EngineSchema,
    FlattenedSchema,
    MigrationsSchema,
    SchemaComparisonSchema,
)
from daytrader.api.swagger import can_fail, documented, responses_of
from daytrader.config import Settings
from daytrader.services import audit_service, database_admin, emergency, settings_view, system_events
from daytrader.services.database_admin import Backup, Comparison, DatabaseStatus, Ddl, Migrations
from daytrader.services.emergency import Flattened
from daytrader.services.events import events
from daytrader.services.system_events import Severity
from daytrader.utils.errors import ConflictError, DayTraderError
from daytrader.utils.query_utils import ListQuery, Page


def _acts_first(method: Callable[..., Any]) -> Callable[..., Any]:
    """
    Enter a refusal in the audit log, for a method that acts before its unit of work opens.

    What it does waits for others, who may wait for the database: it must not hold the database meanwhile.
    """

    @wraps(method)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except DayTraderError as error:
            audit.refused(error)
            raise

    return can_fail(HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)(run)


@ns.route("/database/status")
class DatabaseState(Resource):  # type: ignore[misc]
    """Where the database is."""

    @authenticated
    @admin_required
    @can_fail(HTTPStatus.SERVICE_UNAVAILABLE)
    @returns(DatabaseStatusSchema)
    def get(self) -> DatabaseStatus:
        """Show dialect, migration and size (admins)."""
        return database_admin.status()


@ns.route("/database/schema")
class DatabaseSchema(Resource):  # type: ignore[misc]
    """The schema against the models."""

    @authenticated
    @admin_required
    @can_fail(HTTPStatus.SERVICE_UNAVAILABLE)
    @returns(SchemaComparisonSchema)
    def get(self) -> Comparison:
        """Compare the models with the database (admins)."""
        return database_admin.compare()


@ns.route("/database/ddl")
class DatabaseDdl(Resource):  # type: ignore[misc]
    """The schema as SQL."""

    @authenticated
    @admin_required
    @can_fail(HTTPStatus.SERVICE_UNAVAILABLE)
    @returns(DdlSchema)
    def get(self) -> Ddl:
        """Show the statements that would make the schema (admins)."""
        return database_admin.ddl()


@ns.route("/database/migrations")
class DatabaseMigrations(Resource):  # type: ignore[misc]
    """The migrations."""

    @authenticated
    @admin_required
    @can_fail(HTTPStatus.SERVICE_UNAVAILABLE)
    @returns(MigrationsSchema)
    def get(self) -> Migrations:
        """Show which migrations were applied, and which wait (admins)."""
        return database_admin.migrations()


@ns.route("/database/backup")
class DatabaseBackup(Resource):  # type: ignore[misc]
    """Copies of the database."""

    @authenticated
    @replays
    @_acts_first
    @admin_required
    @accepts_nothing
    def post(self) -> Any:
        """Copy an SQLite database, while it is in use, into the instance's folder of backups (admins)."""
        settings: Settings = current_app.extensions["settings"]
        return self._announce(made=database_admin.back_up(settings.instance))

    @writes
    @returns(BackupSchema, HTTPStatus.CREATED)
    def _announce(self, session: Any, made: Backup) -> Backup:
        database_admin.announce(session, made)
        return made


@ns.route("/config")
class Config(Resource):  # type: ignore[misc]
    """The settings."""

    @authenticated
    @admin_required
    @returns(ConfigSchema)
    def get(self) -> dict[str, Any]:
        """Show the settings in force; of secrets only whether they are set (admins)."""
        return {"settings": settings_view.masked(current_app.extensions["settings"])}


@ns.route("/engine")
class Engine(Resource):  # type: ignore[misc]
    """The engine of this process."""

    @authenticated
    @admin_required
    @can_fail(HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE)
    @returns(EngineSchema)
    def get(self) -> dict[str, Any]:
        """Show what the engine does and where it is (admins)."""
        return _engine_status()


@ns.route("/engine/pause")
class EnginePause(Resource):  # type: ignore[misc]
    """The suspension of all trading."""

    @authenticated
    @replays
    @_acts_first
    @admin_required
    @accepts_nothing
    def post(self) -> Any:
        """Finish the bar in hand, then take no further one: nobody's service trades (admins)."""
        _engine().pause()
        return _tell_of_engine(message="An admin has paused all trading")


@ns.route("/engine/resume")
class EngineResumption(Resource):  # type: ignore[misc]
    """The end of that suspension."""

    @authenticated
    @replays
    @_acts_first
    @admin_required
    @accepts_nothing
    def post(self) -> Any:
        """Go on where the engine was paused (admins)."""
        _engine().resume()
        return _tell_of_engine(message="An admin has resumed all trading")


@ns.route("/engine/flatten")
class EngineFlattening(Resource):  # type: ignore[misc]
    """The end of all positions."""

    @authenticated
    @writes
    @admin_required
    @accepts_nothing
    @returns(FlattenedSchema)
    def post(self, session: Any) -> Flattened:
        """Pause every service at work, cancel entries and sell every position at the next open (admins)."""
        return emergency.flatten(session)


@ns.route("/audit-log")
class AuditLog(Resource):  # type: ignore[misc]
    """Who tried what."""

    @authenticated
    @reads
    @admin_required
    @lists(AuditEntrySchema, audit_service.LISTING)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List what matters for security: who tried what, from where, and what came of it (admins)."""
        return audit_service.listing(session, query)


@writes
@returns(EngineSchema)
def _tell_of_engine(session: Any, message: str) -> dict[str, Any]:
    events.record(session, system_events.notification(Severity.WARNING, "engine", message))
    return _engine_status()


def _engine_status() -> dict[str, Any]:
    status: dict[str, Any] = _engine().status()
    return status


def _engine() -> Any:
    engine = running_engine()
    if engine is None:
        raise ConflictError("no engine runs in this process")
    return engine


for _method, _inner in (
    (DatabaseBackup.post, DatabaseBackup._announce),
    (EnginePause.post, _tell_of_engine),
    (EngineResumption.post, _tell_of_engine),
):
    documented(_method, responses=responses_of(_inner))
