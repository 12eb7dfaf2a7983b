"""Tests of daytrader.engine.order_pump: what a broker says late, or has to be asked for twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from daytrader.brokers.account import BrokerOrder, OrderRequest
from daytrader.brokers.alpaca import AlpacaBroker
from daytrader.brokers.errors import RefusedOrderError
from daytrader.models.enums import DecisionAction

from .accounts import EVENING, MIDDAY, OPEN, SECOND, Bench, buy_by_hand


def cancels(bench: Bench) -> int:
    """Return how often the broker was asked to end an order."""
    return sum(method == "DELETE" for method, *_ in bench.alpaca.asked)


def test_an_end_that_does_not_come_is_asked_for_again(bench: Bench) -> None:
    """Every ten seconds: a request may be lost on its way, and a sale waits for it."""
    service = bench.bought()
    bench.alpaca.cancels_slowly = True
    bench.decide(service, DecisionAction.SELL)
    bench.turn(MIDDAY)
    for waited, asked in ((9, 1), (1, 2), (9, 2)):
        bench.turn(SECOND * waited)
        assert cancels(bench) == asked
    bench.alpaca.finish_cancels()
    bench.turn()
    assert bench.world.reload(service).current_shares == 0
    bench.agree()


def test_nothing_is_compared_or_sent_while_fills_are_missing_that_the_broker_has_counted(bench: Bench) -> None:
    """Started anew, the engine waits for them, but not for ever: two minutes later it goes on without."""
    bench.world.stock("OTHER")
    bench.alpaca.prices["OTHER"] = Decimal(100)
    other = bench.service("OTHER", name="other")
    bench.decide(bench.service())
    bench.turn(EVENING)
    bench.alpaca.hides_fills = True
    bench.at(OPEN).alpaca.auction("ACME", "100")
    bench.do(buy_by_hand, other)
    bench.restart()
    seen = []
    for waited in (timedelta(), timedelta(minutes=1), timedelta(minutes=1)):
        bench.turn(waited)
        seen.append((bench.pump.status()[0]["is_reconciled"], [sent["symbol"] for sent in bench.posted()[1:]]))
    assert seen == [(False, []), (False, []), (True, ["OTHER"])]
    bench.alpaca.reveal()
    bench.turn()
    bench.agree()


def test_a_fill_that_is_told_of_an_hour_after_its_order_had_ended_is_booked(bench: Bench) -> None:
    """As if it had come at once: what traded lately is asked for time and again."""
    bench.decide(bench.service())
    bench.turn(EVENING)
    entry = bench.order(0).client_order_id
    bench.at(OPEN).alpaca.is_open = True
    bench.alpaca.end(entry, "canceled")
    bench.turn()
    assert bench.orders() == [("ENTRY", "EXPIRED", 10, 0)]
    bench.alpaca.hides_fills = True
    bench.alpaca.fill(entry, 4, "100")
    bench.turn(timedelta(hours=1))
    bench.alpaca.reveal()
    bench.turn(timedelta(minutes=5))
    assert bench.orders() == [("ENTRY", "EXPIRED", 10, 4), ("STOP", "ACCEPTED", 4, 0)]
    bench.agree()


def test_an_order_that_its_broker_has_and_refuses_is_accepted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sent once more while nobody knew it, it may be refused for the money that it holds itself."""
    submit = AlpacaBroker.submit

    def refuses(broker: AlpacaBroker, request: OrderRequest) -> BrokerOrder:
        submit(broker, request)
        raise RefusedOrderError("insufficient buying power")

    monkeypatch.setattr(AlpacaBroker, "submit", refuses)
    bench.decide(bench.service())
    bench.turn(EVENING)
    assert bench.orders() == [("ENTRY", "ACCEPTED", 10, 0)]
    bench.agree()
