"""Which combination is the best, and how its settings are applied."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from daytrader.core import ranking
from daytrader.core.errors import InvalidParameterError
from daytrader.core.rules import Rules
from daytrader.core.sweep import Outcome, grid, run
from tests.core.builders import bars_of, random_walk

CASH = Decimal(10_000)


def outcome_of(stops: list[int]) -> Outcome:
    """Return a sweep of sma_trend over windows and stops."""
    return run(
        random_walk(300, seed=3),
        "sma_trend",
        grid({"window": [5, 20, 290, 400], "stop_loss_percent": stops}),
        Rules(),
        cash=CASH,
    )


@pytest.mark.parametrize(
    ("metric", "sign"), [("sharpe_ratio", 1), ("max_drawdown_pct", 1), ("volatility", -1), ("fees", -1)]
)
def test_higher_scores_are_better(metric: str, sign: int) -> None:
    """Shallow drawdowns, calm curves and low fees are."""
    outcome = outcome_of([2, 5])
    scored = ranking.scores(outcome, metric)
    known = ~np.isnan(scored)
    np.testing.assert_array_equal(scored[known], sign * getattr(outcome, metric)[known])


def test_what_never_traded_is_never_the_best() -> None:
    """A window of 400 bars has no signal in 300: no drawdown, but no trade either."""
    outcome = outcome_of([2, 5])
    traded = ranking.traded(outcome)
    assert not traded[6:].any()
    assert traded[:4].all()
    scored = ranking.scores(outcome, "max_drawdown_pct")
    assert outcome.max_drawdown_pct[6] == 0
    assert ranking.best(scored) in range(6)
    assert np.isnan(
        ranking.scores(run(bars_of([(9, 9, 9, 9)] * 40), "sma_cross", grid({"fast": [5]}), Rules(), cash=CASH), "fees")
    ).all()


def test_a_combination_that_the_strategy_refuses_has_no_score() -> None:
    """Whatever its columns hold."""
    outcome = outcome_of([2, 5])
    refused = replace(outcome, is_valid=np.arange(8) != 2)
    assert np.isnan(ranking.scores(refused, "total_return_pct")[2])
    assert not np.isnan(ranking.scores(outcome, "total_return_pct")[2])


def test_equals_rank_by_index() -> None:
    """The first of them is the best."""
    scored = np.array([np.nan, 1.0, 3.0, 3.0, 2.0, np.nan])
    assert ranking.best(scored) == 2
    assert ranking.top(scored, 3).tolist() == [2, 3, 4]
    assert ranking.top(scored, 9).tolist() == [2, 3, 4, 1]
    assert ranking.best(np.full(3, np.nan)) is None
    assert ranking.top(np.full(3, np.nan), 3).size == 0


def test_settings_go_where_they_belong() -> None:
    """Rules to the rules, the rest to the strategy, over what was fixed."""
    rules, params = ranking.applied({"fast": 7, "stop_loss_percent": 2.5, "slippage_bps": 1.0}, Rules(), {"slow": 30})
    assert (rules.stop_loss_percent, rules.costs.slippage_bps) == (Decimal("2.5"), Decimal(1))
    assert rules.take_profit_percent == Rules().take_profit_percent
    assert params == {"slow": 30, "fast": 7}


def test_an_unknown_metric_is_refused() -> None:
    """With those there are."""
    with pytest.raises(InvalidParameterError, match="sharpe_ratio"):
        ranking.scores(outcome_of([2]), "luck")
