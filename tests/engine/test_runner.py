"""Tests of daytrader.engine.runner: from bar to fill, exactly once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from daytrader.brokers.paper import PaperBroker
from daytrader.core import strategy as strategies
from daytrader.core.bars import Bars
from daytrader.core.strategy import Signals
from daytrader.engine import bar_signals
from daytrader.engine.runner import Runner
from daytrader.models.enums import (
    DecisionAction,
    JournalKind,
    OrderKind,
    OrderSide,
    OrderState,
    TradingMode,
    TransactionState,
)
from daytrader.models.trading_service import TradingService
from daytrader.services import order_service
from daytrader.services.booking import Booked
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import FLAT, Market, day


def test_a_decision_fills_at_the_next_open(world: World) -> None:
    """The close decides, the next bar's open fills; cash, shares, mode and journal follow."""
    market = Market(world, [FLAT, (9.0, 9.5, 9.0, 9.5), FLAT])
    service = market.service()

    market.run(last=1)
    waiting = market.reload(service)
    assert (waiting.current_shares, waiting.reserved_cash) == (0, Decimal("1000.00"))
    market.run(1, 2)

    held = market.reload(service)
    assert (held.current_shares, held.current_balance, held.reserved_cash) == (100, Decimal("100.00"), Decimal(0))
    assert (held.mode, held.buy_count) == (TradingMode.SELL, 1)
    (bought,) = market.transactions(service)
    assert (bought.purchase_price, bought.purchase_date, bought.cost) == (Decimal(9), day(1), Decimal("900.00"))
    assert [entry.kind for entry in market.journal(service)] == [JournalKind.DEPOSIT, JournalKind.BUY]


def test_every_bar_is_decided_once_and_journalled_with_its_reason(world: World) -> None:
    """NOTHING is a decision too; taking a bar again changes nothing at all."""
    market = Market(world, [FLAT] * 3)
    service = market.service()

    market.run()
    before = (market.reload(service).to_dict(), [order.to_dict() for order in market.orders(service)])
    market.run()

    decisions = market.decisions(service)
    assert [decision.bar_time for decision in decisions] == [day(0), day(1), day(2)]
    assert [decision.action for decision in decisions] == [
        DecisionAction.BUY,
        DecisionAction.NOTHING,
        DecisionAction.NOTHING,
    ]
    assert decisions[1].reason == "no exit signal"
    assert decisions[1].evidence["close"] == 10.0
    assert (market.reload(service).to_dict(), [order.to_dict() for order in market.orders(service)]) == before


def test_an_entry_above_its_limit_expires_and_frees_its_cash(world: World) -> None:
    """The limit is what the cash allows; a gap above it is not chased."""
    market = Market(world, [FLAT, (12.0, 12.0, 12.0, 12.0)])
    service = market.service()

    market.run(last=2)

    first, second = market.orders(service)
    assert (first.state, first.history[-1]["reason"]) == (OrderState.EXPIRED, "the open was above the limit")
    assert second.state is OrderState.ACCEPTED  # the close of the same bar decided anew
    assert market.reload(service).reserved_cash == second.reserved_cash


def test_a_stop_sells_at_the_level_and_disarms_entries(world: World) -> None:
    """The leg belongs to the entry order; entries wait until the signal was false once, which it never is here."""
    market = Market(world, [FLAT, FLAT, (10.0, 10.0, 9.0, 9.2), FLAT, FLAT])
    service = market.service(stop_loss_percent=Decimal(5))

    market.run()

    (sold,) = market.transactions(service)
    assert (sold.state, sold.sale_price, sold.exit_reason) == (TransactionState.CLOSED, Decimal("9.5"), "stop loss")
    entry, leg = market.orders(service)
    assert (leg.kind, leg.parent_id, leg.state) == (OrderKind.STOP, entry.id, OrderState.FILLED)
    after = market.reload(service)
    assert (after.mode, after.is_armed, after.stop_price) == (TradingMode.BUY, False, None)
    assert after.total_gain_loss == Decimal("-50.00")
    assert market.decisions(service)[-1].reason == "waiting for the entry signal to clear after the stop"


def test_a_target_fills_without_slippage_and_stays_armed(world: World) -> None:
    """A target is a limit order: its price is the level; the same close may buy again."""
    market = Market(world, [FLAT, FLAT, (10.0, 11.5, 10.0, 11.0)])
    service = market.service(take_profit_percent=Decimal(10), slippage_bps=Decimal(10))

    market.run()

    sold = market.transactions(service)[0]
    assert sold.sale_price == Decimal("11.01")  # 10.01 x 1.1 on the tick
    assert sold.exit_reason == "take profit"
    assert market.decisions(service)[-1].action is DecisionAction.BUY


def test_orders_go_out_between_two_units(world: World) -> None:
    """Intent is committed before the broker hears of it, and the acknowledgement after."""
    market = Market(world, [FLAT])
    service = market.service()
    states = []

    def look(name: str) -> None:
        states.append((name, *(order.state for order in market.orders(service))))

    market.run(runner=Runner(PaperBroker(), checkpoint=look))

    assert states == [
        ("unit 1 begun",),
        ("unit 1 written",),
        ("unit 1", OrderState.PENDING),
        ("claim", OrderState.SUBMITTING),
        ("submit", OrderState.SUBMITTING),
        ("acknowledged", OrderState.SUBMITTING),
        ("unit 2 written", OrderState.SUBMITTING),
        ("unit 2", OrderState.ACCEPTED),
    ]
    (order,) = market.orders(service)
    assert order.client_order_id.startswith("dt-")
    assert [passage["state"] for passage in order.history] == ["PENDING", "SUBMITTING", "ACCEPTED"]


def test_an_intent_left_by_a_crash_is_sent_before_the_next_open(world: World) -> None:
    """A PENDING order found at a bar goes to the broker first, and fills at that bar's open."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()

    class CrashError(Exception):
        pass

    def crash(name: str) -> None:
        if name == "unit 1":
            raise CrashError

    with pytest.raises(CrashError):
        market.run(last=1, runner=Runner(PaperBroker(), checkpoint=crash))
    market.run()

    assert market.reload(service).current_shares == 100


def test_trades_are_told_after_their_commit(world: World) -> None:
    """Whoever prints a trade can read it in the database by then."""
    market = Market(world, [FLAT, FLAT, (9.0, 9.0, 9.0, 9.0)])
    service = market.service(stop_loss_percent=Decimal(5))
    told: list[tuple[Booked, int]] = []

    def listen(trade: Booked) -> None:
        told.append((trade, market.world.reload(service).current_shares))

    market.run(runner=Runner(PaperBroker(), on_trade=listen))

    assert [(trade.side, trade.reason, shares) for trade, shares in told] == [
        (OrderSide.BUY, told[0][0].reason, 100),
        (OrderSide.SELL, "stop loss", 0),
    ]
    assert told[1][0].gain_loss == Decimal("-100.00")


def test_events_tell_of_decision_order_trade_and_service(world: World) -> None:
    """One sequence, in the order of things, to the rooms of the specification."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()
    world.published.clear()

    market.run(runner=Runner(PaperBroker(), announces_prices=True))

    names = [published.event.name for published in world.published]
    assert names[:3] == ["decision:new", "order:update", "price:update"]
    assert {"transaction:new", "service:update"} <= set(names)
    bought = next(p.event for p in world.published if p.event.name == "transaction:new")
    assert bought.rooms == ("transactions", f"service_{service.id}", f"user_{service.user_id}")
    assert bought.entity["cost"] == Decimal("1000.00")
    sequences = [published.sequence for published in world.published]
    assert sequences == sorted(sequences)


def test_a_signal_exit_kills_the_bracket(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pending exit fills at the open; the stop that the same bar would touch does not sell again."""
    market = Market(world, [FLAT, FLAT, FLAT, (10.0, 10.0, 5.0, 5.0)])
    service = market.service(stop_loss_percent=Decimal(5))

    def leave(strategy: Any, bars: Bars, params: Any) -> Signals:
        signals = strategies.compute(strategy, bars, params)
        exits = signals.exit.copy()
        exits[2:3] = True
        return replace(signals, exit=exits, entry=signals.entry & ~exits, exit_code=signals.entry_code)

    monkeypatch.setattr(bar_signals, "compute", leave)
    market.run()

    (sold,) = market.transactions(service)
    assert (sold.sale_price, sold.sale_date) == (Decimal(10), day(3))
    assert [order.kind for order in market.orders(service)][:2] == [OrderKind.ENTRY, OrderKind.EXIT]


def test_live_orders_are_one_a_side(world: World) -> None:
    """Selling a position twice gives the order that is under way."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()
    market.run()

    with SessionManager() as session:
        row = session.get_one(TradingService, service.id)
        first = order_service.sell_position(session, row, "flatten")
        second = order_service.sell_position(session, row, "flatten again")
        assert first is not None
        assert second is not None
        assert first.id == second.id
