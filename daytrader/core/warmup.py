"""
Compile, or load from the cache, everything compiled: once at start instead of within the first request.

`python -m daytrader.core.warmup` does it at installation.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from daytrader.core import backtest, portfolio
from daytrader.core.bars import Bars
from daytrader.core.overfitting import backtest_overfitting
from daytrader.core.rules import Rules
from daytrader.core.rules_warmup import warm_up_rules
from daytrader.core.sma_crossings import sma_crossings


def warm_up() -> None:
    """Run a backtest of a few bars, and each rule."""
    rules = Rules()
    flat = np.full(3, 10.0)
    for prices in (flat, np.full(3, 10_000.000001)):  # that fit 32 bits, and that do not
        bars = Bars.build(np.arange(3) * 86_400, prices, prices, prices, prices)
        report = backtest.run(bars, "technical", {}, rules, symbol="warm-up", cash=Decimal(1000))
        sma_crossings(prices, 1, 2, bars.ticks)  # of whole ticks, and of others
    report.to_dict()
    portfolio.run([portfolio.Member("warm-up", bars, "technical", {}, rules)], cash=Decimal(1000))
    warm_up_rules()
    sums = np.zeros((2, 2))
    backtest_overfitting(np.array([1, 1]), sums, sums + 1)


if __name__ == "__main__":
    warm_up()
