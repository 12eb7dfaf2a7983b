"""
Where one simple moving average crosses another, by exact sums of whole ticks.

Averages of whole ticks are equal, or at least 1 / (fast x slow) of a tick apart. Where that is well beyond what counts
as noise, and noise well beyond what TA-Lib's running totals can be off by, the sums say, row by row, what a comparison
of TA-Lib's averages would, and in a third of the time. Where it is not, that is said instead.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from daytrader.core.arrays import BoolArray, FloatArray, TickArray
from daytrader.core.indicators import NOISE

_PIECE: Final = 2048
_MARGIN: Final = 0.9  # of the noise, which leaves a tenth for what follows
_ROUNDING: Final = 2.0**-53  # the part by which a double is off at most
# A row rounds each of two totals twice. What is off on every row is less than 20 roundings: those of the closes as
# they are read (5 in each average), of both divisions, of their difference and of the noise.
_PER_ROW, _AT_ALL = 4 * _ROUNDING, 20 * _ROUNDING
_WHOLE: Final = 4 * _ROUNDING  # a decimal, scaled by splits, scaled to ticks: three
# Up to this product of windows and highest tick, averages that differ are two noises apart; and all sums fit 32 bits.
_MOST_APART: Final = 1 / (2 * NOISE)
_LARGEST: Final = 2 * _MOST_APART  # ticks
_TICKS: Final = (100.0, 1_000.0, 10_000.0)  # of one unit of the currency


class Ticks(NamedTuple):
    """Closes in whole ticks, shape (n,), and the highest of them."""

    close: TickArray
    highest: int


def whole_ticks(close: FloatArray) -> Ticks | None:
    """Return *close*, finite prices of shape (n,), in the largest ticks in which all are whole, None if in none."""
    read = np.ascontiguousarray(close).view()
    read.flags.writeable = False  # of one kind, whoever asks: compiled once
    ticks = np.empty(close.size, np.int32)
    if not any(_read(read, of_one, ticks) for of_one in _TICKS):
        return None
    ticks.flags.writeable = False
    return Ticks(ticks, int(ticks.max(initial=0)))


@njit(cache=True, error_model="numpy")
def whole_crossings(
    ticks: TickArray, highest_of_all: int, fast: int, slow: int, above: BoolArray, below: BoolArray
) -> bool:
    """
    Write where the average of *fast* bars crosses above that of *slow*, and where below, from row *slow* on.

    Args:
        ticks: Closes, from `whole_ticks`, more than *slow*, shape (n,).
        highest_of_all: The highest of them.
        fast: Bars of one average, from 1.
        slow: Bars of the other, more than *fast*.
        above: Written to, shape (n,).
        below: Likewise.

    Returns:
        Whether they are those of TA-Lib's averages. Where prices are too large or too many to be sure of it, what was
        written is not to be used.
    """
    if fast * slow * highest_of_all > _MOST_APART:
        return False
    highest = ticks[:slow].max()
    apart = np.empty(_PIECE + 1, np.int32)  # slow x the fast sum - fast x the slow sum, the row before first
    total = slow * ticks[slow - fast : slow].sum() - fast * ticks[:slow].sum()
    row = slow
    while row < ticks.size:
        n = min(_PIECE, ticks.size - row)
        now, of_row = ticks[row : row + n], apart[1 : n + 1]
        apart[0] = total
        total = _add_up(total, now, ticks[row - fast : row - fast + n], ticks[row - slow :], fast, slow, of_row)
        is_tie = _write_changes(apart, of_row, above[row : row + n], below[row : row + n])
        lowest, highest = now.min(), max(highest, now.max())
        row += n
        off = highest * (row * _PER_ROW + _AT_ALL)
        if off > _MARGIN * NOISE * (lowest if is_tie else highest):
            return False
    return True


@njit(cache=True, error_model="numpy")
def _read(close: FloatArray, ticks_of_one: float, ticks: TickArray) -> bool:
    """Write the closes in ticks and return whether all are whole."""
    for row in range(0, close.size, _PIECE):
        is_broken = False
        for i in range(row, min(row + _PIECE, close.size)):
            scaled = min(close[i] * ticks_of_one, _LARGEST)
            ticks[i] = np.int32(scaled + 0.5)
            is_broken = is_broken | (abs(scaled - ticks[i]) > scaled * _WHOLE)
        if is_broken:
            return False
    return True


@njit(error_model="numpy")
def _add_up(
    total: int, now: TickArray, older: TickArray, oldest: TickArray, fast: int, slow: int, apart: TickArray
) -> int:
    """Write how far the sums are apart, *total* before the first row, and return how far after the last."""
    for i in range(now.size):
        apart[i] = slow * (now[i] - older[i]) - fast * (now[i] - oldest[i])
    for i in range(now.size):
        total += apart[i]
        apart[i] = total
    return total


@njit(error_model="numpy")
def _write_changes(before: TickArray, after: TickArray, above: BoolArray, below: BoolArray) -> bool:
    """Write where the averages' difference becomes positive, and where negative; return whether it is ever 0."""
    is_tie = False
    for i in range(after.size):
        above[i] = (after[i] > 0) & (before[i] <= 0)
        below[i] = (after[i] < 0) & (before[i] >= 0)
        is_tie = is_tie | (after[i] == 0)
    return is_tie
