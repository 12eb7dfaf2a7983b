"""Libraries without those of their optional parts that are never used here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Let imports in the block find *packages* missing, unless they are loaded already: for libraries that bear it."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: what is not to be found, says Python
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
