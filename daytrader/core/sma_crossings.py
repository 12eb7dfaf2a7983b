"""
Where one simple moving average crosses another, without writing the averages down.

Bit for bit what `crosses_above` and `crosses_below` say of two `sma`. Prices that are whole ticks are left to
`whole_crossings`. For others the sums are TA-Lib's, a running total from which the oldest close is taken after each
row. Both totals go through the closes together, in pieces that stay in the processor's cache, which takes two fifths of
the time that the averages of a million bars take in memory.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from daytrader.core.arrays import BoolArray, FloatArray
from daytrader.core.indicators import NOISE
from daytrader.core.whole_crossings import Ticks, whole_crossings

_PIECE: Final = 256
# Multiplying by 1 / window instead of dividing is off by less than this part of both averages: where a comparison is
# closer than that, the piece is divided.
_DOUBT: Final = 1e-15


def sma_crossings(close: FloatArray, fast: int, slow: int, ticks: Ticks | None) -> tuple[BoolArray, BoolArray]:
    """
    Return where the average of *fast* bars crosses above that of *slow*, and where below, each of shape (n,).

    Args:
        close: Finite prices, shape (n,).
        fast: Bars of one average, from 1.
        slow: Bars of the other, more than *fast*.
        ticks: *close* as `whole_ticks` has it, None where it is not to be had.
    """
    above, below = np.empty(close.size, np.bool_), np.empty(close.size, np.bool_)
    above[:slow] = below[:slow] = False  # what is so before the first row with both averages crosses nothing
    if close.size > slow and (ticks is None or not whole_crossings(*ticks, fast, slow, above, below)):
        read = np.ascontiguousarray(close).view()
        read.flags.writeable = False  # of one kind, whoever asks: compiled once
        _crossings(read, fast, slow, above, below)
    return above, below


@njit(cache=True, error_model="numpy")
def _crossings(close: FloatArray, fast: int, slow: int, above: BoolArray, below: BoolArray) -> None:
    fast_totals, slow_totals = np.empty(_PIECE), np.empty(_PIECE)
    # Whether either is above the other on each row of the piece, and before it on the last: what is so before the first
    # row with both averages crosses nothing.
    is_above, is_below = np.empty(_PIECE + 1, np.bool_), np.empty(_PIECE + 1, np.bool_)
    is_above[0] = is_below[0] = True
    row = slow - 1
    fast_total, slow_total = _total_before(close, fast, row), _total_before(close, slow, row)
    while row < close.size:
        n = min(_PIECE, close.size - row)
        now = close[row : row + n]
        fast_oldest, slow_oldest = (
            close[row - fast + 1 : row - fast + 1 + n],
            close[row - slow + 1 : row - slow + 1 + n],
        )
        for i in range(n):
            fast_total += now[i]
            fast_totals[i] = fast_total
            fast_total -= fast_oldest[i]
            slow_total += now[i]
            slow_totals[i] = slow_total
            slow_total -= slow_oldest[i]
        if _compare(fast_totals, slow_totals, now, 1.0 / fast, 1.0 / slow, is_above, is_below):
            fast_totals[:n] /= fast
            slow_totals[:n] /= slow
            _compare(fast_totals, slow_totals, now, 1.0, 1.0, is_above, is_below)
        _write_changes(is_above, above[row : row + n])
        _write_changes(is_below, below[row : row + n])
        row += n


@njit(error_model="numpy")
def _total_before(close: FloatArray, window: int, row: int) -> float:
    """Return the total of the *window* - 1 closes before *row*, as it was reached from the first on."""
    total = 0.0
    for i in range(row):
        total += close[i]
        if i >= window - 1:
            total -= close[i - window + 1]
    return total


@njit(error_model="numpy")
def _compare(
    fast_totals: FloatArray,
    slow_totals: FloatArray,
    now: FloatArray,
    of_fast: float,
    of_slow: float,
    is_above: BoolArray,
    is_below: BoolArray,
) -> bool:
    """
    Write which average is above, and return whether any comparison is in doubt.

    An average is the total times *of_fast* or *of_slow*: about 1 / window, or 1 where the totals are divided already.
    """
    is_doubtful = False
    for i in range(now.size):
        fast_average, slow_average = fast_totals[i] * of_fast, slow_totals[i] * of_slow
        apart, noise = fast_average - slow_average, now[i] * NOISE
        is_above[i + 1] = apart > noise
        is_below[i + 1] = -apart > noise
        is_doubtful = is_doubtful | (abs(abs(apart) - noise) <= (fast_average + slow_average) * _DOUBT)
    return is_doubtful


@njit(error_model="numpy")
def _write_changes(is_so: BoolArray, changes: BoolArray) -> None:
    """Write where something is so that was not on the row before, which *is_so* begins with."""
    for i in range(changes.size):
        changes[i] = is_so[i + 1] & ~is_so[i]
    is_so[0] = is_so[changes.size]
