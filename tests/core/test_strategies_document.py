"""The example in docs/strategies.md is a strategy that keeps its own promises."""

from __future__ import annotations

import re
from pathlib import Path

from daytrader.core.strategy import Strategy, compute, list_strategies
from daytrader.core.strategy_check import check
from tests.core.builders import random_walk

DOCUMENT = Path(__file__).parents[2] / "docs" / "strategies.md"


def example() -> str:
    """Return the code of the document's one example."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return str(code)


def test_the_example_runs_and_keeps_every_rule() -> None:
    """Ten lines, not counting empty ones; signals in both directions."""
    assert len([line for line in example().splitlines() if line]) == 10
    names: dict[str, type[Strategy]] = {}
    exec(compile(example(), str(DOCUMENT), "exec"), names)
    strategy = names["RsiDip"]()
    bars = random_walk(500, seed=3)
    signals = compute(strategy, bars, {"low": "35"})
    assert signals.entry.any()
    assert signals.exit.any()
    assert all(verdict.is_kept for verdict in check(strategy, bars, {"low": 35}))


def test_every_shipped_strategy_is_told_of() -> None:
    """By name, with its parameters."""
    text = DOCUMENT.read_text()
    for strategy in list_strategies():
        assert f"| `{strategy.name}` |" in text
        for parameter in strategy.parameters:
            assert f"`{parameter.name}` {parameter.default:g}" in text
