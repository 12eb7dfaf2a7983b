"""Tests of daytrader.engine.order_pump: what a person has said, and what an order is called, agree with the books."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from daytrader.models import JournalEntry, Order
from daytrader.models.enums import DecisionAction, OrderState, TradingMode, TransactionState
from daytrader.services import order_service, trading_service
from daytrader.services.session_manager import SessionManager

from .accounts import EVENING, MIDDAY, Bench, buy_by_hand, nothing_wrong


def test_a_buy_by_hand_goes_out_while_the_service_is_on_hold(bench: Bench) -> None:
    """HOLD is a word on signals: as on paper a person may buy, and the books are sound while the order waits."""
    service = bench.service()
    with SessionManager() as session:
        trading_service.set_mode(session, bench.owner, service.id, TradingMode.HOLD)
    bench.do(buy_by_hand, service)
    bench.audit()
    bench.alpaca.is_open = True
    bench.turn(MIDDAY)
    bench.turn()
    assert bench.orders()[0] == ("MANUAL", "FILLED", 5, 5)
    assert bench.world.reload(service).mode is TradingMode.HOLD
    bench.agree()


def test_a_buy_by_hand_that_could_not_go_out_for_a_day_is_not_sent_later(bench: Bench) -> None:
    """Nobody means it any more; the cash that it held is free."""
    service = bench.service()
    bench.at(MIDDAY)
    bench.do(buy_by_hand, service)
    bench.alpaca.is_open = True
    bench.turn(MIDDAY + timedelta(days=1, seconds=1))
    assert (bench.posted(), bench.orders()) == ([], [("MANUAL", "EXPIRED", 5, 0)])
    assert bench.world.reload(service).reserved_cash == 0


def test_an_entry_of_a_service_on_hold_is_not_sent(bench: Bench) -> None:
    """Whenever the word was said: it is asked again before anything goes out."""
    service = bench.service()
    bench.decide(service)
    bench.do(lambda _session, row: setattr(row, "mode", TradingMode.HOLD), service)
    bench.turn(EVENING)
    assert (bench.posted(), bench.orders()) == ([], [("ENTRY", "CANCELLED", 10, 0)])


def test_hold_takes_back_an_entry_that_its_broker_has(bench: Bench) -> None:
    """It would fill at the open."""
    service = bench.service()
    bench.decide(service)
    bench.turn(EVENING)
    with SessionManager() as session:
        trading_service.set_mode(session, bench.owner, service.id, TradingMode.HOLD)
    bench.turn()
    assert (bench.resting(), bench.orders()) == ([], [("ENTRY", "CANCELLED", 10, 0)])
    bench.agree()


def test_an_order_that_was_taken_back_while_a_busy_broker_refused_it_is_not_sent_again(bench: Bench) -> None:
    """It waits once more, and ends instead of going out."""
    service = bench.service()
    order_id = bench.decide(service)

    def take_back(name: str) -> None:
        if name == "claim":
            bench.do(lambda session, row: order_service.cancel(session, row, order_of(session), "taken back"), service)

    def order_of(session: Session) -> Order:
        return session.get_one(Order, order_id)

    bench.alpaca.fault("POST", "429")
    bench.restart(take_back).turn(EVENING)
    assert (bench.order(0).state, bench.order(0).cancel_reason) == (OrderState.PENDING, "taken back")
    bench.restart().turn(timedelta(minutes=1))
    assert (len(bench.posted()), bench.orders()) == (1, [("ENTRY", "CANCELLED", 10, 0)])
    bench.agree()


def test_a_position_that_its_owner_keeps_is_not_sold_by_an_exit_of_before(bench: Bench) -> None:
    """The broker had refused it, and the service was stopped before it was placed anew."""
    bench.check = nothing_wrong
    service = bench.bought()
    bench.decide(service, DecisionAction.SELL)
    bench.alpaca.positions["ACME"] = 5
    bench.turn(MIDDAY)
    assert bench.orders()[2] == ("EXIT", "REJECTED", 10, 0)
    with SessionManager() as session:
        trading_service.stop(session, bench.owner, service.id, "keep")
    bench.alpaca.positions["ACME"] = 10
    bench.turn(timedelta(minutes=2))
    assert [kind for kind, *_ in bench.orders()].count("EXIT") == 1
    assert (bench.resting(), bench.world.reload(service).current_shares) == ([], 10)
    bench.agree()


@pytest.mark.parametrize(
    ("prices", "notes"),
    [(("94", "111"), ["stop loss", "stop loss"]), (("111", "94"), ["take profit", "stop loss"])],
)
def test_a_stop_that_has_sold_a_part_makes_it_a_stop(bench: Bench, prices: tuple[str, str], notes: list[str]) -> None:
    """Whatever sells the rest, or sold before: entries wait after it, and the books are sound on the way."""
    service = bench.bought()
    bench.alpaca.trade("ACME", prices[0], 4)
    bench.turn()
    bench.alpaca.trade("ACME", prices[1])
    bench.turn()

    assert bench.orders()[1] == ("STOP", "FILLED", 10, 10)
    assert (bench.trade().state, bench.trade().exit_reason) == (TransactionState.CLOSED, "stop loss")
    assert [entry.note for entry in bench.rows(JournalEntry) if entry.shares_change < 0] == notes
    assert not bench.world.reload(service).is_armed
    bench.agree()
