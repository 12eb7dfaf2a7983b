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
    np.testing.assert_array_equal(told.mean, [[0.0, 6.5], [2.5, 8.5], [4.5, np.nan]])
    assert told.count.tolist() == [[1, 2], [2, 2], [2, 0]]
    assert told.to_dict()["mean"] == [[0.0, 6.5], [2.5, 8.5], [4.5, None]]


def test_settings_that_were_not_tried_are_refused() -> None:
    """Nor is one against itself a map."""
    with pytest.raises(InvalidParameterError, match="'window' was not tried"):
        heatmap(TRIED, np.zeros(12), "window", "slow")
    with pytest.raises(InvalidParameterError, match="two different"):
        heatmap(TRIED, np.zeros(12), "slow", "slow")
