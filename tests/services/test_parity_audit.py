"""Tests of services.parity_audit: what was traded equals what the rules make of it, and each class is found."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select

from daytrader.brokers.paper import PaperBroker
from daytrader.core.bars import Bars
from daytrader.engine import bar_journal
from daytrader.engine.runner import Runner
from daytrader.engine.sandbox import open_service, store_bars
from daytrader.engine.stock_bars import StockBars
from daytrader.models import (
    CorporateAction,
    Order,
    ReplacedSettings,
    StockDailyPrice,
    StockIntradayPrice,
    TradeDecision,
)
from daytrader.models.enums import DecisionAction, OrderKind, TradingMode
from daytrader.services import exposure_limits, price_service, trading_service, transaction_service
from daytrader.services.actor import Actor
from daytrader.services.parity_audit import DifferenceKind, ExplainedKind
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.core.builders import sample_with_events
from tests.engine.builders import FLAT, STRATEGIES, Market, day
from tests.services.audits import SWINGS, WAVE, audited, change, executions, kinds, waved


def traded(symbol: str, start: date, end: date) -> tuple[list[int], int]:
    """Take four strategies through real bars; return the services and how many bars they had."""
    bars: Bars = sample_with_events(symbol).until(end)
    first = bars.first_of(start)
    with SessionManager() as session:
        stock_id = store_bars(session, symbol, bars).id
    ids = []
    for name in STRATEGIES:
        with SessionManager() as session:
            values = {"stock_symbol": symbol, "initial_balance": Decimal(10_000), "strategy": name}
            ids.append(open_service(session, name, values).id)
    with SessionManager(read_only=True) as session:
        stored = price_service.load_bars(session, stock_id)
    stock, runner = StockBars(stock_id, symbol, 0, stored), Runner(PaperBroker())
    for row in range(first, stored.n):
        runner.step(stock, row)
    return ids, stored.n - first


@pytest.mark.parametrize(
    ("symbol", "start", "end"),
    [("AAPL", date(2004, 7, 1), date(2005, 12, 30)), ("IBM", date(2000, 1, 3), date(2001, 6, 29))],
)
def test_every_decision_and_fill_on_real_data_is_equal(world: World, symbol: str, start: date, end: date) -> None:
    """Splits, dividends, stops and targets among them, for four strategies."""
    assert world
    ids, bars = traded(symbol, start, end)

    for service_id in ids:
        found = audited(service_id)
        assert (found.differences, found.decisions_compared, found.bars) == ([], bars, bars)
        assert found.are_decisions_equal
        assert not any(found.explained.values())
    with SessionManager(read_only=True) as session:
        kinds_ = {order.kind for order in session.scalars(select(Order).where(Order.filled_shares > 0))}
        assert kinds_ >= {OrderKind.ENTRY, OrderKind.EXIT, OrderKind.STOP}
        assert session.query(CorporateAction).count()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"strategy_params": {"window": 3}}, {"strategy_params": {"window": 2}}),
        ({"strategy": "technical", "strategy_params": {}}, {"buy_threshold": Decimal("0.5")}),
        ({"allocation_percent": Decimal("0.3")}, {"fixed_shares": 3}),
        ({"slippage_bps": Decimal(50)}, {"commission_per_order": Decimal(1)}),
        ({"stop_loss_percent": Decimal(3)}, {"stop_loss_percent": Decimal(0), "take_profit_percent": Decimal(5)}),
        ({"minimum_balance": Decimal(100)}, {"volume_limit_percent": Decimal(20)}),
    ],
)
@pytest.mark.parametrize("at", [5, 8])
def test_each_bar_is_audited_by_the_settings_of_its_time(
    world: World, first: dict[str, Any], second: dict[str, Any], at: int
) -> None:
    """Changed twice in the midst of a period, beside positions and orders: nothing is otherwise than it was."""
    market = Market(world, WAVE)
    service = market.service(**SWINGS)
    market.run(last=at)
    for changed, since, until in ((first, at, at + 4), (second, at + 4, len(WAVE))):
        with SessionManager() as session:
            trading_service.update(session, market.owner, service.id, changed)
        market.run(since, until)
    found = audited(service)
    assert (found.differences, found.decisions_compared) == ([], len(WAVE))


def test_settings_that_change_nothing_or_decided_nothing_are_not_kept(world: World) -> None:
    """A name is no setting, and before the first bar none has decided anything."""
    market = Market(world, WAVE)
    service = market.service(**SWINGS)
    for changed, kept in (({"slippage_bps": Decimal(9)}, 0), ({"name": "other"}, 0), ({"slippage_bps": Decimal(8)}, 1)):
        with SessionManager() as session:
            trading_service.update(session, market.owner, service.id, changed)
        with SessionManager(read_only=True) as session:
            assert session.query(ReplacedSettings).count() == kept
        market.run(last=3)


def test_a_decision_that_was_tampered_with_is_found_alone(world: World) -> None:
    """One difference, on its bar; those after it are decided from what was recorded, and are equal."""
    market, service = waved(world)
    first = next(each for each in market.decisions(service) if each.action is DecisionAction.BUY)
    change(TradeDecision, TradeDecision.id == first.id, shares=first.shares + 1)

    found = audited(service)

    assert kinds(found) == {"decision": 1}
    assert not found.are_decisions_equal
    assert found.first_difference is not None
    assert (found.first_difference.bar_time, found.first_difference.decision_id) == (first.bar_time, first.id)
    assert found.first_difference.expected == f"BUY {first.shares}: {first.reason}"
    assert found.first_difference.recorded == f"BUY {first.shares + 1}: {first.reason}"
    assert found.score == 100 * (1 - 1 / len(WAVE))


def test_nothing_where_a_signal_was_and_another_reason_are_decisions_too(world: World) -> None:
    """Whatever the words are: only those of the rules will do."""
    market, service = waved(world)
    first = next(each for each in market.decisions(service) if each.action is DecisionAction.BUY)
    for action, shares, reason in (
        ("NOTHING", 0, "no entry signal"),
        ("BUY", first.shares, "because"),
        ("SELL", 1, "x"),
    ):
        change(TradeDecision, TradeDecision.id == first.id, action=DecisionAction(action), shares=shares, reason=reason)
        assert kinds(audited(service)) == {"decision": 1}


def test_a_limit_that_is_not_the_rules_is_a_decision(world: World) -> None:
    """Also where decision and fill agree with the rules."""
    market, service = waved(world)
    order = market.orders(service)[0]
    change(Order, Order.id == order.id, limit_price=(order.limit_price or 0) + Decimal("0.01"))

    (told,) = audited(service).differences

    assert (told.kind, told.decision_id) == (DifferenceKind.DECISION, order.decision_id)
    assert "limit" in told.message


def test_a_bar_corrected_after_its_decision_is_data_and_changes_nothing_after_it(world: World) -> None:
    """The others are decided on the closes of then."""
    _, service = waved(world)
    with SessionManager() as session:
        bar = session.scalars(select(StockDailyPrice).where(StockDailyPrice.price_date == day(6).date())).one()
        bar.close_price = 9.95

    found = audited(service)

    assert kinds(found) == {"data": 1}
    assert found.are_decisions_equal
    (told,) = found.differences
    assert (told.bar_time, told.expected, told.recorded) == (day(6), "close 9.95", "close 10")


def test_a_bar_without_a_decision_is_missed(world: World) -> None:
    """Its neighbours are equal."""
    _, service = waved(world)
    with SessionManager() as session:
        session.execute(delete(TradeDecision).where(TradeDecision.bar_time == day(7)))

    (told,) = audited(service).differences

    assert (told.kind, told.bar_time) == (DifferenceKind.MISSED, day(7))
    assert told.message.startswith("1 bar was not decided on")


def test_a_bar_that_was_given_up_is_missed(world: World) -> None:
    """With the reason in the journal."""
    market = Market(world, WAVE)
    service = market.service(**SWINGS)
    market.run(last=5)
    with SessionManager() as session:
        bar_journal.refuse(session, market.stock.id, 0, [day(5)], "no bar came before the next one")
    market.run(6)

    found = audited(service)

    assert found.differences[0].message == "no bar came before the next one"
    assert (found.differences[0].kind, found.differences[0].bar_time) == (DifferenceKind.MISSED, day(5))
    assert found.are_decisions_equal
    assert found.decisions_compared == len(WAVE) - 1


def test_what_limits_barred_is_explained(world: World) -> None:
    """And counted; the same words where nothing would have been bought are a difference."""
    market = Market(world, [FLAT] * 4)
    service = market.service()
    with SessionManager() as session:
        exposure_limits.kill(session, service.user_id, "a test")
    market.run(last=3)
    with SessionManager() as session:
        exposure_limits.release(session, service.user_id)
        exposure_limits.change(session, service.user_id, {"max_position_value": Decimal(1)})
    market.run(3)

    found = audited(service)
    assert found.differences == []
    assert found.explained[ExplainedKind.LIMITS] == 4

    market_, holder = Market(world, [FLAT] * 4, "HELD"), None
    holder = market_.service(name="holder")
    with SessionManager() as session:
        exposure_limits.change(session, service.user_id, {"max_position_value": None})
    market_.run()
    change(
        TradeDecision,
        TradeDecision.service_id == holder.id,
        TradeDecision.bar_time == day(3),
        reason="the kill switch is on",
    )
    assert kinds(audited(holder)) == {"decision": 1}


def test_what_the_owner_did_by_hand_is_explained(world: World) -> None:
    """PAUSED, HOLD, a purchase, a sale and a void by hand: decided from then on by what they left."""
    market = Market(world, [FLAT] * 12)
    service = market.service(strategy="sma_trend", strategy_params={"window": 100})
    owner = market.owner
    market.run(last=2)
    with SessionManager() as session:
        bought = transaction_service.buy(session, owner, service.id, 3, "10").id
    market.run(2, 4)
    with SessionManager() as session:
        transaction_service.cancel(session, owner, bought, "an error")
        trading_service.pause(session, owner, service.id)
    market.run(4, 6)
    with SessionManager() as session:
        trading_service.resume(session, owner, service.id)
        trading_service.set_mode(session, owner, service.id, TradingMode.HOLD)
    market.run(6, 9)
    with SessionManager() as session:
        trading_service.set_mode(session, owner, service.id, TradingMode.BUY)
    market.run(9)

    found = audited(service)

    assert found.differences == []
    assert found.explained[ExplainedKind.OWNER] == 5
    assert found.explained[ExplainedKind.MANUAL_TRADES] >= 1


def test_words_that_only_the_owner_could_cause_hide_no_decision(world: World) -> None:
    """ "Nothing to sell" while shares were held is a difference."""
    market, service = waved(world)
    sold = next(each for each in market.decisions(service) if each.action is DecisionAction.SELL)
    change(
        TradeDecision,
        TradeDecision.id == sold.id,
        action=DecisionAction.NOTHING,
        shares=0,
        reason="mode is SELL: there is nothing to sell",
    )

    assert kinds(audited(service)) == {"decision": 1}


def test_days_bound_what_is_told(world: World) -> None:
    """The state before the first one is the recorded one all the same."""
    market, service = waved(world)
    sold = next(each for each in market.decisions(service) if each.action is DecisionAction.SELL)
    change(TradeDecision, TradeDecision.id == sold.id, shares=1)

    found = audited(service, sold.bar_time.date(), sold.bar_time.date())
    assert (found.bars, found.decisions_compared, kinds(found)) == (1, 1, {"decision": 1})
    assert audited(service, None, date.fromordinal(sold.bar_time.date().toordinal() - 1)).differences == []
    empty = audited(service, date(2021, 1, 1))
    assert (empty.bars, empty.began, empty.score, empty.first_difference) == (0, None, None, None)


def test_bars_within_a_session_are_audited_alike(world: World) -> None:
    """A fill on an open that was stored again since is told by its minute."""
    stock = world.stock("ACME")
    first = datetime(2024, 1, 3, 14, 30, tzinfo=UTC)
    labels = [first + timedelta(minutes=15 * row) for row in range(len(WAVE))]
    with SessionManager() as session:
        session.add_all(
            StockIntradayPrice(
                stock_id=stock.id,
                interval=15,
                timestamp=at,
                open_price=opened,
                high_price=high,
                low_price=low,
                close_price=close,
                volume=1000,
            )
            for at, (opened, high, low, close) in zip(labels, WAVE, strict=True)
        )
    service = world.service(world.user(), stock, interval=15, **SWINGS)
    with SessionManager() as session:
        trading_service.activate(session, Actor(service.user_id), service.id)
    with SessionManager(read_only=True) as session:
        walked = StockBars(stock.id, "ACME", 15, price_service.load_bars(session, stock.id, 15))
    runner = Runner(PaperBroker())
    for row in range(walked.bars.n):
        runner.step(walked, row)
    found = audited(service, first.date(), first.date())
    assert (found.differences, found.decisions_compared, found.began) == ([], len(WAVE), first)

    at = next(each.bar_time for each in executions(service) if each.bar_time is not None)
    change(StockIntradayPrice, StockIntradayPrice.timestamp == at, open_price=10.95)

    assert [(each.kind, each.bar_time) for each in audited(service).differences] == [(DifferenceKind.DATA, at)]
