"""Whether the best stands on a plateau or on a needle."""

from __future__ import annotations

import numpy as np
import pytest

from daytrader.core.stability import stability
from daytrader.core.sweep import grid, listed

NAN = float("nan")


def test_neighbours_are_one_step_away_on_every_axis() -> None:
    """Diagonals included; steps are places among the tried values, not distances."""
    tried = grid({"fast": [5, 10, 50], "slow": [60, 100, 200]})
    scored = np.array([1.0, 2.0, 9.0, 3.0, 10.0, 8.0, 7.0, 9.5, NAN])
    told = stability(tried, scored, 4)
    assert told is not None
    assert told.neighbours == 7
    assert (told.median, told.minimum) == (7.0, 1.0)
    assert told.median_share == 0.7
    assert told.plateau_share == pytest.approx(3 / 7)  # 9, 8 and 9.5 keep 80 %


def test_at_the_edge_there_are_fewer() -> None:
    """A corner of a grid of three dimensions has seven."""
    tried = grid({"a": [1, 2, 3], "b": [1, 2, 3], "c": [1, 2, 3]})
    scored = np.ones(27)
    corner, middle = stability(tried, scored, 0), stability(tried, scored, 13)
    assert corner is not None
    assert middle is not None
    assert (corner.neighbours, middle.neighbours) == (7, 26)
    assert corner.plateau_share == corner.median_share == 1


def test_a_needle_keeps_nothing() -> None:
    """Its neighbours lose: the share is negative, the plateau empty."""
    told = stability(grid({"a": [1, 2, 3]}), np.array([-1.0, 2.0, -3.0]), 1)
    assert told is not None
    assert (told.median_share, told.plateau_share) == (-1.0, 0.0)


def test_there_is_no_share_of_a_loss() -> None:
    """Where the best itself is not above zero."""
    told = stability(grid({"a": [1, 2, 3]}), np.array([-3.0, -2.0, -5.0]), 1)
    assert told is not None
    assert (told.median, told.median_share, told.plateau_share) == (-4.0, None, None)


def test_a_list_has_the_neighbours_it_happens_to_have() -> None:
    """None at all is None."""
    tried = listed([{"a": 1, "b": 9}, {"a": 2, "b": 5}, {"a": 3, "b": 1}])
    told = stability(tried, np.array([1.0, 2.0, NAN]), 1)
    assert told is not None
    assert told.neighbours == 1
    assert stability(tried, np.array([NAN, 2.0, NAN]), 1) is None
