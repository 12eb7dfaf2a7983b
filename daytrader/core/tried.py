"""The combinations that may be chosen, as cross-validation reads them."""

from __future__ import annotations

from typing import Final

import numpy as np

from daytrader.core.arrays import BoolArray, FloatArray, IntArray

_SLAB: Final = 65_536  # combinations looked at together


class Tried:
    """
    The block sums of k combinations, read a piece at a time: columns in files are never in memory as a whole.

    What is read is a copy, so that the compiled loops meet one kind of array, whatever the columns are.

    Args:
        sums: Sum of each combination's returns per block, shape (n, B).
        squares: Their sum of squares, likewise.
        is_candidate: Which of them are meant, shape (n,), all by default.
    """

    def __init__(self, sums: FloatArray, squares: FloatArray, is_candidate: BoolArray | None = None) -> None:
        self._sums, self._squares = sums, squares
        is_whole = is_candidate is None or bool(is_candidate.all())
        self._rows = None if is_whole or is_candidate is None else np.flatnonzero(is_candidate).astype(np.int32)
        self.size = int(sums.shape[0] if self._rows is None else self._rows.size)

    def piece(self, first: int, last: int) -> tuple[FloatArray, FloatArray]:
        """Return sums and squares of combinations *first* to *last* - 1, each of shape (last - first, B)."""
        rows = slice(first, last) if self._rows is None else self._rows[first:last]
        return np.array(self._sums[rows]), np.array(self._squares[rows])

    def of(self, chosen: IntArray) -> tuple[FloatArray, FloatArray, IntArray]:
        """Return sums and squares of those that are *chosen*, each once, and the place there of each of *chosen*."""
        few, place = np.unique(chosen, return_inverse=True)
        rows = few if self._rows is None else self._rows[few]
        return np.array(self._sums[rows]), np.array(self._squares[rows]), place


def moved(squares: FloatArray, is_candidate: BoolArray | None) -> BoolArray:
    """Return which combinations ever moved, of the candidates where they are given, shape (k,)."""
    has_moved = np.empty(squares.shape[0], np.bool_)
    for first in range(0, has_moved.size, _SLAB):
        has_moved[first : first + _SLAB] = (squares[first : first + _SLAB] > 0).any(axis=1)
    return has_moved if is_candidate is None else has_moved & is_candidate
