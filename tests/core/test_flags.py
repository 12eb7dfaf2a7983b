"""Signals as bits say what the arrays say."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from daytrader.core.flags import always, beside_always, flags_of, next_clear, next_set


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.sampled_from([0.0, 0.02, 0.5, 0.98, 1.0]), st.integers(0, 2**32 - 1))
def test_the_next_flag_is_the_next_true_row(rows: int, share: float, seed: int) -> None:
    """Of both arrays and from every row, the end included; and the next row that is false."""
    chance = np.random.default_rng(seed)
    entry, exit_ = chance.random(rows) < share, chance.random(rows) < share
    packed = flags_of(entry, exit_)
    for words, signals in zip(packed, (entry, exit_), strict=True):
        for row in range(rows + 1):
            rest = signals[row:].tolist()
            assert next_set(words, row, rows) == (row + rest.index(True) if True in rest else rows)
            assert next_clear(words, row, rows) == (row + rest.index(False) if False in rest else rows)


def test_always_is_an_entry_on_every_row() -> None:
    """As the arrays would say it, whether a word is full or not."""
    for rows in (1, 63, 64, 65, 128):
        np.testing.assert_array_equal(always(rows), flags_of(np.ones(rows, np.bool_), np.zeros(rows, np.bool_)))
        entry, exit_ = np.arange(rows) % 3 == 0, np.arange(rows) % 5 == 0
        np.testing.assert_array_equal(beside_always(entry, exit_), (always(rows), flags_of(entry, exit_)))
