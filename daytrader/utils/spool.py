"""Arrays that need not stay in memory: in files without a name, whose pages the system takes when it needs them."""

from __future__ import annotations

import math
import mmap
import os
import tempfile
import time
import weakref
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_SMALL: Final = 1 << 24  # bytes: not worth a file
_REST_SECONDS: Final = 0.05


class Spool:
    """
    Makes arrays of zeros, large ones in files that are gone with the last reference to them.

    A sweep's results are more than its work needs at once. On disk they are no load for whatever else the machine does;
    where the disk has no room for them they are in memory.

    Args:
        folder: Of the files; the system's folder of temporary files (`TMPDIR`) by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._maps: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
        self._rested = time.monotonic()

    def make(self, shape: tuple[int, ...], kind: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return an array of zeros of this shape."""
        element = np.dtype(kind)
        size = math.prod(shape) * element.itemsize
        if size < _SMALL:
            return np.zeros(shape, element)
        try:
            with tempfile.TemporaryFile(dir=self._folder) as file:
                reserve(file.fileno(), size)
                mapped = mmap.mmap(file.fileno(), size)
        except OSError:
            return np.zeros(shape, element)
        self._maps.add(mapped)
        return np.frombuffer(mapped, element).reshape(shape)

    def rest(self) -> None:
        """
        Let go of the pages that were looked at; whoever looks again finds them as they were.

        For callbacks: what is asked often is done twenty times a second.
        """
        now = time.monotonic()
        if now - self._rested < _REST_SECONDS:
            return
        self._rested = now
        for mapped in list(self._maps):
            mapped.madvise(mmap.MADV_DONTNEED)


def reserve(descriptor: int, size: int) -> None:
    """
    Give a file *size* bytes, all of them on the disk: one found full by writing to mapped memory ends the process.

    Raises:
        OSError: If there is no room.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    else:  # macOS
        os.ftruncate(descriptor, size)
