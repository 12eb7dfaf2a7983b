"""The only clock, and the way to replace it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

Clock = Callable[[], datetime]


def _wall_clock() -> datetime:
    return datetime.now(UTC)


_CLOCK: Final[ContextVar[Clock]] = ContextVar("clock", default=_wall_clock)


def get_current_datetime() -> datetime:
    """Return the current time, timezone-aware, in UTC."""
    return _CLOCK.get()()


@contextmanager
def clock(now: Clock) -> Iterator[None]:
    """Let *now* tell the time, aware and in UTC, within the block and its thread: for simulations."""
    token = _CLOCK.set(now)
    try:
        yield
    finally:
        _CLOCK.reset(token)


def iso_utc(moment: datetime) -> str:
    """Return *moment* as ISO 8601 with ``Z``, the form every answer and event uses."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
