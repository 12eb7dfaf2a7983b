"""Two settings against each other."""

from __future__ import annotations

import numpy as np
import pytest

from daytrader.core.errors import InvalidParameterError
from daytrader.core.heatmap import heatmap
from daytrader.core.sweep import grid

TRIED = grid({"fast": [5, 10], "slow": [20, 30, 40], "stop_loss_percent": [0, 5]})


def test_a_cell_is_the_mean_over_the_other_settings() -> None:
    """Rows are y, columns x; combinations without a figure do not count."""
    figure = np.arange(12.0)
    figure[[1, 10, 11]] = np.nan
    told = heatmap(TRIED, figure, "fast", "slow")
    assert (told.x_values.tolist(), told.y_values.tolist()) == ([5.0, 10.0], [20.0, 30.0, 40.0])
    np.testing.assert_array_equal(told.values, [[0.0, 6.5], [2.5, 8.5], [4.5, np.nan]])
    assert told.count.tolist() == [[1, 2], [2, 2], [2, 0]]
    assert told.to_dict()["values"] == [[0.0, 6.5], [2.5, 8.5], [4.5, None]]


def test_the_best_and_the_median_of_a_cell() -> None:
    """Whichever way the figure is better; an even number has the mean of its middle two as median."""
    figure = np.arange(12.0)
    figure[[1, 10, 11]] = np.nan
    best = [[0.0, 7.0], [3.0, 9.0], [5.0, np.nan]]
    np.testing.assert_array_equal(heatmap(TRIED, figure, "fast", "slow", reduce="best").values, best)
    least = heatmap(TRIED, figure, "fast", "slow", reduce="best", is_lower_better=True)
    np.testing.assert_array_equal(least.values, [[0.0, 6.0], [2.0, 8.0], [4.0, np.nan]])
    middle = heatmap(TRIED, figure, "stop_loss_percent", "fast", reduce="median")
    np.testing.assert_array_equal(middle.values, [[2.0, 4.0], [7.0, 8.0]])


def test_many_values_are_put_together_in_equal_steps() -> None:
    """Told by their middles; nothing is lost."""
    tried = grid({"fast": range(100), "slow": [200, 300]})
    told = heatmap(tried, np.repeat(np.arange(100.0), 2), "fast", "slow", widest=10)
    np.testing.assert_allclose(told.x_values, np.arange(10) * 9.9 + 4.95)
    assert told.count.sum() == 200
    np.testing.assert_allclose(told.values[0], np.arange(10) * 10 + 4.5)


def test_settings_that_were_not_tried_are_refused() -> None:
    """Nor is one against itself a map."""
    with pytest.raises(InvalidParameterError, match="'window' was not tried"):
        heatmap(TRIED, np.zeros(12), "window", "slow")
    with pytest.raises(InvalidParameterError, match="two different"):
        heatmap(TRIED, np.zeros(12), "slow", "slow")
