"""Portfolios: one budget over several members."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from daytrader.core import backtest, portfolio
from daytrader.core.bars import Bars
from daytrader.core.errors import InvalidParameterError, UnknownStrategyError
from daytrader.core.portfolio import Member
from daytrader.core.portfolio_report import PortfolioReport
from daytrader.core.rules import Costs, Rules
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.utils.errors import InsufficientDataError
from tests.core.builders import EPOCH, FIRST_DAY, bars_of, flat_bars, free_rules, random_walk

DAY = 86_400
CASH = Decimal(10_000)
PAID = Rules(costs=Costs(per_order=Decimal(1), per_share=Decimal("0.005"), slippage_bps=Decimal(5)))


def sample_bars(symbol: str) -> Bars:
    """Return a series of the package with its splits and dividends."""
    return SampleProvider().fetch(symbol).bars()


def holder(bars: Bars, allocation: str = "1", symbol: str = "X", budget: Decimal | None = None) -> Member:
    """Return a member that buys when it can and never sells."""
    return Member(symbol, bars, "buy_and_hold", {}, free_rules(allocation), budget)


def bought(report: PortfolioReport) -> list[tuple[str, int, int]]:
    """Return (member, row, shares) of each purchase."""
    names = [report.members[place].name for place in report.trade_members.tolist()]
    return [
        (name, trade.entry_time // DAY - FIRST_DAY, trade.shares)
        for name, trade in zip(names, report.whole.run.trades, strict=True)
    ]


@pytest.mark.parametrize("symbol", ["AAPL", "FB"])
@pytest.mark.parametrize("fill", ["next_open", "close"])
@pytest.mark.parametrize("strategy", ["technical", "breakout", "macd", "buy_and_hold"])
def test_a_portfolio_of_one_is_its_members_backtest(symbol: str, fill: backtest.Fill, strategy: str) -> None:
    """Every field, to the last digit: splits, dividends, fees, benchmark, the target-first run, what is pinned."""
    bars, start, end = sample_bars(symbol), date(2000, 6, 1), date(2013, 1, 31)
    together = portfolio.run([Member(symbol, bars, strategy, {}, PAID)], cash=CASH, start=start, end=end, fill=fill)
    alone = backtest.run(bars, strategy, {}, PAID, symbol=symbol, cash=CASH, start=start, end=end, fill=fill)
    assert together.whole.to_dict() == alone.to_dict()
    assert together.members[0].gain_loss == alone.final_equity - alone.initial_cash
    assert list(together.members[0].trades) == list(alone.run.trades)


def test_members_with_budgets_of_their_own_are_the_sum_of_their_backtests() -> None:
    """Nobody takes from another: equity at each session, trades, fees."""
    symbols = ("AAPL", "IBM", "MSFT")
    bars = {symbol: sample_bars(symbol) for symbol in symbols}
    members = [Member(symbol, bars[symbol], "technical", {}, PAID, CASH) for symbol in symbols]
    together = portfolio.run(members, cash=3 * CASH)
    alone = [backtest.run(bars[symbol], "technical", {}, PAID, symbol=symbol, cash=CASH) for symbol in symbols]
    assert together.whole.run.equity.tolist() == sum(report.run.equity for report in alone).tolist()  # type: ignore[union-attr]  # three arrays
    assert together.whole.run.fees == sum(report.run.fees for report in alone)
    for member, report in zip(together.members, alone, strict=True):
        assert list(member.trades) == list(report.run.trades)
        assert member.gains.tolist() == (report.run.equity - report.initial_cash).tolist()


def test_the_next_member_sees_what_the_one_before_it_has_ordered() -> None:
    """1,000.00 at 10.00: half of it is 50 shares; half of the remaining half is 25."""
    bars = flat_bars([10, 10, 10])
    report = portfolio.run([holder(bars, "0.5", "A"), holder(bars, "0.5", "B")], cash=Decimal(1000))
    assert bought(report) == [("A", 1, 50), ("B", 1, 25)]
    assert (report.whole.run.final_cash, report.whole.run.equity.tolist()) == (25_000, [100_000] * 3)


def test_an_order_that_others_have_left_too_little_for_expires() -> None:
    """A's open gaps up to its limit and takes what B had counted on; B orders anew with what is left."""
    gapped = bars_of([(10, 10, 10, 10), (15, 15, 15, 15), (15, 15, 15, 15), (15, 15, 15, 15)])
    members = [holder(gapped, "0.5", "A"), holder(flat_bars([10] * 4), "1", "B")]
    report = portfolio.run(members, cash=Decimal(1000))
    assert bought(report) == [("A", 1, 50), ("B", 2, 25)]
    assert [member.expired_for_cash for member in report.members] == [0, 1]


def test_sales_come_before_purchases_whoever_is_listed_first() -> None:
    """C gaps up and takes what A had counted on, but B, listed last, sells at the same open: A gets its shares."""
    trend = Member("B", flat_bars([10, 11, 9, 9]), "sma_trend", {"window": 2}, free_rules("0.5"))
    days = (FIRST_DAY + np.array([2, 3])) * DAY
    gapped, level = (Bars.build(days, quotes, quotes, quotes, quotes) for quotes in ([10, 15], [10, 10]))
    members = [holder(gapped, "0.5", "C"), holder(level, "1", "A"), trend]
    report = portfolio.run(members, cash=Decimal(1000))
    assert bought(report) == [("B", 2, 45), ("C", 3, 29), ("A", 3, 30)]
    assert [trade.exit_time for trade in report.members[2].trades] == [days[1]]


def test_listing_order_decides_and_is_kept() -> None:
    """The same members the other way round trade otherwise; the same way round, alike."""
    one, other = holder(flat_bars([10] * 3), "1", "A"), holder(flat_bars([7] * 3), "1", "B")
    first = portfolio.run([one, other], cash=Decimal(1000))
    assert bought(first) == [("A", 1, 100)]
    assert bought(portfolio.run([other, one], cash=Decimal(1000))) == [("B", 1, 142)]
    assert portfolio.run([one, other], cash=Decimal(1000)).to_dict() == first.to_dict()


def test_members_gains_add_up_to_the_whole_at_every_close() -> None:
    """Open positions marked, dividends included; a stock that is listed later begins later."""
    members = [Member(symbol, sample_bars(symbol), "technical", {}, PAID) for symbol in ("AAPL", "GOOG", "FB")]
    report = portfolio.run(members, cash=CASH, start=date(2004, 1, 2))
    assert report.whole.dates[0] == "2004-01-02"
    gains = np.sum([member.gains for member in report.members], axis=0)
    assert (report.whole.run.equity - report.whole.initial_cash == gains).all()
    assert sum(member.fees for member in report.members) == report.whole.run.fees
    goog, listed = report.members[1], report.whole.dates.index("2004-08-19")
    assert not goog.gains[:listed].any()


def test_the_benchmark_holds_all_members_in_equal_parts() -> None:
    """A third stays cash until the third is listed."""
    symbols = ("AAPL", "IBM", "FB")
    bars = [sample_bars(symbol) for symbol in symbols]
    report = portfolio.run(
        [Member(symbol, own, "technical", {}, PAID) for symbol, own in zip(symbols, bars, strict=True)],
        cash=Decimal(30_000),
    )
    ends = [backtest.buy_and_hold(own, PAID, 1_000_000).equity[-1] for own in bars]
    assert report.whole.metrics["buy_and_hold_return_pct"] == (int(sum(ends)) / 3_000_000 - 1) * 100


def test_both_readings_of_ambiguous_bars_are_told() -> None:
    """As in a single backtest: the second is a whole run."""
    quotes = [(100.0, 100.0, 100.0, 100.0), (100.0, 111.0, 94.0, 100.0), (100.0, 100.0, 100.0, 100.0)]
    rules = free_rules("0.4", stop="5", target="10", gap="5")
    members = [Member(name, bars_of(quotes), "buy_and_hold", {}, rules) for name in ("A", "B")]
    metrics = portfolio.run(members, cash=Decimal(10_000)).whole.metrics
    assert metrics["ambiguous_bars"] == 2
    assert metrics["total_return_pct"] == pytest.approx(-3)  # 38 and 22 shares, each 5.00 lower
    assert metrics["target_first_return_pct"] == pytest.approx(6)


def test_minute_bars_share_cash_across_the_day() -> None:
    """Times, not dates, put the bars in order; equity is of each session's last one."""
    n, a_day = 12, 4
    session = FIRST_DAY + np.arange(n) // a_day
    time = session * DAY + 52_200 + np.arange(n) % a_day * 300

    def bars(price: float) -> Bars:
        close = np.full(n, price)
        return Bars.build(time, close, close, close, close, interval_minutes=5, session=session)

    report = portfolio.run([holder(bars(10), "0.5", "A"), holder(bars(20), "1", "B")], cash=Decimal(1000))
    assert [trade.entry_time for trade in report.whole.run.trades] == [time[1], time[1]]
    assert report.whole.run.equity.tolist() == [100_000] * 3


def test_json_tells_whose_each_trade_is() -> None:
    """The whole's report, and each member; strict JSON."""
    walk = random_walk(300, seed=5)
    members = [Member("A", walk, "sma_trend", {"window": 5}, PAID), Member("B", walk, "macd", {}, PAID, Decimal(1000))]
    told = json.loads(json.dumps(portfolio.run(members, cash=CASH).to_dict(), allow_nan=False))
    assert (told["symbol"], told["strategy"], told["params"]) == ("A, B", "portfolio", {})
    assert {trade["member"] for trade in told["trades"]} == {"A", "B"}
    assert [member["budget"] for member in told["members"]] == [None, 1000.0]
    assert [member["strategy"] for member in told["pinned"]["params"]["members"]] == ["sma_trend", "macd"]
    assert told["gain_loss"] == pytest.approx(sum(member["gain_loss"] for member in told["members"]))


def test_members_are_told_apart() -> None:
    """By symbol; by strategy where that is not enough; by number at last; or as they are called."""
    bars = random_walk(30)
    listed = [("A", "macd", ""), ("B", "macd", ""), ("A", "technical", ""), ("A", "macd", ""), ("C", "macd", "mine")]
    members = [Member(symbol, bars, strategy, {}, PAID, None, name) for symbol, strategy, name in listed]
    names = [member.name for member in portfolio.run(members, cash=CASH).members]
    assert names == ["A macd 1", "B", "A technical", "A macd 2", "mine"]


def test_what_cannot_be_is_refused() -> None:
    """With the setting's name."""
    bars = random_walk(30)
    minutes = Bars.build(bars.time, bars.open, bars.high, bars.low, bars.close, interval_minutes=5)
    for members, cash, told in (
        ([], CASH, "members: there must be at least one"),
        ([holder(bars)], Decimal(0), "cash: must be positive"),
        ([holder(bars), holder(minutes)], CASH, "members: all must have bars of one interval"),
        ([holder(bars, budget=Decimal(0))], CASH, "budget: must be positive"),
        ([holder(bars, budget=Decimal(6000)), holder(bars, budget=Decimal(5000))], CASH, "exceed the cash by 1000.00"),
    ):
        with pytest.raises(InvalidParameterError, match=told):
            portfolio.run(members, cash=cash)
    with pytest.raises(InvalidParameterError, match="fill: must be next_open or close"):
        portfolio.run([holder(bars)], cash=CASH, fill="open")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(UnknownStrategyError):
        portfolio.run([Member("X", bars, "astrology", {}, PAID)], cash=CASH)
    late = EPOCH + timedelta(days=FIRST_DAY + 30)
    with pytest.raises(InsufficientDataError, match="SHORT has no bar"):
        portfolio.run([holder(random_walk(60)), holder(bars, symbol="SHORT")], cash=CASH, start=late)
