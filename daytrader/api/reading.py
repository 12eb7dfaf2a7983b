"""One session for all that a request reads: who asks and what is shown are of one moment, and opened once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from flask import g
from sqlalchemy.orm import Session

from daytrader.services.session_manager import SessionManager

F = TypeVar("F", bound=Callable[..., Any])

_MARK: Final = "is_reading"


@contextmanager
def reading() -> Iterator[Session]:
    """Yield the session in which this request reads; one that is open already serves for what is within it."""
    if "reading" in g:
        yield g.reading
        return
    with SessionManager(read_only=True) as session:
        g.reading = session
        try:
            yield session
        finally:
            g.pop("reading")


def marked(method: F) -> F:
    """Mark *method* as one that reads within `reading`."""
    setattr(method, _MARK, True)
    return method


def reads_next(method: Callable[..., Any]) -> bool:
    """Return whether *method*, or one that it wraps, is marked: a session is worth opening before it, then."""
    return bool(getattr(method, _MARK, False))
