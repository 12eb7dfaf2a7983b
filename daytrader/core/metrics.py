"""
Figures of a run, from its equity at each session close.

Definitions are those of `empyrical-reloaded` wherever it has one: simple returns, 252 sessions a year, risk-free 0,
standard deviations with one degree of freedom taken off.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit

from daytrader.core.arrays import BoolArray, DayArray, IntArray

SESSIONS_PER_YEAR: Final = 252
# Below this a standard deviation is the rounding of a constant series, not a risk.
_NO_RISK: Final = 1e-15
_YEAR_ROOT: Final = math.sqrt(SESSIONS_PER_YEAR)


class Statistics(NamedTuple):
    """
    One pass over m session closes.

    `mean` and `deviation` (ddof 1, NaN for one session) are those of the simple returns, the first from the initial
    balance; `downside` is the root mean square of the losing ones; all three are NaN after a total loss.
    `max_drawdown` is 0 to -1 (or less), the initial balance counting as a peak. `under_water_days` counts calendar
    days from a peak's date to the last close below it, the initial balance's date being the first session.
    """

    mean: float
    deviation: float
    downside: float
    max_drawdown: float
    under_water_days: int


def statistics(initial: int, equity: IntArray, session: DayArray) -> Statistics:
    """Return the statistics of *equity* (cents, shape (m,), m >= 1) at the closes of *session* (days)."""
    return Statistics(*_statistics(initial, equity, session))


@njit(cache=True)
def _statistics(initial: int, equity: IntArray, session: DayArray) -> tuple[float, float, float, float, int]:
    mean = downside = squares = deepest = 0.0
    longest, m = 0, equity.size
    before = peak = initial
    peak_day = session[0]
    for i in range(m):
        change = (equity[i] - before) / before if before > 0 else np.nan
        # Welford (1962): stable in one pass
        step = change - mean
        mean += step / (i + 1)
        squares += step * (change - mean)
        downside += min(change, 0.0) ** 2 if change == change else np.nan  # noqa: PLR0124 - NaN is not itself
        before = equity[i]
        if before >= peak:
            peak, peak_day = before, session[i]
        else:
            deepest = min(deepest, before / peak - 1.0)
            longest = max(longest, session[i] - peak_day)
    deviation = math.sqrt(squares / (m - 1)) if m > 1 else np.nan
    return mean, deviation, math.sqrt(downside / m), deepest, longest


def annualized_return(initial: int, final: int, sessions: int) -> float | None:
    """Return (final / initial)^(252 / sessions) - 1, None when less than nothing is left."""
    if final < 0:
        return None
    return float((final / initial) ** (SESSIONS_PER_YEAR / sessions) - 1)


def volatility(statistics: Statistics) -> float | None:
    """Return the annualised standard deviation, None for fewer than two returns."""
    return None if math.isnan(statistics.deviation) else statistics.deviation * _YEAR_ROOT


def sharpe_ratio(statistics: Statistics) -> float | None:
    """Return mean / standard deviation x sqrt(252), None on zero variance (Sharpe 1994)."""
    if not statistics.deviation > _NO_RISK:
        return None
    return statistics.mean / statistics.deviation * _YEAR_ROOT


def sortino_ratio(statistics: Statistics) -> float | None:
    """Return mean / root mean square of the losses x sqrt(252), None without losses (Sortino and Price 1994)."""
    return statistics.mean / statistics.downside * _YEAR_ROOT if statistics.downside > 0 else None


def calmar_ratio(annualized: float | None, max_drawdown: float) -> float | None:
    """Return the annualised return over the deepest drawdown, None without one (Young 1991)."""
    return None if annualized is None or max_drawdown >= 0 else annualized / -max_drawdown


def win_rate(gains: IntArray) -> float | None:
    """Return the fraction of closed trades that gained, None without trades."""
    return int(np.count_nonzero(gains > 0)) / gains.size if gains.size else None


def profit_factor(gains: IntArray) -> float | None:
    """Return the sum of gains over the sum of losses, None without losses."""
    losses = int(gains[gains < 0].sum())
    return int(gains[gains > 0].sum()) / -losses if losses else None


def expectancy(gains: IntArray) -> float | None:
    """Return the mean gain of a closed trade in currency units, None without trades."""
    return int(gains.sum()) / gains.size / 100 if gains.size else None


def exposure(held: BoolArray) -> float:
    """Return the fraction of sessions at whose close shares were held."""
    return int(np.count_nonzero(held)) / held.size
