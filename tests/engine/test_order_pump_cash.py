"""Tests of entries for which the account has not the cash yet: a dividend that is booked is paid weeks later."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from daytrader.models import BrokerCredential
from daytrader.models.enums import OrderKind, OrderSide
from daytrader.services import account_cash, order_service
from daytrader.services.session_manager import SessionManager

from .accounts import AFTERNOON, EVENING, OPEN, Bench, nothing_wrong

_WHY = "it may cost 1010.00, the account has {} in cash: dividends are not paid yet"


@pytest.fixture(autouse=True)
def _is_owed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the balances hold beyond the cash are dividends that the broker has yet to pay."""
    monkeypatch.setattr(account_cash, "shortfall", lambda *_asked: None)


def see_cash(bench: Bench, cash: str) -> None:
    """Let *cash* be all that the account was seen to have."""
    bench.check = nothing_wrong
    with SessionManager() as session:
        credential = session.get_one(BrokerCredential, bench.rows(BrokerCredential)[0].id)
        credential.cash, credential.cash_seen_at = Decimal(cash), AFTERNOON


@pytest.mark.parametrize(("cash", "shares"), [("1010", 10), ("1009.99", 9), ("909", 9), ("908.99", 8), ("101", 1)])
def test_an_entry_is_of_as_many_shares_as_the_cash_pays_for(bench: Bench, cash: str, shares: int) -> None:
    """Ten at 101 at most were decided; what is not reserved any more is free, and the history says why."""
    service = bench.service()
    bench.decide(service)
    see_cash(bench, cash)
    bench.turn(EVENING)
    assert [sent["qty"] for sent in bench.posted()] == [str(shares)]
    assert bench.world.reload(service).reserved_cash == 101 * shares
    said = [passage["reason"] for passage in bench.order(0).history]
    assert (_WHY.format(f"{Decimal(cash):.2f}") in said) == (shares < 10)
    bench.at(OPEN).alpaca.auction("ACME", "100")
    bench.turn()
    assert bench.orders()[0] == ("ENTRY", "FILLED", shares, shares)
    bench.agree()


def test_an_entry_of_which_no_share_can_be_paid_is_cancelled(bench: Bench) -> None:
    """With the reason; nothing is held back for it any more."""
    service = bench.service()
    bench.decide(service)
    see_cash(bench, "100.99")
    bench.turn(EVENING)
    assert bench.orders() == [("ENTRY", "CANCELLED", 10, 0)]
    assert bench.order(0).history[-1]["reason"] == _WHY.format("100.99")
    assert bench.world.reload(service).reserved_cash == 0
    bench.agree()


def test_what_a_person_orders_is_not_made_smaller(bench: Bench) -> None:
    """It is sent as it was asked for, or not at all."""
    service = bench.service()
    asked: dict[str, Any] = {
        "side": OrderSide.BUY,
        "kind": OrderKind.MANUAL,
        "shares": 10,
        "limit": 101_000_000,
    }
    bench.do(lambda session, row: order_service.place(session, row, reason="manual", **asked), service)
    see_cash(bench, "1009.99")
    bench.turn(EVENING)
    assert bench.orders() == [("MANUAL", "CANCELLED", 10, 0)]
    assert bench.posted() == []
    bench.agree()


def test_an_entry_that_its_broker_may_have_is_not_made_smaller(bench: Bench) -> None:
    """Sent again it has to be what it was: the broker is asked to end it instead."""
    service = bench.service()
    bench.decide(service)
    see_cash(bench, "1010")
    bench.at(EVENING).alpaca.fault("POST", "drop")
    bench.turn()
    see_cash(bench, "1009.99")
    bench.turn(timedelta(minutes=5))
    assert bench.orders() == [("ENTRY", "SUBMITTING", 10, 0)]
    assert bench.order(0).cancel_reason == _WHY.format("1009.99")
    bench.turn()
    assert bench.orders() == [("ENTRY", "CANCELLED", 10, 0)]
    bench.agree()
