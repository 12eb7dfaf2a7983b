"""An installation's own strategies: read from a folder, each file for itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from daytrader.core.errors import BrokenStrategyError, UnknownStrategyError
from daytrader.core.strategy import broken_strategies, compute, get_strategy, list_strategies, use_local
from daytrader.services.strategy_folder import sources, use_folder
from tests.core.builders import random_walk
from tests.core.documented import example


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder; what is loaded from it is forgotten after the test."""
    made = tmp_path / "strategies"
    made.mkdir()
    yield made
    use_local([], [])


def why(folder: Path) -> dict[str, str]:
    """Load *folder* and return what is broken in it."""
    use_folder(folder)
    return {source.name: source.why for source in broken_strategies()}


def test_a_file_in_the_folder_is_a_strategy(folder: Path) -> None:
    """Found by name, and listed with the others."""
    (folder / "dip.py").write_text(example())
    use_folder(folder)
    signals = compute(get_strategy("rsi_dip"), random_walk(300, seed=3), {"low": 40})
    assert signals.entry.any()
    assert {"rsi_dip", "technical"} <= {strategy.name for strategy in list_strategies()}


def test_a_folder_that_is_not_there_has_no_strategies(folder: Path) -> None:
    """Most installations have none."""
    before = list_strategies()
    use_folder(folder / "nowhere")
    assert list_strategies() == before


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("x = 1\ndef half(:\n", 2, "invalid syntax"),
        ("x = 1\n\nraise RuntimeError('no')\n", 3, "RuntimeError: no"),
        ("import no_such_module\n", 1, "ModuleNotFoundError"),
        ("class Half:\n    signals = len\n    def __init__(self, x):\n        pass\n", 0, "TypeError"),
    ],
)
def test_a_broken_file_names_its_line_and_stops_no_other(folder: Path, text: str, line: int, told: str) -> None:
    """Asked for by its file's name, it says so again."""
    (folder / "astray.py").write_text(text)
    (folder / "dip.py").write_text(example())
    (folder / "_shared.py").write_text("raise RuntimeError('never run')")
    found = why(folder)
    assert found.keys() == {"astray"}
    assert told in found["astray"]
    if line:
        assert f"{folder / 'astray.py'}, line {line}: " in found["astray"]
    assert get_strategy("rsi_dip").name == "rsi_dip"
    with pytest.raises(BrokenStrategyError, match=told):
        get_strategy("astray")
    with pytest.raises(UnknownStrategyError, match="rsi_dip"):
        get_strategy("rsi_dib")


def test_a_name_that_is_taken_is_refused(folder: Path) -> None:
    """By a strategy that comes with DayTrader, or by another file: neither is replaced."""
    (folder / "a.py").write_text(example())
    (folder / "b.py").write_text(example())
    (folder / "c.py").write_text(example().replace('"rsi_dip"', '"technical"'))
    found = why(folder)
    assert found["rsi_dip"] == f"{folder / 'b.py'}: the name rsi_dip is taken by {folder / 'a.py'}"
    assert "taken by a strategy that is installed" in found["technical"]
    assert type(get_strategy("technical")).__module__ == "daytrader.core.strategies.technical"


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('"rsi_dip"', '"RSI dip"', "name must be a word"),
        ("25.0, 1.0, 50.0", "60.0, 1.0, 50.0", "default of low: must be a number between 1.0 and 50.0"),
        ("parameters = (Param", "parameters = [Param", "parameters must be a tuple"),
        ("def warmup", "def warm_up", "no method warmup"),
        ('"Buys when the RSI is low, sells when it has recovered."', '""', "description"),
    ],
)
def test_a_class_that_describes_itself_wrongly_is_refused(folder: Path, was: str, becomes: str, told: str) -> None:
    """Before it is run, and in words."""
    text = example().replace(was, becomes)
    if becomes.startswith("parameters = ["):
        text = text.replace('"RSI below which to buy"),)', '"RSI below which to buy")]')
    (folder / "dip.py").write_text(text)
    (told_of,) = why(folder).values()
    assert told in told_of
    assert str(folder / "dip.py") in told_of


def test_a_strategy_that_fails_while_trading_names_its_line(folder: Path) -> None:
    """In a backtest, a replay or a service: file and line, not a traceback."""
    asks = "        rsi = indicators.rsi(bars.signal.close, 14)"
    (folder / "dip.py").write_text(example().replace(asks, "        rsi = 1 / 0"))
    use_folder(folder)
    number = example().splitlines().index(asks) + 1
    with pytest.raises(BrokenStrategyError, match=f"dip.py, line {number}: ZeroDivisionError"):
        compute(get_strategy("rsi_dip"), random_walk(30), {})


def test_the_folder_is_read_anew(folder: Path) -> None:
    """What it held before is forgotten: a file that is gone is gone."""
    (folder / "dip.py").write_text(example())
    use_folder(folder)
    (folder / "dip.py").unlink()
    use_folder(folder)
    with pytest.raises(UnknownStrategyError):
        get_strategy("rsi_dip")


def test_strategies_share_code_in_files_of_their_own(folder: Path) -> None:
    """A file that begins with an underscore is no strategy and can be imported from beside it."""
    (folder / "_levels.py").write_text("LOW = 40.0\n")
    shared = example().replace('params["low"]', "LOW")
    (folder / "dip.py").write_text(f"from ._levels import LOW\n{shared}")
    assert why(folder) == {}
    bars = random_walk(300, seed=3)
    many = compute(get_strategy("rsi_dip"), bars, {}).entry.sum()
    (folder / "_levels.py").write_text("LOW = 20.0\n")
    use_folder(folder)
    assert compute(get_strategy("rsi_dip"), bars, {}).entry.sum() < many


def test_another_process_is_sent_the_same_code(folder: Path) -> None:
    """A worker on another machine has no such folder: what is sent is what runs there, one file for all threads."""
    (folder / "dip.py").write_text(example())
    use_folder(folder)
    code = (
        "import json, sys\n"
        "from daytrader.core.strategy import compute, get_strategy, use_local\n"
        "from daytrader.services.strategy_folder import sources, use_sources\n"
        "from tests.core.builders import random_walk\n"
        "sent = tuple(tuple(file) for file in json.load(sys.stdin))\n"
        "use_sources(sent)\n"
        "use_sources(sent)\n"
        "assert sources() == sent\n"
        "print(compute(get_strategy('rsi_dip'), random_walk(300, seed=3), {'low': 40}).entry.nonzero()[0].tolist())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(sources()), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    here = compute(get_strategy("rsi_dip"), random_walk(300, seed=3), {"low": 40}).entry
    assert json.loads(done.stdout) == here.nonzero()[0].tolist()
    assert here.any()
