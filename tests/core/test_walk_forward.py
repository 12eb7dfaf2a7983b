"""Walk-forward: against a naive one made of whole backtests, and blind to what comes later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pytest

from daytrader.core import backtest, sweep, walk_forward
from daytrader.core.bars import Bars
from daytrader.core.errors import InvalidParameterError, SweepStoppedError
from daytrader.core.report import Report
from daytrader.core.report_sections import seen_prices
from daytrader.core.rules import Costs, Rules
from daytrader.core.sweep import Combinations, grid
from daytrader.core.walk_forward import WalkForward
from daytrader.core.windows import Mode, Span, bars_trained, spans
from daytrader.utils.errors import InsufficientDataError
from tests.core.builders import (
    EPOCH,
    FIRST_DAY,
    bars_of,
    day,
    dividend,
    flat_bars,
    free_rules,
    random_walk,
    sample,
    split,
)

CASH = Decimal(10_000)
RULES = Rules(costs=Costs(per_order=Decimal(1), percent=Decimal("0.1"), slippage_bps=Decimal(7)))
CENT = Decimal("0.01")
TRIED = grid({"window": [5, 12, 20], "stop_loss_percent": [Decimal(0), Decimal("3.5")]})


def forward(
    bars: Bars, mode: Mode = "rolling", metric: str = "sharpe_ratio", tried: Combinations = TRIED
) -> WalkForward:
    """Return a walk-forward of 80 sessions of training and 30 of test."""
    return walk_forward.run(
        bars, "sma_trend", tried, RULES, symbol="X", cash=CASH, mode=mode, train=80, test=30, metric=metric
    )


def one(bars: Bars, given: Mapping[str, int | float], cash: Decimal, first: int, last: int) -> Report:
    """Return the backtest of rows *first* to *last* with one combination."""
    rules = replace(RULES, stop_loss_percent=Decimal(str(given["stop_loss_percent"])))
    return backtest.run(
        bars, "sma_trend", {"window": given["window"]}, rules, symbol="X", cash=cash, start=day(first), end=day(last)
    )


def naive(bars: Bars, mode: Mode, metric: str) -> tuple[list[int | None], list[Decimal]]:
    """Return the choices and the cash after each test window, by backtests alone and decimal arithmetic."""
    choices: list[int | None] = []
    cash = [CASH]
    for first in range(80, bars.n, 30):
        last = min(first + 30, bars.n) - 1
        begin = 0 if mode == "anchored" else first - 80
        reports = [one(bars, TRIED.of(index), CASH, begin, first - 1) for index in range(TRIED.size)]
        figures = [report.metrics[metric] if len(report.run.trades) else None for report in reports]
        known = [figure for figure in figures if figure is not None]
        choices.append(figures.index(max(known)) if known else None)
        if choices[-1] is None:
            cash.append(cash[-1])
            continue
        traded = one(bars, TRIED.of(choices[-1]), cash[-1], first, last)
        left = Decimal(traded.run.final_cash) / 100
        if shares := traded.run.final_shares:
            close = Decimal(repr(float(bars.close[last])))
            price = (close * Decimal("0.9993")).quantize(Decimal("0.000001"), ROUND_HALF_UP)
            proceeds = (price * shares).quantize(CENT, ROUND_HALF_UP)
            left += proceeds - (1 + proceeds / 1000).quantize(CENT, ROUND_HALF_UP)
        cash.append(left)
    return choices, cash[1:]


@pytest.mark.parametrize("mode", ["rolling", "anchored"])
@pytest.mark.parametrize("metric", ["sharpe_ratio", "max_drawdown_pct"])
def test_equals_backtests_one_after_the_other(mode: Mode, metric: str) -> None:
    """The choice of every window and, to the cent, the cash it leaves."""
    bars = random_walk(250, seed=11)
    told = forward(bars, mode, metric)
    choices, cash = naive(bars, mode, metric)
    assert [window.chosen for window in told.windows] == choices
    ends = np.searchsorted(told.report.run.session, [(window.test_end - EPOCH).days for window in told.windows])
    assert [Decimal(int(told.report.run.equity[end])) / 100 for end in ends] == cash
    assert told.report.run.final_cash == cash[-1] * 100
    assert len(set(choices)) > 1
    assert sum(window.trades for window in told.windows) == len(told.report.run.trades) > 5


def test_a_window_ends_flat_at_its_last_close() -> None:
    """What is held is sold there, its fee paid and its dividends kept; the next window begins flat and armed."""
    n = 112
    quotes = [(100 + row / 10,) * 4 for row in range(n)]
    bars = bars_of(quotes, [dividend(95, "0.5")])
    told = forward(bars)
    first, second = told.report.run.trades
    assert (told.windows[0].test_end, told.windows[1].test_start) == (day(109), day(110))
    assert first.exit_time == (FIRST_DAY + 109) * 86_400
    assert first.exit_reason == "end of the test window"
    assert not told.report.run.held[29]
    assert second.entry_time == second.exit_time == (FIRST_DAY + 111) * 86_400
    assert first.gain_loss is not None
    assert second.gain_loss is not None
    assert told.report.run.final_cash == 1_000_000 + first.gain_loss + second.gain_loss
    proceeds = Decimal(first.exit_price or 0) / 1_000_000 * first.shares
    without_dividend = proceeds - 1 - proceeds / 1000 - Decimal(first.cost_basis) / 100
    assert Decimal(first.gain_loss) / 100 - without_dividend == pytest.approx(first.shares * Decimal("0.5"), abs=CENT)


@pytest.mark.parametrize("mode", ["rolling", "anchored"])
def test_what_comes_later_changes_nothing_before(mode: Mode) -> None:
    """Other prices from row 170 on: every window that ends before is the same in every bit."""
    bars = random_walk(250, seed=11)
    turned = np.concatenate((bars.close[:170], bars.close[170:][::-1] * 1.3))
    other = Bars.build(bars.time, turned, turned * 1.01, turned * 0.99, turned)
    same = Bars.build(bars.time, bars.close, bars.close * 1.01, bars.close * 0.99, bars.close)
    told, again = forward(same, mode), forward(other, mode)
    assert told.windows[:3] == again.windows[:3]
    assert told.windows[2].test_end == day(169)
    np.testing.assert_array_equal(told.report.run.equity[:90], again.report.run.equity[:90])
    # the fourth was chosen before the change too
    assert told.windows[3].settings == again.windows[3].settings
    assert told.windows[3].in_sample == again.windows[3].in_sample
    assert told.windows[3] != again.windows[3]


def test_equals_go_to_the_lowest_index() -> None:
    """Stops that are never touched make no difference, and the first is taken."""
    tried = grid({"window": [5], "stop_loss_percent": [Decimal(90), Decimal(80), Decimal(70)]})
    assert {window.chosen for window in forward(sample("IBM").head(300), tried=tried).windows} == {0}


def test_nothing_is_traded_where_nothing_traded_in_training() -> None:
    """The cash waits for the next window."""
    quotes = [(100.0,) * 4] * 100 + [(100.0 + row,) * 4 for row in range(60)]
    told = forward(bars_of(quotes))
    first = told.windows[0]
    assert (first.chosen, first.settings, first.in_sample, first.trades) == (None, None, None, 0)
    assert first.out_of_sample_return_pct == 0
    assert told.report.run.equity[:30].tolist() == [1_000_000] * 30
    assert told.windows[-1].trades > 0


@pytest.mark.parametrize("left", [0, -1, 1])
def test_a_ruined_account_trades_no_more(left: int) -> None:
    """Fees took all of it in the first test window, or more: the later ones lose nothing of nothing."""
    rules = free_rules(shares=1)
    rules = replace(rules, costs=replace(rules.costs, per_order=Decimal(5005)))
    told = walk_forward.run(
        flat_bars([10.0] * 40),
        "buy_and_hold",
        grid({"minimum_balance": [0]}),
        rules,
        symbol="X",
        cash=Decimal(10_010 + left),
        train=10,
        test=10,
        metric="total_return_pct",
    )
    assert [window.trades for window in told.windows] == [1, 0, 0]
    assert told.report.run.equity[-1] == left * 100
    assert [window.out_of_sample_return_pct for window in told.windows[1:]] == [0, 0]
    assert told.windows[1].out_of_sample == (0 if left > 0 else None)
    json.dumps(told.to_dict(), allow_nan=False)


def test_the_stitched_report_draws_prices_without_splits_and_no_stop_that_varied() -> None:
    """Of windows with and without a trade, in shares of the last day; the price of a share before them is no cliff."""
    closes = np.array([100.0] * 100 + [100.0 + row for row in range(60)])
    factor = np.repeat([1, 2, 8], [95, 35, 30])
    bars = bars_of([(close,) * 4 for close in (closes / factor).tolist()], [split(95, 2), split(130, 4)])

    told = forward(bars)

    assert [window.chosen is None for window in told.windows] == [True, False, False]
    seen = seen_prices(told.report)
    assert seen is not None
    np.testing.assert_allclose(seen, closes[80:] / 8, rtol=1e-5)
    assert "stop_loss_percent" not in told.report.pinned.params
    assert told.report.pinned.params["take_profit_percent"] == 10


def test_the_stitched_report_is_that_of_its_equity() -> None:
    """Sessions without a gap, buy and hold over the same ones, the efficiency from its annualised return."""
    bars = sample("MSFT").head(700)
    told = walk_forward.run(bars, "sma_trend", TRIED, RULES, symbol="MSFT", cash=CASH, train=252, test=126)
    assert told.report.run.session.tolist() == bars.session[252:].tolist()
    start = EPOCH + timedelta(days=int(bars.session[252]))
    alone = backtest.run(bars, "sma_trend", {}, RULES, symbol="MSFT", cash=CASH, start=start)
    assert told.report.metrics["buy_and_hold_return_pct"] == alone.metrics["buy_and_hold_return_pct"]
    total = np.prod([1 + window.out_of_sample_return_pct / 100 for window in told.windows])
    assert told.report.metrics["total_return_pct"] == pytest.approx((total - 1) * 100)
    annualized = [window.in_sample_annualized_pct or 0.0 for window in told.windows]
    earned = told.report.metrics["annualized_return_pct"]
    assert earned is not None
    mean = float(np.mean(annualized))
    assert told.efficiency == (pytest.approx(earned / mean) if mean > 0 else None)


def test_start_and_end_bound_the_windows() -> None:
    """Training begins at the start; indicators see what was before."""
    bars = random_walk(250, seed=11)
    told = walk_forward.run(
        bars, "sma_trend", TRIED, RULES, symbol="X", cash=CASH, train=80, test=30, start=day(50), end=day(200)
    )
    assert (told.windows[0].train_start, told.windows[0].test_start) == (day(50), day(130))
    assert told.windows[-1].test_end == day(200)


def test_windows_follow_one_another() -> None:
    """Anchored ones keep their beginning, rolling ones their length; the last may be shorter."""
    assert spans(10, 4, 3, "rolling") == (Span(0, 4, 7), Span(3, 7, 10))
    assert spans(11, 4, 3, "anchored") == (Span(0, 4, 7), Span(0, 7, 10), Span(0, 10, 11))


@pytest.mark.parametrize(("mode", "start"), [("rolling", None), ("anchored", None), ("rolling", day(20))])
def test_bars_trained_are_those_that_the_trainings_read(
    monkeypatch: pytest.MonkeyPatch, mode: Mode, start: date | None
) -> None:
    """Every training reads from the first bar on, for its indicators, to its last."""
    read: list[int] = []
    ran = sweep.run

    def watched(bars: Bars, *args: Any, **more: Any) -> Any:
        read.append(bars.n)
        return ran(bars, *args, **more)

    monkeypatch.setattr(sweep, "run", watched)
    bars = random_walk(200, 3)
    how: dict[str, Any] = {"mode": mode, "train": 80, "test": 30, "start": start, "end": day(180)}
    walk_forward.run(bars, "sma_trend", TRIED, RULES, symbol="X", cash=CASH, **how)
    assert len(read) > 2
    assert bars_trained(bars, **how) == sum(read)


def test_impossible_windows_are_refused() -> None:
    """By name; too short a history is told as such."""
    with pytest.raises(InsufficientDataError, match="80 sessions leave none"):
        spans(80, 80, 30, "rolling")
    for train, test, mode, name in ((0, 30, "rolling", "train"), (80, 0, "rolling", "test"), (80, 30, "x", "walk")):
        with pytest.raises(InvalidParameterError, match=name):
            spans(200, train, test, mode)  # type: ignore[arg-type]  # what a caller may send
    with pytest.raises(InvalidParameterError, match="metric"):
        forward(random_walk(200), metric="luck")


def test_it_tells_how_far_it_is_and_stops_when_told() -> None:
    """Backtests done of those of all windows."""
    heard: list[tuple[int, int]] = []
    bars = random_walk(170)
    walk_forward.run(
        bars,
        "sma_trend",
        TRIED,
        RULES,
        symbol="X",
        cash=CASH,
        train=80,
        test=30,
        progress=lambda done, total: heard.append((done, total)),
    )
    assert heard[-1] == (18, 18)
    assert (6, 18) in heard
    with pytest.raises(SweepStoppedError):
        walk_forward.run(
            bars, "sma_trend", TRIED, RULES, symbol="X", cash=CASH, train=80, test=30, should_stop=lambda: True
        )
