"""Databases that are used once, made anew in a moment."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from daytrader.models import Base
from daytrader.services import database
from daytrader.services.session_manager import session_factory
from tests.postgres import running_postgres

KINDS: Final = ("sqlite", "postgresql")


def memory_folder() -> str | None:
    """Return a folder in memory, where there is one: for what no disk is part of."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def empty_database(folder: Path) -> Engine:
    """
    Return an empty database in *folder*, which every session is of from now on; the one before it there is gone.

    Dispose of the engine when done. It is one for all databases of a folder: what it has compiled of the statements
    is a good part of a short run.
    """
    engine = _engine_on(folder)
    for ending in ("-wal", "-shm"):
        (folder / f"run.db{ending}").unlink(missing_ok=True)
    shutil.copy(folder / "empty.db", folder / "run.db")
    session_factory.configure(bind=engine)
    return engine


def emptied_postgres(url: str) -> Engine:
    """
    Return the PostgreSQL database at *url* without a row, and with ids from 1; every session is of it from now on.

    Dispose of the engine when done.
    """
    engine = _postgres_at(url)
    with engine.begin() as connection:
        tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
        connection.exec_driver_sql(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    session_factory.configure(bind=engine)
    return engine


@contextmanager
def empty_databases(kind: str) -> Iterator[Callable[[], Engine]]:
    """Yield what puts an empty database of *kind* in force, again and again."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="dtrun", dir=memory_folder()) as folder:
            yield partial(empty_database, Path(folder))
    else:
        with running_postgres() as server, server.database("run") as url:
            yield partial(emptied_postgres, url)


@cache
def _postgres_at(url: str) -> Engine:
    engine = database.connect(url)
    Base.metadata.create_all(engine)
    return engine


@cache
def _engine_on(folder: Path) -> Engine:
    engine = database.connect(f"sqlite:///{folder / 'empty.db'}", is_durable=False)
    Base.metadata.create_all(engine)
    engine.dispose()
    return database.connect(f"sqlite:///{folder / 'run.db'}", is_durable=False)
