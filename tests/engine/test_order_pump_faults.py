"""Tests of daytrader.engine.order_pump where the broker refuses, or the network fails."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal

import pytest

from daytrader.models import BrokerCredential
from daytrader.models.enums import DecisionAction, ServiceState
from daytrader.services import trading_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.waiting import PATIENCE

from .accounts import EVENING, MIDDAY, MINUTE, OPEN, Bench, nothing_wrong


@pytest.mark.parametrize("fault", ["lose", "504", "half", "hang"])
def test_an_order_whose_answer_is_lost_is_looked_up(bench: Bench, fault: str) -> None:
    """It was taken: found under its name, never sent again."""
    if fault == "hang":
        bench.timeout = (PATIENCE, 1.0)
    bench.alpaca.fault("POST", fault)
    bench.decide(bench.service())
    bench.turn(EVENING)
    assert bench.orders() == [("ENTRY", "ACCEPTED", 10, 0)]
    assert len(bench.posted()) == 1
    bench.agree()


def test_an_order_that_was_never_taken_is_sent_again(bench: Bench) -> None:
    """Under the same name, and not before a minute in which the broker may still come to know it."""
    bench.alpaca.fault("POST", "drop")
    bench.decide(bench.service())
    bench.turn(EVENING)
    bench.turn(EVENING + timedelta(seconds=59))
    assert bench.orders() == [("ENTRY", "SUBMITTING", 10, 0)]
    assert len(bench.posted()) == 1
    bench.turn(EVENING + timedelta(seconds=61))
    assert bench.orders() == [("ENTRY", "ACCEPTED", 10, 0)]
    assert len({order["client_order_id"] for order in bench.posted()}) == 1
    bench.agree()


def test_an_order_that_was_never_taken_expires_when_it_is_too_late(bench: Bench) -> None:
    """Its open has passed before it could be sent again."""
    service = bench.service()
    bench.alpaca.fault("POST", "drop")
    bench.decide(service)
    bench.turn(EVENING)
    bench.turn(OPEN)
    assert bench.orders() == [("ENTRY", "EXPIRED", 10, 0)]
    assert bench.order(0).history[-1]["reason"] == "the broker never had it, and its open has passed"
    assert bench.world.reload(service).reserved_cash == 0
    assert len(bench.posted()) == 1


def test_an_unknown_order_that_is_not_wanted_any_more_is_not_sent_again(bench: Bench) -> None:
    """Its service was paused meanwhile."""
    service = bench.service()
    bench.alpaca.fault("POST", "drop")
    bench.decide(service)
    bench.turn(EVENING)
    with SessionManager() as session:
        trading_service.pause(session, bench.owner, service.id)
    bench.turn(MINUTE * 2)
    assert bench.orders() == [("ENTRY", "CANCELLED", 10, 0)]
    assert len(bench.posted()) == 1


def test_an_order_that_comes_late_is_known_as_ours(bench: Bench) -> None:
    """Sent again because nobody knew it: the broker takes a name once, and what it has is what was meant."""
    bench.alpaca.fault("POST", "lose")
    bench.alpaca.hides_orders = True
    bench.decide(bench.service())
    bench.turn(EVENING)
    bench.turn(MINUTE * 2)
    assert (bench.orders(), len(bench.posted())) == ([("ENTRY", "SUBMITTING", 10, 0)], 2)
    bench.alpaca.reveal()
    bench.turn()
    assert bench.orders() == [("ENTRY", "ACCEPTED", 10, 0)]
    bench.agree()


def test_an_order_that_was_given_up_and_works_all_the_same_is_cancelled(bench: Bench) -> None:
    """And what it has filled by then is a position, protected."""
    bench.alpaca.fault("POST", "lose")
    bench.alpaca.hides_orders = True
    bench.decide(bench.service())
    bench.turn(EVENING)
    bench.turn(OPEN)
    assert bench.orders() == [("ENTRY", "EXPIRED", 10, 0)]
    bench.alpaca.reveal()
    bench.alpaca.is_open = True
    bench.alpaca.fill(bench.order(0).client_order_id, 3, "100")
    bench.turn()
    assert bench.orders() == [("ENTRY", "EXPIRED", 10, 3), ("STOP", "ACCEPTED", 3, 0)]
    assert [order["side"] for order in bench.resting()] == ["sell"]
    bench.agree()


def test_a_refused_entry_is_rejected_in_the_brokers_word(bench: Bench) -> None:
    """Once, with the cash it held free again; its owner is told."""
    bench.check = nothing_wrong
    service = bench.service()
    bench.alpaca.cash = Decimal(10)
    bench.decide(service)
    bench.turn(EVENING)
    bench.turn()
    assert bench.orders() == [("ENTRY", "REJECTED", 10, 0)]
    assert bench.order(0).history[-1]["reason"] == "alpaca: insufficient buying power"
    assert bench.world.reload(service).reserved_cash == 0
    assert len(bench.posted()) == 1
    assert bench.told() == ["alpaca has refused an order of live (ACME): insufficient buying power"]


def test_refused_protection_is_tried_again(bench: Bench) -> None:
    """Each minute, and told of once: the shares may be held by an order of somebody else's."""
    bench.check = nothing_wrong
    service = bench.bought()
    leg = bench.order(1)
    bench.alpaca.positions["ACME"] = 5
    bench.alpaca.end(leg.client_order_id, "canceled")
    bench.turn(MIDDAY)
    for _ in range(3):
        bench.turn(MINUTE + timedelta(seconds=1))
    assert [state for _, state, *_ in bench.orders()[2:]] == ["REJECTED"] * 4
    assert len(bench.told()) == 1
    bench.alpaca.positions["ACME"] = 10
    bench.turn(MINUTE + timedelta(seconds=1))
    assert bench.orders()[-1] == ("STOP", "ACCEPTED", 10, 0)
    assert bench.world.reload(service).current_shares == 10
    bench.agree()


def test_a_refused_exit_is_tried_again_and_ends_in_error(bench: Bench) -> None:
    """A few times; then a person has to look, and the stop stays."""
    bench.check = nothing_wrong
    service = bench.bought()
    bench.decide(service, DecisionAction.SELL)
    bench.alpaca.positions["ACME"] = 5
    bench.turn(MIDDAY)
    bench.turn(MINUTE - timedelta(seconds=1))
    assert [kind for kind, *_ in bench.orders()].count("EXIT") == 1
    for _ in range(12):
        bench.turn(MINUTE + timedelta(seconds=1))
    exits = [state for kind, state, *_ in bench.orders() if kind == "EXIT"]
    assert exits == ["REJECTED"] * 5
    after = bench.world.reload(service)
    assert (after.state, after.error_reason) == (
        ServiceState.ERROR,
        "the position could not be sold in 5 attempts",
    )
    bench.alpaca.positions["ACME"] = 10
    bench.turn(MINUTE * 2)
    assert [order["type"] for order in bench.resting()] == ["stop"]
    bench.agree()


def test_a_busy_broker_is_left_alone_and_has_taken_nothing(bench: Bench) -> None:
    """For as long as it says; then the order goes out."""
    bench.alpaca.fault("POST", "429")
    bench.decide(bench.service())
    bench.turn(EVENING)
    assert bench.orders() == [("ENTRY", "PENDING", 10, 0)]
    asked = len(bench.alpaca.asked)
    bench.turn(EVENING + timedelta(seconds=0.5))
    assert len(bench.alpaca.asked) == asked
    bench.turn(EVENING + timedelta(seconds=2))
    assert bench.orders() == [("ENTRY", "ACCEPTED", 10, 0)]
    assert bench.told() == []
    bench.agree()


def test_one_account_that_fails_holds_up_no_other(bench: Bench, world: World, stack: ExitStack) -> None:
    """It is asked again after longer and longer pauses, and its owner is told once, and once that it is well."""
    other = Bench(world, stack, "PA3OTHER", "bob")
    other.pump = bench.pump
    other.alpaca.lock, broken = bench.alpaca.lock, bench.address
    addresses = {bench.owner.user_id: "http://127.0.0.1:9", other.owner.user_id: other.address}
    opened = bench.open

    def open_one(credential: BrokerCredential) -> object:
        bench.address = addresses[credential.user_id]
        return opened(credential)

    bench.pump._open = open_one  # type: ignore[assignment]
    bench.decide(bench.service())
    other.decide(other.service(name="other"))
    for seconds in range(0, 60, 2):
        other.at(EVENING + timedelta(seconds=seconds))
        bench.turn(other.now)
    assert [state for _, state, *_ in bench.orders()] == ["PENDING", "ACCEPTED"]
    first, second = bench.pump.status()
    assert ("cannot be reached" in str(first["error"]), second["error"]) == (True, None)
    assert first["paused_until"] == EVENING + timedelta(seconds=76)  # it failed at 0, 6, 16 and 36
    assert len(bench.told()) == 1

    addresses[bench.owner.user_id] = broken
    bench.pump.forget()
    bench.turn(other.now)
    assert [state for _, state, *_ in bench.orders()] == ["ACCEPTED", "ACCEPTED"]


def test_wrong_keys_are_told_of_and_renewed_keys_used_at_once(bench: Bench) -> None:
    """No pause outlasts the keys that it was for."""
    opened, keys = bench.open, ["wrong"]

    def open_one(credential: BrokerCredential) -> object:
        broker = opened(credential)
        if keys:
            broker._client._api_key = keys[0]
        return broker

    bench.pump._open = open_one  # type: ignore[assignment]
    bench.decide(bench.service())
    for _ in range(5):
        bench.turn(EVENING + MINUTE)
    assert bench.posted() == []
    assert len(bench.told()) == 1
    keys.clear()
    with SessionManager() as session:
        session.get_one(BrokerCredential, bench.rows(BrokerCredential)[0].id).sealed_key = b"new"
    bench.turn()
    assert len(bench.posted()) == 1
