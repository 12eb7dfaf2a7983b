"""Performance from the ledger: figures by hand, and those of the backtest of the same trades."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from daytrader.core import backtest
from daytrader.models import FeedCursor, TradingService, TradingTransaction
from daytrader.services import (
    backtest_service,
    feed_positions,
    performance_service,
    price_service,
    transaction_service,
)
from daytrader.services.performance_service import EquityCurve, Metrics, TransactionMetrics
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.core.builders import random_walk
from tests.engine.builders import FLAT, Market, Ohlc, day
from tests.stored_bars import store_intraday

# Bought at the open of 10, then worth 12, 9 and 11 a share.
ROUND: list[Ohlc] = [FLAT, (10.0, 12.0, 10.0, 12.0), (12.0, 12.0, 9.0, 9.0), (9.0, 11.0, 9.0, 11.0)]


def measured(service: TradingService) -> Metrics:
    """Return the figures as a reader asks for them."""
    with SessionManager(read_only=True) as session:
        return performance_service.metrics(session, session.get_one(TradingService, service.id))


def curve(service: TradingService) -> EquityCurve:
    """Return the equity curve as a reader asks for it."""
    with SessionManager(read_only=True) as session:
        return performance_service.equity(session, session.get_one(TradingService, service.id))


def summed(service: TradingService) -> TransactionMetrics:
    """Return the sum of the transactions as a reader asks for it."""
    with SessionManager(read_only=True) as session:
        return performance_service.transaction_metrics(session, session.get_one(TradingService, service.id))


def buy(market: Market, service: TradingService, shares: int, price: object = None) -> TradingTransaction:
    """Buy by hand as the owner."""
    with SessionManager() as session:
        made = transaction_service.buy(session, market.owner, service.id, shares, price)
    assert isinstance(made, TradingTransaction)
    return made


def sell(market: Market, transaction: TradingTransaction, price: object = None) -> None:
    """Sell by hand as the owner."""
    with SessionManager() as session:
        transaction_service.complete(session, market.owner, transaction.id, price)


def show_until(row: int) -> None:
    """Let a replay have shown the bars up to *row*."""
    with SessionManager() as session:
        session.merge(FeedCursor(id=1, name=feed_positions.REPLAY_FEED, position=day(row)))


def test_the_metrics_have_exactly_the_documented_fields(world: World) -> None:
    """No more and no less than the API's shapes."""
    service = Market(world, [FLAT]).service()

    assert set(asdict(measured(service))) == {
        *("equity", "current_balance", "position_value", "unrealized_gain_loss", "total_gain_loss"),
        *("total_return_pct", "buy_and_hold_return_pct", "max_drawdown_pct", "sharpe_ratio", "win_rate", "trades"),
        *("exposure_pct", "fees"),
    }
    assert set(asdict(curve(service))) == {"timestamps", "equity", "cash", "position_value"}
    assert set(asdict(summed(service))) == {
        *("total_transactions", "open_transactions", "closed_transactions", "cancelled_transactions"),
        *("total_profit", "total_loss", "net_gain_loss", "average_profit_per_transaction"),
        *("average_loss_per_transaction", "profitable_transactions", "unprofitable_transactions", "win_rate"),
    }


def test_an_open_position_by_hand(world: World) -> None:
    """99 shares for 990 and a fee of 1, worth 11 each after a high of 12 and a low of 9."""
    market = Market(world, ROUND)
    service = market.service(commission_per_order=Decimal(1))
    market.run()

    found = measured(service)

    assert (found.current_balance, found.position_value, found.equity) == (
        Decimal("9.00"),
        Decimal("1089.00"),
        Decimal("1098.00"),
    )
    assert (found.unrealized_gain_loss, found.total_gain_loss) == (Decimal("98.00"), Decimal("0.00"))
    assert found.total_return_pct == pytest.approx(9.8)
    assert found.buy_and_hold_return_pct == pytest.approx(9.8)  # the same trade
    assert found.max_drawdown_pct == pytest.approx((900 / 1197 - 1) * 100)  # 99 x 12 + 9 to 99 x 9 + 9
    assert (found.trades, found.win_rate, found.fees) == (0, None, Decimal("1.00"))
    assert found.exposure_pct == 75  # three closes of four
    returns = [0, 1197 / 1000 - 1, 900 / 1197 - 1, 1098 / 900 - 1]
    mean = sum(returns) / 4
    deviation = (sum((change - mean) ** 2 for change in returns) / 3) ** 0.5
    assert found.sharpe_ratio == pytest.approx(mean / deviation * 252**0.5)
    assert curve(service) == EquityCurve(
        timestamps=[f"2020-01-0{number}T00:00:00Z" for number in (1, 2, 3, 4)],
        equity=[1000, 1197, 900, 1098],
        cash=[1000, 9, 9, 9],
        position_value=[0, 1188, 891, 1089],
    )


def test_dividends_of_an_open_position_are_unrealised(world: World) -> None:
    """Equity is always the initial balance and both gains."""
    market = Market(world, [FLAT, FLAT, FLAT])
    market.dividend(2, "0.5")
    service = market.service()
    market.run()

    found = measured(service)

    assert (found.current_balance, found.unrealized_gain_loss) == (Decimal("50.00"), Decimal("50.00"))
    assert found.equity == Decimal(1000) + found.total_gain_loss + found.unrealized_gain_loss


def test_a_split_position_is_marked_in_new_shares(world: World) -> None:
    """100 shares at 10 are 200 at 5: nothing gained, nothing lost."""
    market = Market(world, [FLAT, FLAT, (5.0, 5.0, 5.0, 5.0)])
    market.split(2, 2, 1)
    service = market.service()
    market.run()

    assert (measured(service).position_value, measured(service).max_drawdown_pct) == (Decimal("1000.00"), 0)
    assert curve(service).equity == [1000, 1000, 1000]


@pytest.mark.parametrize("strategy", ["sma_cross", "technical", "buy_and_hold"])
def test_equals_the_backtest_of_the_same_service(world: World, strategy: str) -> None:
    """Traded by the engine through the database: every figure and the curve are those of the report."""
    walk = random_walk(160, seed=7, volatility=0.03)
    bars = list(zip(*(column.tolist() for column in (walk.open, walk.high, walk.low, walk.close)), strict=True))
    market = Market(world, bars)
    overrides: dict[str, Any] = {
        "strategy": strategy,
        "strategy_params": {"fast": 3, "slow": 8} if strategy == "sma_cross" else {},
        "initial_balance": Decimal("25000.50"),
        "slippage_bps": Decimal(5),
        "commission_percent": Decimal("0.1"),
        "commission_minimum": Decimal(1),
        "stop_loss_percent": Decimal(6),
        "take_profit_percent": Decimal(15),
        "allocation_percent": Decimal("0.8"),
    }
    service = market.service(**overrides)
    market.run()
    with SessionManager(read_only=True) as session:
        request = backtest_service.of_service(session.get_one(TradingService, service.id))
        report = backtest_service.run(session, request)

    found, told = measured(service), report.metrics

    assert found.trades == told["trades"]
    assert found.trades > 1 or strategy == "buy_and_hold"
    assert float(found.equity) == report.final_equity / 100
    assert float(found.fees) == told["fees"]
    assert found.total_return_pct == pytest.approx(told["total_return_pct"], rel=1e-12)
    assert (found.win_rate, found.exposure_pct) == (told["win_rate_pct"], told["exposure_pct"])
    assert (found.sharpe_ratio, found.max_drawdown_pct) == (told["sharpe_ratio"], told["max_drawdown_pct"])
    assert found.buy_and_hold_return_pct == told["buy_and_hold_return_pct"]
    assert curve(service).equity == (report.run.equity / 100).tolist()


def test_time_runs_from_the_first_decision(world: World) -> None:
    """Bars from before the service began are nobody's drawdown, and the benchmark begins where the service does."""
    market = Market(world, [(20.0, 20.0, 20.0, 20.0), *ROUND])
    service = market.service()
    market.run(1)

    found = measured(service)

    assert curve(service).timestamps[0] == "2020-01-02T00:00:00Z"
    assert found.buy_and_hold_return_pct == pytest.approx(10)
    assert found.exposure_pct == 75


def test_a_service_that_has_done_nothing_has_its_balance(world: World) -> None:
    """No time has passed for it: what needs time is None or 0, and the curve is empty."""
    service = Market(world, ROUND).service()

    found = measured(service)

    assert (found.equity, found.current_balance, found.position_value) == (Decimal(1000), Decimal(1000), Decimal(0))
    assert (found.total_return_pct, found.max_drawdown_pct, found.exposure_pct, found.trades) == (0, 0, 0, 0)
    assert (found.buy_and_hold_return_pct, found.sharpe_ratio, found.win_rate) == (None, None, None)
    assert curve(service) == EquityCurve([], [], [], [])


def test_a_replay_marks_by_what_it_has_shown(world: World) -> None:
    """The bar of tomorrow is stored, and moves nothing."""
    market = Market(world, [*ROUND, (99.0, 99.0, 99.0, 99.0)])
    service = market.service()
    market.run(last=4)
    show_until(3)

    assert measured(service).position_value == Decimal("1100.00")
    assert len(curve(service).equity) == 4


def test_a_trade_by_hand_counts_with_the_bar_before_it(world: World) -> None:
    """Made today, long after the last stored bar: it is in that bar's equity, and the first of the curve."""
    market = Market(world, [FLAT, (12.0, 12.0, 12.0, 12.0)])
    service = market.service()
    buy(market, service, 10, "11")

    found = measured(service)

    assert (found.equity, found.unrealized_gain_loss) == (Decimal("1010.00"), Decimal("10.00"))
    assert curve(service) == EquityCurve(["2020-01-02T00:00:00Z"], [1010], [890], [120])


def test_a_trade_between_two_bars_belongs_to_the_earlier_one(world: World) -> None:
    """Bought in the afternoon of the first session, it is held at that session's close."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()
    show_until(0)
    bought = buy(market, service, 10)
    afternoon = datetime(2020, 1, 1, 20, tzinfo=UTC)
    with SessionManager() as session:
        for entry in market.journal(service)[1:]:
            session.merge(entry).bar_time = afternoon
    show_until(1)

    assert bought.purchase_date == afternoon - timedelta(hours=20)
    assert curve(service).position_value == [100, 100]


def test_intraday_bars_make_one_point_a_session(world: World) -> None:
    """At the close of its last bar; what is bought during a session is held at its end."""
    market = Market(world, [])
    opens = datetime(2020, 1, 6, 14, 30, tzinfo=UTC)
    hours = [timedelta(minutes=minutes) for minutes in (0, 30, 60)]
    quotes = {opens + later: 10.0 for later in hours} | {opens + timedelta(days=1) + later: 12.0 for later in hours}
    columns = ("open_price", "high_price", "low_price", "close_price")
    with SessionManager() as session:
        rows = [{"timestamp": at, "volume": 1} | dict.fromkeys(columns, price) for at, price in quotes.items()]
        store_intraday(session, market.stock.id, 30, rows)
        session.add(FeedCursor(name=feed_positions.REPLAY_FEED, position=opens + timedelta(minutes=30)))
    service = market.service(interval=30)
    buy(market, service, 10)
    with SessionManager() as session:
        session.scalars(select(FeedCursor)).one().position = opens + timedelta(days=2)

    assert curve(service) == EquityCurve(
        ["2020-01-06T15:30:00Z", "2020-01-07T15:30:00Z"], [1000, 1020], [900, 900], [100, 120]
    )
    assert measured(service).exposure_pct == 100


def test_without_any_bar_a_position_is_worth_what_was_paid_for_it(world: World) -> None:
    """Nothing else is known of it."""
    market = Market(world, [])
    service = market.service(commission_per_order=Decimal(1))
    buy(market, service, 10, "7.5")

    found = measured(service)

    assert (found.position_value, found.equity, found.unrealized_gain_loss) == (
        Decimal("75.00"),
        Decimal("999.00"),
        Decimal("-1.00"),
    )
    assert (found.fees, found.sharpe_ratio) == (Decimal("1.00"), None)
    assert curve(service) == EquityCurve([], [], [], [])


def test_a_voided_purchase_leaves_no_fee_and_no_trade(world: World) -> None:
    """It is counted as cancelled, and that is all."""
    market = Market(world, [FLAT])
    service = market.service(commission_per_order=Decimal(1))
    bought = buy(market, service, 10)
    with SessionManager() as session:
        transaction_service.cancel(session, market.owner, bought.id, "a slip")

    assert (measured(service).fees, measured(service).equity) == (Decimal(0), Decimal(1000))
    assert (summed(service).total_transactions, summed(service).cancelled_transactions) == (1, 1)
    assert summed(service).win_rate is None


def test_transactions_are_summed_to_the_cent(world: World) -> None:
    """Gains of 3.33, 2.00, 0 and -1.11, then an open position and a voided one."""
    market = Market(world, [FLAT])
    service = market.service()
    for shares, price in ((3, "11.11"), (1, "12"), (1, "10"), (1, "8.89")):
        sell(market, buy(market, service, shares), price)
    with SessionManager() as session:
        transaction_service.cancel(session, market.owner, buy(market, service, 1).id, "a slip")
    buy(market, service, 1)

    assert summed(service) == TransactionMetrics(
        total_transactions=6,
        open_transactions=1,
        closed_transactions=4,
        cancelled_transactions=1,
        total_profit=Decimal("5.33"),
        total_loss=Decimal("-1.11"),
        net_gain_loss=Decimal("4.22"),
        average_profit_per_transaction=Decimal("2.67"),  # 5.33 / 2 = 2.665, half up
        average_loss_per_transaction=Decimal("-0.55"),  # -1.11 / 2 = -0.555, half up
        profitable_transactions=2,
        unprofitable_transactions=2,
        win_rate=50.0,
    )
    assert market.reload(service).total_gain_loss == Decimal("4.22")
    assert (measured(service).total_gain_loss, measured(service).trades) == (Decimal("4.22"), 4)
    assert measured(service).win_rate == 50


def test_a_service_without_transactions_sums_to_nothing(world: World) -> None:
    """No average of nothing."""
    assert summed(Market(world, [FLAT]).service()) == TransactionMetrics(
        0, 0, 0, 0, Decimal(0), Decimal(0), Decimal(0), None, None, 0, 0, None
    )


def test_the_benchmark_is_the_backtests(world: World) -> None:
    """The same function, on the rows from the first one on."""
    market = Market(world, ROUND)
    service = market.service(allocation_percent=Decimal("0.5"), stop_loss_percent=Decimal(1))
    market.run()

    with SessionManager(read_only=True) as session:
        request = backtest_service.of_service(session.get_one(TradingService, service.id))
        bars = price_service.load_bars(session, market.stock.id)
    run = backtest.buy_and_hold(bars, request.rules, 100_000)

    assert measured(service).buy_and_hold_return_pct == (int(run.equity[-1]) / 100_000 - 1) * 100
