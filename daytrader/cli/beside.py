"""On SQLite one server an instance, and no command that changes things behind its back (ADR 0015, 0030)."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from daytrader.utils import private
from daytrader.utils.errors import ConflictError

LOCK_NAME: Final = "server.lock"
_COMMAND_SECONDS: Final = 10.0
"""How long a server waits for a command that is still writing."""
_POLL_SECONDS: Final = 0.05


@contextmanager
def serving(instance: Path, address: str, *, is_alone: bool) -> Iterator[None]:
    """
    Be the server of *instance*; processes forked meanwhile are part of it.

    Unless it *is_alone* other servers, and commands, may be at work beside it: on PostgreSQL all of them hear, from the
    database, what any of them does.

    Raises:
        ConflictError: If there is one that is alone already, or a command keeps writing.
    """
    with _open(instance) as descriptor:
        if not is_alone:
            _share(descriptor)
            yield
            return
        deadline = time.monotonic() + _COMMAND_SECONDS
        while not _lock(descriptor, fcntl.LOCK_EX):
            if _server(descriptor) is not None:
                raise ConflictError(f"{_server(descriptor)} is running on this instance: stop it first")
            if time.monotonic() > deadline:
                raise ConflictError("another command is writing to this instance: try again when it has ended")
            time.sleep(_POLL_SECONDS)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "address": address}).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)


@contextmanager
def writing(instance: Path) -> Iterator[None]:
    """
    Keep a server from starting while a command writes.

    Raises:
        ConflictError: If one is running: neither its engine nor its sockets would hear of what the command does.
    """
    with _open(instance) as descriptor:
        _share(descriptor)
        os.ftruncate(descriptor, 0)  # a server that was killed has left its name
        yield


def _share(descriptor: int) -> None:
    if not _lock(descriptor, fcntl.LOCK_SH):
        server = _server(descriptor) or "a server"
        raise ConflictError(
            f"{server} is running on this instance and would not hear of this: stop it first, or use its API"
        )


@contextmanager
def _open(instance: Path) -> Iterator[int]:
    private.make_folder(instance)
    descriptor = os.open(instance / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _server(descriptor: int) -> str | None:
    """Return who holds the lock as a server, None where it is a command."""
    try:
        held = json.loads(os.pread(descriptor, 1000, 0))
        return f"DayTrader at {held['address']} (process {held['pid']})"
    except (ValueError, KeyError, TypeError):
        return None
