"""A sweep judged: its best, what is left of it after so many tries, and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from daytrader.core import backtest, ranking
from daytrader.core.backtest import Fill, Prices
from daytrader.core.bars import Bars
from daytrader.core.combinations import Combinations
from daytrader.core.overfitting import DeflatedSharpe, Overfitting, backtest_overfitting, deflated_sharpe
from daytrader.core.report import Report
from daytrader.core.rules import Rules
from daytrader.core.stability import Stability, stability
from daytrader.core.strategy import Strategy
from daytrader.core.sweep import Outcome
from daytrader.core.verdict import NOTHING_TRADED, Verdict, judge


@dataclass(frozen=True, eq=False, slots=True)
class Assessment:
    """
    What a sweep's best is worth.

    Attributes:
        metric: What it was chosen by.
        best: Its index, None if nothing traded; then all but the verdict is None.
        settings: Its settings by name.
        report: Its backtest.
        deflated: What is left of its Sharpe ratio, None where that is not defined.
        overfitting: What choosing in this way is worth, None where there is nothing to compare.
        stability: How its neighbours do, None where it has none.
        verdict: In one sentence.
    """

    metric: str
    best: int | None
    settings: Mapping[str, int | float] | None
    report: Report | None
    deflated: DeflatedSharpe | None
    overfitting: Overfitting | None
    stability: Stability | None
    verdict: Verdict

    def to_dict(self) -> dict[str, object]:
        """Return the figures as JSON values."""
        overfitting = self.overfitting
        return {
            "metric": self.metric,
            "best": self.best,
            "settings": None if self.settings is None else dict(self.settings),
            "metrics": None if self.report is None else dict(self.report.metrics),
            "deflated_sharpe": None if self.deflated is None else asdict(self.deflated),
            "overfitting": None
            if overfitting is None
            else {
                "probability": overfitting.probability,
                "combinations": overfitting.combinations,
                "splits": overfitting.splits,
                "degradation_slope": overfitting.degradation_slope,
                "degradation_intercept": overfitting.degradation_intercept,
                "probability_of_loss": overfitting.probability_of_loss,
            },
            "stability": None if self.stability is None else asdict(self.stability),
            "verdict": {
                "level": self.verdict.level.value,
                "odds_of_luck": self.verdict.odds_of_luck,
                "sentence": self.verdict.sentence,
            },
        }


def assess(
    bars: Bars,
    strategy: str | Strategy,
    combinations: Combinations,
    outcome: Outcome,
    rules: Rules,
    *,
    symbol: str,
    params: Mapping[str, object] | None = None,
    cash: Decimal,
    start: date | None = None,
    end: date | None = None,
    fill: Fill = "next_open",
    prices: Prices = "raw",
    metric: str = "sharpe_ratio",
    earlier_trials: int = 0,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Assessment:
    """
    Return what the best of *outcome* is worth; the other arguments are those the sweep was run with.

    Args:
        bars: The whole history.
        strategy: What was swept: its name, or the strategy itself.
        combinations: What was tried.
        outcome: What came of it, with block sums.
        rules: Where *combinations* names no other.
        symbol: What the bars are of.
        params: Likewise.
        cash: Initial balance, currency units.
        start: First session.
        end: Last session.
        fill: When decisions fill.
        prices: Whether bars are raw or adjusted; pinned in the report.
        metric: What the best is chosen by.
        earlier_trials: Combinations tried on the same data before.
        threads: How many may work; the result is the same.
        progress: Told the fraction that is done.
        should_stop: Asked now and then whether to give up.

    Raises:
        InvalidParameterError: If there is no such metric.
        SweepStoppedError: If *should_stop* said so.
    """
    scored = ranking.scores(outcome, metric)
    best = ranking.best(scored)
    if best is None:
        return Assessment(metric, None, None, None, None, None, None, NOTHING_TRADED)
    settings = combinations.of(best)
    own_rules, own_params = ranking.applied(settings, rules, params)
    report = backtest.run(
        bars,
        strategy,
        own_params,
        own_rules,
        symbol=symbol,
        cash=cash,
        start=start,
        end=end,
        fill=fill,
        prices=prices,
    )
    candidates = ranking.traded(outcome)
    blocks = outcome.blocks
    overfitting = (
        backtest_overfitting(
            blocks.count,
            blocks.sum,
            blocks.squares,
            candidates,
            threads=threads,
            progress=progress,
            should_stop=should_stop,
        )
        if blocks.count.size
        else None
    )
    deflated = deflated_sharpe(report.run.equity, report.initial_cash, outcome.sharpe_ratio[candidates], earlier_trials)
    near = stability(combinations, scored, best)
    verdict = judge(overfitting, deflated, near, int(outcome.trades[best]))
    return Assessment(metric, best, settings, report, deflated, overfitting, near, verdict)
