"""Tests of daytrader.core.codes: what NumPy tells, in a fraction of its memory."""

from __future__ import annotations

import numpy as np
import pytest

from daytrader.core import codes
from daytrader.core.arrays import FloatArray, IntArray


@pytest.mark.parametrize(
    "column",
    [
        np.array([7]),
        np.array([2.5, -1.0, 2.5, 9.0]),
        np.tile(np.arange(300), 700),  # over several slabs, and more than a byte holds
        np.random.default_rng(1).normal(size=70_000),  # all different, more than are counted
        np.random.default_rng(2).integers(0, 70_000, 200_000),
    ],
    ids=["one", "floats", "grid", "draw", "many"],
)
def test_values_and_codes_are_those_of_unique(column: FloatArray | IntArray) -> None:
    """Ascending values, and the place of each row's among them in the shortest whole numbers."""
    values, places = codes.coded(column)
    wanted, inverse = np.unique(column, return_inverse=True)
    np.testing.assert_array_equal(values, wanted)
    np.testing.assert_array_equal(places, inverse)
    assert values.dtype == column.dtype
    assert places.dtype == np.min_scalar_type(wanted.size - 1)
