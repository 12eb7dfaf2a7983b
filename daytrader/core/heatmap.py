"""Two settings of a sweep against each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daytrader.core.arrays import FloatArray
from daytrader.core.combinations import Combinations
from daytrader.core.errors import InvalidParameterError


@dataclass(frozen=True, eq=False, slots=True)
class Heatmap:
    """
    How a figure depends on two settings, whatever the others are.

    Attributes:
        x: Name of the setting along the columns.
        y: Name of the setting along the rows.
        x_values: Tried values, ascending, shape (nx,).
        y_values: Likewise, shape (ny,).
        mean: Mean of the figure over the combinations with both values, NaN where none has it, shape (ny, nx): what
            can be relied on, where the best of them would be chance.
        count: How many combinations that is, shape (ny, nx).
    """

    x: str
    y: str
    x_values: FloatArray
    y_values: FloatArray
    mean: FloatArray
    count: FloatArray

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        rows = [[None if np.isnan(cell) else cell for cell in row] for row in self.mean.tolist()]
        return {
            "x": self.x,
            "y": self.y,
            "x_values": self.x_values.tolist(),
            "y_values": self.y_values.tolist(),
            "mean": rows,
            "count": self.count.astype(np.int64).tolist(),
        }


def heatmap(combinations: Combinations, figure: FloatArray, x: str, y: str) -> Heatmap:
    """
    Return *figure*, shape (k,), NaN where a combination has none, over the settings *x* and *y*.

    Raises:
        InvalidParameterError: If one of them was not tried, or they are the same.
    """
    for name in (x, y):
        if name not in combinations.names:
            raise InvalidParameterError("heatmap", f"{name!r} was not tried, only {', '.join(combinations.names)}")
    if x == y:
        raise InvalidParameterError("heatmap", "needs two different settings")
    x_values, column = np.unique(combinations.columns[combinations.names.index(x)], return_inverse=True)
    y_values, row = np.unique(combinations.columns[combinations.names.index(y)], return_inverse=True)
    shape = (y_values.size, x_values.size)
    is_known = ~np.isnan(figure)
    cell = (row * x_values.size + column)[is_known]
    count = np.bincount(cell, minlength=shape[0] * shape[1]).astype(np.float64)
    total = np.bincount(cell, weights=figure[is_known], minlength=count.size)
    mean = np.divide(total, count, out=np.full(count.size, np.nan), where=count > 0)
    return Heatmap(
        x, y, x_values.astype(np.float64), y_values.astype(np.float64), mean.reshape(shape), count.reshape(shape)
    )
