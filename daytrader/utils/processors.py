"""Which of the machine's cores threads run on."""

from __future__ import annotations

import os
from contextlib import suppress

_CORES = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset[int]()
"""Those that the process was given; none where that cannot be told (macOS)."""


def share_one() -> None:
    """
    Let this thread, and all that it starts from now on, run on one core, the same for all of them.

    For threads that share the interpreter, and let go of it at every row that is read and every byte that is sent. With
    several cores another thread is woken on another core and takes it meanwhile, so that whoever let go for a
    microsecond waits for milliseconds, with all those who wait for him (ADR 0045).
    """
    if _CORES:
        _run_on(frozenset({sorted(_CORES)[os.getpid() % len(_CORES)]}))


def use_all() -> None:
    """Let this thread, and all that it starts from now on, run on every core that the process was given."""
    if _CORES:
        _run_on(_CORES)


def _run_on(cores: frozenset[int]) -> None:
    with suppress(OSError):  # a container may forbid it: slower, nothing worse
        os.sched_setaffinity(0, cores)
