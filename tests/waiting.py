"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 60.0
"""Seconds that a loaded machine may take for what usually takes no time."""


def eventually(holds: Callable[[], object], *, seconds: float = PATIENCE, what: str = "it never came true") -> None:
    """Wait until *holds*; after *seconds* the test fails and says *what*."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
