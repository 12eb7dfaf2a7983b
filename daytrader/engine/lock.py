"""One engine at a time: an exclusive file lock, for SQLite, whose only process it must be."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from daytrader.utils import private
from daytrader.utils.errors import ConflictError

LOCK_NAME: Final = "engine.lock"


@contextmanager
def engine_lock(instance: Path) -> Iterator[None]:
    """
    Hold the instance's engine lock; the operating system lets go of it however the process ends.

    Raises:
        ConflictError: If another process holds it.
    """
    private.make_folder(instance)
    descriptor = os.open(instance / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(
                "a DayTrader engine is running on this database: stop it first (Ctrl-C where `daytrader run` runs)"
            ) from None
        yield
    finally:
        os.close(descriptor)
