"""When cycles of garbage are looked for: not in the midst of what makes tens of thousands of objects and keeps them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_WHILE_LOADING: Final = 500_000  # a server makes 400,000 objects before it answers
_USUAL: Final = gc.get_threshold()


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no cycles within the block, in the whole process: each search walks all that the block has made."""
    if not gc.isenabled():
        yield  # whoever has stopped it lets it go on
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def collect_seldom() -> None:
    """Look for cycles seldom, in the whole process: what is loaded stays, and each search walks all of it."""
    gc.set_threshold(_WHILE_LOADING, *_USUAL[1:])


def collect_as_usual() -> None:
    """Look for cycles as often as ever, and no more among what there is now."""
    gc.freeze()
    gc.set_threshold(*_USUAL)
