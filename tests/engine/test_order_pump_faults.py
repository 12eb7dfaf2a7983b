"""Tests of daytrader.engine.order_pump where the broker or the network fails, or the process dies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest

from daytrader.models import BrokerCredential, Execution, Order, TradingService
from daytrader.models.enums import DecisionAction, OrderState, ServiceState, TransactionState
from daytrader.services import ledger_service, order_service, trading_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import LostLeaseError
from tests.conftest import World

from .accounts import EVENING, MIDDAY, NEXT_EVENING, OPEN, Bench, Died, nothing_wrong

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("fault", ["lose", "504", "half", "hang"])
def test_an_order_whose_answer_is_lost_is_looked_up(bench: Bench, fault: str) -> None:
    """It was taken: found under its name, never sent again."""
    bench.timeout = (0.5, 0.5)
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


@pytest.mark.parametrize("is_reversed", [False, True])
def test_fills_that_come_late_repeated_or_in_another_order_are_booked_once(bench: Bench, is_reversed: bool) -> None:
    """An order has ended only when all that its broker has counted is booked."""
    service = bench.service()
    bench.decide(service)
    bench.turn(EVENING)
    bench.alpaca.hides_fills = True
    bench.at(OPEN).alpaca.is_open = True
    for shares, price in ((4, "100"), (3, "100.2"), (3, "100.4")):
        bench.at(timedelta(seconds=1)).alpaca.fill(bench.order(0).client_order_id, shares, price)
    bench.turn()
    assert bench.orders() == [("ENTRY", "ACCEPTED", 10, 0)]
    bench.alpaca.reveal(is_reversed=is_reversed)
    bench.alpaca.repeats_fills = True
    bench.turn()
    bench.turn()
    assert bench.orders() == [("ENTRY", "FILLED", 10, 10), ("STOP", "ACCEPTED", 10, 0)]
    assert len(bench.rows(Execution)) == 3
    bench.agree()


def test_a_sale_that_is_told_of_before_its_purchase_waits(bench: Bench) -> None:
    """The rest of a purchase comes after the stop has sold all of it: one position, ended once, to the cent."""
    service = bench.service()
    bench.decide(service)
    bench.turn(EVENING)
    bench.at(OPEN).alpaca.is_open = True
    entry = bench.order(0).client_order_id
    bench.alpaca.fill(entry, 4, "100")
    bench.turn()
    bench.alpaca.hides_fills = True
    bench.at(timedelta(seconds=1)).alpaca.fill(entry, 6, "100")
    bench.alpaca.hides_fills = False
    leg = bench.order(1)
    bench.alpaca.trade("ACME", "94")
    bench.turn()
    assert leg.shares == 4
    bench.alpaca.reveal()
    bench.turn()
    bench.turn()
    bench.turn()
    assert bench.trade().state is TransactionState.CLOSED
    assert bench.world.reload(service).current_shares == 0
    bench.agree()


@pytest.mark.parametrize("end", ["canceled", "rejected", "expired"])
def test_a_fill_that_comes_after_the_end_is_booked(bench: Bench, end: str) -> None:
    """The order had ended with a part of it; the rest was filled all the same, and nothing revives."""
    bench.decide(bench.service())
    bench.turn(EVENING)
    bench.at(OPEN).alpaca.is_open = True
    entry = bench.order(0).client_order_id
    bench.alpaca.fill(entry, 4, "100")
    bench.alpaca.end(entry, end)
    bench.turn()
    assert bench.orders()[0] == ("ENTRY", "REJECTED" if end == "rejected" else "EXPIRED", 10, 4)
    bench.at(timedelta(seconds=2)).alpaca.fill(entry, 2, "100")
    bench.alpaca.end(entry, end)
    bench.turn()
    assert bench.orders()[0][2:] == (10, 6)
    bench.turn()
    assert bench.orders()[-1] == ("STOP", "ACCEPTED", 6, 0)
    bench.audit()


def test_what_cannot_be_booked_stops_its_service_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others' orders go on; it is said once, and booked when it can be."""
    bench.world.stock("OTHER")
    bench.alpaca.prices["OTHER"] = Decimal(100)
    first, second = bench.service(), bench.service("OTHER", name="other")
    bench.decide(first)
    bench.decide(second)
    bench.turn(EVENING)
    bench.at(OPEN).alpaca.auction("ACME", "100")
    bench.alpaca.auction("OTHER", "100")
    post, tries = ledger_service.post, []

    def fails(session: object, service: TradingService, *args: object, **kwargs: object) -> object:
        if service.id == first.id:
            tries.append(bench.now)
            raise RuntimeError("test")
        return post(session, service, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger_service, "post", fails)
    bench.turn()
    assert bench.world.reload(first).state is ServiceState.ERROR
    assert bench.world.reload(second).current_shares == 10
    bench.turn()
    assert len(tries) == 1  # for a minute
    monkeypatch.setattr(ledger_service, "post", post)
    bench.turn(MINUTE * 2)
    assert bench.world.reload(first).current_shares == 10
    assert [order["type"] for order in bench.resting() if order["symbol"] == "ACME"] == ["stop"]
    bench.agree()


def test_an_engine_that_lost_its_lease_sends_nothing(bench: Bench) -> None:
    """It learns of it at the unit of work, or before the broker is called: the order is the successor's."""

    class Lost:
        is_held = True

        def require(self, _session: object) -> None:
            """Let units begin."""

        def require_time_to_send(self) -> None:
            raise LostLeaseError("test")

    bench.decide(bench.service())
    bench.pump._wiring = type(bench.pump._wiring)(bench._check, Lost(), lambda _name: None, bench.traded.append)
    with pytest.raises(LostLeaseError):
        bench.turn(EVENING)
    assert bench.posted() == []
    bench.restart().turn(MINUTE * 2)
    assert bench.orders() == [("ENTRY", "ACCEPTED", 10, 0)]
    bench.agree()


STEPS = (
    "reports written",
    "reports",
    "reconciled written",
    "reconciled",
    "protection written",
    "protection",
    "claim written",
    "claim",
    "submit",
    "unit 2 written",
    "unit 2",
    "cancel",
)


@pytest.mark.parametrize("step", STEPS)
def test_a_death_at_any_step_changes_nothing(bench: Bench, step: str) -> None:
    """A trade from entry to sale, the process dying each time it passes the step: the same end, nothing sent twice."""
    service = bench.service()
    alpaca = bench.alpaca

    def story() -> None:
        live(lambda: bench.turn(EVENING))
        alpaca.auction("ACME", "100")
        live(lambda: bench.turn(OPEN))
        bench.do(lambda session, row: order_service.sell_position(session, row, "test"), service)
        live(lambda: bench.turn(MIDDAY))
        live(bench.turn)

    def live(act: Callable[[], object]) -> None:
        """Do it, die at the first pass of the step, begin anew, and do it until nothing dies."""
        for nth in count(1):
            left = nth

            def checkpoint(name: str) -> None:
                nonlocal left
                if name == step:
                    left -= 1
                    if left == 0:
                        raise Died

            bench.restart(checkpoint)
            try:
                act()
            except Died:
                bench.audit()
                deaths.append(step)
                bench.restart()
                bench.turn(timedelta(seconds=61))
            else:
                return
            assert nth < 20

    deaths: list[str] = []
    bench.decide(service)
    story()
    assert deaths
    assert bench.orders() == [
        ("ENTRY", "FILLED", 10, 10),
        ("STOP", "CANCELLED", 10, 0),
        ("EXIT", "FILLED", 10, 10),
    ]
    sent = [order["client_order_id"] for order in bench.posted()]
    assert len(sent) == len(set(sent)) == 3
    bench.agree()


def test_every_order_ends(bench: Bench) -> None:
    """After a day nothing is left open that the broker has ended."""
    bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    bench.turn()
    assert all(order.state is not OrderState.ACCEPTED for order in bench.rows(Order))
