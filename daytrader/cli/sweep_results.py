"""What is kept of each stock's sweep: small, whatever the number of combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from daytrader.core import ranking
from daytrader.core.heatmap import Heatmap, heatmap

if TYPE_CHECKING:
    from daytrader.cli.sweep import SweepOptions
    from daytrader.core.arrays import FloatArray
    from daytrader.core.assessment import Assessment
    from daytrader.core.search import Judgement, LeftOut
    from daytrader.core.sweep import Outcome

FIGURES: Final = (
    "total_return_pct",
    "annualized_return_pct",
    "max_drawdown_pct",
    "sharpe_ratio",
    "win_rate_pct",
    "profit_factor",
    "trades",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One combination: its settings and its figures by name, None where one is not defined."""

    index: int
    settings: Mapping[str, int | float]
    figures: Mapping[str, float | int | None]

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {"settings": dict(self.settings), "figures": dict(self.figures)}


@dataclass(frozen=True, eq=False, slots=True)
class Result:
    """
    The sweep of one stock.

    Attributes:
        symbol: Of the stock.
        tried: How many combinations there were.
        refused: How many of them the strategy does not take.
        rows: The best of them.
        scored: The score of each, for what the stocks have in common, shape (k,).
        judged: What the best is worth, and its walk-forward.
        heatmap: Where one was asked for.
    """

    symbol: str
    tried: int
    refused: int
    rows: Sequence[Row]
    scored: FloatArray
    judged: Judgement
    heatmap: Heatmap | None

    @property
    def assessment(self) -> Assessment:
        """Return what the best is worth."""
        return self.judged.assessment

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "symbol": self.symbol,
            "combinations": self.tried,
            "refused": self.refused,
            "top": [row.to_dict() for row in self.rows],
            "assessment": self.assessment.to_dict(),
            "heatmap": None if self.heatmap is None else self.heatmap.to_dict(),
            "walk_forward": None if self.judged.walk_forward is None else self.judged.walk_forward.to_dict(),
            "not_walked": self.judged.not_walked,
        }


def result_of(symbol: str, options: SweepOptions, outcome: Outcome, judged: Judgement) -> Result:
    """Return what is kept of *outcome*."""
    scored = ranking.scores(outcome, options.metric)
    rows = best_rows(outcome, scored, options)
    drawn = None
    if options.heatmap is not None:
        figure = np.where(np.isnan(scored), np.nan, getattr(outcome, options.metric))
        drawn = heatmap(options.combinations, figure, *options.heatmap)
    return Result(symbol, outcome.size, outcome.skipped, rows, scored, judged, drawn)


@dataclass(frozen=True, slots=True)
class Stopped:
    """A stock whose sweep was stopped after *done* combinations: the best of those, not judged."""

    symbol: str
    done: int
    rows: Sequence[Row]

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {"symbol": self.symbol, "done": self.done, "top": [row.to_dict() for row in self.rows]}


@dataclass(eq=False, slots=True)
class Swept:
    """All that came of a sweep: each stock's result, those that were left out, and the one that somebody stopped."""

    results: list[Result] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    stopped: Stopped | None = None


def best_rows(outcome: Outcome, scored: FloatArray, options: SweepOptions) -> list[Row]:
    """Return the best combinations of *outcome* by what they have *scored*, the best first."""
    names = dict.fromkeys((*FIGURES, options.metric))
    return [
        Row(index, options.combinations.of(index), {name: _figure(getattr(outcome, name)[index]) for name in names})
        for index in ranking.top(scored, options.top).tolist()
    ]


@dataclass(frozen=True, slots=True)
class Common:
    """A combination over all stocks: the mean of its score, on how many stocks it has one."""

    settings: Mapping[str, int | float]
    mean: float
    stocks: int


def in_common(results: Sequence[Result], options: SweepOptions) -> list[Common]:
    """Return the combinations with the highest mean score among those that traded on more than half of the stocks."""
    total, count = np.zeros(options.combinations.size), np.zeros(options.combinations.size, np.int64)
    for result in results:
        known = ~np.isnan(result.scored)
        total[known] += result.scored[known]
        count += known
    usual = count * 2 > len(results)
    mean = np.divide(total, count, out=np.full(total.size, np.nan), where=usual)
    sign = 1 if options.metric in ranking.HIGHER_IS_BETTER else -1
    return [
        Common(options.combinations.of(index), sign * float(mean[index]), int(count[index]))
        for index in ranking.top(mean, options.top).tolist()
    ]


def _figure(value: np.generic) -> float | int | None:
    number: float | int = value.item()
    return None if number != number else number  # noqa: PLR0124 - NaN is not itself
