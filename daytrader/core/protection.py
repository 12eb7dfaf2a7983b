"""Which of a position's levels are in force, and whether a bar reaches one: the same rule for one and for many."""

from __future__ import annotations

import numpy as np
from numba import njit

from daytrader.core.arrays import BoolArray, IntArray

__all__ = ["any_reached", "in_force", "is_reached"]


@njit(cache=True)
def in_force(is_trading: bool, keeps_protection: bool, stop: int, target: int) -> tuple[int, int]:
    """
    Return stop and target in micros as they hold now, 0 where one does not.

    A service that takes no signals (paused, in error, on hold) takes no target; its stop stays in force unless its
    owner has said otherwise.
    """
    if is_trading:
        return stop, target
    return (stop if keeps_protection else 0), 0


@njit(cache=True)
def is_reached(stop: int, target: int, low: int, high: int) -> bool:
    """Return whether a bar from *low* to *high* touches one of the levels that are not 0."""
    return (stop > 0 and low <= stop) or (target > 0 and high >= target)


@njit(cache=True)
def any_reached(
    is_trading: BoolArray, keeps_protection: BoolArray, stop: IntArray, target: IntArray, low: int, high: int
) -> BoolArray:
    """Return for each of n positions whether the bar touches a level that is in force, shape (n,)."""
    found = np.empty(stop.size, np.bool_)
    for place in range(stop.size):
        held = in_force(is_trading[place], keeps_protection[place], stop[place], target[place])
        found[place] = is_reached(held[0], held[1], low, high)
    return found
