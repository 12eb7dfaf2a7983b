"""Names that nobody else gives, and the way to foresee them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

Source = Callable[[], uuid.UUID]

_SOURCE: Final[ContextVar[Source]] = ContextVar("unique ids", default=uuid.uuid4)


def new_unique_id() -> uuid.UUID:
    """Return an id that no machine has given before."""
    return _SOURCE.get()()


@contextmanager
def unique_ids(source: Source) -> Iterator[None]:
    """Let *source* give the ids within the block and its thread: a simulation gives the same ones each time."""
    token = _SOURCE.set(source)
    try:
        yield
    finally:
        _SOURCE.reset(token)
