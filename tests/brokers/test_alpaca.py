"""Tests of daytrader.brokers.alpaca, through its own client and a server that behaves as its documentation says."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from daytrader.brokers import Access
from daytrader.brokers.account import AccountBroker, OrderRequest, Report, Validity
from daytrader.brokers.alpaca import TIMEOUT, AlpacaBroker
from daytrader.brokers.errors import (
    BrokerAccessError,
    BrokerError,
    BusyError,
    DuplicateOrderError,
    RefusedOrderError,
    UnknownOutcomeError,
)
from daytrader.engine.lease import SEND_SECONDS
from daytrader.models.enums import OrderSide
from tests.brokers.alpaca_server import KEY, SECRET
from tests.brokers.conftest import EVENING, Desk
from tests.rough_line import Fault, rough_line
from tests.waiting import PATIENCE, eventually

ENDLESS = ("trickle", "hang")
"""Faults that end by the client's patience alone."""
LONG_AGO = EVENING - timedelta(days=1)
MICROS = 1_000_000


def entry(client_order_id: str = "dt-x-1", shares: int = 10, limit: int = 101) -> OrderRequest:
    """Return a limit-on-open order."""
    return OrderRequest(client_order_id, "ACME", OrderSide.BUY, shares, Validity.OPENING, limit * MICROS)


def oco(client_order_id: str = "dt-x-2", shares: int = 10) -> OrderRequest:
    """Return a stop at 95 and a target at 110.5 that cancel each other."""
    return OrderRequest(
        client_order_id, "ACME", OrderSide.SELL, shares, Validity.SESSION, 110_500_000, stop=95 * MICROS
    )


def test_it_is_an_account_broker(desk: Desk) -> None:
    """What the engine needs of a broker, it has."""
    assert isinstance(desk.broker, AccountBroker)


def test_a_limit_on_open_entry(desk: Desk) -> None:
    """It is sent as Alpaca wants it, fills in the auction, and its fill is told under Alpaca's own name."""
    sent = desk.broker.submit(entry())
    assert (sent.report, sent.shares, sent.filled) == (Report.WORKING, 10, 0)
    assert desk.alpaca.asked[-1][2] == {
        "symbol": "ACME",
        "qty": "10",
        "side": "buy",
        "type": "limit",
        "limit_price": "101",
        "time_in_force": "opg",
        "client_order_id": "dt-x-1",
    }

    desk.alpaca.auction("ACME", "100.25")

    found = desk.broker.find("dt-x-1")
    assert found is not None
    assert (found.report, found.filled, found.refs) == (Report.FILLED, 10, sent.refs)
    (fill,) = desk.broker.executions(LONG_AGO)
    assert (fill.order_ref, fill.side, fill.shares, fill.price) == (sent.refs[0], OrderSide.BUY, 10, 100_250_000)
    assert desk.broker.positions() == {"ACME": Decimal(10)}
    assert desk.broker.account().cash == 9_899_750


@pytest.mark.parametrize(("price", "leg"), [("94", "stop"), ("111", "target")])
def test_a_stop_and_a_target_are_one_order(desk: Desk, price: str, leg: str) -> None:
    """Whichever fills, the order has filled once; which of the two it was, its names tell."""
    desk.alpaca.positions["ACME"] = 10
    sent = desk.broker.submit(oco())
    assert len(sent.refs) == 2
    desk.alpaca.is_open = True

    desk.alpaca.trade("ACME", price)

    (listed,) = desk.broker.orders(LONG_AGO)
    found = desk.broker.find("dt-x-2")
    assert listed == found
    assert (listed.report, listed.filled) == (Report.FILLED, 10)
    (fill,) = desk.broker.executions(LONG_AGO)
    assert (fill.order_ref in listed.stop_refs) is (leg == "stop")
    assert fill.order_ref in listed.refs


def test_a_cancelled_part_is_told(desk: Desk) -> None:
    """A part filled, the rest cancelled; asking once more for the end of what has ended is no error."""
    desk.alpaca.positions["ACME"] = 10
    sent = desk.broker.submit(oco())
    desk.alpaca.fill("dt-x-2", 4, "110.5")

    desk.broker.cancel(sent.refs[0])
    desk.broker.cancel(sent.refs[0])
    desk.broker.cancel("no-such-order")

    (found,) = desk.broker.orders(LONG_AGO)
    assert (found.report, found.filled) == (Report.CANCELLED, 4)


def test_an_order_is_not_found_before_it_is_there(desk: Desk) -> None:
    """None, and no error: the answer is Alpaca's own."""
    assert desk.broker.find("dt-x-9") is None


@pytest.mark.parametrize(
    ("fault", "error", "is_taken"),
    [
        ("lose", UnknownOutcomeError, True),
        ("504", UnknownOutcomeError, True),
        ("half", UnknownOutcomeError, True),
        ("cut", UnknownOutcomeError, True),
        ("trickle", UnknownOutcomeError, True),
        ("hang", UnknownOutcomeError, True),
        ("drop", UnknownOutcomeError, False),
        ("429", BusyError, False),
    ],
)
def test_each_failure_to_send_has_its_kind(desk: Desk, fault: str, error: type[Exception], is_taken: bool) -> None:
    """What may have been taken is unknown until it is looked up, and it was sent once: no retry of the client's."""
    if fault in ENDLESS:
        desk.broker.session.timeout = (PATIENCE, 0.3)
    desk.alpaca.fault("POST", fault)

    with pytest.raises(error):
        desk.broker.submit(entry())

    desk.broker.session.timeout = (PATIENCE, PATIENCE)
    eventually(lambda: desk.alpaca.state()["posted"])  # it may hear of it later than the client gives up
    assert len(desk.alpaca.state()["posted"]) == 1
    assert (desk.broker.find("dt-x-1") is not None) is is_taken


def test_what_alpaca_does_not_want_is_refused(desk: Desk) -> None:
    """With its own words: too little money, an order twice, shares that are not there, the wrong hour."""
    with pytest.raises(RefusedOrderError, match="insufficient buying power"):
        desk.broker.submit(entry(shares=100_000))
    with pytest.raises(RefusedOrderError, match="insufficient qty"):
        desk.broker.submit(oco())
    desk.broker.submit(entry())
    with pytest.raises(DuplicateOrderError):
        desk.broker.submit(entry())
    desk.alpaca.now = EVENING + timedelta(hours=15)
    with pytest.raises(RefusedOrderError, match="9:28"):
        desk.broker.submit(entry("dt-x-3"))


def test_a_position_has_a_last_price(desk: Desk) -> None:
    """Whether a refused stop was reached is seen by it: the refusal says so in words alone, which may change."""
    assert desk.broker.last_price("ACME") == 0
    desk.alpaca.positions["ACME"] = 10
    desk.alpaca.prices["ACME"] = Decimal("90.125")
    assert desk.broker.last_price("ACME") == 90_125_000
    with pytest.raises(RefusedOrderError, match="base_price"):
        desk.broker.submit(oco())


@pytest.mark.parametrize(
    ("local", "is_taken"),
    [("18:59", False), ("19:00", True), ("03:00", True), ("09:27", True), ("09:28", False), ("12:00", False)],
)
def test_the_hours_of_the_opening_are_the_brokers(desk: Desk, local: str, is_taken: bool) -> None:
    """From 19:00 to 9:28 in New York, summer and winter; anything else whenever the exchange is open."""
    for day in ("2024-01-03", "2024-07-03"):
        at = datetime.fromisoformat(f"{day}T{local}").replace(tzinfo=ZoneInfo("America/New_York"))
        assert desk.broker.takes(Validity.OPENING, at) is is_taken
        assert desk.broker.takes(Validity.SESSION, at)


def test_wrong_keys_open_nothing(desk: Desk) -> None:
    """Neither for reading nor for an order."""
    wrong = AlpacaBroker(Access(KEY, "wrong", is_live=False), address=desk.address)
    with pytest.raises(BrokerAccessError):
        wrong.account()
    with pytest.raises(BrokerAccessError):
        wrong.submit(entry())


def test_an_account_that_may_not_trade_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alpaca blocks accounts for reasons of its own."""
    assert desk.broker.account().refusal is None
    desk.alpaca.is_blocked = True
    assert desk.broker.account().refusal == "trading blocked"
    desk.alpaca.is_blocked = False
    account = desk.alpaca._account
    monkeypatch.setattr(desk.alpaca, "_account", lambda: account() | {"status": "ACCOUNT_CLOSED"})
    assert desk.broker.account().refusal == "the account is ACCOUNT_CLOSED"


def test_an_answer_about_another_order_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether ours was taken is to be asked."""
    submit = desk.alpaca._submit
    monkeypatch.setattr(desk.alpaca, "_submit", lambda body: submit(body) | {"client_order_id": "dt-x-2"})
    with pytest.raises(UnknownOutcomeError, match="another order"):
        desk.broker.submit(entry("dt-x-1"))


def test_no_proxy_of_the_environment_hears_the_keys(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is there: what went by it would fail."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert desk.broker.account().refusal is None


def test_more_than_a_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders and fills come page by page, each once, and a page may end in the midst of a moment."""
    monkeypatch.setattr("daytrader.brokers.alpaca._ORDERS_OF_A_PAGE", 3)
    monkeypatch.setattr("daytrader.brokers.alpaca._FILLS_OF_A_PAGE", 2)
    for number in range(5):
        desk.alpaca.now += timedelta(seconds=1)
        desk.broker.submit(entry(f"dt-x-{number}", shares=1))
    rows = list(desk.alpaca.orders.values())
    rows[3]["submitted_at"] = rows[2]["submitted_at"]
    desk.alpaca.auction("ACME", "100")

    assert [order.client_order_id for order in desk.broker.orders(LONG_AGO)] == [f"dt-x-{n}" for n in range(5)]
    assert len({fill.ref for fill in desk.broker.executions(LONG_AGO)}) == 5


@pytest.mark.parametrize("fault", ["504", "half", "drop", "cut", "trickle"])
def test_an_answer_that_is_none_says_nothing(desk: Desk, fault: str) -> None:
    """Least of all that an order is not there."""
    desk.broker.submit(entry())
    if fault in ENDLESS:
        desk.broker.session.timeout = (PATIENCE, 0.3)
    desk.alpaca.fault("GET", fault)
    with pytest.raises(BrokerError):
        desk.broker.find("dt-x-1")


def test_a_certificate_of_nobody_is_sent_no_key() -> None:
    """Nothing is read, and an order counts as unknown as after any other failure: looked up before it is sent again."""
    with rough_line(Fault.CERTIFICATE) as line:
        broker = AlpacaBroker(Access(KEY, SECRET, is_live=False), address=line.address)
        words = "its certificate is not accepted: self-signed certificate"
        with pytest.raises(UnknownOutcomeError, match=words):
            broker.submit(entry())
        with pytest.raises(BrokerError, match=words):
            broker.find("dt-x-1")
    assert line.asked == []


def test_a_send_ends_before_a_successor_looks() -> None:
    """An engine that takes over waits so long before it asks what became of an order."""
    assert sum(TIMEOUT) < SEND_SECONDS


def test_live_and_paper_are_two_addresses() -> None:
    """Keys of the one never reach the other."""
    paper, live = (AlpacaBroker(Access(KEY, SECRET, is_live))._client._base_url for is_live in (False, True))
    assert (paper, live) == ("https://paper-api.alpaca.markets", "https://api.alpaca.markets")
