"""``daytrader portfolio``: a TOML file of members that share one budget."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command

GUIDE = Path(__file__).parents[2] / "docs" / "user-guide.md"


def _write(folder: Path, text: str) -> Path:
    file = folder / "portfolio.toml"
    file.write_text(text)
    return file


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """Two files of ten sessions beside the portfolio's."""
    for name, first in (("A", 100), ("B", 50)):
        lines = [f"2024-01-{2 + day:02},{first + day},{first + day},{first + day},{first + day}" for day in range(10)]
        (tmp_path / f"{name}.csv").write_text("Date,Open,High,Low,Close\n" + "\n".join(lines) + "\n")
    return tmp_path


def test_the_guides_example_runs(daytrader: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As printed, on the sample prices, no figure cut off; the page is written, the members add up."""
    monkeypatch.setenv("COLUMNS", "80")
    (example,) = re.findall(r"```toml\n(cash.*?)```", GUIDE.read_text(), re.DOTALL)
    file, page = _write(tmp_path, example), tmp_path / "report.html"
    assert daytrader("prices", "fetch", "sample").exit_code == 0
    shown = daytrader("portfolio", file, "--html", page)
    assert shown.exit_code == 0, shown.stderr
    assert "AAPL" in shown.output
    assert "for cash" in shown.output
    assert "…" not in shown.output
    assert page.read_text().startswith("<!doctype html>")
    told: dict[str, Any] = json.loads(daytrader("portfolio", file, "--json").stdout)
    assert told["start"] == "2005-01-03"
    assert [member["budget"] for member in told["members"]] == [None, 5000.0]
    assert told["gain_loss"] == pytest.approx(sum(member["gain_loss"] for member in told["members"]))
    aapl, ibm = told["pinned"]["params"]["members"]
    assert (aapl["stop_loss_percent"], ibm["stop_loss_percent"], ibm["window"]) == (5.0, 8.0, 100)
    assert aapl["commission_per_order"] == ibm["commission_per_order"] == 1.0


def test_files_beside_it_need_no_database(daytrader: Command, prices: Path, instance: Path) -> None:
    """Settings of the whole and of members reach their places."""
    text = """
        cash = 1000
        end = 2024-01-08
        fill = "close"
        [rules]
        slippage_bps = 0
        take_profit = 0
        [[members]]
        file = "A.csv"
        strategy = "buy_and_hold"
        shares = 2
        [[members]]
        file = "B.csv"
        name = "the rest"
        strategy = "buy_and_hold"
        allocation = 1
        gap_reserve = 0
    """
    told = json.loads(daytrader("portfolio", _write(prices, text), "--json").stdout)
    assert [(trade["member"], trade["shares"]) for trade in told["trades"]] == [("A", 2), ("the rest", 16)]
    assert told["end"] == "2024-01-08"
    assert not instance.exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cash = ", "portfolio.toml: is no TOML"),
        ("cash = 1e99999999999999999999", "portfolio.toml: holds a number beyond all that can be counted"),
        ("money = 5", "money: unknown setting, known: cash"),
        ("cash = 1000", "members: there must be at least one"),
        ("cash = true\n[[members]]\nfile = 'A.csv'", "cash: must be a number"),
        ("start = 'soon'\n[[members]]\nfile = 'A.csv'", "start: must be a date"),
        ("interval = 7\n[[members]]\nfile = 'A.csv'", "interval: must be daily, 1, 5"),
        ("fill = 'now'\n[[members]]\nfile = 'A.csv'", "fill: must be next_open or close"),
        ("members = [1]", "members: must be tables"),
        ("rules = 1", "rules: must be a table"),
        ("[rules]\nstop = 1\n[[members]]\nfile = 'A.csv'", "rules.stop: unknown setting"),
        ("[[members]]\nstrategy = 'macd'", "members[1].symbol: name a stored symbol, or a file"),
        ("[[members]]\nfile = 'A.csv'\nallocation = 'half'", "members[1].allocation: must be a number"),
        ("[[members]]\nfile = 'A.csv'\nallocation = 2", "allocation: is a fraction of the spendable cash"),
        ("[[members]]\nfile = 'A.csv'\nstrategy = 'astrology'", "unknown strategy, known: "),
        ("[[members]]\nfile = 'A.csv'\nparams = { fast = 3 }", "fast: unknown parameter of technical"),
    ],
)
def test_a_wrong_setting_is_named(daytrader: Command, prices: Path, text: str, told: str) -> None:
    """With its place in the file; exit code 2."""
    result = daytrader("portfolio", _write(prices, text))
    assert (result.exit_code, told in result.stderr) == (2, True), result.stderr
