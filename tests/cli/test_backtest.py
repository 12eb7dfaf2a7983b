"""``daytrader backtest``: on a file without a database, and on a stored stock."""

from __future__ import annotations

import gzip
import json
import re
import shlex
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from daytrader.cli.options import TradingOptions, trading_options
from daytrader.core.rules import Costs, Rules
from daytrader.models.trading_service import TradingService
from daytrader.services import price_service
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.services.session_manager import SessionManager
from tests.cli.conftest import Command

FREE = ("--slippage-bps", "0", "--gap-reserve", "1")


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """A file of fifty sessions that rise by one a day, with an adjusted close at half the price."""
    lines = ["Date,Open,High,Low,Close,Adj Close,Volume"]
    for day in range(50):
        price = 100 + day
        lines.append(f"{date(2020, 1, 1) + timedelta(days=day)},{price},{price},{price},{price},{price / 2},1000")
    file = tmp_path / "acme.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def _report(daytrader: Command, *words: object) -> dict[str, Any]:
    result = daytrader("backtest", *words, "--json")
    assert result.exit_code == 0, result.stderr
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def test_a_volume_limit_counts_the_volume_of_the_file(daytrader: Command, prices: Path) -> None:
    """A percent of 1,000; where no volume is known nothing fills, and that is said."""
    words = ("--strategy", "buy_and_hold", "--volume-limit", 1, *FREE)
    assert {trade["shares"] for trade in _report(daytrader, prices, *words)["trades"]} == {10}

    prices.write_text(prices.read_text().replace(",1000\n", ",\n"))
    result = daytrader("backtest", prices, *words, "--json")

    assert json.loads(result.stdout)["trades"] == []
    assert "have no volume: under a volume limit nothing fills" in result.stderr


def test_a_file_needs_no_database(daytrader: Command, prices: Path, instance: Path) -> None:
    """Nothing is made in the instance folder."""
    report = _report(daytrader, prices, "--strategy", "buy_and_hold", "--take-profit", 0, "--allocation", 1, *FREE)
    # Decided at the first close of 100 with 1 % in reserve, bought at the next open of 101: 99 shares fit in 10,000.
    assert report["trades"][0] | {"gain_loss_pct": None} == {
        "entry_date": "2020-01-02",
        "entry_price": 101.0,
        "shares": 99,
        "exit_date": None,
        "exit_price": None,
        "gain_loss": None,
        "gain_loss_pct": None,
        "entry_reason": report["trades"][0]["entry_reason"],
        "exit_reason": None,
    }
    assert report["final_portfolio_value"] == 10_000 + 99 * (149 - 101)
    assert report["symbol"] == "ACME"
    assert not instance.exists()


def test_a_stored_stock_gives_the_same_report_as_its_file(daytrader: Command, tmp_path: Path) -> None:
    """Splits and dividends are in both."""
    daytrader("db", "upgrade")
    series = SampleProvider().fetch("MSFT", end=date(2004, 12, 31))
    with SessionManager() as session:
        price_service.store_series(session, series)
    days = [date(1970, 1, 1) + timedelta(seconds=int(time)) for time in series.time]
    events = {(event.session, int(event.kind)): event for event in series.events}
    lines = ["date,open,high,low,close,adj_close,volume,dividend,split"]
    for row, day in enumerate(days):
        number = (day - date(1970, 1, 1)).days
        dividend, split = events.get((number, 0)), events.get((number, 1))
        columns = (series.open, series.high, series.low, series.close, series.adj_close)
        figures = ",".join(repr(float(column[row])) for column in columns)
        factor = split.numerator / split.denominator if split else 1
        lines.append(f"{day},{figures},{int(series.volume[row])},{dividend.amount if dividend else 0},{factor}")
    file = tmp_path / "MSFT.csv.gz"
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    words = ("--strategy", "sma_trend", "--start", "2001-01-02", "--commission-per-share", "0.01")
    assert _report(daytrader, "msft", *words) == _report(daytrader, file, *words)


@pytest.mark.parametrize(("prices_as", "first_fill"), [("raw", 101.0), ("adjusted", 50.5)])
def test_adjusted_prices_are_scaled_and_say_so(
    daytrader: Command, prices: Path, prices_as: str, first_fill: float
) -> None:
    """The report pins which it was."""
    report = _report(daytrader, prices, "--strategy", "buy_and_hold", "--prices", prices_as, *FREE)
    assert report["trades"][0]["entry_price"] == first_fill
    assert report["pinned"]["params"]["prices"] == prices_as


def test_raw_prices_without_a_known_split_warn(daytrader: Command, prices: Path) -> None:
    """On stderr: the JSON stays JSON."""
    result = daytrader("backtest", prices, "--json")
    assert "no split is known" in result.stderr
    json.loads(result.stdout)
    assert "no split" not in daytrader("backtest", prices, "--prices", "adjusted").stderr


def test_refused_rows_are_told_by_line(daytrader: Command, prices: Path) -> None:
    """They are left out, never mended."""
    with prices.open("a") as file:
        file.write("2020-03-01,150,140,160,150,75,1000\n")
    result = daytrader("backtest", prices)
    assert result.exit_code == 0
    assert "1 rows of" in result.stderr
    assert "the first is line 52: " in result.stderr


def test_the_summary_and_the_page(daytrader: Command, prices: Path, tmp_path: Path) -> None:
    """Without --json: tables for people; --html writes one self-contained file."""
    page = tmp_path / "report.html"
    result = daytrader(
        "backtest", prices, "--strategy", "sma_cross", "--param", "fast=2", "--param", "slow=5", "--html", page
    )
    assert "sma_cross (fast 2, slow 5)" in result.stdout
    assert "Final portfolio value" in result.stdout
    assert page.read_text().startswith("<!DOCTYPE html>") or page.read_text().startswith("<!doctype html>")


def test_no_figure_is_cut_off_in_a_narrow_terminal(daytrader: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 80 columns the reasons take what is left."""
    monkeypatch.setenv("COLUMNS", "80")
    assert daytrader("prices", "fetch", "sample", "AAPL").exit_code == 0
    shown = daytrader("backtest", "AAPL", "--strategy", "sma_trend").stdout
    assert re.search(r"│ 2012-10-08 │ 646\.5566 │ +-[\d,.]+ │ close", shown)
    assert "…" not in shown


def test_trades_within_a_day_tell_their_time(
    daytrader: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the date, so that 80 columns still hold every figure."""
    monkeypatch.setenv("COLUMNS", "80")
    file = tmp_path / "ACME.csv"
    closes = [100.0] * 12 + [101.25] * 12 + [99.5] * 12
    rows = (f"2019-02-15T15:{n:02}:00Z,{c},{c},{c},{c},100" for n, c in enumerate(closes))
    file.write_text("timestamp,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    options = ("--strategy", "sma_cross", "--param", "fast=2", "--param", "slow=5", "--cash", "1000000")
    shown = daytrader("backtest", file, *options).stdout
    assert "trades, times in UTC" in shown
    assert re.search(r"│ 2019-02-15 │ 101\.3006 │ +4,\d{3} │ 2019-02-15 │ +99\.4502 │ +-[\d,]+\.\d\d │", shown)
    assert re.search(r"│ 15:13 +│ +│ +│ 15:25 +│", shown)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--strategy", "astrology"), 2, "unknown strategy"),
        (("--param", "fast"), 2, "name=value"),
        (("--strategy", "sma_cross", "--param", "fast=x"), 2, "fast"),
        (("--allocation", "1.5"), 2, "--allocation"),
        (("--cash", "0"), 2, "--cash"),
        (("--cash", "\uff11\uff10"), 2, "must be a number"),
        (
            ("--stop-loss", "2.555"),
            2,
            "'--stop-loss': '2.555' must be at least 0 and at most 100, with at most 2 decimal places",
        ),
        (("--slippage-bps", "5001"), 2, "at most 5,000"),
        (("--volume-limit", "0"), 2, "above 0 and at most 100"),
        (("--cash", "much"), 2, "must be a number"),
        (("--cash", "nan"), 2, "must be a finite number"),
        (("--start", "01/02/2020"), 2, "is not a date"),
        (("--start", "2030-01-01"), 1, "no bar to trade"),
        (("--shares", "0"), 2, "--shares"),
        (("--fill", "yesterday"), 2, "next_open"),
        (("--stop-loss", "101"), 2, "'--stop-loss': '101' must be at least 0 and at most 100"),
        (("--html", "/nowhere/at/all.html"), 2, "cannot write"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    daytrader: Command, prices: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    """One line, no traceback; 2 for what the person typed, 1 for what the data cannot do."""
    result = daytrader("backtest", prices, *words)
    assert result.exit_code == code
    assert told in result.stderr


def test_a_history_that_ends_before_the_warm_up_is_told(daytrader: Command, prices: Path) -> None:
    """Nothing was traded, and that is why; one bar more and it might have been."""
    bars = len(json.loads(daytrader("backtest", prices, "--json").stdout)["dates"])
    words = ("backtest", prices, "--strategy", "sma_cross", "--param")
    assert f"from bar {bars + 1:,} on, and there are {bars:,}" in daytrader(*words, f"slow={bars}").stderr
    assert "may signal" not in daytrader(*words, f"slow={bars - 1}").stderr


@pytest.mark.parametrize("source", ["absent.csv", "NOPE"])
def test_what_is_not_there_is_said(daytrader: Command, source: str) -> None:
    """A file or a stock."""
    daytrader("db", "upgrade")
    result = daytrader("backtest", source)
    assert result.exit_code != 0
    assert result.stderr.startswith("Error: ")


def _taken(*words: str) -> TradingOptions:
    kept: list[TradingOptions] = []

    @click.command()
    @trading_options
    def command(*, options: TradingOptions) -> None:
        kept.append(options)

    result = CliRunner().invoke(command, words)
    assert result.exception is None, result.output
    return kept[0]


def test_the_options_defaults_are_a_services() -> None:
    """Column by column, so that a backtest tests what the service would trade."""
    taken = _taken()
    defaults: dict[str, Any] = {
        column.key: getattr(column.default, "arg", None)
        for column in TradingService.__table__.columns
        if column.default
    }
    assert taken.rules == Rules()
    assert taken.rules == Rules(
        allocation=defaults["allocation_percent"],
        stop_loss_percent=defaults["stop_loss_percent"],
        take_profit_percent=defaults["take_profit_percent"],
        minimum_balance=defaults["minimum_balance"],
        gap_reserve_percent=defaults["gap_reserve_percent"],
        costs=Costs(
            defaults["commission_per_order"],
            defaults["commission_per_share"],
            defaults["commission_percent"],
            defaults["commission_minimum"],
            defaults["slippage_bps"],
        ),
    )
    assert taken.strategy == defaults["strategy"]
    assert (taken.fill, taken.prices, taken.interval) == ("next_open", "raw", None)
    assert (taken.json, taken.html, taken.params) == (False, None, {})


def _quarter_hours(path: Path) -> Path:
    """Write ten sessions of 26 quarter-hour bars, prices in waves."""
    lines = ["ts,open,high,low,close,volume"]
    for day in range(10):
        for bar in range(26):
            hour, minute = divmod(9 * 60 + 30 + 15 * bar, 60)
            price = 100 + (day * 26 + bar) % 17 - (day * 26 + bar) % 7
            when = f"2019-01-{7 + day % 5 + 7 * (day // 5):02}T{hour:02}:{minute:02}:00-05:00"
            lines.append(f"{when},{price},{price + 1},{price - 1},{price + 0.5},1000")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_quarter_hours_of_a_file_and_of_a_stored_stock_give_one_report(daytrader: Command, tmp_path: Path) -> None:
    """A file says itself what its bars are; of a stored stock they are chosen, and a replay ends alike."""
    file = _quarter_hours(tmp_path / "ACME.csv")
    words = ("--strategy", "breakout", "--param", "entry_window=5", "--param", "exit_window=3", *FREE)
    of_file = _report(daytrader, file, *words)
    assert daytrader("prices", "import", file, "--symbol", "ACME").exit_code == 0
    stored = _report(daytrader, "ACME", "--interval", "15", *words)
    replayed = json.loads(daytrader("replay", "ACME", "--interval", "15", *words, "--json").stdout)
    assert of_file["days_simulated"] == 10
    assert of_file["trades"][0]["entry_date"].endswith(":00Z")
    assert of_file == stored == replayed


def test_bars_of_another_interval_are_not_made_up(daytrader: Command, tmp_path: Path) -> None:
    """Neither from a file nor from the database."""
    file = _quarter_hours(tmp_path / "ACME.csv")
    assert daytrader("prices", "import", file, "--symbol", "ACME").exit_code == 0
    stored = daytrader("backtest", "ACME")
    assert (stored.exit_code, "no daily prices of ACME are stored" in stored.stderr) == (1, True)
    assert "no 5-minute prices" in daytrader("backtest", "ACME", "--interval", "5").stderr
    assert daytrader("backtest", file, "--interval", "daily").exit_code != 0


def test_every_option_reaches_its_place() -> None:
    """Exact: a tenth is a tenth."""
    words = """
        --strategy technical --param a=b=c --start 2020-01-02 --end 2020-02-03 --cash 1234.56 --allocation 0.1
        --shares 7 --minimum-balance 10 --stop-loss 1.5 --take-profit 2.5 --buy-threshold 4 --sell-threshold 6
        --commission-per-order 1 --commission-per-share 0.005 --commission-percent 0.1 --commission-minimum 2
        --slippage-bps 7.5 --gap-reserve 4 --volume-limit 2.5
        --fill close --prices adjusted --interval 15 --json --html x.html
    """
    taken = _taken(*shlex.split(words))
    assert taken == TradingOptions(
        strategy="technical",
        params={"a": "b=c", "buy_threshold": "4", "sell_threshold": "6"},
        start=date(2020, 1, 2),
        end=date(2020, 2, 3),
        cash=Decimal("1234.56"),
        rules=Rules(
            allocation=Decimal("0.1"),
            fixed_shares=7,
            stop_loss_percent=Decimal("1.5"),
            take_profit_percent=Decimal("2.5"),
            minimum_balance=Decimal(10),
            gap_reserve_percent=Decimal(4),
            costs=Costs(Decimal(1), Decimal("0.005"), Decimal("0.1"), Decimal(2), Decimal("7.5")),
            volume_limit_percent=Decimal("2.5"),
        ),
        fill="close",
        prices="adjusted",
        interval=15,
        json=True,
        html=Path("x.html"),
    )
