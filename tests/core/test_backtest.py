"""Whole runs, by hand: what happens on which bar, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from daytrader.core import backtest
from daytrader.core.bars import Bars
from daytrader.core.errors import InvalidParameterError, UnknownStrategyError
from daytrader.core.report import Run
from daytrader.core.rules import Costs, Rules
from daytrader.utils.errors import InsufficientDataError
from tests.core.builders import (
    FIRST_DAY,
    bars_of,
    day,
    dividend,
    flat_bars,
    free_rules,
    random_walk,
    sample,
    signals_of,
    split,
)

CASH = 100_000
DAY = 86_400
LIMITING = [1000, 400, 1000, 150, 0, 200, 1000]  # shares traded
PROTECTED = free_rules(stop="5", target="10", gap="5")


def trips(run: Run) -> list[tuple[int, int | None, str | None]]:
    """Return (entry row, exit row, why) of each trade."""
    return [
        (
            trade.entry_time // DAY - FIRST_DAY,
            None if trade.exit_time is None else trade.exit_time // DAY - FIRST_DAY,
            trade.exit_reason,
        )
        for trade in run.trades
    ]


def test_orders_fill_at_the_next_open() -> None:
    """Decided at a close, filled at the open after it, both ways."""
    bars = bars_of([(10, 10, 10, 10), (11, 12, 11, 12), (12, 13, 12, 13), (14, 15, 14, 15)])
    run = backtest.simulate(bars, signals_of(4, [0], [2]), free_rules("0.5"), CASH)
    (trade,) = run.trades
    assert (trade.entry_price, trade.shares, trade.exit_price) == (11_000_000, 50, 14_000_000)
    assert (trade.entry_reason, trade.exit_reason, trade.gain_loss) == ("in", "out", 15_000)
    assert run.equity.tolist() == [100_000, 105_000, 110_000, 115_000]
    assert run.held.tolist() == [False, True, True, False]


def test_an_open_above_the_limit_lets_the_order_expire() -> None:
    """All in at 10.00 with 1,000.00: nothing above 10.00 is affordable; the next signal orders anew."""
    bars = bars_of([(10, 10, 10, 10), (10.01, 11, 10, 10), (10, 10, 10, 10), (10, 10, 10, 10)])
    assert trips(backtest.simulate(bars, signals_of(4, [0]), free_rules(), CASH)) == []
    assert trips(backtest.simulate(bars, signals_of(4, [0, 1]), free_rules(), CASH)) == [(2, None, None)]


def test_an_open_position_is_marked_and_a_pending_order_lapses() -> None:
    """Neither counts as a trade."""
    bars = flat_bars([10, 10, 12])
    run = backtest.simulate(bars, signals_of(3, [0]), free_rules("0.5", gap="5"), CASH)
    assert run.trades[0].exit_time is None
    assert run.trades[0].gain_loss is None
    assert (run.final_cash, run.final_shares, run.equity[-1]) == (53_000, 47, 109_400)
    lapsed = backtest.simulate(bars, signals_of(3, [2]), free_rules(), CASH)
    assert (len(lapsed.trades), lapsed.final_cash) == (0, CASH)


def test_the_bar_of_the_entry_is_protected() -> None:
    """Bought at the open, stopped within the same bar."""
    bars = bars_of([(100, 100, 100, 100), (100, 101, 94, 100), (100, 100, 100, 100)])
    run = backtest.simulate(bars, signals_of(3, [0]), PROTECTED, CASH)
    assert trips(run) == [(1, 1, "stop loss")]
    assert run.trades[0].exit_price == 95_000_000


def test_after_a_stop_the_entry_signal_has_to_clear() -> None:
    """Entry on every row but one: bought back only after that one; a target needs no re-arming."""
    stopped = [(100, 100, 100, 100), (100, 100, 94, 100)] + [(100, 100, 100, 100)] * 5
    assert trips(backtest.simulate(bars_of(stopped), signals_of(7, range(7)), PROTECTED, CASH)) == [(1, 1, "stop loss")]
    assert trips(backtest.simulate(bars_of(stopped), signals_of(7, [0, 1, 2, 4, 5]), PROTECTED, CASH)) == [
        (1, 1, "stop loss"),
        (5, None, None),
    ]
    won = [(100, 100, 100, 100), (100, 111, 100, 100)] + [(100, 100, 100, 100)] * 2
    assert trips(backtest.simulate(bars_of(won), signals_of(4, range(4)), PROTECTED, CASH)) == [
        (1, 1, "take profit"),
        (2, None, None),
    ]


def test_the_stop_bars_own_close_may_rearm() -> None:
    """Entry false on that very row is enough, and so is an exit there."""
    quotes = [(100, 100, 100, 100), (100, 100, 94, 100)] + [(100, 100, 100, 100)] * 2
    expected = [(1, 1, "stop loss"), (3, None, None)]
    assert trips(backtest.simulate(bars_of(quotes), signals_of(4, [0, 2]), PROTECTED, CASH)) == expected
    with_exit = signals_of(4, [0, 1, 2], [1])
    assert trips(backtest.simulate(bars_of(quotes), with_exit, PROTECTED, CASH)) == expected


def test_a_bar_that_touches_both_is_a_stop_and_ambiguous() -> None:
    """The other reading is a second run."""
    bars = bars_of([(100, 100, 100, 100), (100, 111, 94, 100), (100, 100, 100, 100)])
    signals = signals_of(3, [0])
    stop_first = backtest.simulate(bars, signals, PROTECTED, CASH)
    target_first = backtest.simulate(bars, signals, PROTECTED, CASH, target_first=True)
    assert (trips(stop_first), stop_first.ambiguous_bars) == ([(1, 1, "stop loss")], 1)
    assert trips(target_first) == [(1, 1, "take profit")]


def test_a_pending_exit_comes_before_the_stop() -> None:
    """Sold at the open, even where the bar then falls through the stop."""
    bars = bars_of([(100, 100, 100, 100), (100, 100, 100, 100), (99, 99, 80, 90)])
    run = backtest.simulate(bars, signals_of(3, [0], [1]), PROTECTED, CASH)
    assert trips(run) == [(1, 2, "out")]
    assert run.trades[0].exit_price == 99_000_000


def test_fill_close_is_protected_from_the_next_bar_on() -> None:
    """Bought at the close that decided; that bar's own low is past."""
    bars = bars_of([(100, 111, 90, 100), (100, 100, 94, 98), (98, 98, 98, 98)])
    run = backtest.simulate(bars, signals_of(3, [0]), PROTECTED, CASH, fill="close")
    assert trips(run) == [(0, 1, "stop loss")]
    run = backtest.simulate(bars, signals_of(3, [0], [2]), free_rules(), CASH, fill="close")
    assert trips(run) == [(0, 2, "out")]
    assert run.trades[0].exit_price == 98_000_000


def test_a_dividend_belongs_to_the_trade() -> None:
    """Paid on what was held at the previous close: not on what is bought on the ex-date."""
    bars = bars_of([(10, 10, 10, 10)] * 4, [dividend(1, "1"), dividend(2, "0.125")])
    run = backtest.simulate(bars, signals_of(4, [0], [2]), free_rules(), CASH)
    assert run.trades[0].gain_loss == 1_250
    assert run.final_cash == 101_250


def test_a_split_scales_shares_and_levels() -> None:
    """100 at 100.00 become 150 at 66.67; the stop moves from 95.00 to 63.33; the trade keeps its fill."""
    quotes = [(100, 100, 100, 100), (100, 100, 100, 100), (66.7, 66.7, 63.34, 66.7), (66, 66, 63.33, 66)]
    run = backtest.simulate(bars_of(quotes, [split(2, 3, 2)]), signals_of(4, [0]), PROTECTED, 1_050_000)
    (trade,) = run.trades
    assert (trade.shares, trade.entry_price) == (100, 100_000_000)
    assert (trips(run), trade.exit_price) == ([(1, 3, "stop loss")], 63_330_000)
    assert run.final_cash == 1_050_000 - 1_000_000 + 150 * 6_333


def test_a_split_that_leaves_nothing_closes_the_trade() -> None:
    """3 shares at 1 for 10 are three tenths of a share, paid in cash: 0.3 x 100.00, no fee."""
    bars = bars_of([(10, 10, 10, 10)] * 2 + [(100, 100, 100, 100)] * 2, [split(2, 1, 10)])
    run = backtest.simulate(bars, signals_of(4, [0]), free_rules(shares=3), CASH)
    (trade,) = run.trades
    assert trips(run) == [(1, 2, "split")]
    assert (trade.exit_price, trade.gain_loss, run.final_cash) == (100_000_000, 0, CASH)


def test_a_pending_order_is_split_too() -> None:
    """101 wanted at 3 for 2 become 151, floored."""
    bars = bars_of([(9.9, 9.9, 9.9, 9.9), (6.6, 6.6, 6.6, 6.6)], [split(1, 3, 2)])
    run = backtest.simulate(bars, signals_of(2, [0]), free_rules(), CASH)
    assert run.trades[0].shares == 151


def test_a_split_order_never_costs_more_than_was_reserved() -> None:
    """99 at 10.00 and 0.10 each reserve 999.90; of 297 at 3.33 that pays, fees included, for 291."""
    bars = bars_of([(10, 10, 10, 10), (3.33, 3.33, 3.33, 3.33)], [split(1, 3)])
    rules = replace(free_rules(), costs=Costs(per_share=Decimal("0.1"), slippage_bps=Decimal(0)))
    run = backtest.simulate(bars, signals_of(2, [0]), rules, CASH)
    assert run.trades[0].shares == 291
    assert run.final_cash == CASH - 96_903 - 2_910


def test_a_volume_limit_fills_an_entry_in_part_and_a_sale_in_parts() -> None:
    """40 of 100 at 10; sold 15 at 9, none, 20 at 8 and 5 at 7, for 1.00 each: the average is 8.25."""
    bars = bars_of([(10, 10, 10, 10)] * 3 + [(9, 9, 9, 9), (9, 9, 9, 9), (8, 8, 8, 8), (7, 7, 7, 7)], (), LIMITING)
    rules = replace(free_rules(), volume_limit_percent=Decimal(10), costs=Costs(Decimal(1), slippage_bps=Decimal(0)))
    run = backtest.simulate(bars, signals_of(7, [0], [2]), rules, CASH)
    (trade,) = run.trades
    assert (trade.shares, trade.exit_price, trade.exit_reason) == (40, 8_250_000, "out")
    assert trips(run) == [(1, 6, "out")]
    assert (trade.gain_loss, run.fees) == (15 * 900 + 20 * 800 + 5 * 700 - 40_000 - 400, 400)
    assert run.equity.tolist() == [100_000, 99_900, 99_900, 95_800, 95_800, 93_200, 92_600]


def test_what_a_volume_limit_leaves_at_the_end_is_an_open_position() -> None:
    """Marked at the last close; what was sold is in the cash."""
    bars = bars_of([(10, 10, 10, 10)] * 4, (), LIMITING[:4])
    rules = replace(free_rules(), volume_limit_percent=Decimal(10))
    run = backtest.simulate(bars, signals_of(4, [0], [2]), rules, CASH)
    (trade,) = run.trades
    assert (trade.shares, trade.exit_time, trade.gain_loss) == (40, None, None)
    assert (run.final_shares, run.final_cash) == (25, 75_000)


def test_a_price_that_comes_back_does_not_call_a_limited_sale_off() -> None:
    """The stop is touched while nothing trades; the next opens sell, for its reason, and only the last part ends it."""
    quotes = [(10, 10, 10, 10), (10, 10, 10, 10), (10, 10, 9, 10), (12, 12, 12, 12), (12, 12, 12, 12)]
    rules = replace(free_rules(stop="5", target="30"), volume_limit_percent=Decimal(10))
    run = backtest.simulate(bars_of(quotes, (), [1000, 400, 0, 300, 300]), signals_of(5, [0]), rules, CASH)
    assert trips(run) == [(1, 4, "stop loss")]
    assert (run.trades[0].exit_price, run.final_cash) == (12_000_000, CASH + 8_000)


def test_start_trims_trading_but_not_what_indicators_see() -> None:
    """The report begins on the first bar of `start`, flat; the averages began with the history."""
    bars = random_walk(200, seed=5)
    late = backtest.run(bars, "sma_trend", {}, Rules(), symbol="X", cash=Decimal(1000), start=day(100))
    assert late.dates[0] == day(100).isoformat()
    assert late.run.equity.size == 100
    # with SMA(50) there would be no trade before row 149 if the history were cut
    assert any(trade.entry_time < (FIRST_DAY + 149) * DAY for trade in late.run.trades)


def test_end_is_the_last_session() -> None:
    """What comes later changes nothing, the data's hash included."""
    bars = random_walk(200, seed=5)
    report = backtest.run(bars, "technical", {}, Rules(), symbol="X", cash=Decimal(1000), end=day(99))
    cut = backtest.run(bars.head(100), "technical", {}, Rules(), symbol="X", cash=Decimal(1000))
    assert report.to_dict() == cut.to_dict()
    assert report.dates[-1] == day(99).isoformat()


def test_dates_without_a_bar_are_refused() -> None:
    """There is nothing to simulate."""
    bars = random_walk(20)
    for start, end in ((day(20), None), (None, day(-1)), (day(9), day(8))):
        with pytest.raises(InsufficientDataError):
            backtest.run(bars, "buy_and_hold", {}, Rules(), symbol="X", cash=Decimal(1000), start=start, end=end)


def test_wrong_names_and_amounts_are_refused() -> None:
    """With the library's own errors."""
    with pytest.raises(UnknownStrategyError):
        backtest.run(random_walk(20), "nope", {}, Rules(), symbol="X", cash=Decimal(1000))
    with pytest.raises(InvalidParameterError, match="cash"):
        backtest.run(random_walk(20), "technical", {}, Rules(), symbol="X", cash=Decimal(0))
    for cash in (float("nan"), None, True):
        with pytest.raises(InvalidParameterError, match="cash: must be a"):
            backtest.run(random_walk(20), "technical", {}, Rules(), symbol="X", cash=cash)  # type: ignore[arg-type]  # on purpose
    for wrong in ({"fill": "next open"}, {"prices": "split"}):
        with pytest.raises(InvalidParameterError, match=rf"{next(iter(wrong))}: must be \w+ or \w+"):
            backtest.run(random_walk(20), "technical", {}, Rules(), symbol="X", cash=Decimal(1), **wrong)  # type: ignore[arg-type]  # on purpose


def test_numbers_are_taken_as_they_are_written() -> None:
    """In a notebook 0.9 is 0.9: the same cents, pinned alike."""
    bars = random_walk(200)
    written = Rules(allocation=0.9, stop_loss_percent=8, costs=Costs(per_order=1, percent=0.1))  # type: ignore[arg-type]  # on purpose
    exact = Rules(Decimal("0.9"), None, Decimal(8), costs=Costs(Decimal(1), percent=Decimal("0.1")))
    assert written == exact
    told = [
        backtest.run(bars, "sma_cross", {}, rules, symbol="X", cash=cash).to_dict()  # type: ignore[arg-type]  # likewise
        for rules, cash in ((written, 10_000.1), (exact, Decimal("10000.1")))
    ]
    assert told[0] == told[1]


def test_minute_bars_are_reported_by_session() -> None:
    """Equity at each session's last bar; orders fill across the night."""
    n, a_day = 12, 4
    close = np.arange(10.0, 10.0 + n)
    session = FIRST_DAY + np.arange(n) // a_day
    time = session * DAY + 52_200 + np.arange(n) % a_day * 300
    bars = Bars.build(time, close, close, close, close, interval_minutes=5, session=session)
    run = backtest.simulate(bars, signals_of(n, [3], [10]), free_rules(gap="20", shares=1), CASH)
    assert run.session.tolist() == [FIRST_DAY, FIRST_DAY + 1, FIRST_DAY + 2]
    assert run.equity.tolist() == [100_000, 100_300, 100_700]
    assert run.held.tolist() == [False, True, False]
    assert [(trade.entry_time, trade.exit_time) for trade in run.trades] == [(time[4], time[11])]


def test_the_benchmark_is_buy_and_hold_all_in() -> None:
    """The same costs and dates, no brackets, no fixed shares: what the strategy itself earns with these rules."""
    bars = sample("IBM")
    rules = Rules(fixed_shares=5, stop_loss_percent=Decimal(1), minimum_balance=Decimal(100))
    start = date(2005, 1, 3)
    report = backtest.run(bars, "technical", {}, rules, symbol="IBM", cash=Decimal(10_000), start=start)
    all_in = replace(
        rules,
        allocation=Decimal(1),
        fixed_shares=None,
        stop_loss_percent=Decimal(0),
        take_profit_percent=Decimal(0),
    )
    same = backtest.run(bars, "buy_and_hold", {}, all_in, symbol="IBM", cash=Decimal(10_000), start=start)
    assert report.metrics["buy_and_hold_return_pct"] == same.metrics["total_return_pct"]


def test_the_target_first_return_is_a_second_whole_run() -> None:
    """It is told beside the other, which stays the result."""
    quotes = [(100.0, 100.0, 100.0, 100.0), (100.0, 111.0, 94.0, 100.0), (100.0, 100.0, 100.0, 100.0)]
    report = backtest.run(bars_of(quotes), "buy_and_hold", {}, PROTECTED, symbol="X", cash=Decimal(1000))
    assert report.metrics["ambiguous_bars"] == 1
    assert report.metrics["total_return_pct"] == pytest.approx(-4.5)
    assert report.metrics["target_first_return_pct"] == pytest.approx(9.0)


def test_two_runs_are_the_same_run() -> None:
    """No clock, no chance."""
    bars = sample("GOOG")
    first = backtest.run(bars, "technical", {}, Rules(), symbol="GOOG", cash=Decimal(10_000))
    again = backtest.run(bars, "technical", {}, Rules(), symbol="GOOG", cash=Decimal(10_000))
    assert first.to_dict() == again.to_dict()
