"""Signals as bits: the next one is found 64 bars at a time, and those of a million bars fit in a processor's cache."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit
from numba.extending import intrinsic

from daytrader.core.arrays import BoolArray

FlagArray: TypeAlias = npt.NDArray[np.uint64]

_BITS: Final = 64
_WORD: Final = 6  # a row's word is row >> 6
_ALL: Final = np.uint64(2**64 - 1)
_NONE: Final = np.uint64(0)
_ONE: Final = np.uint64(1)
_LAST: Final = np.uint64(_BITS - 1)


@intrinsic
def _lowest(_typing: Any, word: Any) -> Any:
    """Return the place of the lowest bit that is set, of which there is one: an instruction of the processor."""
    return word(word), lambda _context, builder, _signature, given: builder.cttz(
        given[0], ir.Constant(ir.IntType(1), 1)
    )


def words_of(rows: int) -> int:
    """Return how many words hold the flags of so many *rows*, and the one that is read beside the last."""
    return rows // _BITS + 2


def flags_of(entry: BoolArray, exit_: BoolArray) -> FlagArray:
    """Return entries and exits, each of shape (n,), as bits, shape (2, w); none is set from n on."""
    packed = np.zeros((2, words_of(entry.size)), "<u8")
    _pack(packed, entry, exit_)
    return packed


def always(rows: int) -> FlagArray:
    """Return an entry on each of so many *rows* and never an exit, as `flags_of` does."""
    packed = np.zeros((2, words_of(rows)), np.uint64)
    _set_all(packed[0], rows)
    return packed


def beside_always(entry: BoolArray, exit_: BoolArray) -> FlagArray:
    """Return `always` and `flags_of` these signals, shape (2, 2, w)."""
    packed = np.zeros((2, 2, words_of(entry.size)), "<u8")
    _set_all(packed[0, 0], entry.size)
    _pack(packed[1], entry, exit_)
    return packed


def _set_all(words: FlagArray, rows: int) -> None:
    words[:-2] = _ALL
    words[-2] = (1 << rows % _BITS) - 1


def _pack(words: FlagArray, entry: BoolArray, exit_: BoolArray) -> None:
    into = words.view(np.uint8)
    bits = np.packbits(entry, bitorder="little")
    into[0, : bits.size] = bits
    into[1, : bits.size] = np.packbits(exit_, bitorder="little")


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
        # The 64 rows from this one on lie in two words: which, would be guessed wrongly too often.
        at, below = np.uint64(row >> _WORD), np.uint64(row & (_BITS - 1))
        coming = (words[at] ^ flipped) >> below | (words[at + _ONE] ^ flipped) << _ONE << (_LAST - below)
        if coming != _NONE:
            place: int = np.int64(_lowest(coming))  # type: ignore[assignment, call-arg]  # once compiled
            return min(row + place, rows)
        row += _BITS
    return rows
