"""After the warm-up nothing is left to compile."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from numba.core.dispatcher import Dispatcher

from daytrader.core import backtest, fills, kernel, metrics
from daytrader.core.rules import Rules
from daytrader.core.warmup import warm_up
from tests.core.builders import random_walk


def test_every_public_rule_is_compiled_once() -> None:
    """One signature each, and a real backtest adds none."""
    warm_up()
    public = [item for name, item in vars(fills).items() if isinstance(item, Dispatcher) and not name.startswith("_")]
    assert len(public) >= 14
    compiled: list[Any] = [*public, kernel._loop, metrics._statistics]
    before = [len(function.signatures) for function in compiled]
    assert all(before)
    backtest.run(random_walk(100), "technical", {}, Rules(), symbol="X", cash=Decimal(1000))
    assert [len(function.signatures) for function in compiled] == before
