"""Signals as bits: the next one is found 64 bars at a time, and those of a million bars fit in a processor's cache."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from daytrader.core.arrays import BoolArray

FlagArray: TypeAlias = npt.NDArray[np.uint64]

_BITS: Final = 64
_WORD: Final = 6  # a row's word is row >> 6
_ALL: Final = np.uint64(2**64 - 1)
_NONE: Final = np.uint64(0)
_ONE: Final = np.uint64(1)
# The six bits at every place of this number differ: multiplied by a power of two it tells which one.
# Source: Leiserson, Prokop and Randall (1998), "Using de Bruijn sequences to index a 1 in a computer word".
_SEQUENCE: Final = 0x03F79D71B4CB0A89
_TOP: Final = _BITS - _WORD
_PLACES: Final = np.zeros(_BITS, np.uint8)
_PLACES[[((_SEQUENCE << place) % 2**_BITS) >> _TOP for place in range(_BITS)]] = np.arange(_BITS)


def words_of(rows: int) -> int:
    """Return how many words hold the flags of so many *rows*, with one to spare."""
    return rows // _BITS + 1


def flags_of(entry: BoolArray, exit_: BoolArray) -> FlagArray:
    """Return entries and exits, each of shape (n,), as bits, shape (2, w); none is set from n on."""
    packed = np.zeros((2, words_of(entry.size)), "<u8")
    for words, signals in zip(packed.view(np.uint8), (entry, exit_), strict=True):
        bits = np.packbits(signals, bitorder="little")
        words[: bits.size] = bits
    return packed


def always(rows: int) -> FlagArray:
    """Return an entry on each of so many *rows* and never an exit, as `flags_of` does."""
    packed = np.zeros((2, words_of(rows)), np.uint64)
    packed[0, :-1] = _ALL
    packed[0, -1] = (1 << rows % _BITS) - 1
    return packed


@njit(error_model="numpy")
def next_set(words: FlagArray, row: int, rows: int) -> int:
    """Return the first row from *row* on whose flag is set, *rows* if none is."""
    return _next(words, row, rows, _NONE)


@njit(error_model="numpy")
def next_clear(words: FlagArray, row: int, rows: int) -> int:
    """Return the first row from *row* on whose flag is not set, *rows* if all are."""
    return _next(words, row, rows, _ALL)


@njit(error_model="numpy")
def _next(words: FlagArray, row: int, rows: int, flipped: np.uint64) -> int:
    while row < rows:
        word = (words[row >> _WORD] ^ flipped) >> np.uint64(row & (_BITS - 1))
        if word != _NONE:
            lowest = word & (~word + _ONE)
            return min(row + int(_PLACES[(lowest * np.uint64(_SEQUENCE)) >> np.uint64(_TOP)]), rows)
        row = (row | (_BITS - 1)) + 1
    return rows
