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
from daytrader.config import Settings
from daytrader.models import AuditEntry, BrokerCredential, TradingService
from daytrader.models.enums import OrderKind, OrderSide, ServiceState
from daytrader.services import live_trading, order_service, promotion_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils import sealing
from daytrader.utils.current_datetime import get_current_datetime
from tests.brokers.alpaca_server import KEY, SECRET, Alpaca, serve
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
    monkeypatch.setattr(live_trading.Engine, "carries_orders", True)
    made = world.service(alice.user, world.stock("ACME"))
    refused = alice.patch(f"/services/{made.id}", {"broker": "alpaca"})
    assert (refused.status_code, "no account at alpaca" in refused.get_data(as_text=True)) == (409, True)
    _connected(alice.user.id)
    assert alice.patch(f"/services/{made.id}", {"broker": "alpaca"}).get_json()["broker"] == "alpaca"


def test_no_order_waits_for_an_engine_that_sends_none(
    world: World, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promoted, with keys: refused all the same, rather than started and left with orders that nobody sends."""
    monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: None)
    _connected(alice.user.id)
    made = world.service(alice.user, world.stock("ACME"))
    refused = alice.patch(f"/services/{made.id}", {"broker": "alpaca"})
    assert (refused.status_code, "sends no orders to accounts" in refused.get_data(as_text=True)) == (409, True)


def test_one_service_of_a_symbol_in_an_account(world: World, alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two could not tell whose shares are whose: of two promoted ones the second does not start."""
    monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: None)
    monkeypatch.setattr(live_trading.Engine, "carries_orders", True)
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
    monkeypatch.setattr(live_trading.Engine, "carries_orders", True)
    _connected(alice.user.id)
    service = world.service(alice.user, world.stock("ACME"), broker="alpaca")
    with SessionManager() as session:
        row = session.get_one(TradingService, service.id)
        order_service.place(
            session, row, side=OrderSide.BUY, kind=OrderKind.ENTRY, shares=1, reason="test", limit=1_000_000
        )
    assert alice.patch(f"/services/{service.id}", {"broker": "paper"}).status_code == 409
