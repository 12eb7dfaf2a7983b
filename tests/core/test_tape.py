"""Whether a bar touches a level, looked for in many bars at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daytrader.core.bars import Bars
from daytrader.core.tape import Tape
from daytrader.core.touches import first_touch


def tape(n: int, seed: int, unit: int) -> Tape:
    """Return bars of few prices, all multiples of *unit* micros."""
    chance = np.random.default_rng(seed)
    low = chance.integers(50, 60, n) * unit / 1e6
    high = low + chance.integers(0, 8, n) * unit / 1e6
    return Bars.build(np.arange(n) * 86_400, low, high, low, high).tape


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 150),
    st.tuples(st.integers(0, 150), st.integers(0, 150)),
    st.integers(0, 60),
    st.integers(0, 70),
    st.integers(-1, 1),
    st.sampled_from([10_000, 100, 1]),
    st.integers(0, 2**32 - 1),
)
def test_the_first_bar_that_touches_is_found(
    n: int, part: tuple[int, int], stop: int, target: int, beside: int, unit: int, seed: int
) -> None:
    """As a plain search finds it, wherever it begins and ends; with levels between prices, and levels that are off."""
    bars = tape(n, seed, unit)
    row, end = (min(each, n) for each in sorted(part))
    stop, target = (max(1, level * unit + beside) if level else 0 for level in (stop, target))
    plain = (
        at
        for at in range(row, end)
        if (stop and bars.low[at] * bars.unit <= stop) or (target and bars.high[at] * bars.unit >= target)
    )
    assert first_touch(bars.high, bars.low, bars.unit, row, end, stop, target) == next(plain, end)


@pytest.mark.parametrize("level", [0, 90_000_000 * 1_000_000])
def test_levels_beyond_every_price_touch_nothing(level: int) -> None:
    """A target that does not fit the prices' 32 bits is never reached."""
    bars = tape(100, 1, 10_000)
    assert first_touch(bars.high, bars.low, bars.unit, 0, 100, 0, level) == 100
