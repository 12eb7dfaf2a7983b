"""Figures equal empyrical-reloaded where it defines them, and are None where they are not defined."""

from __future__ import annotations

import math
from collections.abc import Sequence

import empyrical
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from daytrader.core import metrics
from daytrader.core.arrays import DayArray, IntArray

INITIAL = 1_000_000


def sessions(m: int) -> DayArray:
    """Return *m* consecutive days."""
    return np.arange(m, dtype=np.int32)


def returns_of(equity: IntArray) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return simple returns, the first from the initial balance."""
    return np.diff(np.concatenate(([INITIAL], equity))) / np.concatenate(([INITIAL], equity[:-1]))


def told_of(
    equity: Sequence[int] | IntArray, gains: Sequence[int] = (), initial: int = INITIAL, days: DayArray | None = None
) -> dict[str, float]:
    """Return the figures of an equity curve by name."""
    curve = np.array(equity, np.int64)
    session = sessions(curve.size) if days is None else days
    held = np.ones(curve.size, np.bool_)
    told = metrics.figures_of(initial, curve, session, held, np.array(gains, np.int64))
    return {name: told[name].item() for name in metrics.FIGURES.names or ()}


@settings(deadline=None)  # a loaded machine is no failure
@given(st.lists(st.integers(100_000, 9_000_000), min_size=3, max_size=300, unique=True))
def test_equals_empyrical(cents: list[int]) -> None:
    """Annualised return, volatility, Sharpe, Sortino, Calmar and maximum drawdown on daily simple returns."""
    returns = returns_of(np.array(cents, np.int64))
    assume(np.std(returns, ddof=1) > 1e-3 * abs(np.mean(returns)))  # see below for what hardly varies
    told = told_of(cents)
    assert told["annualized_return_pct"] / 100 == pytest.approx(empyrical.annual_return(returns), rel=1e-9, abs=1e-12)
    assert told["volatility"] == pytest.approx(empyrical.annual_volatility(returns), rel=1e-9)
    assert told["sharpe_ratio"] == pytest.approx(empyrical.sharpe_ratio(returns), rel=1e-9, abs=1e-12)
    assert told["max_drawdown_pct"] / 100 == pytest.approx(empyrical.max_drawdown(returns), rel=1e-9, abs=1e-12)
    if told["max_drawdown_pct"] < 0:
        assert told["sortino_ratio"] == pytest.approx(empyrical.sortino_ratio(returns), rel=1e-9, abs=1e-12)
        assert told["calmar_ratio"] == pytest.approx(empyrical.calmar_ratio(returns), rel=1e-6, abs=1e-12)
    else:
        assert math.isnan(told["sortino_ratio"])
        assert math.isnan(told["calmar_ratio"])


@pytest.mark.parametrize("growth", [0, 1])
def test_nothing_varied_is_no_ratio(growth: int) -> None:
    """Zero variance, no losses, no drawdown: nothing to divide by; nor where only cents are rounded."""
    told = told_of([INITIAL * 100 * 2 ** (growth * day) for day in range(growth, 11)], initial=INITIAL * 100)
    assert told["volatility"] == 0
    for name in ("sharpe_ratio", "sortino_ratio", "calmar_ratio"):
        assert math.isnan(told[name])
    assert (told["max_drawdown_pct"], told["max_drawdown_days"]) == (0, 0)
    rounded = told_of([round(10**9 * 1.001**day) for day in range(1, 500)], initial=10**9)
    assert rounded["volatility"] == 0


def test_one_session_has_no_deviation() -> None:
    """One return does not vary."""
    told = told_of([INITIAL + 1])
    assert math.isnan(told["volatility"])
    assert math.isnan(told["sharpe_ratio"])


def test_a_leap_taken_for_a_year_is_beyond_all_numbers() -> None:
    """600 x on one of two days: not infinite, which JSON does not have, but not known; nor what it is divided by."""
    leap = told_of([INITIAL - 1, INITIAL * 600])
    assert math.isnan(leap["annualized_return_pct"])
    assert math.isnan(leap["calmar_ratio"])
    assert leap["total_return_pct"] == pytest.approx(59_900)
    nearly = told_of([10**8 - 1, 10**8 * 245], initial=10**8)  # 10^301 a year, over a drawdown of 10^-8
    assert math.isfinite(nearly["annualized_return_pct"])
    assert math.isnan(nearly["calmar_ratio"])


def test_after_a_total_loss_nothing_is_annualised() -> None:
    """Returns on nothing are not numbers, and no error either."""
    told = told_of([0, 0, 0])
    assert told["annualized_return_pct"] == -100
    assert math.isnan(told_of([-1])["annualized_return_pct"])
    for name in ("volatility", "sharpe_ratio", "sortino_ratio"):
        assert math.isnan(told[name])
    assert told["max_drawdown_pct"] == -100


@pytest.mark.parametrize(
    ("equity", "days"),
    [
        ([110, 105, 108, 111], 11),  # from the peak on day 0 to the last close below it on day 11
        ([90, 95, 99, 101], 11),  # the initial balance is a peak on the first session
        ([100, 100, 100, 99], 3),  # still at the peak until day 11: under water from there to day 14
        ([110, 100, 110, 105], 10),  # touching the peak ends it: 10 days, then 3
        ([101, 102, 103, 104], 0),
    ],
)
def test_under_water_counts_calendar_days_from_the_peak(equity: list[int], days: int) -> None:
    """To the last close below it, the longest such stretch; sessions on days 0, 10, 11 and 14."""
    session = np.array([0, 10, 11, 14], np.int32)
    assert told_of(equity, initial=100, days=session)["max_drawdown_days"] == days


def test_trade_figures() -> None:
    """Two of three won; 5.00 against 2.00; a mean of 1.00."""
    told = told_of([INITIAL], [300, -200, 200])
    assert told["win_rate_pct"] == pytest.approx(200 / 3)
    assert (told["trades"], told["profit_factor"], told["expectancy"]) == (3, 2.5, 1.0)
    assert metrics.win_rate(np.array([300, -200, 200])) == pytest.approx(2 / 3)


def test_trade_figures_without_trades_or_losses() -> None:
    """Not a number, never infinite."""
    told = told_of([INITIAL])
    for name in ("win_rate_pct", "expectancy", "profit_factor"):
        assert math.isnan(told[name])
    assert math.isnan(told_of([INITIAL], [100])["profit_factor"])
    assert metrics.win_rate(np.array([], np.int64)) is None
