"""``daytrader strategy``: what there is to choose from, and whether it keeps its promises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from daytrader.core.strategy import list_strategies, use_local
from tests.cli.conftest import Command
from tests.core.documented import example

HONEST = "rsi = indicators.rsi(bars.signal.close, 14)"
AHEAD = "rsi = indicators.rsi(bars.signal.close[::-1].copy(), 14)[::-1]"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    use_local([], [])


def test_list_names_every_strategy_with_its_defaults(daytrader: Command) -> None:
    """Needs no database."""
    shown = daytrader("strategy", "list").output
    assert all(strategy.name in shown for strategy in list_strategies())
    assert "fast=10, slow=20" in shown


def test_list_and_show_speak_json(daytrader: Command) -> None:
    """Types, bounds, defaults and descriptions, as the API tells them."""
    told = {entry["name"]: entry for entry in json.loads(daytrader("strategy", "list", "--json").output)}
    assert told["macd"]["warmup"] == 34
    assert told["macd"] == json.loads(daytrader("strategy", "show", "macd", "--json").output)
    assert told["macd"]["parameters"][2] == {
        "name": "signal",
        "type": "integer",
        "default": 9,
        "minimum": 1,
        "maximum": 5000,
        "description": "Bars of the exponential average of the MACD line",
    }


def test_show_tells_the_bounds_of_each_parameter(daytrader: Command) -> None:
    """Whatever --param accepts."""
    shown = daytrader("strategy", "show", "sma_cross").output
    assert "Bars of the fast average" in shown
    assert "5000" in shown
    assert "bar 21 of the stored history" in shown
    assert "no parameters" in daytrader("strategy", "show", "buy_and_hold").output


def test_an_unknown_strategy_lists_the_known_ones(daytrader: Command) -> None:
    """Exit code 2: a mistyped name."""
    result = daytrader("strategy", "show", "astrology")
    assert result.exit_code == 2
    assert "sma_cross" in result.stderr


@pytest.mark.parametrize("name", [strategy.name for strategy in list_strategies()])
def test_every_shipped_strategy_keeps_its_promises_on_the_sample_prices(daytrader: Command, name: str) -> None:
    """Five companies, thirteen years, three splits: without a database."""
    result = daytrader("strategy", "check", name)
    assert result.exit_code == 0, result.output
    assert result.output.count("all 8 rules kept") == 5


def test_a_planted_look_ahead_fails_with_row_and_date(daytrader: Command, tmp_path: Path) -> None:
    """Exit code 1; a file need not be in the folder to be checked, nor its name be free."""
    file = tmp_path / "ahead.py"
    file.write_text(example().replace(HONEST, AHEAD))
    prices = tmp_path / "prices.csv"
    prices.write_text(
        "Date,Open,High,Low,Close\n"
        + "".join(f"2024-0{1 + day // 28}-{1 + day % 28:02},9,12,8,{9 + day * 7 % 3}\n" for day in range(200 - 32))
    )
    result = daytrader("strategy", "check", file, "--on", prices, "--param", "low=40")
    assert result.exit_code == 1
    assert "BROKEN" in result.output
    told = json.loads(daytrader("strategy", "check", file, "--on", prices, "--json").stdout)["rsi_dip"]["PRICES"]
    (causal,) = (verdict for verdict in told if verdict["rule"] == "causal")
    assert not causal["is_kept"]
    assert causal["bar"].startswith("2024-")


def test_a_sample_that_ends_before_the_warm_up_is_left_out(daytrader: Command) -> None:
    """The others are checked; where none is long enough, that is said."""
    result = daytrader("strategy", "check", "sma_cross", "--param", "slow=250")
    assert result.exit_code == 0, result.output
    assert result.output.count("all 8 rules kept") == 4
    assert "FB is left out: 196 bars are too few" in result.stderr
    nowhere = daytrader("strategy", "check", "sma_cross", "--param", "slow=4000")
    assert (nowhere.exit_code, nowhere.stdout) == (1, "")
    assert "3,270 bars are too few to check a warm-up of 4,000" in nowhere.stderr


def test_a_file_that_is_no_strategy_says_what_is_missing(daytrader: Command, tmp_path: Path) -> None:
    """In words: not there, not described."""
    file = tmp_path / "own.py"
    assert "own.py: there is no such file" in daytrader("strategy", "check", file).stderr
    file.write_text(example().replace("    description = ", "    told = "))
    assert "description must say in a sentence" in daytrader("strategy", "check", file).stderr


def test_a_strategy_in_the_instance_trades_everywhere_alike(daytrader: Command, instance: Path) -> None:
    """Backtest and replay give one report, byte for byte; a broken file beside it is warned of."""
    (instance / "strategies").mkdir(parents=True)
    (instance / "strategies" / "dip.py").write_text(example())
    (instance / "strategies" / "astray.py").write_text("import nowhere\n")
    assert daytrader("prices", "fetch", "sample", "IBM").exit_code == 0
    words = (
        "IBM",
        "--strategy",
        "rsi_dip",
        "--param",
        "low=35",
        "--start",
        "2010-01-04",
        "--end",
        "2010-12-31",
        "--json",
    )
    backtested, replayed = daytrader("backtest", *words), daytrader("replay", *words)
    assert "astray.py, line 1: ModuleNotFoundError" in backtested.stderr
    assert len(json.loads(backtested.stdout)["trades"]) > 0
    assert backtested.stdout == replayed.stdout


def test_another_folder_can_be_named(daytrader: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DAYTRADER_STRATEGIES."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "dip.py").write_text(example())
    monkeypatch.setenv("DAYTRADER_STRATEGIES", str(tmp_path / "own"))
    assert "rsi_dip" in daytrader("strategy", "list").output
