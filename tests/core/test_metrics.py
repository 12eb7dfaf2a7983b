"""Figures equal empyrical-reloaded where it defines them, and are None where they are not defined."""

from __future__ import annotations

import empyrical
import numpy as np
import pytest
from hypothesis import given, settings
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


@settings(deadline=None)  # a loaded machine is no failure
@given(st.lists(st.integers(100_000, 9_000_000), min_size=3, max_size=300, unique=True))
def test_equals_empyrical(cents: list[int]) -> None:
    """Annualised return, volatility, Sharpe, Sortino, Calmar and maximum drawdown on daily simple returns."""
    equity = np.array(cents, np.int64)
    returns = returns_of(equity)
    told = metrics.statistics(INITIAL, equity, sessions(equity.size))
    annualized = metrics.annualized_return(INITIAL, cents[-1], equity.size)
    assert annualized == pytest.approx(empyrical.annual_return(returns), rel=1e-9, abs=1e-12)
    assert metrics.volatility(told) == pytest.approx(empyrical.annual_volatility(returns), rel=1e-9)
    assert metrics.sharpe_ratio(told) == pytest.approx(empyrical.sharpe_ratio(returns), rel=1e-9, abs=1e-12)
    assert told.max_drawdown == pytest.approx(empyrical.max_drawdown(returns), rel=1e-9, abs=1e-12)
    sortino, calmar = metrics.sortino_ratio(told), metrics.calmar_ratio(annualized, told.max_drawdown)
    if told.max_drawdown < 0:
        assert sortino == pytest.approx(empyrical.sortino_ratio(returns), rel=1e-9, abs=1e-12)
        assert calmar == pytest.approx(empyrical.calmar_ratio(returns), rel=1e-6, abs=1e-12)
    else:
        assert sortino is None
        assert calmar is None


def test_nothing_moved_is_no_ratio() -> None:
    """Zero variance, no losses, no drawdown: nothing to divide by."""
    told = metrics.statistics(INITIAL, np.full(10, INITIAL), sessions(10))
    assert metrics.volatility(told) == 0
    assert metrics.sharpe_ratio(told) is None
    assert metrics.sortino_ratio(told) is None
    assert metrics.calmar_ratio(0.0, told.max_drawdown) is None
    assert (told.max_drawdown, told.under_water_days) == (0, 0)


def test_one_session_has_no_deviation() -> None:
    """One return does not vary."""
    told = metrics.statistics(INITIAL, np.array([INITIAL + 1]), sessions(1))
    assert metrics.volatility(told) is None
    assert metrics.sharpe_ratio(told) is None


def test_after_a_total_loss_nothing_is_annualised() -> None:
    """Returns on nothing are not numbers, and no error either."""
    told = metrics.statistics(INITIAL, np.array([0, 0, 0]), sessions(3))
    assert metrics.annualized_return(INITIAL, 0, 3) == -1
    assert metrics.annualized_return(INITIAL, -1, 3) is None
    assert metrics.volatility(told) is None
    assert metrics.sharpe_ratio(told) is None
    assert metrics.sortino_ratio(told) is None
    assert told.max_drawdown == -1


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
    assert metrics.statistics(100, np.array(equity), session).under_water_days == days


def test_trade_figures() -> None:
    """Two of three won; 5.00 against 2.00; a mean of 1.00."""
    gains = np.array([300, -200, 200])
    assert metrics.win_rate(gains) == pytest.approx(2 / 3)
    assert metrics.profit_factor(gains) == 2.5
    assert metrics.expectancy(gains) == 1.0


def test_trade_figures_without_trades_or_losses() -> None:
    """None, never infinite."""
    nothing = np.array([], np.int64)
    assert metrics.win_rate(nothing) is None
    assert metrics.expectancy(nothing) is None
    assert metrics.profit_factor(nothing) is None
    assert metrics.profit_factor(np.array([100])) is None
