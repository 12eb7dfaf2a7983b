"""Two settings of a sweep against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from daytrader.core.arrays import FloatArray, IntArray
from daytrader.core.combinations import Combinations
from daytrader.core.errors import InvalidParameterError

Reduce: TypeAlias = Literal["mean", "median", "best"]
REDUCTIONS: Final[tuple[Reduce, ...]] = ("mean", "median", "best")
"""What may stand for the combinations that share a cell."""


@dataclass(frozen=True, eq=False, slots=True)
class Heatmap:
    """
    How a figure depends on two settings, whatever the others are.

    Attributes:
        x: Name of the setting along the columns.
        y: Name of the setting along the rows.
        reduce: What stands for the combinations that share a cell.
        x_values: Tried values, or the middles of the steps they were put together in, ascending, shape (nx,).
        y_values: Likewise, shape (ny,).
        values: The figure, NaN where no combination has one, shape (ny, nx).
        count: How many combinations that is, shape (ny, nx).
    """

    x: str
    y: str
    reduce: Reduce
    x_values: FloatArray
    y_values: FloatArray
    values: FloatArray
    count: IntArray

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        rows = [[None if np.isnan(cell) else cell for cell in row] for row in self.values.tolist()]
        return {
            "x": self.x,
            "y": self.y,
            "reduce": self.reduce,
            "x_values": self.x_values.tolist(),
            "y_values": self.y_values.tolist(),
            "values": rows,
            "count": self.count.tolist(),
        }


def heatmap(
    combinations: Combinations,
    figure: FloatArray,
    x: str,
    y: str,
    *,
    reduce: Reduce = "mean",
    is_lower_better: bool = False,
    widest: int | None = None,
) -> Heatmap:
    """
    Return *figure* over the settings *x* and *y*.

    Args:
        combinations: What was tried.
        figure: Of each, NaN where it has none, shape (k,).
        x: The setting along the columns.
        y: The setting along the rows.
        reduce: What stands for the combinations that share a cell. The mean or the median is what can be relied on:
            the best of them is chance.
        is_lower_better: Which of them is the best.
        widest: More values of a setting than that are put together in so many equal steps; None for never.

    Raises:
        InvalidParameterError: If one of the settings was not tried, or they are the same.
    """
    for name in (x, y):
        if name not in combinations.names:
            raise InvalidParameterError("heatmap", f"{name!r} was not tried, only {', '.join(combinations.names)}")
    if x == y:
        raise InvalidParameterError("heatmap", "needs two different settings")
    x_values, column = _steps(combinations.columns[combinations.names.index(x)], widest)
    y_values, row = _steps(combinations.columns[combinations.names.index(y)], widest)
    shape = (y_values.size, x_values.size)
    is_known = ~np.isnan(figure)
    cell, told = (row * x_values.size + column)[is_known], figure[is_known]
    count = np.bincount(cell, minlength=shape[0] * shape[1])
    if reduce == "mean":
        total = np.bincount(cell, weights=told, minlength=count.size)
        values = np.divide(total, count, out=np.full(count.size, np.nan), where=count > 0)
    else:
        values = _ordered(cell, told, count, reduce, is_lower_better=is_lower_better)
    return Heatmap(x, y, reduce, x_values, y_values, values.reshape(shape), count.reshape(shape))


def _ordered(cell: IntArray, told: FloatArray, count: IntArray, reduce: Reduce, *, is_lower_better: bool) -> FloatArray:
    """Return the median or the best of what each cell is told, shape of *count*."""
    told = told[np.lexsort((told, cell))]
    at = np.flatnonzero(count)
    last = np.cumsum(count)[at] - 1
    first = last - count[at] + 1
    values = np.full(count.size, np.nan)
    if reduce == "best":
        values[at] = told[first if is_lower_better else last]
    else:
        values[at] = (told[(first + last) // 2] + told[(first + last + 1) // 2]) / 2
    return values


def _steps(tried: npt.NDArray[Any], widest: int | None) -> tuple[FloatArray, IntArray]:
    """Return the steps of an axis, ascending, and which of them each value is on."""
    values = np.asarray(tried, np.float64)
    distinct, place = np.unique(values, return_inverse=True)
    if widest is None or distinct.size <= widest:
        return distinct, place
    edges = np.linspace(distinct[0], distinct[-1], widest + 1)
    return (edges[:-1] + edges[1:]) / 2, np.clip(np.searchsorted(edges, values, side="right") - 1, 0, widest - 1)
