"""After the warm-up nothing is left to compile."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher

from daytrader.core import backtest, cscv, fills, kernel, metrics, sma_crossings, sweep, whole_crossings
from daytrader.core.overfitting import backtest_overfitting
from daytrader.core.report import figures
from daytrader.core.rules import Rules
from daytrader.core.strategy import compute, get_strategy
from daytrader.core.warmup import warm_up
from tests.core.builders import random_walk


def test_every_public_rule_is_compiled_once() -> None:
    """One signature each; a real backtest, a ledger's figures and a sweep add none."""
    warm_up()
    public = [item for name, item in vars(fills).items() if isinstance(item, Dispatcher) and not name.startswith("_")]
    assert len(public) >= 14
    counted = [cscv._find_best, cscv._count, cscv._ratios, cscv._raise_largest]
    crossings = [sma_crossings._crossings, whole_crossings.whole_crossings, whole_crossings._read]
    compiled: list[Any] = [*public, kernel._loop, *crossings, metrics._figures_of, *counted]
    before = [len(function.signatures) for function in compiled]
    assert all(before)
    returns = np.random.default_rng(1).normal(size=(100, 4))
    backtest_overfitting(np.array([9, 9, 9, 9]), returns, returns**2 + 1)
    bars = random_walk(100)
    report = backtest.run(bars, "technical", {}, Rules(), symbol="X", cash=Decimal(1000))
    figures(100_000, report.run, None)
    backtest.run(bars, "sma_cross", {}, Rules(), symbol="X", cash=Decimal(1000))
    dear = random_walk(100, scale=100.000001)
    assert dear.tape.close.dtype != bars.tape.close.dtype
    backtest.run(dear, "sma_cross", {}, Rules(), symbol="X", cash=Decimal(1000))
    backtest.simulate(bars, compute(get_strategy("technical"), bars, {}), Rules(), 100_000)
    sweep.run(bars, "technical", sweep.grid({"buy_threshold": [1, 2.5]}), Rules(), cash=Decimal(1000))
    assert [len(function.signatures) for function in compiled] == before
