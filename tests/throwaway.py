"""Databases that are used once, made anew in a moment."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from daytrader.models import Base
from daytrader.services import database
from daytrader.services.session_manager import session_factory


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


@cache
def _engine_on(folder: Path) -> Engine:
    engine = database.connect(f"sqlite:///{folder / 'empty.db'}", is_durable=False)
    Base.metadata.create_all(engine)
    engine.dispose()
    return database.connect(f"sqlite:///{folder / 'run.db'}", is_durable=False)
