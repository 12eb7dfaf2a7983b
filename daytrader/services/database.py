"""Connections, one engine per process, and the schema: migrations, DDL and backup."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import CreateIndex, CreateTable

import daytrader
from daytrader.models import Base
from daytrader.services import system_events
from daytrader.services.events import events
from daytrader.services.session_manager import session_factory
from daytrader.utils import private
from daytrader.utils.errors import ConfigurationError, ConflictError

if TYPE_CHECKING:
    from alembic.config import Config

SQLITE_BUSY_SECONDS: Final = 10
_DRIVERS: Final = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgresql+psycopg": "postgresql+psycopg"}
_SWITCH_POLL_SECONDS: Final = 0.02
_POOL: Final[dict[str, Any]] = {"pool_size": 10, "max_overflow": 30, "pool_timeout": 10}
"""Connections: those that are kept, those that a rush may open, and for how many seconds whoever finds none waits."""
_KEPT_STATEMENTS: Final = 64
"""Of each SQLite connection: 17 KB each, for lists of ids of every length are a statement each (ADR 0048)."""
_UPGRADE_LOCK: Final = 7_202_601  # any number will do, as long as every upgrade takes the same lock
_VERSION_TABLE: Final = "alembic_version"
_PACKAGE: Final = Path(daytrader.__file__).parent


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """
    Where the schema is.

    Attributes:
        revision: The migration that the database is at, None before the first.
        head: The migration that this version needs.
        pending: The migrations between the two, oldest first.
    """

    revision: str | None
    head: str
    pending: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Whether this version can work with the database."""
        return self.revision == self.head


def connect(url: str, *, is_durable: bool = True) -> Engine:
    """
    Return an engine for *url* and make ``SessionManager`` use it.

    Without *is_durable* SQLite does not wait for the disk: only for databases that are thrown away.

    Raises:
        ConfigurationError: If *url* is no address of a database that is supported.
    """
    engine = _sqlite(url, is_durable=is_durable) if is_sqlite(url) else _postgres(url)
    session_factory.configure(bind=engine)
    return engine


def _postgres(url: str) -> Engine:
    engine = create_engine(
        _address(url), json_serializer=_to_json, json_deserializer=orjson.loads, pool_pre_ping=True, **_POOL
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        if not (connection.info.parameter_status("DateStyle") or "").startswith("ISO"):
            connection.execute("SET datestyle = ISO")  # the driver reads moments in no other one, nor does the audit
            connection.commit()

    return engine


def _sqlite(url: str, *, is_durable: bool) -> Engine:
    database = make_url(url).database
    if database and database != ":memory:":
        private.make_folder(Path(database).parent)
        if not Path(database).exists():
            private.make_file(Path(database))  # SQLite gives its log the same mode
    engine = create_engine(
        url,
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        connect_args={
            "check_same_thread": False,
            "timeout": SQLITE_BUSY_SECONDS,
            "cached_statements": _KEPT_STATEMENTS,
        },
        **({} if database in (None, "", ":memory:") else _POOL),
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        # The driver's own transaction handling begins too late for BEGIN IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        _use_write_ahead_log(cursor)
        cursor.execute(f"PRAGMA synchronous={'FULL' if is_durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_SECONDS * 1000}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer that starts as a reader fails at its first write when another came between: take the lock at once.
        if connection.get_execution_options().get("read_only", False):
            connection.connection.driver_connection.execute("BEGIN")  # type: ignore[union-attr]  # waits for nothing: needs no wrapped errors
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _use_write_ahead_log(cursor: sqlite3.Cursor) -> None:
    # On a new file two processes may switch at once; SQLite tells the second one at once instead of letting it wait.
    deadline = time.monotonic() + SQLITE_BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_SWITCH_POLL_SECONDS)
        else:
            return


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def is_sqlite(url: str) -> bool:
    """
    Return whether *url* names an SQLite database.

    Raises:
        ConfigurationError: If it is no address of a database that is supported.
    """
    return _address(url).get_backend_name() == "sqlite"


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        address = None
    if address is None or address.drivername not in _DRIVERS:
        # The address itself is not told: it may hold a password.
        raise ConfigurationError(
            "DAYTRADER_DATABASE_URL must begin with sqlite:///, postgresql:// or postgresql+psycopg://"
        )
    return address.set(drivername=_DRIVERS[address.drivername])


def require_existing(url: str) -> None:
    """
    Check that there is something to connect to: SQLite would make an empty file.

    Raises:
        ConfigurationError: If the file of an SQLite database is not there.
    """
    database = _address(url).database
    if is_sqlite(url) and database and database != ":memory:" and not Path(database).is_file():
        raise ConfigurationError("there is no database yet: `daytrader db upgrade` makes one, `daytrader run` too")


def status(engine: Engine) -> SchemaStatus:
    """
    Return where the schema of *engine* is.

    Raises:
        ConfigurationError: If a newer version of DayTrader has been at this database.
    """
    known = revisions()
    with engine.connect().execution_options(read_only=True) as connection:
        is_versioned = inspect(connection).has_table(_VERSION_TABLE)
        revision = connection.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}")) if is_versioned else None
    if revision is None:
        return SchemaStatus(None, known[-1], known)
    if revision not in known:
        raise ConfigurationError(
            f"the database is at revision {revision}, which this version does not know: "
            "it was made by a newer DayTrader"
        )
    return SchemaStatus(revision, known[-1], known[known.index(revision) + 1 :])


@cache
def revisions() -> tuple[str, ...]:
    """Return the migrations in order: their files are numbered. Asking Alembic would cost every start half a second."""
    return tuple(sorted(file.name.split("_")[0] for file in (_migrations() / "versions").glob("[0-9]*_*.py")))


def _migrations() -> Path:
    # In a wheel the migrations are inside the package, in a checkout beside it.
    installed = _PACKAGE / "migrations"
    return installed if installed.is_dir() else _PACKAGE.parent / "migrations"


def config(connection: Connection | None = None) -> Config:
    """Return how Alembic finds the migrations, and the *connection* that it is to use."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_migrations()))
    return config


def upgrade(engine: Engine) -> SchemaStatus:
    """
    Bring the schema of *engine* to this version's, in one transaction, and return what was done to get there.

    Raises:
        ConfigurationError: As ``status``.
    """
    before = status(engine)
    if before.is_current:
        return before
    from alembic import command

    with migrating(engine) as connection:
        command.upgrade(config(connection), "head")
        if before.revision is not None:
            _tell_of(connection, before)
    return SchemaStatus(before.head, before.head, before.pending)


def _tell_of(connection: Connection, before: SchemaStatus) -> None:
    details = {"from": before.revision, "to": before.head}
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        events.record(session, system_events.database_event("migration", details))
        events.store(session)
        session.commit()


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """
    Yield a connection in a transaction that no other upgrade shares.

    Raises:
        ConflictError: If rows are left without the rows they refer to.
    """
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            with connection.begin():
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
                yield connection
            return
        # A batch migration drops and recreates tables, which would cascade; SQLite ignores this inside a transaction.
        driver = connection.connection.cursor()
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                    raise ConflictError("the migration would leave rows without the rows they refer to")
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def ddl(url: str) -> str:
    """Return the whole schema of the models as SQL in the dialect of *url*, whether or not a database is there."""
    dialect = _address(url).get_dialect()()
    statements: list[str] = []
    for table in Base.metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        statements += [str(CreateIndex(index).compile(dialect=dialect)).strip() for index in indexes]
    return "".join(f"{statement};\n\n" for statement in statements)


def backup(engine: Engine, target: Path) -> None:
    """
    Copy the SQLite database of *engine* to *target* while it is in use: one consistent moment, checked afterwards.

    Raises:
        ConflictError: If *target* is there already, or the database is not SQLite.
    """
    source = engine.url.database
    if engine.dialect.name != "sqlite" or source is None:
        raise ConflictError("only SQLite is backed up here; use pg_dump for PostgreSQL")
    if target.exists():
        raise ConflictError(f"{target} is there already")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(unfinished)) as copy:
        original.backup(copy)
        # The copy is one file to carry away: no write-ahead log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise ConflictError("the copy is damaged: the database should be looked at")
    unfinished.replace(target)
