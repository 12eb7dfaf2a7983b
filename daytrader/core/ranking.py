"""Which combination of a sweep is the best, by any figure; and how its settings are applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.errors import InvalidParameterError
from daytrader.core.rules import RULE_FIELDS, Rules
from daytrader.core.sweep import Outcome

HIGHER_IS_BETTER: Final = (
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "total_return_pct",
    "annualized_return_pct",
    "max_drawdown_pct",  # negative: the shallowest is the highest
    "profit_factor",
    "win_rate_pct",
    "expectancy",
)
LOWER_IS_BETTER: Final = ("volatility", "max_drawdown_days", "fees")
METRICS: Final = (*HIGHER_IS_BETTER, *LOWER_IS_BETTER)
"""The figures that a best can be chosen by."""


def traded(outcome: Outcome) -> BoolArray:
    """Return which combinations ever held a share, shape (k,)."""
    return outcome.is_valid & ((outcome.trades > 0) | (outcome.exposure_pct > 0))


def require_metric(metric: str) -> None:
    """
    Check that a best can be chosen by *metric*.

    Raises:
        InvalidParameterError: If it cannot.
    """
    if metric not in METRICS:
        raise InvalidParameterError("metric", f"unknown metric {metric!r}, known: {', '.join(METRICS)}")


def scores(outcome: Outcome, metric: str) -> FloatArray:
    """
    Return *metric* of each combination, turned so that higher is better, shape (k,).

    What never traded or has no such figure is NaN and never the best: doing nothing beats every loser.

    Raises:
        InvalidParameterError: If there is no such metric.
    """
    require_metric(metric)
    values = np.asarray(getattr(outcome, metric), np.float64)
    turned = values if metric in HIGHER_IS_BETTER else -values
    return np.where(traded(outcome), turned, np.nan)


def best(scored: FloatArray) -> int | None:
    """Return the index of the highest score, the lowest of equals; None if there is none."""
    if np.isnan(scored).all():
        return None
    return int(np.nanargmax(scored))


def top(scored: FloatArray, n: int) -> IntArray:
    """Return the indices of the *n* highest scores, best first, equals by index; fewer if fewer have one."""
    known = np.flatnonzero(~np.isnan(scored))
    if 0 < n < known.size:
        least = np.partition(scored[known], known.size - n)[known.size - n]
        known = known[scored[known] >= least]
    return known[np.argsort(-scored[known], kind="stable")][:n]


def applied(
    given: Mapping[str, int | float], rules: Rules, params: Mapping[str, object] | None = None
) -> tuple[Rules, dict[str, object]]:
    """
    Return rules and strategy parameters with the settings *given* by one combination.

    Raises:
        InvalidParameterError: If a rule is out of bounds.
    """
    of_rules = {name: value for name, value in given.items() if name in RULE_FIELDS}
    of_strategy = {name: value for name, value in given.items() if name not in RULE_FIELDS}
    return rules.changed(of_rules), {**(params or {}), **of_strategy}
