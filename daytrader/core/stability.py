"""
Whether the best stands on a plateau or on a needle.

Source of the idea: Pardo (2008), "The evaluation and optimization of trading strategies", 2nd edition: a robust optimum
has neighbours that do nearly as well, an outlier among losers is chance. The figures are defined below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from daytrader.core.arrays import FloatArray
from daytrader.core.combinations import Combinations

PLATEAU: Final = 0.8
"""The part of the best's score that a neighbour on its plateau keeps at least."""


@dataclass(frozen=True, slots=True)
class Stability:
    """
    The best beside its neighbours: combinations at most one tried value away on every axis, diagonals included.

    Attributes:
        neighbours: How many of them have a score; those that never traded or were refused have none.
        median: Of their scores.
        minimum: Of their scores.
        median_share: Median over the best's score; None unless that is positive.
        plateau_share: Fraction of the neighbours that keep at least 80 % of the best's score; None likewise.
    """

    neighbours: int
    median: float
    minimum: float
    median_share: float | None
    plateau_share: float | None


def stability(combinations: Combinations, scored: FloatArray, best: int) -> Stability | None:
    """
    Return how the neighbours of combination *best* do, None where it has none.

    Args:
        combinations: A grid of any dimension; of a list or a draw the few that happen to be neighbours count.
        scored: As `ranking.scores` returns them, shape (k,).
        best: The index of the best.
    """
    is_near = ~np.isnan(scored)
    is_near[best] = False
    for column in combinations.columns:
        values = np.unique(column)
        place = int(np.searchsorted(values, column[best]))
        low, high = values[max(0, place - 1)], values[min(values.size - 1, place + 1)]
        is_near &= (column >= low) & (column <= high)
    near = scored[is_near]
    if not near.size:
        return None
    height = float(scored[best])
    median = float(np.median(near))
    is_gain = height > 0
    return Stability(
        neighbours=int(near.size),
        median=median,
        minimum=float(near.min()),
        median_share=median / height if is_gain else None,
        plateau_share=float(np.mean(near >= PLATEAU * height)) if is_gain else None,
    )
