"""A sweep judged as a whole."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np

from daytrader.core import ranking
from daytrader.core.assessment import Assessment, assess
from daytrader.core.overfitting import backtest_overfitting, deflated_sharpe
from daytrader.core.rules import Rules
from daytrader.core.stability import stability
from daytrader.core.sweep import grid, run
from daytrader.core.verdict import Level, judge
from tests.core.builders import bars_of, sample

CASH = Decimal(10_000)
TRIED = grid({"fast": [5, 10, 15], "slow": [20, 30, 40], "take_profit_percent": [0, 10]})


def assessed(metric: str = "sharpe_ratio", earlier: int = 0) -> Assessment:
    """Return a sweep of IBM, judged."""
    bars = sample("IBM").head(1500)
    outcome = run(bars, "sma_cross", TRIED, Rules(), cash=CASH)
    return assess(
        bars,
        "sma_cross",
        TRIED,
        outcome,
        Rules(),
        symbol="IBM",
        cash=CASH,
        metric=metric,
        earlier_trials=earlier,
        threads=2,
    )


def test_each_part_is_that_of_its_own_module() -> None:
    """Best, deflated ratio, overfitting, neighbours, verdict; the report is the best's backtest."""
    bars = sample("IBM").head(1500)
    outcome = run(bars, "sma_cross", TRIED, Rules(), cash=CASH)
    told = assessed("total_return_pct", earlier=500)
    scored = ranking.scores(outcome, "total_return_pct")
    best = int(np.argmax(scored))
    assert (told.best, told.settings) == (best, TRIED.of(best))
    assert told.report is not None
    assert told.report.final_equity == outcome.final_equity[best]
    assert told.report.metrics["sharpe_ratio"] == outcome.sharpe_ratio[best]
    assert told.deflated == deflated_sharpe(told.report.run.equity, 1_000_000, outcome.sharpe_ratio, 500)
    assert told.deflated is not None
    assert told.deflated.trials == 518
    overfitting = backtest_overfitting(outcome.blocks.count, outcome.blocks.sum, outcome.blocks.squares)
    assert overfitting is not None
    assert told.overfitting is not None
    np.testing.assert_array_equal(told.overfitting.logits, overfitting.logits)
    assert told.stability == stability(TRIED, scored, best)
    assert told.verdict == judge(told.overfitting, told.deflated, told.stability, int(outcome.trades[best]))


def test_it_is_json() -> None:
    """Nothing in it is infinite or not a number."""
    told = json.loads(json.dumps(assessed().to_dict(), allow_nan=False))
    assert told["overfitting"]["splits"] == 12_870
    assert told["verdict"]["sentence"].endswith(".")
    assert set(told["settings"]) == {"fast", "slow", "take_profit_percent"}


def test_where_nothing_traded_there_is_nothing_to_judge() -> None:
    """A price that never moves."""
    bars = bars_of([(9.0, 9.0, 9.0, 9.0)] * 60)
    outcome = run(bars, "sma_cross", TRIED, Rules(), cash=CASH)
    told = assess(bars, "sma_cross", TRIED, outcome, Rules(), symbol="X", cash=CASH)
    assert (told.best, told.report, told.verdict.level) == (None, None, Level.NOTHING)
    json.dumps(told.to_dict(), allow_nan=False)
