"""Where the C library keeps what the threads of a server ask it for."""

from __future__ import annotations

import ctypes
from typing import Final

_M_ARENA_MAX: Final = -8  # malloc.h of glibc
_ARENAS: Final = 2


def share_few() -> bool:
    """
    Let the threads of this process, those to come included, share two arenas; return whether the C library has such.

    By default each of a server's dozens of threads is given one of eight arenas per core, and what it lets go of there
    only those who share it are given again: the process grows for hours by memory that nobody uses. To wait for an
    arena costs nothing that can be measured, for all but one of the threads wait for the interpreter at any time
    (ADR 0048).
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS))
    except (AttributeError, OSError, TypeError):  # another C library (musl, macOS, Windows): it keeps fewer anyway
        return False
