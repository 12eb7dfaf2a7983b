"""Crossings without averages are, bit for bit, those of TA-Lib's averages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daytrader.core.arrays import FloatArray
from daytrader.core.indicators import crosses_above, crosses_below, sma
from daytrader.core.sma_crossings import _compare, sma_crossings
from daytrader.core.strategy import compute, get_strategy
from daytrader.core.whole_crossings import whole_ticks
from tests.core.builders import random_walk


def assert_same(close: FloatArray, fast: int, slow: int) -> int:
    """Compare with the averages themselves and return how many crossings there are."""
    above, below = sma_crossings(close, fast, slow, None)
    np.testing.assert_array_equal((above, below), sma_crossings(close, fast, slow, whole_ticks(close)))
    of_fast, of_slow = sma(close, fast), sma(close, slow)
    np.testing.assert_array_equal(above, crosses_above(of_fast, of_slow, close))
    np.testing.assert_array_equal(below, crosses_below(of_fast, of_slow, close))
    return int(np.count_nonzero(above) + np.count_nonzero(below))


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 700), st.integers(1, 40), st.integers(1, 60), st.sampled_from([0, 2, 12]), st.integers(0, 2**32 - 1)
)
def test_crossings_are_those_of_the_averages(rows: int, fast: int, more: int, decimals: int, seed: int) -> None:
    """Whatever the windows and the length; round prices make averages that are equal but for their last bits."""
    moves = np.random.default_rng(seed).normal(0, 1, rows)
    assert_same(np.round(100 + np.abs(np.cumsum(moves)), decimals), fast, fast + more)


def test_averages_as_close_as_the_noise_are_divided() -> None:
    """A step of two parts in 1e9 is at the edge for windows of 1 and 2: the last bits decide, and are the same."""
    crossed = set()
    for bits in range(-40, 41):
        step = 2e-9 + bits * 2.0**-52
        close = np.array([1.0, 1.0, 1.0, 1.0 + step, 1.0 + step])
        crossed.add(assert_same(close, 1, 2) > 0)
    assert crossed == {True, False}


@pytest.mark.parametrize(("apart", "is_doubtful"), [(1e-9, True), (1.1e-9, False), (0.0, False), (-1e-9, True)])
def test_only_what_is_at_the_edge_is_in_doubt(apart: float, is_doubtful: bool) -> None:
    """Equal averages, the common case of round prices, are not."""
    close, flags = np.full(3, 1.0), np.zeros(4, np.bool_)
    assert _compare(close * (1 + apart), close * 2, close, 1.0, 0.5, flags, flags.copy()) == is_doubtful


def test_the_averages_are_there_for_who_asks() -> None:
    """A decision's evidence names them, though trading never computes them."""
    bars = random_walk(60, seed=3)
    signals = compute(get_strategy("sma_cross"), bars, {"fast": 5, "slow": 9})
    assert list(signals.levels) == ["fast", "slow"]
    assert signals.evidence(40) == {"fast": sma(bars.close, 5)[40], "slow": sma(bars.close, 9)[40]}
    assert signals.levels["fast"] is signals.levels["fast"]
