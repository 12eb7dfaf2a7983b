"""What an admin may learn of the database, and do to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from daytrader.models import Base
from daytrader.services import database, schema_check, system_events
from daytrader.services.events import events
from daytrader.services.session_manager import session_factory
from daytrader.services.system_events import Severity
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import UnavailableError

BACKUPS: Final = "backups"
"""The folder of the instance that backups are put into."""


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """Where the database is: *revision* is its migration, *head* the one that this version needs."""

    dialect: str
    revision: str | None
    head: str
    is_current: bool
    pending: Sequence[str]
    tables: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the database differs from the models, one sentence each."""

    agrees: bool
    differences: Sequence[str]


@dataclass(frozen=True, slots=True)
class Ddl:
    """The schema as SQL."""

    dialect: str
    sql: str


@dataclass(frozen=True, slots=True)
class Migrations:
    """The migrations that were applied, and those that wait; oldest first."""

    revision: str | None
    head: str
    applied: Sequence[str]
    pending: Sequence[str]


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the database, in the folder of backups."""

    name: str
    size_bytes: int
    created_at: datetime


def status() -> DatabaseStatus:
    """Return where the database is."""
    engine = _engine()
    found = database.status(engine)
    return DatabaseStatus(
        engine.dialect.name,
        found.revision,
        found.head,
        found.is_current,
        found.pending,
        len(Base.metadata.tables),
        _size(engine),
    )


def compare() -> Comparison:
    """Compare the models with the database."""
    differences = schema_check.differences(_engine())
    return Comparison(not differences, differences)


def ddl() -> Ddl:
    """Return the schema of the models in the database's dialect."""
    engine = _engine()
    return Ddl(engine.dialect.name, database.ddl(engine.url.render_as_string()))


def migrations() -> Migrations:
    """Return what was done to the schema, and what is to be done."""
    found = database.status(_engine())
    known = database.revisions()
    return Migrations(found.revision, found.head, known[: len(known) - len(found.pending)], found.pending)


def back_up(instance: Path) -> Backup:
    """
    Copy the database into the instance's folder of backups, while it is in use; no unit of work is open meanwhile.

    Raises:
        ConflictError: If the database is not SQLite.
    """
    now = get_current_datetime()
    target = instance / BACKUPS / f"daytrader-{now:%Y%m%dT%H%M%S%fZ}.db"
    database.backup(_engine(), target)
    return Backup(target.name, target.stat().st_size, now)


def announce(session: Session, made: Backup) -> None:
    """Tell of a backup once the caller commits."""
    events.record(session, system_events.database_event("backup", asdict(made)))
    events.record(session, system_events.notification(Severity.INFO, "database", "A backup was made"))


def _size(engine: Engine) -> int:
    query = "SELECT pg_database_size(current_database())"
    if engine.dialect.name == "sqlite":
        query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    with engine.connect().execution_options(read_only=True) as connection:
        return int(connection.scalar(text(query)) or 0)


def _engine() -> Engine:
    engine = session_factory.kw.get("bind")
    if not isinstance(engine, Engine):
        raise UnavailableError("the database is not connected")
    return engine
