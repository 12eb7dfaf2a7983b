"""Sums of whole ticks say what TA-Lib's averages say, or that they cannot be sure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.indicators import crosses_above, crosses_below, sma
from daytrader.core.sma_crossings import sma_crossings
from daytrader.core.whole_crossings import _MOST_APART, whole_crossings, whole_ticks


def known(close: FloatArray, fast: int, slow: int) -> bool:
    """Return whether the sums are sure, after comparing what they say, and what is said in the end, with TA-Lib's."""
    of_fast, of_slow = sma(close, fast), sma(close, slow)
    wanted = crosses_above(of_fast, of_slow, close), crosses_below(of_fast, of_slow, close)
    ticks = whole_ticks(close)
    np.testing.assert_array_equal(sma_crossings(close, fast, slow, ticks), wanted)
    found: tuple[BoolArray, BoolArray] = np.zeros(close.size, np.bool_), np.zeros(close.size, np.bool_)
    is_known = ticks is not None and whole_crossings(*ticks, fast, slow, *found)
    if is_known:
        np.testing.assert_array_equal(found, wanted)
    return is_known


def walk(rows: int, seed: int, *, around: int, step: int) -> IntArray:
    """Return whole ticks that wander; small steps make many equal averages."""
    moves = np.random.default_rng(seed).integers(-step, step + 1, rows)
    return np.maximum(1, around + np.cumsum(moves))


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 60),
    st.integers(1, 5_000),
    st.integers(0, 3),
    st.sampled_from([100, 1_000, 10_000]),
    st.integers(0, 2**32 - 1),
)
def test_the_sums_of_ticks_say_what_the_averages_say(
    fast: int, more: int, rows: int, step: int, ticks_of_one: int, seed: int
) -> None:
    """Ties of every kind, pieces of every length, cents and finer ticks."""
    slow = fast + more
    ticks = walk(slow + rows, seed, around=20_000, step=step)
    assert known(ticks / ticks_of_one, fast, slow)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 1), st.integers(0, 2**32 - 1))
def test_prices_at_the_edge_are_told_apart(fast: int, more: int, beyond: int, seed: int) -> None:
    """Steps of one around the highest tick that is allowed: averages as near as they can be. A tick more is not."""
    slow = fast + more
    highest = int(_MOST_APART) // (fast * slow) + beyond
    ticks = np.minimum(walk(slow + 3_000, seed, around=highest, step=1), highest)
    ticks[-1] = highest
    assert known(ticks / 100, fast, slow) == (beyond == 0)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([2, 3, 7, 20]), st.integers(0, 2**32 - 1))
def test_a_split_leaves_whole_ticks(ratio: int, seed: int) -> None:
    """What strategies read after it is the price times the ratio, rounded once more."""
    close = walk(3_000, seed, around=20_000, step=2) / 100
    close[1_000:] *= ratio
    assert known(close, 5, 12)


@pytest.mark.parametrize("extra", [1e-6, 1e-4 / 3, 1e-12])
def test_prices_that_are_no_ticks_are_not_known(extra: float) -> None:
    """Not even where the last one alone is none."""
    close = walk(3_000, 1, around=20_000, step=2) / 100
    assert known(close, 5, 12)
    close[-1] += extra
    assert not known(close, 5, 12)


def test_a_tie_far_below_the_highest_price_is_not_known() -> None:
    """The totals still carry what was rounded off a thousand times the price: it could pass for a difference."""
    high, low = walk(5_000, 2, around=9_000_000, step=3), walk(5_000, 3, around=4_000, step=1)
    assert known(high / 100, 1, 2)
    assert known(low / 100, 5, 12)
    assert not known(np.concatenate((high, low)) / 100, 1, 2)


def test_prices_beyond_any_tick_are_not_known() -> None:
    """They would not fit the sums."""
    assert not known(np.full(100, 89_999_999.0), 1, 2)
