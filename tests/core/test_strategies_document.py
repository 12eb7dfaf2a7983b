"""The example in docs/strategies.md is a strategy that keeps its own promises."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from daytrader.core import strategy as strategies
from daytrader.core.strategy import Strategy, compute, get_strategy, list_strategies
from daytrader.core.strategy_check import check
from tests.core.builders import random_walk
from tests.core.documented import DOCUMENT, example


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


@pytest.fixture
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install the example as the document says: a package of its own, known by its entry point."""
    (said,) = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    (points,) = tomllib.loads(said)["project"]["entry-points"].items()
    ((name, value),) = points[1].items()
    (tmp_path / "my_strategies.py").write_text(example())
    installed = tmp_path / "my_strategies-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: my-strategies\nVersion: 1.0\n")
    taken = f"sma_cross = {value}"  # the shipped one stays what it is
    (installed / "entry_points.txt").write_text(f"[{points[0]}]\n{name} = {value}\n{taken}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    strategies._found.cache_clear()
    yield
    strategies._found.cache_clear()
    strategies._load.cache_clear()


@pytest.mark.usefixtures("_package")
def test_an_installed_package_adds_the_example() -> None:
    """By its entry point, beside the shipped ones; what is taken stays."""
    strategy = get_strategy("rsi_dip")
    assert strategy in list_strategies()
    assert compute(strategy, random_walk(500, seed=3), {"low": 35}).entry.any()
    assert type(get_strategy("sma_cross")).__module__ == "daytrader.core.strategies.sma_cross"


def test_every_shipped_strategy_is_told_of() -> None:
    """By name, with its parameters."""
    text = DOCUMENT.read_text()
    for strategy in list_strategies():
        assert f"| `{strategy.name}` |" in text
        for parameter in strategy.parameters:
            assert f"`{parameter.name}` {parameter.default:g}" in text
