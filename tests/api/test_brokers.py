"""/brokers: accounts connected, shown without keys, tried, let go of; and nothing but paper traded without them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import select, text

from daytrader.app import create_app
from daytrader.brokers.messages import Fill
from daytrader.config import Settings
from daytrader.models import AuditEntry, BrokerCredential, Order, TradingService
from daytrader.models.enums import OrderKind, OrderSide, OrderState, ServiceState
from daytrader.services import booking, ledger_service, order_service, promotion_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils import sealing
from daytrader.utils.current_datetime import get_current_datetime
from tests.brokers.alpaca_api import Alpaca
from tests.brokers.alpaca_server import KEY, SECRET, serve
from tests.conftest import World

from .conftest import Caller

KEYS = {"broker": "alpaca", "key": KEY, "secret": SECRET}


@dataclass
class Server:
    """Alpaca, and where it is."""

    alpaca: Alpaca
    address: str


@pytest.fixture
def server() -> Iterator[Server]:
    """Alpaca on this machine."""
    alpaca = Alpaca(datetime(2024, 1, 3, tzinfo=UTC))
    with serve(alpaca) as address:
        yield Server(alpaca, address)


@pytest.fixture
def settings(settings: Settings, server: Server) -> Settings:
    """A sealing key of the environment, and Alpaca where it is."""
    return replace(settings, sealing_key=Fernet.generate_key().decode(), alpaca_trading_url=server.address)


def _connected(user_id: int) -> None:
    """Store an account of alpaca's as `POST /brokers` does."""
    with SessionManager() as session:
        sealed = sealing.seal("x")
        session.add(
            BrokerCredential(
                user_id=user_id,
                broker="alpaca",
                is_live=False,
                sealed_key=sealed,
                sealed_secret=sealed,
                shown="x",
                account=f"PA{user_id}",
                verified_at=get_current_datetime(),
            )
        )


def test_an_account_is_connected_and_shown_without_its_keys(alice: Caller, bob: Caller) -> None:
    """The broker takes the keys first; then the end of the key's id is all that anybody sees."""
    assert alice.get("/brokers").get_json() == {"available": ["alpaca"], "connected": []}

    made = alice.post("/brokers", KEYS)

    assert made.status_code == 201
    shown = made.get_json()
    assert made.headers["Location"] == f"/api/v1/brokers/{shown['id']}"
    assert (shown["shown"], shown["account"], shown["is_live"]) == (KEY[-4:], "PA3TEST", False)
    assert alice.get("/brokers").get_json()["connected"] == [shown]
    assert bob.get("/brokers").get_json()["connected"] == []
    tried = alice.post(f"/brokers/{shown['id']}/test").get_json()
    assert tried == {"is_accepted": True, "error": None, "cash": 100000}
    assert bob.post(f"/brokers/{shown['id']}/test").status_code == 404
    assert alice.post(f"/brokers/{shown['id']}/test", {"cash": 5}).status_code == 400


def test_the_canary(alice: Caller, admin: Caller, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Security case 19: a broker's secret is in no response, log, event or dump, nor in the database in the clear."""
    answers = [alice.post("/brokers", KEYS)]
    made = answers[0].get_json()["id"]
    answers += [
        alice.post("/brokers", KEYS | {"key": 7}),
        alice.post("/brokers", KEYS | {"broker": "nobody"}),
        alice.post("/brokers", KEYS | {"secret": SECRET + "-wrong"}),
        alice.get("/brokers"),
        admin.get("/brokers"),
        admin.get("/system/audit-log"),
        admin.get("/system/config"),
    ]
    server.alpaca.fault("GET", "504")
    answers.append(alice.post(f"/brokers/{made}/test"))
    answers.append(alice.delete(f"/brokers/{made}"))
    alice.post("/brokers", KEYS)

    said = "".join(answer.get_data(as_text=True) + str(answer.headers) for answer in answers) + caplog.text
    with SessionManager(read_only=True) as session:
        # The whole database, the outbox with every event among it.
        dump = session.connection().connection.driver_connection.iterdump()  # type: ignore[union-attr]
        said += "\n".join(dump)
        sealed = session.scalars(select(BrokerCredential)).one()
    assert SECRET not in said
    assert KEY not in said
    assert SECRET.encode().hex().upper() not in said.upper()
    assert (sealing.unseal(sealed.sealed_key), sealing.unseal(sealed.sealed_secret)) == (KEY, SECRET)


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"broker": "nobody"}, 400, "must be one of alpaca"),
        ({"broker": "paper"}, 400, "must be one of alpaca"),
        ({"secret": "not the secret"}, 400, "does not take these keys for its paper market"),
        ({"key": "short"}, 400, "key"),
        ({"is_live": True}, 409, "second factor"),
        ({"user_id": 2}, 400, "read-only or unknown"),
    ],
)
def test_what_is_refused_leaves_nothing(alice: Caller, change: dict[str, Any], status: int, words: str) -> None:
    """Wrong keys, an unknown broker, real money without a second factor."""
    refused = alice.post("/brokers", KEYS | change)
    assert refused.status_code == status
    assert words in refused.get_data(as_text=True)
    assert alice.get("/brokers").get_json()["connected"] == []


def test_real_money_needs_a_second_factor(alice: Caller) -> None:
    """With one it is connected."""
    with SessionManager() as session:
        session.merge(alice.user).totp_confirmed_at = get_current_datetime()
    assert alice.post("/brokers", KEYS | {"is_live": True}).get_json()["is_live"] is True


def test_no_key_no_broker(settings: Settings, alice: Caller) -> None:
    """A sealing key that stands beside the database is stolen with it: none is connected under such a one."""
    client = create_app(replace(settings, sealing_key="")).test_client()
    refused = client.post("/api/v1/brokers", json=KEYS, headers={"Authorization": f"Bearer {alice.token}"})
    assert refused.status_code == 409
    assert "DAYTRADER_SEALING_KEY" in refused.get_data(as_text=True)


def test_a_broker_that_does_not_answer(alice: Caller, server: Server) -> None:
    """Nothing is stored on a guess, and a try says why."""
    server.alpaca.fault("GET", "504")
    assert alice.post("/brokers", KEYS).status_code == 503
    made = alice.post("/brokers", KEYS).get_json()["id"]
    server.alpaca.is_blocked = True
    tried = alice.post(f"/brokers/{made}/test").get_json()
    assert (tried["is_accepted"], tried["error"]) == (False, "trading blocked")


def test_an_account_is_one_users(alice: Caller, bob: Caller) -> None:
    """Two could not tell whose shares are whose; the same user may replace keys."""
    first = alice.post("/brokers", KEYS).get_json()
    assert bob.post("/brokers", KEYS).status_code == 409
    again = alice.post("/brokers", KEYS)
    assert (again.status_code, again.get_json()["id"]) == (201, first["id"])


def test_who_lets_go_of_it(alice: Caller, bob: Caller, admin: Caller) -> None:
    """Its owner, or an admin; to others it is not there. All of it is in the audit log."""
    made = alice.post("/brokers", KEYS).get_json()["id"]
    assert bob.delete(f"/brokers/{made}").status_code == 404
    assert admin.delete(f"/brokers/{made}").status_code == 204
    made = alice.post("/brokers", KEYS).get_json()["id"]
    assert alice.delete(f"/brokers/{made}").status_code == 204
    with SessionManager(read_only=True) as session:
        entered = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("broker.%"))).all()
    assert entered.count("broker.connect") == 2
    assert entered.count("broker.disconnect") == 3


def test_keys_in_use_are_kept(world: World, alice: Caller) -> None:
    """While a service holds shares there nobody may stop watching them; nor can the account be removed."""
    service = world.service(alice.user, world.stock("ACME"))
    made = alice.post("/brokers", KEYS).get_json()["id"]
    with SessionManager() as session:
        session.execute(
            text("UPDATE trading_services SET broker = 'alpaca', current_shares = 3 WHERE id = :id"), {"id": service.id}
        )
    refused = alice.delete(f"/brokers/{made}")
    assert refused.status_code == 409
    assert re.search(r"service \d+ trades or holds shares", refused.get_data(as_text=True))


def test_a_key_for_scripts_connects_nothing(alice: Caller, app: Flask) -> None:
    """Whoever finds one must not lead orders into another account."""
    made = alice.post("/auth/api-keys", {"name": "script", "scopes": ["admin"]})
    script = Caller(app.test_client(), alice.user, made.get_json().get("key", ""))
    if made.status_code != 201:  # only admins have keys of that scope
        made = alice.post("/auth/api-keys", {"name": "script", "scopes": ["trade"]})
        script = Caller(app.test_client(), alice.user, made.get_json()["key"])
    assert script.post("/brokers", KEYS).status_code == 403
    assert script.get("/brokers").status_code == 200


def test_nothing_but_paper_can_be_chosen(world: World, alice: Caller) -> None:
    """An unknown broker, one without keys, one with keys but without a promotion: no, each with its reason."""
    world.stock("ACME")
    values = {"name": "s", "stock_symbol": "ACME", "initial_balance": 1000}
    made = alice.post("/services", values).get_json()
    for wanted, status, words in (("nobody", 400, "must be one of"), ("alpaca", 409, "not permitted")):
        for answer in (
            alice.post("/services", values | {"broker": wanted}),
            alice.patch(f"/services/{made['id']}", {"broker": wanted}),
        ):
            assert (answer.status_code, words in answer.get_data(as_text=True)) == (status, True)
    _connected(alice.user.id)
    for answer in (
        alice.post("/services", values | {"broker": "alpaca"}),
        alice.patch(f"/services/{made['id']}", {"broker": "alpaca"}),
    ):
        assert (answer.status_code, "not permitted" in answer.get_data(as_text=True)) == (409, True)
    assert alice.get(f"/services/{made['id']}").get_json()["broker"] == "paper"


def test_nothing_but_paper_can_be_started(world: World, alice: Caller) -> None:
    """Whatever wrote the broker into the row: starting, resuming and toggling ask again."""
    service = world.service(alice.user, world.stock("ACME"))
    _connected(alice.user.id)
    with SessionManager() as session:
        session.execute(text("UPDATE trading_services SET broker = 'alpaca'"))
    for path in ("activate", "toggle"):
        answer = alice.post(f"/services/{service.id}/{path}")
        assert (answer.status_code, "not permitted" in answer.get_data(as_text=True)) == (409, True)
    with SessionManager() as session:
        session.execute(text("UPDATE trading_services SET state = 'PAUSED'"))
    assert alice.post(f"/services/{service.id}/resume").status_code == 409
    assert world.reload(service).state is ServiceState.PAUSED


def test_a_promotion_without_keys_is_not_enough(world: World, alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both, or nothing."""
    monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: None)
    made = world.service(alice.user, world.stock("ACME"))
    refused = alice.patch(f"/services/{made.id}", {"broker": "alpaca"})
    assert (refused.status_code, "no account at alpaca" in refused.get_data(as_text=True)) == (409, True)
    _connected(alice.user.id)
    assert alice.patch(f"/services/{made.id}", {"broker": "alpaca"}).get_json()["broker"] == "alpaca"


def test_one_service_of_a_symbol_in_an_account(world: World, alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two could not tell whose shares are whose: of two promoted ones the second does not start."""
    monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: None)
    stock = world.stock("ACME")
    _connected(alice.user.id)
    first, second = (world.service(alice.user, stock, name=name, broker="alpaca") for name in ("one", "two"))
    assert alice.post(f"/services/{first.id}/activate").status_code == 200
    refused = alice.post(f"/services/{second.id}/activate")
    assert refused.status_code == 409
    assert f"service {first.id} trades ACME" in refused.get_data(as_text=True)


def test_the_broker_stays_while_something_is_under_way(
    world: World, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shares and orders are at the broker that was named for them."""
    monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: None)
    _connected(alice.user.id)
    service = world.service(alice.user, world.stock("ACME"), broker="alpaca")
    with SessionManager() as session:
        row = session.get_one(TradingService, service.id)
        order_service.place(
            session, row, side=OrderSide.BUY, kind=OrderKind.ENTRY, shares=1, reason="test", limit=1_000_000
        )
    assert alice.patch(f"/services/{service.id}", {"broker": "paper"}).status_code == 409


def test_a_stopped_account_is_shown_and_resumed_by_its_owner(alice: Caller, bob: Caller) -> None:
    """Since when and why; once, and by nobody else."""
    made = alice.post("/brokers", KEYS).get_json()
    assert (made["cash"], made["halted_at"], made["halted_reason"]) == (100000, None, None)
    with SessionManager() as session:
        stored = session.get_one(BrokerCredential, made["id"])
        stored.halted_at, stored.halted_reason = get_current_datetime(), "an order that is in no book"
    shown = alice.get("/brokers").get_json()["connected"][0]
    assert shown["halted_at"] is not None
    assert shown["halted_reason"] == "an order that is in no book"

    assert bob.post(f"/brokers/{made['id']}/resume").status_code == 404
    resumed = alice.post(f"/brokers/{made['id']}/resume")
    assert (resumed.status_code, resumed.get_json()["halted_at"], resumed.get_json()["halted_reason"]) == (
        200,
        None,
        None,
    )
    assert alice.post(f"/brokers/{made['id']}/resume").status_code == 409


def test_by_hand_an_order_is_placed_at_the_broker(world: World, alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """202 with the order, which holds what it may cost at its limit; no price, one order a side, nothing is voided."""
    monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: None)
    stock = world.stock("ACME")
    world.prices(stock, [10.0, 12.0])
    _connected(alice.user.id)
    service = world.service(alice.user, stock, broker="alpaca", slippage_bps=0, gap_reserve_percent=3)
    alice.post(f"/services/{service.id}/activate")
    body = {"service_id": service.id, "shares": 10}

    refused = alice.post("/transactions", body | {"purchase_price": 12})
    assert (refused.status_code, "none can be given" in refused.get_data(as_text=True)) == (409, True)
    assert alice.post("/transactions", body | {"shares": 810}).status_code == 409  # 12.36 each at the limit
    made = alice.post("/transactions", body)

    order = made.get_json()
    assert (made.status_code, made.headers["Location"]) == (202, f"/api/v1/orders/{order['id']}")
    wanted = {"state": "PENDING", "kind": "MANUAL", "side": "BUY", "broker": "alpaca"}
    assert order | wanted == order
    assert (order["shares"], order["limit_price"], order["reserved_cash"]) == (10, 12.36, 123.6)
    assert alice.get("/transactions").get_json()["items"] == []
    assert alice.post("/transactions", body).status_code == 409

    with SessionManager() as session:
        row = session.get_one(TradingService, service.id, with_for_update=True)
        fill = Fill("PA1:1", 10, 12_000_000, 12_000, 0, None)
        booking.book(session, row, session.get_one(Order, order["id"]), fill, at=get_current_datetime())
    bought = alice.get("/transactions").get_json()["items"][0]
    assert (bought["state"], bought["is_manual"]) == ("OPEN", True)
    assert alice.post(f"/transactions/{bought['id']}/cancel", {"reason": "no"}).status_code == 409
    assert alice.post(f"/transactions/{bought['id']}/complete", {"sale_price": 12}).status_code == 409
    sale = alice.post(f"/transactions/{bought['id']}/complete", {})
    wanted = {"state": "PENDING", "kind": "MANUAL", "side": "SELL", "transaction_id": bought["id"]}
    assert (sale.status_code, sale.get_json() | wanted) == (202, sale.get_json())
    assert alice.post(f"/transactions/{bought['id']}/complete", {}).status_code == 409
    with SessionManager(read_only=True) as session:
        assert ledger_service.audit(session) == []


def test_an_order_is_taken_back_by_hand(
    world: World, alice: Caller, bob: Caller, admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that waits ends at once, one that a broker has is asked for; what has ended, or protects, is 409."""
    monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: None)
    _connected(alice.user.id)
    stock = world.stock("ACME")
    world.prices(stock, [10.0, 12.0])
    service = world.service(alice.user, stock, broker="alpaca")
    alice.post(f"/services/{service.id}/activate")
    made = alice.post("/transactions", {"service_id": service.id, "shares": 10}).get_json()
    path = f"/orders/{made['id']}/cancel"
    assert [caller.post(path).status_code for caller in (bob, admin)] == [404, 403]

    ended = alice.post(path)
    assert (ended.status_code, ended.get_json()["state"]) == (200, "CANCELLED")
    assert world.reload(service).reserved_cash == 0
    assert alice.post(path).status_code == 409

    sent = alice.post("/transactions", {"service_id": service.id, "shares": 10}).get_json()
    with SessionManager() as session:
        row = session.get_one(TradingService, service.id, with_for_update=True)
        order_service.move(session, row, session.get_one(Order, sent["id"]), OrderState.ACCEPTED)
    asked = alice.post(f"/orders/{sent['id']}/cancel").get_json()
    assert (asked["state"], asked["cancel_reason"]) == ("ACCEPTED", "cancelled by hand")
    with SessionManager() as session:
        session.get_one(Order, sent["id"]).kind = OrderKind.STOP
    assert alice.post(f"/orders/{sent['id']}/cancel").status_code == 409


def test_to_flatten_at_a_broker_is_to_order(world: World, alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The position is put up for sale as an order that waits to be sent; the entry ends; a second call adds nothing."""
    monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: None)
    _connected(alice.user.id)
    held = world.service(alice.user, world.stock("ACME"), broker="alpaca")
    flat = world.service(alice.user, world.stock("OTHR"), broker="alpaca")
    for service in (held, flat):
        alice.post(f"/services/{service.id}/activate")
        with SessionManager() as session:
            row = session.get_one(TradingService, service.id, with_for_update=True)
            entry = order_service.place(
                session, row, side=OrderSide.BUY, kind=OrderKind.MANUAL, shares=10, reason="test", limit=12_000_000
            )
            if service is held:
                fill = Fill("PA1:1", 10, 12_000_000, 12_000, 0, None)
                booking.book(session, row, entry, fill, at=get_current_datetime())

    answers = [alice.post("/risk/flatten").get_json() for _ in range(2)]

    assert [(told["paused"], told["cancelled"], told["selling"]) for told in answers] == [(2, 1, 1), (0, 0, 1)]
    live = alice.get("/orders?state=PENDING").get_json()["items"]
    assert [(order["service_id"], order["kind"], order["shares"]) for order in live] == [(held.id, "EXIT", 10)]
    with SessionManager(read_only=True) as session:
        assert ledger_service.audit(session) == []
