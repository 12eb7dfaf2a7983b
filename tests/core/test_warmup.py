"""After the warm-up nothing is left to compile."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher

from daytrader.core import backtest, cscv, fills, kernel, metrics
from daytrader.core.overfitting import backtest_overfitting
from daytrader.core.rules import Rules
from daytrader.core.warmup import warm_up
from tests.core.builders import random_walk


def test_every_public_rule_is_compiled_once() -> None:
    """One signature each, and a real backtest adds none."""
    warm_up()
    public = [item for name, item in vars(fills).items() if isinstance(item, Dispatcher) and not name.startswith("_")]
    assert len(public) >= 14
    counted = [cscv._find_best, cscv._count, cscv._ratios, cscv._doubt]
    compiled: list[Any] = [*public, kernel._loop, metrics._statistics, *counted]
    before = [len(function.signatures) for function in compiled]
    assert all(before)
    returns = np.random.default_rng(1).normal(size=(100, 4))
    backtest_overfitting(np.array([9, 9, 9, 9]), returns, returns**2 + 1)
    backtest.run(random_walk(100), "technical", {}, Rules(), symbol="X", cash=Decimal(1000))
    assert [len(function.signatures) for function in compiled] == before
