"""Tests of daytrader.engine.order_pump at a broker that behaves: what is sent when, booked, protected and sold."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from daytrader.core.money import to_micros
from daytrader.models import EventOutbox, Execution
from daytrader.models.enums import DecisionAction, OrderKind, OrderSide, TradingMode, TransactionState
from daytrader.services import emergency, order_service, trading_service
from daytrader.services.session_manager import SessionManager

from .accounts import AFTERNOON, BAR, EVENING, MIDDAY, NEXT_EVENING, NEXT_OPEN, OPEN, SECOND, Bench


def test_an_entry_goes_to_the_auction_and_is_protected(bench: Bench) -> None:
    """A limit-on-open in the hours in which the broker takes them; filled, stop and target rest in the same turn."""
    service = bench.service()
    bench.decide(service)
    bench.turn(AFTERNOON)
    assert bench.posted() == []

    bench.turn(EVENING)
    (entry,) = bench.posted()
    assert (entry["time_in_force"], entry["type"], entry["limit_price"], entry["qty"]) == ("opg", "limit", "101", "10")
    assert bench.orders() == [("ENTRY", "ACCEPTED", 10, 0)]
    bench.turn()
    assert len(bench.posted()) == 1

    bench.at(OPEN).alpaca.auction("ACME", "100.5")
    bench.turn()
    assert bench.orders() == [("ENTRY", "FILLED", 10, 10), ("STOP", "ACCEPTED", 10, 0)]
    leg = bench.posted()[1]
    assert (leg["order_class"], leg["time_in_force"], leg["side"]) == ("oco", "day", "sell")
    assert (leg["stop_loss"]["stop_price"], leg["take_profit"]["limit_price"]) == ("95.48", "110.55")
    after = bench.world.reload(service)
    assert (after.current_shares, after.current_balance, after.mode) == (10, Decimal("995.00"), TradingMode.SELL)
    assert [(trade.shares, trade.price, trade.bar_time) for trade in bench.traded] == [(10, Decimal("100.5"), None)]
    (fill,) = bench.rows(Execution)
    assert (fill.bar_time, fill.fee, fill.executed_at) == (None, 0, OPEN)
    bench.agree()


def test_a_sale_waits_for_the_end_of_stop_and_target(bench: Bench) -> None:
    """Which is asked for, awaited, and counted: what the target sold meanwhile is not sold again."""
    service = bench.bought()
    bench.alpaca.cancels_slowly = True
    bench.decide(service, DecisionAction.SELL)
    bench.turn(MIDDAY)
    assert len(bench.posted()) == 2
    leg = bench.order(1)
    bench.alpaca.fill(leg.client_order_id, 4, "110")
    bench.turn()
    assert bench.orders()[1:] == [("TARGET", "PARTIALLY_FILLED", 10, 4), ("EXIT", "PENDING", 10, 0)]
    bench.alpaca.end(leg.client_order_id, "canceled")
    bench.turn()

    assert bench.orders()[1:] == [("TARGET", "CANCELLED", 10, 4), ("EXIT", "FILLED", 6, 6)]
    sale = bench.posted()[2]
    assert (sale["type"], sale["time_in_force"], sale["qty"]) == ("market", "day", "6")
    assert bench.trade().state is TransactionState.CLOSED
    bench.agree()


def test_a_leg_that_fills_whole_while_it_is_cancelled_leaves_nothing_to_sell(bench: Bench) -> None:
    """The sale ends without having been sent."""
    service = bench.bought()
    bench.alpaca.cancels_slowly = True
    bench.decide(service, DecisionAction.SELL)
    bench.turn(MIDDAY)
    bench.alpaca.fill(bench.order(1).client_order_id, 10, "110")
    bench.turn()
    assert bench.orders()[1:] == [("TARGET", "FILLED", 10, 10), ("EXIT", "CANCELLED", 10, 0)]
    assert len(bench.posted()) == 2
    bench.agree()


def test_an_exit_of_the_evening_goes_to_the_auction(bench: Bench) -> None:
    """Market-on-open, once the day's stop and target have ended."""
    service = bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    bench.decide(service, DecisionAction.SELL)
    bench.turn()
    sale = bench.posted()[-1]
    assert (sale["type"], sale["time_in_force"]) == ("market", "opg")
    bench.at(NEXT_OPEN).alpaca.auction("ACME", "103")
    bench.turn()
    assert bench.trade().sale_price == Decimal(103)
    bench.agree()


def test_a_late_exit_is_a_market_order(bench: Bench) -> None:
    """Its open has passed: sold all the same, and at once."""
    service = bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    bench.turn()
    bench.decide(service, DecisionAction.SELL)
    bench.alpaca.is_open = True
    bench.turn(NEXT_OPEN + timedelta(hours=1))
    sale = bench.posted()[-1]
    assert (sale["type"], sale["time_in_force"]) == ("market", "day")
    bench.agree()


def test_an_exit_that_the_auction_did_not_fill_is_placed_anew(bench: Bench) -> None:
    """As a second attempt at what one decision asked for."""
    service = bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    bench.decide(service, DecisionAction.SELL)
    bench.turn()
    bench.alpaca.end(bench.order(2).client_order_id, "canceled")
    bench.alpaca.is_open = True
    bench.turn(NEXT_OPEN)
    assert bench.orders()[2:] == [("EXIT", "EXPIRED", 10, 0), ("EXIT", "FILLED", 10, 10)]
    assert (bench.order(2).attempt, bench.order(3).attempt) == (1, 2)
    bench.agree()


def test_a_late_entry_expires(bench: Bench) -> None:
    """Its open has passed while nobody could send it; the cash it held is free again."""
    service = bench.service()
    bench.decide(service)
    bench.turn(OPEN + SECOND)
    assert bench.posted() == []
    assert bench.orders() == [("ENTRY", "EXPIRED", 10, 0)]
    assert bench.order(0).history[-1]["reason"] == "its open has passed"
    assert bench.world.reload(service).reserved_cash == 0


def test_an_entry_that_the_auction_did_not_fill_has_expired(bench: Bench) -> None:
    """The open was above its limit."""
    service = bench.service()
    bench.decide(service)
    bench.turn(EVENING).at(OPEN).alpaca.auction("ACME", "102")
    bench.turn()
    assert bench.orders() == [("ENTRY", "EXPIRED", 10, 0)]
    assert bench.world.reload(service).reserved_cash == 0
    bench.agree()


def test_between_the_brokers_hours_and_the_open_nothing_is_sent(bench: Bench) -> None:
    """After 9:28 in New York the auction is closed to orders."""
    bench.decide(bench.service())
    bench.turn(OPEN - timedelta(minutes=1))
    assert bench.posted() == []
    assert bench.orders() == [("ENTRY", "PENDING", 10, 0)]


def test_an_intraday_entry_is_filled_at_once_or_not(bench: Bench) -> None:
    """A limit order that what cannot be filled ends at once; a part of it is a position, protected as it is."""
    service = bench.service(interval=15)
    bench.alpaca.is_open = True
    bench.decide(service, bar_time=BAR)
    bench.turn(BAR + timedelta(minutes=15, seconds=3))
    entry = bench.posted()[0]
    assert (entry["type"], entry["time_in_force"]) == ("limit", "ioc")
    assert bench.orders() == [("ENTRY", "FILLED", 10, 10), ("STOP", "ACCEPTED", 10, 0)]

    bench.decide(service, DecisionAction.SELL, bar_time=BAR + timedelta(minutes=15))
    bench.turn()
    bench.turn()
    assert bench.orders()[2] == ("EXIT", "FILLED", 10, 10)
    bench.agree()


@pytest.mark.parametrize("late", [timedelta(minutes=30, seconds=1), timedelta(days=1)])
def test_an_intraday_entry_that_is_too_old_expires(bench: Bench, late: timedelta) -> None:
    """Its bar ended longer ago than a bar is long."""
    bench.alpaca.is_open = True
    bench.decide(bench.service(interval=15), bar_time=BAR)
    bench.turn(BAR + late)
    assert bench.posted() == []
    assert bench.orders() == [("ENTRY", "EXPIRED", 10, 0)]


def test_a_cancelled_entry_is_cancelled_there(bench: Bench) -> None:
    """It lives until the broker says that it has ended."""
    service = bench.service()
    bench.decide(service)
    bench.turn(EVENING)
    with SessionManager() as session:
        trading_service.pause(session, bench.owner, service.id)
    bench.audit()
    bench.turn()
    assert bench.orders() == [("ENTRY", "CANCELLED", 10, 0)]
    assert bench.order(0).history[-1]["reason"] == "service paused"
    bench.agree()


def test_an_entry_that_fills_while_it_is_cancelled_is_a_position(bench: Bench) -> None:
    """A real fill is always booked, and protected."""
    service = bench.service()
    bench.decide(service)
    bench.turn(EVENING)
    with SessionManager() as session:
        trading_service.pause(session, bench.owner, service.id)
    bench.at(OPEN).alpaca.auction("ACME", "100")
    bench.turn()
    assert bench.orders() == [("ENTRY", "FILLED", 10, 10), ("STOP", "ACCEPTED", 10, 0)]
    bench.agree()


def test_what_was_bought_while_everything_was_sold_is_sold_too(bench: Bench) -> None:
    """The entry was to end, and filled all the same: nothing is left."""
    service = bench.service()
    bench.decide(service)
    bench.turn(EVENING)
    with SessionManager() as session:
        assert emergency.flatten(session).cancelled == 1
    bench.at(OPEN).alpaca.auction("ACME", "100")
    bench.turn()
    assert bench.orders() == [("ENTRY", "FILLED", 10, 10), ("EXIT", "FILLED", 10, 10)]
    assert bench.world.reload(service).current_shares == 0
    bench.agree()


def test_an_order_of_a_person_is_carried_too(bench: Bench) -> None:
    """A buy with a limit in the session, and its sale."""
    service = bench.service()
    bench.alpaca.is_open = True
    bench.at(MIDDAY)

    def buy(session: object, row: object) -> None:
        order_service.place(
            session,  # type: ignore[arg-type]
            row,  # type: ignore[arg-type]
            side=OrderSide.BUY,
            kind=OrderKind.MANUAL,
            shares=5,
            reason="manual",
            limit=to_micros(Decimal(101)),
        )

    bench.do(buy, service)
    bench.turn()
    assert bench.orders() == [("MANUAL", "FILLED", 5, 5), ("STOP", "ACCEPTED", 5, 0)]
    assert bench.posted()[0]["time_in_force"] == "ioc"
    bench.agree()


def test_fills_are_told_of_as_events(bench: Bench) -> None:
    """Whoever listens hears of orders and trades as on paper."""
    bench.bought()
    names = [row.name for row in bench.rows(EventOutbox)]
    assert {"order:update", "transaction:new", "service:update"} <= set(names)
