"""
Combinatorially symmetric cross-validation, compiled: the best of every split in sample, and its rank outside.

Source: Bailey, Borwein, Lopez de Prado and Zhu (2017), "The probability of backtest overfitting", Journal of
Computational Finance 20(4). Its return matrix is never held: per block the sum and the sum of squares of the returns
are enough for every Sharpe ratio. On one half, where all combinations have the same n returns, s / sqrt(q), the sum
over the root of the sum of squares, orders them as the Sharpe ratio does. Compared is its square with the sign,
s |s| / q, which needs no root and, against a given value, no division.

A subset of the blocks is one of the lower half of them and one of the upper half, at most 2^8 of each: their sums are
made once for a lane of combinations that stays in the cache, and each of the 12,870 subsets costs two additions. The
outside of a split is the inside of its complement, so that every subset is visited once for the best, once for ranks.

The loops decide in float32 where that is certain and ask float64 where it is not. Let m be the sum over a half's blocks
of the largest s^2 / q that any combination has in the block: the absolute block sums of a half add up to at most
sqrt(m q) (Cauchy and Schwarz). Ten roundings of 2^-24 then move s / sqrt(q) by less than 1e-6 sqrt(m), and whatever is
nearer to the compared value than twice that is computed again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from daytrader.core.arrays import FloatArray, IntArray
from daytrader.core.errors import SweepStoppedError
from daytrader.core.tried import Tried

Float32Array: TypeAlias = npt.NDArray[np.float32]

_LANE: Final = 64  # combinations side by side: their partial sums fill 256 KiB
_PIECE: Final = 1 << 14  # combinations between two looks at whether to stop
_SEEDS: Final = 256  # visited first: with a good best at hand few are looked at closely
# What an idle stretch has for a sum of squares: its ratio is 0. The square of one cent in the largest account is 1e-26.
_IDLE: Final = 1e-35
# Ratios nearer than this, relatively, are one ratio: the order of additions makes no rank.
_TIE: Final = 1e-12
_UNCERTAIN: Final = 2e-6  # times sqrt(m), see above
_ONE: Final = np.float32(1)
_NONE: Final = np.float32(0)


class Splits(NamedTuple):
    """
    The S splits of the blocks into two halves, S = B over B / 2.

    `low` and `high` are the in-sample blocks as bits of the lower and the upper half of the blocks, `complement` the
    place of the split whose in-sample half is this one's outside; each of shape (S,).
    """

    low: IntArray
    high: IntArray
    complement: IntArray


class Ranks(NamedTuple):
    """
    What was found for each of S splits, each of shape (S,).

    `best` is the index of the combination with the highest ratio in sample, the lowest of equals; `below` counts the
    combinations with a lower ratio outside than it has, `equal` those with the same one, itself included.
    """

    best: IntArray
    below: IntArray
    equal: IntArray


def splits_of(blocks: int) -> Splits:
    """Return the splits of *blocks* (even, 2 to 16) blocks, in the order in which the compiled loops visit them."""
    half = blocks // 2
    masks = np.arange(1 << half, dtype=np.int64)
    size = np.array([mask.bit_count() for mask in masks.tolist()])
    # Lower halves of one size follow each other: the upper ones they go with are then still in the cache.
    lows = masks[np.argsort(size, kind="stable")].tolist()
    pairs = [(low, high) for low in lows for high in masks[size == half - size[low]].tolist()]
    low, high = np.array(pairs, np.int64).T.copy()
    place = np.zeros((1 << half, 1 << half), np.int64)
    place[low, high] = np.arange(low.size)
    full = (1 << half) - 1
    return Splits(low, high, place[full ^ low, full ^ high])


def rank_splits(
    splits: Splits,
    tried: Tried,
    *,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Ranks:
    """
    Return the best of every split and how many it leaves behind outside; the same for any number of threads.

    Args:
        splits: Of the blocks.
        tried: The block sums of k >= 1 combinations.
        threads: How many may work.
        progress: Told the fraction that is done.
        should_stop: Asked now and then whether to give up.

    Raises:
        SweepStoppedError: If *should_stop* said so.
    """
    k, size = tried.size, splits.low.size
    pieces = [(first, min(first + _PIECE, k)) for first in range(0, k, _PIECE)]
    doubt, seeds = _survey(tried, pieces)
    workers = range(min(threads, len(pieces)))
    done = 0

    def visit(worker: int, work: Callable[[int, FloatArray, FloatArray], None]) -> None:
        nonlocal done
        for first, last in pieces[worker :: len(workers)]:
            if should_stop is not None and should_stop():
                raise SweepStoppedError(done // 2, k)
            work(first, *tried.piece(first, last))
            done += last - first  # told, not relied upon
            if progress is not None:
                progress(done / (2 * k))

    highest, best = _seeded(splits, tried, seeds, doubt)
    all_highest, all_best = np.tile(highest, (len(workers), 1)), np.tile(best, (len(workers), 1))
    counts = np.zeros((len(workers), 2, size), np.int64)
    with ThreadPoolExecutor(len(workers)) as pool:

        def find(worker: int) -> None:
            found = all_highest[worker], all_best[worker]
            visit(worker, lambda first, s, q: _find_best(splits, s, q, first, doubt, *found))

        list(pool.map(find, workers))
        highest = all_highest.max(axis=0)
        best = np.where(all_highest == highest, all_best, k).min(axis=0)
        # The outside of a split is the inside of its complement.
        outside = _ratios(splits, *tried.of(best[splits.complement]))

        def count(worker: int) -> None:
            visit(worker, lambda _, s, q: _count(splits, s, q, outside, doubt, *counts[worker]))

        list(pool.map(count, workers))
    below, above = counts.sum(axis=0)[:, splits.complement]
    return Ranks(best, below, k - below - above)


def _survey(tried: Tried, pieces: Sequence[tuple[int, int]]) -> tuple[float, IntArray]:
    """
    Return by how much s / sqrt(q) may be off in float32, with a margin, and who does best on everything, ascending.

    The first bar to clear is set by the best of all: from nothing, each combination would be looked at closely.
    """
    most = min(_SEEDS, tried.size // _LANE + 1)
    seeds, leading, largest = np.empty(0, np.int64), np.empty(0), None
    for first, last in pieces:
        sums, squares = tried.piece(first, last)
        largest = np.zeros(sums.shape[1]) if largest is None else largest
        _raise_largest(sums, squares, largest)
        total = sums.sum(axis=1)
        leading = np.concatenate((leading, total * np.abs(total) / (squares.sum(axis=1) + _IDLE)))
        seeds = np.concatenate((seeds, np.arange(first, last)))
        if leading.size > most:
            kept = np.argpartition(leading, leading.size - most)[leading.size - most :]
            seeds, leading = seeds[kept], leading[kept]
    blocks = np.sort(np.zeros(2) if largest is None else largest)
    return _UNCERTAIN * math.sqrt(blocks[blocks.size // 2 :].sum()), np.sort(seeds)


def _seeded(splits: Splits, tried: Tried, seeds: IntArray, doubt: float) -> tuple[FloatArray, IntArray]:
    """Return the highest ratio in sample, and whose it is, among *seeds*."""
    sums, squares, _ = tried.of(seeds)
    best = np.zeros(splits.low.size, np.int64)
    highest = _ratios(splits, sums, squares, best)
    _find_best(splits, sums, squares, 0, doubt, highest, best)
    return highest, seeds[best]


@njit(cache=True, nogil=True)
def _raise_largest(sums: FloatArray, squares: FloatArray, largest: FloatArray) -> None:
    """Raise *largest*, shape (B,), to the largest s^2 / q that any of these combinations has in each block."""
    for row in range(sums.shape[0]):
        for block in range(sums.shape[1]):
            if squares[row, block] > 0:
                largest[block] = max(largest[block], sums[row, block] ** 2 / squares[row, block])


@njit(nogil=True)
def _ratio(sums: FloatArray, squares: FloatArray, row: int, low: int, high: int) -> float:
    """Return the signed squared ratio of combination *row* on a subset of the blocks: the one definition of it."""
    half = sums.shape[1] // 2
    s, q = 0.0, _IDLE
    for block in range(half):
        if low >> block & 1:
            s += sums[row, block]
            q += squares[row, block]
        if high >> block & 1:
            s += sums[row, half + block]
            q += squares[row, half + block]
    return s * abs(s) / q


@njit(cache=True, nogil=True)
def _ratios(splits: Splits, sums: FloatArray, squares: FloatArray, chosen: IntArray) -> FloatArray:
    """Return the ratio of *chosen*, one combination per split, on the split's in-sample half."""
    ratios = np.empty(chosen.size)
    for split in range(chosen.size):
        ratios[split] = _ratio(sums, squares, chosen[split], splits.low[split], splits.high[split])
    return ratios


@njit(nogil=True)
def _signed_square(ratio: float, shift: float) -> np.float32:
    """Return, for a signed squared *ratio*, that of the ratio moved by *shift*."""
    moved = np.sqrt(abs(ratio)) * np.sign(ratio) + shift
    return np.float32(moved * abs(moved))


@njit(nogil=True)
def _shifted(ratios: FloatArray, shift: float) -> Float32Array:
    """Return `_signed_square` of each."""
    moved = np.empty(ratios.size, np.float32)
    for split in range(ratios.size):
        moved[split] = _signed_square(ratios[split], shift)
    return moved


@njit(nogil=True)
def _fill(values: FloatArray, first: int, start: float, low: Float32Array, high: Float32Array) -> None:
    """
    Fill *low* and *high*, shape (2^(B/2), lane), with the sums over the subsets of each half of the blocks.

    Beyond the last row there are zeros: a lane is always whole.
    """
    half, rows = values.shape[1] // 2, min(_LANE, values.shape[0] - first)
    low[0] = np.float32(start)
    high[0] = np.float32(0)
    if rows < _LANE:
        low[1:, rows:] = np.float32(start)
        high[1:, rows:] = np.float32(0)
    for block in range(half):
        bit = 1 << block
        for rest in range(bit):
            for lane in range(rows):
                low[bit + rest, lane] = low[rest, lane] + np.float32(values[first + lane, block])
                high[bit + rest, lane] = high[rest, lane] + np.float32(values[first + lane, half + block])


# "reassoc": ones may be added in any order; that is what lets the counting loops run eight combinations at once.


@njit(cache=True, nogil=True, fastmath={"reassoc"})
def _find_best(
    splits: Splits,
    sums: FloatArray,
    squares: FloatArray,
    offset: int,
    doubt: float,
    highest: FloatArray,
    best: IntArray,
) -> None:
    """Raise *highest* and *best*, shape (S,), by what these combinations, the first being *offset*, reach in sample."""
    k, subsets = sums.shape[0], 1 << (sums.shape[1] // 2)
    low_s, high_s = np.empty((subsets, _LANE), np.float32), np.empty((subsets, _LANE), np.float32)
    low_q, high_q = np.empty((subsets, _LANE), np.float32), np.empty((subsets, _LANE), np.float32)
    bars = _shifted(highest, -doubt)
    for first in range(0, k, _LANE):
        rows = min(_LANE, k - first)
        _fill(sums, first, 0.0, low_s, high_s)
        _fill(squares, first, _IDLE, low_q, high_q)
        for split in range(splits.low.size):
            a, b, bar = splits.low[split], splits.high[split], bars[split]
            hits = _NONE
            for lane in range(_LANE):
                s = low_s[a, lane] + high_s[b, lane]
                q = low_q[a, lane] + high_q[b, lane]
                hits += _ONE if s * abs(s) >= bar * q else _NONE
            if hits == _NONE:
                continue
            for lane in range(rows):
                s = low_s[a, lane] + high_s[b, lane]
                if s * abs(s) < bar * (low_q[a, lane] + high_q[b, lane]):
                    continue
                row = first + lane
                ratio = _ratio(sums, squares, row, a, b)
                if ratio > highest[split] or (ratio == highest[split] and offset + row < best[split]):
                    highest[split] = ratio
                    best[split] = offset + row
                    bars[split] = _signed_square(ratio, -doubt)


@njit(cache=True, nogil=True, fastmath={"reassoc"})
def _count(
    splits: Splits,
    sums: FloatArray,
    squares: FloatArray,
    compared: FloatArray,
    doubt: float,
    below: IntArray,
    above: IntArray,
) -> None:
    """Add to *below* and *above*, shape (S,), how many of these combinations are on either side of *compared*."""
    k, subsets = sums.shape[0], 1 << (sums.shape[1] // 2)
    low_s, high_s = np.empty((subsets, _LANE), np.float32), np.empty((subsets, _LANE), np.float32)
    low_q, high_q = np.empty((subsets, _LANE), np.float32), np.empty((subsets, _LANE), np.float32)
    lowest, highest = _shifted(compared, -doubt), _shifted(compared, doubt)
    for first in range(0, k, _LANE):
        rows = min(_LANE, k - first)
        _fill(sums, first, 0.0, low_s, high_s)
        _fill(squares, first, _IDLE, low_q, high_q)
        for split in range(splits.low.size):
            a, b, least, most = splits.low[split], splits.high[split], lowest[split], highest[split]
            under = over = _NONE
            for lane in range(_LANE):
                s = low_s[a, lane] + high_s[b, lane]
                q = low_q[a, lane] + high_q[b, lane]
                signed = s * abs(s)
                under += _ONE if signed < least * q else _NONE
                over += _ONE if signed > most * q else _NONE
            below[split] += int(under)
            above[split] += int(over)
            if rows < _LANE:  # the zeros beyond the last row were counted too
                nothing = low_q[a, rows] + high_q[b, rows]
                below[split] -= (_LANE - rows) * (least * nothing > _NONE)
                above[split] -= (_LANE - rows) * (most * nothing < _NONE)
            elif under + over == _LANE:
                continue
            for lane in range(rows):
                s = low_s[a, lane] + high_s[b, lane]
                q = low_q[a, lane] + high_q[b, lane]
                signed = s * abs(s)
                if signed < least * q or signed > most * q:
                    continue
                apart = _ratio(sums, squares, first + lane, a, b) - compared[split]
                tie = abs(compared[split]) * _TIE
                below[split] += apart < -tie
                above[split] += apart > tie
