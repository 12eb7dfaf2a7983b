"""The report's page: what it tells, that it stands alone, and how it behaves in a browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from daytrader.core import backtest, portfolio
from daytrader.core.bars import Bars
from daytrader.core.report import Report
from daytrader.core.report_charts import even
from daytrader.core.rules import Costs, Rules
from daytrader.services.data_providers.sample import SampleProvider
from tests.core.builders import FIRST_DAY, bars_of, flat_bars, free_rules, random_walk, split

RULES = Rules(allocation=Decimal("0.9"), costs=Costs(per_order=Decimal(1)))


def report_of(symbol: str, strategy: str = "technical", start: date | None = None) -> Report:
    """Return a report of a sample series with fees."""
    bars = SampleProvider().fetch(symbol).bars()
    return backtest.run(bars, strategy, {}, RULES, symbol=symbol, cash=Decimal(10_000), start=start)


@pytest.fixture(scope="module")
def aapl() -> Report:
    """Thirteen years, two splits, many trades."""
    return report_of("AAPL", "sma_trend")


def data_of(page: str) -> dict[str, list[Any]]:
    """Return what the script reads out."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    found: dict[str, list[Any]] = json.loads(text)
    return found


def test_the_page_stands_alone(aapl: Report) -> None:
    """No address of any kind; both colour schemes, a phone and paper are thought of; the data's hash is told."""
    page = aapl.to_html()
    assert not re.search(r"https?:|//|@import|url\(|<link|<img|src=|href=|fetch\(|import\(", page)
    for what in ("prefers-color-scheme:dark", "@media print", "max-width:560px", aapl.pinned.data_hash):
        assert what in page


def test_thirteen_years_with_many_trades_are_small(aapl: Report) -> None:
    """3,270 sessions are drawn by a sample of their points: it can be mailed."""
    assert len(aapl.dates) == 3270
    assert len(aapl.run.trades) > 150
    assert len(aapl.to_html().encode()) < 400_000


def test_a_long_minute_history_is_small_too() -> None:
    """Points do not grow with bars."""
    walk = random_walk(20_000, seed=3)
    report = backtest.run(walk, "sma_cross", {"fast": 3, "slow": 5}, RULES, symbol="X", cash=Decimal(10_000))
    assert len(report.to_html().encode()) < 1_000_000


def test_the_headline_is_in_words_and_figures(aapl: Report) -> None:
    """What became of the money, beside buy and hold."""
    page = aapl.to_html()
    metrics = aapl.metrics
    assert f"10,000.00 became <b>{aapl.final_equity / 100:,.2f}</b> in 13.0 years" in page
    assert f"Buying and holding made {metrics['buy_and_hold_return_pct']:+,.2f} %" in page
    assert f"<dt>Deepest drawdown</dt><dd>{metrics['max_drawdown_pct']:.2f} %</dd>" in page
    assert f"<dt>Fees paid</dt><dd>{metrics['fees']:,.2f}</dd>" in page
    assert "<dt>commission_per_order</dt><dd>1</dd>" in page


def test_the_band_of_ambiguous_bars_is_told() -> None:
    """How many, and the return either way; or that there are none."""
    quotes = [(100.0, 100.0, 100.0, 100.0), (100.0, 111.0, 94.0, 100.0), (100.0, 100.0, 100.0, 100.0)]
    rules = free_rules(stop="5", target="10", gap="5")
    page = backtest.run(bars_of(quotes), "buy_and_hold", {}, rules, symbol="X", cash=Decimal(1000)).to_html()
    assert "On <b>1 bar</b> both stop and target were touched" in page
    assert "<b>-4.50 %</b>. Targets first: <b>+9.00 %</b>" in page
    assert "No bar touched both stop and target" in report_of("GOOG").to_html()


def test_months_compound_to_years_and_years_to_the_total(aapl: Report) -> None:
    """Each cell is a calendar month's return, the first from the initial balance."""
    page = aapl.to_html()
    (months,) = re.findall(r'<table class="months">(.*?)</table>', page)
    rows = re.findall(r"<tr><td>(\d{4})</td>(.*?)</tr>", months)
    assert [int(year) for year, _ in rows] == list(range(2013, 1999, -1))
    years = [float(re.findall(r">([-+]?[\d.]+)</td>$", cells)[0]) for _, cells in rows]
    assert (np.prod([1 + year / 100 for year in years]) - 1) * 100 == pytest.approx(aapl.gain_loss_pct, rel=0.01)
    by_day = dict(zip(aapl.dates, aapl.run.equity.tolist(), strict=True))
    january = (by_day["2012-01-31"] / by_day["2011-12-30"] - 1) * 100
    of_2012 = next(cells for year, cells in rows if year == "2012")
    assert f">{january:+.1f}</td>" in of_2012.partition("</td>")[0] + "</td>"


def test_every_trade_is_listed_and_marked_with_its_reasons(aapl: Report) -> None:
    """On the chart with its fills, its stop and its target; in the table with why."""
    page, trades = aapl.to_html(), aapl.run.trades
    closed = [trade for trade in trades if trade.exit_time is not None]
    assert page.count('<i class="buy"') == len(trades)
    assert page.count('<i class="sell"') == len(closed)
    assert page.count('class="gained"') + page.count('class="lost"') == len(closed)
    assert page.count('<path class="stop"') == page.count('<path class="target"') == len(trades)
    assert f"<h2>Trades ({len(trades):,})</h2>" in page
    assert page.count('<td class="text">stop loss</td>') == sum(trade.exit_reason == "stop loss" for trade in trades)


def test_levels_far_from_the_prices_are_not_drawn_over_the_rest_of_the_page() -> None:
    """Prices that move by a percent have stops and targets off their chart: it ends where it ends."""
    quotes = [(100, 101, 99.5, 100 + day % 2) for day in range(10)]
    page = backtest.run(bars_of(quotes), "buy_and_hold", {}, Rules(), symbol="X", cash=Decimal(1000)).to_html()
    ((level,),) = [re.findall(r'<path class="target" d="M[0-9.]+ (-?[0-9.]+)L', page)]
    assert float(level) < 0  # above the chart
    assert ".plot.price svg{overflow:hidden}" in page


@pytest.mark.parametrize(
    ("ticks", "told"),
    [
        ([9_996, 9_998, 10_000], ["9,996", "9,998", "10,000"]),
        ([5_000, 10_000, 15_000], ["5k", "10k", "15k"]),
        ([100_000, 100_010], ["100,000", "100,010"]),
        ([1_250_000, 1_500_000], ["1.25M", "1.50M"]),
        ([100, 100.5, 101], ["100.0", "100.5", "101.0"]),
        ([-0.5, -0.25, 0], ["-0.50", "-0.25", "0.00"]),
        ([0.0001, 0.00015], ["0.00010", "0.00015"]),
        ([-10, 0, 10], ["-10", "0", "10"]),
        ([1 / 3, 2 / 3], ["0.3333", "0.6667"]),
        ([], []),
    ],
)
def test_an_axis_tells_its_ticks_apart(ticks: list[float], told: list[str]) -> None:
    """A large balance that hardly moves has no axis of one number."""
    assert even(ticks) == told


def test_a_single_session_is_a_level() -> None:
    """One point would not be seen."""
    page = backtest.run(flat_bars([10.0]), "technical", {}, Rules(), symbol="X", cash=Decimal(1000)).to_html()
    assert "in 1 session:" in page
    assert re.search(r'<path class="main" d="M0.00 (\d+\.\d\d)L100.00 \1"/>', page)


def test_splits_are_taken_out_of_the_drawn_prices() -> None:
    """Raw prices would show a crash where nothing was lost; the trade list keeps what was paid."""
    raw = [(100.0, 100.0, 100.0, 100.0)] * 5 + [(50.0, 50.0, 50.0, 50.0)] * 5
    bars = bars_of(raw, [split(5, 2)])
    report = backtest.run(bars, "buy_and_hold", {}, free_rules(), symbol="X", cash=Decimal(1000))
    page = report.to_html()
    assert data_of(page)["close"] == [50.0] * 10
    assert "earlier splits are taken out" in page
    assert "<td>100.0000</td>" in page


def test_the_read_outs_hold_what_was_there(aapl: Report) -> None:
    """Dates, portfolio, benchmark, drawdown and price of each drawn point, both ends among them."""
    told = data_of(aapl.to_html())
    assert (told["date"][0], told["date"][-1]) == (aapl.dates[0], aapl.dates[-1])
    assert told["equity"][-1] == aapl.final_equity / 100
    assert min(told["drawdown"]) == pytest.approx(float(aapl.metrics["max_drawdown_pct"] or 0), abs=0.5)
    assert len({len(told[name]) for name in ("at", "date", "equity", "held", "drawdown", "close")}) == 1


def test_what_came_from_outside_is_no_markup() -> None:
    """A symbol, a strategy, a reason, a setting."""
    evil = "</script><script>alert(1)</script><b>&\"'"
    report = report_of("GOOG", start=date(2012, 1, 3))
    trades = tuple(replace(trade, entry_reason=evil, exit_reason=evil) for trade in report.run.trades)
    pinned = replace(report.pinned, params={**report.pinned.params, evil: evil}, data_hash=evil, engine_version=evil)
    page = replace(
        report, symbol=evil, strategy=evil, params={evil: 1}, run=replace(report.run, trades=trades), pinned=pinned
    ).to_html()
    assert len(trades) > 0
    assert page.count("<script") == 2
    assert "<b>&" not in page
    assert "alert(1)&lt;/script&gt;" in page


def test_a_page_without_prices_benchmark_or_trades() -> None:
    """A single flat session draws without dividing by zero; what is not known is left out."""
    report = backtest.run(flat_bars([5.0]), "sma_cross", {}, free_rules(), symbol="X", cash=Decimal(10))
    assert report.to_html().count("<svg") == 3
    bare = replace(report, run=replace(report.run, close=None, split_factor=None), benchmark=None).to_html()
    assert bare.count("<svg") == 2
    assert "There were none." in bare
    assert data_of(bare).keys() == {"last", "at", "date", "equity", "drawdown"}


def test_minute_bars_are_marked_on_their_session() -> None:
    """Equity and price are drawn by session; the list tells the minute."""
    walk = random_walk(400, seed=2)
    session = FIRST_DAY + np.arange(400) // 40
    time = session * 86_400 + np.arange(400) % 40 * 300
    bars = Bars.build(time, walk.open, walk.high, walk.low, walk.close, interval_minutes=5, session=session)
    page = backtest.run(bars, "sma_trend", {"window": 5}, Rules(), symbol="X", cash=Decimal(1000)).to_html()
    assert "5-minute bars" in page
    assert 'class="buy"' in page
    assert re.search(r"<td>1997-05-\d\dT\d\d:\d\d:00Z</td>", page)


def test_a_portfolios_page_lists_its_members() -> None:
    """With what each brought; no price chart, for there are many prices."""
    bars = random_walk(300, seed=4)
    members = [portfolio.Member(name, bars, "macd", {}, RULES) for name in ("A", "<B>")]
    report = portfolio.run(members, cash=Decimal(10_000))
    page = report.to_html()
    assert "<h2>Members</h2>" in page
    assert page.count('<td class="text">A</td>') == 1 + len(report.members[0].trades)
    assert "<h3>A</h3>" in page
    assert f"{report.members[0].gain_loss / 100:+,.2f}" in page
    assert "<B>" not in page
    assert page.count("<svg") == 2


def test_a_notebook_shows_it_in_a_frame(aapl: Report) -> None:
    """Neither styles the other, and the frame may not touch the notebook."""
    shown = aapl._repr_html_()
    assert shown.startswith('<iframe srcdoc="&lt;!doctype html')
    assert 'sandbox="allow-scripts"' in shown
    assert shown.count("<") == 2


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_it_reads_out_what_the_pointer_is_on(page: Page, aapl: Report, tmp_path: Path, width: int, scheme: str) -> None:
    """In a real browser, without an error or a request; nothing is wider than a phone; the scheme is followed."""
    file = tmp_path / "report.html"
    file.write_text(aapl.to_html(), encoding="utf-8")
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_content(file.read_text(encoding="utf-8"))
    readout = page.locator('[data-of="date"]').first
    assert readout.inner_text() == aapl.dates[-1]
    page.locator(".plot.equity").hover(position={"x": 1, "y": 40})
    assert readout.inner_text()[:4] == "2000"
    assert page.locator('[data-of="equity"]').first.inner_text().startswith(("9,", "10,"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") is (scheme == "light")
