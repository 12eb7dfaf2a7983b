"""
Figures of a run, in one pass over its equity at each session close.

Definitions are those of `empyrical-reloaded` wherever it has one: simple returns, 252 sessions a year, risk-free 0,
standard deviations with one degree of freedom taken off. The kernel takes the same steps while it trades that
`figures_of` takes on the rows of a ledger: they cannot differ. Returns are plainly summed, not by Welford's recurrence:
a session without a position adds nothing, so that the kernel may leave it out.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from daytrader.core.arrays import BoolArray, DayArray, IntArray

SESSIONS_PER_YEAR: Final = 252
_YEAR_ROOT: Final = math.sqrt(SESSIONS_PER_YEAR)
# A variance below this part of the mean square is the rounding of a constant series, not a risk.
_NO_RISK: Final = 1e-9


class Figures:
    """
    What a run comes to, as the compiled code writes it; what is not defined, or beyond all numbers, is NaN.

    Whole numbers: cents, sessions and counts. The others are those of a report's `metrics`.
    """

    final_equity: int
    final_cash: int
    final_shares: int
    fees: int
    max_drawdown_days: int
    trades: int
    ambiguous_bars: int
    total_return_pct: float
    annualized_return_pct: float
    max_drawdown_pct: float
    volatility: float
    sharpe_ratio: float
    sortino_ratio: float
    calmar_ratio: float
    win_rate_pct: float
    profit_factor: float
    expectancy: float
    exposure_pct: float


FIGURES: Final = np.dtype(
    [(name, np.int64 if kind == "int" else np.float64) for name, kind in Figures.__annotations__.items()], align=True
)


class Curve(NamedTuple):
    """
    An equity curve up to a session, in what its figures need.

    `equity` and `peak` are cents, exact in a float, the initial balance counting as a peak; `deepest` is the least
    ratio of the two, `longest` the most days under water; the others are sums over the returns, `losses` of the squares
    of losing ones.
    """

    equity: float
    peak: float
    peak_day: int
    deepest: float
    longest: int
    sum: float
    squares: float
    losses: float


class Gains(NamedTuple):
    """Closed trades: how many, how many of them won, the cents won and the cents lost."""

    closed: int
    won: int
    gained: int
    lost: int


@njit(inline="always")
def begun(initial: int, day: int) -> Curve:
    """Return the curve before its first session, which is on *day*."""
    return Curve(float(initial), float(initial), day, 1.0, 0, 0.0, 0.0, 0.0)


@njit(inline="always", error_model="numpy")
def marked(curve: Curve, cents: int, session: int, day: IntArray) -> Curve:
    """
    Return *curve* with one more *session*, closed at *cents*.

    Without a branch but for a new deepest ratio, which is rare: others would be guessed wrongly too often.
    """
    equity = float(cents)
    change = (equity - curve.equity) / curve.equity if curve.equity > 0.0 else np.nan
    square = change * change
    is_peak = equity >= curve.peak
    peak = equity if is_peak else curve.peak
    today = day[session]
    peak_day = today if is_peak else curve.peak_day
    deepest = curve.deepest
    if equity < deepest * peak:
        deepest = min(deepest, equity / peak)
    under_water = today - peak_day
    return Curve(
        equity,
        peak,
        peak_day,
        deepest,
        under_water if under_water > curve.longest else curve.longest,
        curve.sum + change,
        curve.squares + square,
        curve.losses + (square if change < 0.0 else 0.0),
    )


@njit(inline="always")
def tell(told: Figures, curve: Curve, gains: Gains, initial: int, sessions: int, held: int) -> None:
    """Write the figures of a *curve* of so many *sessions*, at *held* of whose closes shares were held."""
    final = curve.equity
    told.final_equity = int(final)
    told.max_drawdown_days = curve.longest
    told.total_return_pct = (final / initial - 1) * 100
    annualized = (final / initial) ** (SESSIONS_PER_YEAR / sessions) - 1 if final >= 0 else np.nan
    if not annualized * 100 < np.inf:  # a leap within days, taken for a year
        annualized = np.nan
    told.annualized_return_pct = annualized * 100
    max_drawdown = curve.deepest - 1.0
    told.max_drawdown_pct = max_drawdown * 100
    mean, mean_square = curve.sum / sessions, curve.squares / sessions
    variance = (curve.squares - curve.sum * mean) / (sessions - 1) if sessions > 1 else np.nan
    is_constant = variance <= _NO_RISK * mean_square
    deviation = 0.0 if is_constant else math.sqrt(variance)
    told.volatility = deviation * _YEAR_ROOT
    told.sharpe_ratio = mean / deviation * _YEAR_ROOT if deviation > 0 else np.nan
    told.sortino_ratio = mean / math.sqrt(curve.losses / sessions) * _YEAR_ROOT if curve.losses > 0 else np.nan
    calmar = annualized / -max_drawdown if max_drawdown < 0 else np.nan
    told.calmar_ratio = calmar if calmar < np.inf else np.nan
    told.trades = gains.closed
    told.win_rate_pct = gains.won / gains.closed * 100 if gains.closed > 0 else np.nan
    told.expectancy = (gains.gained - gains.lost) / gains.closed / 100 if gains.closed > 0 else np.nan
    told.profit_factor = gains.gained / gains.lost if gains.lost > 0 else np.nan
    told.exposure_pct = held / sessions * 100


def figures_of(initial: int, equity: IntArray, session: DayArray, held: BoolArray, gains: IntArray) -> np.void:
    """
    Return the `Figures` of a run that was not made by the kernel; fees, cash, shares and ambiguous bars are 0.

    Args:
        initial: Cents, positive.
        equity: Cents at each session close, shape (m,), m >= 1.
        session: Dates of the sessions, days since 1970-01-01, shape (m,).
        held: Whether shares were held there, shape (m,).
        gains: Cents gained by each closed trade, shape (k,).
    """
    told = np.zeros(1, FIGURES)
    _figures_of(told, initial, equity, session.astype(np.int64), int(np.count_nonzero(held)), gains)
    figures: np.void = told[0]
    return figures


@njit(cache=True)
def _figures_of(
    told: npt.NDArray[np.void], initial: int, equity: IntArray, day: IntArray, held: int, gains: IntArray
) -> None:
    curve = begun(initial, day[0])
    for session in range(equity.size):
        curve = marked(curve, equity[session], session, day)
    won = gained = lost = 0
    for gain in gains:
        won += gain > 0
        gained += max(gain, 0)
        lost += max(-gain, 0)
    tell(told[0], curve, Gains(gains.size, won, gained, lost), initial, equity.size, held)


def win_rate(gains: IntArray) -> float | None:
    """Return the fraction of closed trades that gained, None without trades."""
    return int(np.count_nonzero(gains > 0)) / gains.size if gains.size else None
