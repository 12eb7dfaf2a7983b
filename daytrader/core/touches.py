"""Where a tape touches a level first: compiled, and apart from the bars, which are read without a compiler."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from daytrader.core.tape import Quotes

_AT_ONCE: Final = 32


@njit(inline="always", error_model="numpy")
def first_touch(high: Quotes, low: Quotes, unit: int, row: int, end: int, stop: int, target: int) -> int:
    """
    Return the first bar from *row* to *end* - 1 that touches *stop* or *target*, *end* if none does.

    *high* and *low* are in *unit*, the levels in micros, 0 where they are off.
    """
    if stop == 0 and target == 0:
        return end
    never = np.iinfo(high.dtype).max
    highest_stopping = high.dtype.type(min(stop // unit, never))
    lowest_reaching = high.dtype.type(min((target + unit - 1) // unit, never) if target > 0 else never)
    width = min(_AT_ONCE, high.size)  # not known when compiled: a loop of a known length is unrolled, not widened
    while row < end:
        first = min(row, high.size - width)
        touches = False
        for i in range(np.uint64(first), np.uint64(first + width)):
            touches = touches | (low[i] <= highest_stopping) | (high[i] >= lowest_reaching)
        stop_row = min(first + width, end)
        if touches:
            while row < stop_row:
                if low[row] <= highest_stopping or high[row] >= lowest_reaching:
                    return row
                row += 1
        row = stop_row
    return end
