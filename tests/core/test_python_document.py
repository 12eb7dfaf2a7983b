"""docs/python.md is one program that runs as printed, and what it imports is what is offered."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import daytrader.core
from daytrader.core import (
    Bars,
    Member,
    Rules,
    Strategy,
    assess,
    backtest,
    list_strategies,
    portfolio,
    sweep,
    walk_forward,
)
from daytrader.core.errors import BrokenStrategyError, InvalidBarsError
from daytrader.core.strategy import get_strategy, register, use_local
from tests.core.builders import TooShort, random_walk

DOCUMENT = Path(__file__).parents[2] / "docs" / "python.md"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    use_local([], [])


def test_the_document_runs_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Block after block, in a folder with a price file; the strategy in it keeps every rule."""
    monkeypatch.chdir(tmp_path)
    lines = [f"2024-01-{2 + day:02},10,11,9,10" for day in range(10)]
    (tmp_path / "prices.csv").write_text("Date,Open,High,Low,Close\n" + "\n".join(lines) + "\n")
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(DOCUMENT), "exec"), names)
    printed = capsys.readouterr().out
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert "causal True" in printed
    assert " False " not in printed
    assert "'entry_date': '2005-" in printed
    own, short = names["own"], names["short"]
    assert len(own.run.trades) > 0  # type: ignore[attr-defined]  # the program's
    assert short.to_dict()["days_simulated"] == 1  # type: ignore[attr-defined]  # the program's


def test_everything_offered_is_there() -> None:
    """By name; nothing else is offered."""
    assert all(getattr(daytrader.core, name) is not None for name in daytrader.core.__all__)
    assert dir(daytrader.core) == sorted(daytrader.core.__all__)
    with pytest.raises(AttributeError, match="no attribute 'guess'"):
        daytrader.core.guess  # noqa: B018 (it is asked for)


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    """`daytrader --help` and the API's start import parts of the package."""
    code = "import sys, daytrader.core; print('numpy' in sys.modules, 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    "times",
    [
        [1577836800, 1577923200],
        ["2020-01-01", "2020-01-02"],
        [date(2020, 1, 1), date(2020, 1, 2)],
        [datetime(2020, 1, 1), datetime(2020, 1, 2)],  # noqa: DTZ001 (what notebooks hold)
        np.array(["2020-01-01", "2020-01-02"], "datetime64[D]"),
        np.array(["2020-01-01", "2020-01-02"], "datetime64[ns]"),
    ],
)
def test_times_come_in_any_usual_form(times: object) -> None:
    """All the same moments."""
    flat = [10.0, 10.0]
    bars = Bars.build(times, flat, flat, flat, flat)  # type: ignore[arg-type]  # each of them is an array to NumPy
    assert bars.time.tolist() == [1577836800, 1577923200]
    assert bars.session.tolist() == [18262, 18263]


@pytest.mark.parametrize(
    ("times", "told"),
    [
        (["2020-01-01", "soon"], "bar 0: time is neither epoch seconds nor a date"),
        (["2020-13-01", "2020-14-01"], "bar 0: time is neither epoch seconds nor a date"),
        ([date(2020, 1, 1), None], "bar 1: time is missing"),
    ],
)
def test_what_is_no_time_is_refused(times: object, told: str) -> None:
    """In words of ours, not with NumPy's error or as the year nought."""
    with pytest.raises(InvalidBarsError, match=told):
        Bars.build(times, [1.0] * 2, [1.0] * 2, [1.0] * 2, [1.0] * 2)  # type: ignore[arg-type]  # on purpose


def test_a_registered_strategy_may_replace_itself_but_none_that_is_installed() -> None:
    """A cell is run again and again; `technical` stays what it is."""
    first, again = TooShort(), TooShort()
    register(first)
    register(again)
    assert get_strategy("too_short") is again
    again.name = "technical"
    with pytest.raises(BrokenStrategyError, match="taken by a strategy that is installed"):
        register(again)


class OwnTrend:
    """`sma_trend` under a name that nobody knows."""

    def __init__(self) -> None:
        shipped = get_strategy("sma_trend")
        self.name, self.description, self.parameters = "own_trend", shipped.description, shipped.parameters
        self.warmup, self.signals = shipped.warmup, shipped.signals


def test_a_strategy_itself_will_do_wherever_its_name_would() -> None:
    """In a backtest, a portfolio, a sweep, its assessment and a walk-forward: nothing is registered, all is equal."""
    bars, own, cash, rules = random_walk(300), OwnTrend(), Decimal(10_000), Rules()
    tried = sweep.grid({"window": [5, 10, 20]})

    def figures(strategy: str | Strategy) -> list[object]:
        outcome = sweep.run(bars, strategy, tried, rules, cash=cash)
        told = assess(bars, strategy, tried, outcome, rules, symbol="ACME", cash=cash)
        walked = walk_forward.run(bars, strategy, tried, rules, symbol="ACME", cash=cash, train=100, test=100)
        members = [Member("ACME", bars, strategy, {"window": 5}, rules)] * 2
        together = portfolio.run(members, cash=cash)
        return [
            backtest.run(bars, strategy, {}, rules, symbol="ACME", cash=cash).metrics,
            outcome.final_equity.tolist(),
            told.to_dict(),
            walked.windows,
            together.whole.metrics,
        ]

    assert figures(own) == figures("sma_trend")
    assert backtest.run(bars, own, {}, rules, symbol="ACME", cash=cash).strategy == "own_trend"
    assert own.name not in {strategy.name for strategy in list_strategies()}
    for broken, flaw in ((OwnTrend, "it is a class"), (object(), "name must be a word")):
        with pytest.raises(BrokenStrategyError, match=flaw):
            backtest.run(bars, broken, {}, rules, symbol="ACME", cash=cash)  # type: ignore[arg-type]  # on purpose
