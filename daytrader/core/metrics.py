"""
Figures of a run, from its equity at each session close.

Definitions are those of `empyrical-reloaded` wherever it has one: simple returns, 252 sessions a year, risk-free 0,
standard deviations with one degree of freedom taken off.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from daytrader.core.arrays import BoolArray, DayArray, FloatArray, IntArray

SESSIONS_PER_YEAR: Final = 252
# Below this a standard deviation is the rounding of a constant series, not a risk.
_NO_RISK: Final = 1e-15


def session_returns(initial: int, equity: IntArray) -> FloatArray:
    """Return each session's simple return, the first from *initial* (cents), shape (m,); NaN after a total loss."""
    before = np.concatenate(([initial], equity[:-1])).astype(np.float64)
    returns = np.full(equity.shape, np.nan)
    np.divide(equity - before, before, out=returns, where=before > 0)
    return returns


def annualized_return(initial: int, final: int, sessions: int) -> float | None:
    """Return (final / initial)^(252 / sessions) - 1, None when nothing or less is left."""
    if final <= 0:
        return None
    return float((final / initial) ** (SESSIONS_PER_YEAR / sessions) - 1)


def volatility(returns: FloatArray) -> float | None:
    """Return the annualised standard deviation, None for fewer than two returns."""
    if returns.size < 2 or not np.isfinite(returns).all():
        return None
    return float(np.std(returns, ddof=1)) * math.sqrt(SESSIONS_PER_YEAR)


def sharpe_ratio(returns: FloatArray) -> float | None:
    """Return mean / standard deviation x sqrt(252), None on zero variance (Sharpe 1994)."""
    if returns.size < 2 or not np.isfinite(returns).all():
        return None
    deviation = float(np.std(returns, ddof=1))
    return float(np.mean(returns)) / deviation * math.sqrt(SESSIONS_PER_YEAR) if deviation > _NO_RISK else None


def sortino_ratio(returns: FloatArray) -> float | None:
    """Return mean / root mean square of the losses x sqrt(252), None without losses (Sortino and Price 1994)."""
    if returns.size == 0 or not np.isfinite(returns).all():
        return None
    downside = math.sqrt(float(np.mean(np.square(np.minimum(returns, 0.0)))))
    return float(np.mean(returns)) / downside * math.sqrt(SESSIONS_PER_YEAR) if downside > 0 else None


def drawdowns(initial: int, equity: IntArray) -> FloatArray:
    """Return how far each close is below the highest before it, 0 to -1 (or less), *initial* counting as one."""
    peak = np.maximum(np.maximum.accumulate(equity), initial)
    fractions: FloatArray = equity / peak - 1.0
    return fractions


def longest_under_water(initial: int, equity: IntArray, session: DayArray) -> int:
    """
    Return the calendar days from a peak's date to the last close below it, for the longest such stretch.

    The initial balance is a peak on the first session.
    """
    peak = np.maximum(np.maximum.accumulate(equity), initial)
    at_peak = equity >= peak
    latest = np.maximum.accumulate(np.where(at_peak, np.arange(equity.size), 0))
    return int(np.max(np.where(at_peak, 0, session - session[latest])))


def calmar_ratio(annualized: float | None, max_drawdown: float) -> float | None:
    """Return the annualised return over the deepest drawdown, None without one (Young 1991)."""
    return None if annualized is None or max_drawdown >= 0 else annualized / -max_drawdown


def win_rate(gains: IntArray) -> float | None:
    """Return the fraction of closed trades that gained, None without trades."""
    return float(np.mean(gains > 0)) if gains.size else None


def profit_factor(gains: IntArray) -> float | None:
    """Return the sum of gains over the sum of losses, None without losses."""
    losses = int(gains[gains < 0].sum())
    return int(gains[gains > 0].sum()) / -losses if losses else None


def expectancy(gains: IntArray) -> float | None:
    """Return the mean gain of a closed trade in currency units, None without trades."""
    return float(np.mean(gains)) / 100 if gains.size else None


def exposure(held: BoolArray) -> float:
    """Return the fraction of sessions at whose close shares were held."""
    return float(np.mean(held))
