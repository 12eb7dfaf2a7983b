"""Tests of daytrader.engine.order_pump: executions that come late, twice or out of order are booked once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from daytrader.models import Execution, Order, TradingService
from daytrader.models.enums import OrderState, ServiceState, TransactionState
from daytrader.services import ledger_service

from .accounts import EVENING, MINUTE, NEXT_EVENING, OPEN, Bench


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


def test_every_order_ends(bench: Bench) -> None:
    """After a day nothing is left open that the broker has ended."""
    bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    bench.turn()
    assert all(order.state is not OrderState.ACCEPTED for order in bench.rows(Order))
