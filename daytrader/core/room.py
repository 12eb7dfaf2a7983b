"""Where the columns of a sweep are kept: in memory, or wherever a caller that knows files makes room for them."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt


class Room(Protocol):
    """What makes room for a sweep's results: hundreds of bytes a combination."""

    def make(self, shape: tuple[int, ...], kind: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return an array of zeros that lasts as long as anyone refers to it."""
        ...


class _Memory:
    def make(self, shape: tuple[int, ...], kind: npt.DTypeLike) -> npt.NDArray[Any]:
        return np.zeros(shape, kind)


MEMORY: Final[Room] = _Memory()
