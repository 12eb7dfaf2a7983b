"""When cycles of garbage are looked for: not in the midst of what makes tens of thousands of objects and keeps them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
