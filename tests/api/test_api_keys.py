"""Tests of /auth/api-keys over HTTP: made, used, limited by their scopes, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from daytrader.models import ApiKey, User
from daytrader.services import api_key_service, token_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.auth import TokenRules
from daytrader.utils.current_datetime import get_current_datetime

from ..conftest import PASSWORD, World
from .conftest import SECRET, Caller

DAY = timedelta(days=1)


def _made(caller: Caller, *scopes: str, **values: Any) -> dict[str, Any]:
    made = caller.post("/auth/api-keys", {"name": "script", "scopes": scopes or ("read",)} | values)
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.get_json()
    return body


def _by(caller: Caller, key: dict[str, Any]) -> Caller:
    return Caller(caller.client, caller.user, key["key"])


def test_a_key_is_shown_once_and_hashed_at_rest(alice: Caller) -> None:
    """Its first characters stay visible, so that its owner knows which is which."""
    key = _made(alice)

    assert key["key"].startswith(key["prefix"])
    for shown in (alice.get("/auth/api-keys"), alice.get(f"/auth/api-keys/{key['id']}")):
        assert key["key"] not in shown.text
        assert "hash" not in shown.text
    with SessionManager(read_only=True) as session:
        assert session.get_one(ApiKey, key["id"]).key_hash not in {key["key"], key["key"].removeprefix("dt_")}


def test_an_idempotency_key_keeps_no_secret(world: World, alice: Caller) -> None:
    """The answer of a creation is stored nowhere: a repetition makes another key."""
    headers = {"Idempotency-Key": "same"}
    answers = [alice.post("/auth/api-keys", {"name": "x", "scopes": ["read"]}, headers=headers) for _ in range(2)]

    assert answers[0].get_json()["key"] != answers[1].get_json()["key"]
    with world.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM idempotency_keys").scalar() == 0


def test_scopes(alice: Caller, admin: Caller) -> None:
    """Each includes those before it: read, trade, admin; one without the right scope is 403."""
    service = {"name": "x", "stock_symbol": "NONE", "initial_balance": 1}
    reader, trader = _by(alice, _made(alice)), _by(alice, _made(alice, "trade"))
    plain, chief = _by(admin, _made(admin, "trade")), _by(admin, _made(admin, "admin"))

    assert reader.get("/services").status_code == 200
    assert reader.post("/services", service).status_code == 403
    assert trader.get("/services").status_code == 200
    assert trader.post("/services", service).status_code == 404  # allowed; there is no such stock
    assert plain.get("/users").status_code == 403  # the key of an admin is not an admin's key
    assert plain.get(f"/users/{alice.user.id}").status_code == 404
    assert chief.get("/users").status_code == 200
    assert chief.post("/stocks", {"symbol": "KEY"}).status_code == 201


def test_only_an_admin_makes_a_key_for_admins_and_demotion_reaches_it(alice: Caller, admin: Caller) -> None:
    """The key is never more than its user."""
    assert alice.post("/auth/api-keys", {"name": "x", "scopes": ["admin"]}).status_code == 403
    chief = _by(admin, _made(admin, "admin"))
    with SessionManager() as session:
        session.get_one(User, admin.user.id).is_admin = False

    assert chief.get("/users").status_code == 403


def test_a_key_gains_no_account(alice: Caller, admin: Caller) -> None:
    """It makes no keys, changes no password, ends no login, adds no second factor, changes no role."""
    thief = _by(alice, _made(alice, "trade"))
    password = {"current_password": PASSWORD, "new_password": "Another-Good-2", "confirm_password": "Another-Good-2"}

    answers = [
        thief.post("/auth/api-keys", {"name": "x", "scopes": ["read"]}),
        thief.post("/users/change-password", password),
        thief.post("/auth/logout"),
        thief.post("/auth/logout-all"),
        thief.post("/auth/totp"),
        thief.put(f"/users/{alice.user.id}", {"email": "thief@example.com"}),
        thief._send("DELETE", f"/users/{alice.user.id}", json={"confirm": True, "password": PASSWORD}),
        _by(admin, _made(admin, "admin")).put(f"/users/{alice.user.id}/role", {"is_admin": True}),
    ]

    assert [answer.status_code for answer in answers] == [403] * len(answers)


def test_keys_expire(alice: Caller) -> None:
    """From that moment on they are nobody's; the past is refused."""
    past = {"name": "x", "scopes": ["read"], "expires_at": (get_current_datetime() - DAY).isoformat()}
    assert alice.post("/auth/api-keys", past).status_code == 400
    key = _made(alice, expires_at=(get_current_datetime() + DAY).isoformat())
    assert _by(alice, key).get("/users/me").status_code == 200
    with SessionManager() as session:
        session.get_one(ApiKey, key["id"]).expires_at = get_current_datetime() - DAY

    assert _by(alice, key).get("/users/me").status_code == 401


def test_a_deleted_key_is_good_no_more(alice: Caller) -> None:
    """At once."""
    key = _made(alice)
    assert alice.delete(f"/auth/api-keys/{key['id']}").status_code == 204

    assert _by(alice, key).get("/users/me").status_code == 401
    assert alice.get("/auth/api-keys").get_json()["items"] == []


def test_the_last_use_is_noted_to_the_minute(alice: Caller) -> None:
    """Not with every request: readers stay readers."""
    key = _made(alice)
    assert key["last_used_at"] is None

    def noted() -> Any:
        return alice.get(f"/auth/api-keys/{key['id']}").get_json()["last_used_at"]

    _by(alice, key).get("/users/me")
    first = noted()
    _by(alice, key).get("/users/me")
    assert first is not None
    assert noted() == first


def test_keys_are_their_owners(alice: Caller, bob: Caller, admin: Caller) -> None:
    """Others find nothing; an admin sees and revokes."""
    key = _made(alice)

    assert bob.get("/auth/api-keys").get_json()["items"] == []
    assert bob.get(f"/auth/api-keys/{key['id']}").status_code == 404
    assert bob.delete(f"/auth/api-keys/{key['id']}").status_code == 404
    assert [each["id"] for each in admin.get("/auth/api-keys").get_json()["items"]] == [key["id"]]
    assert admin.delete(f"/auth/api-keys/{key['id']}").status_code == 204


def test_keys_are_counted(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """One user cannot fill the table."""
    monkeypatch.setattr(api_key_service, "MOST_KEYS", 2)
    _made(alice)
    _made(alice)

    assert alice.post("/auth/api-keys", {"name": "x", "scopes": ["read"]}).status_code == 409


@pytest.mark.parametrize("scopes", [[], "read", ["write"], ["read", "read"], [["read"]], None, [None], ["read"] * 4])
def test_scopes_that_are_none(alice: Caller, scopes: object) -> None:
    """400 naming the field."""
    refused = alice.post("/auth/api-keys", {"name": "x", "scopes": scopes})

    assert refused.status_code == 400
    assert refused.get_json()["validation_errors"].keys() == {"scopes"}


@pytest.mark.parametrize("end", ["delete", "deactivate"])
def test_a_socket_opened_by_a_key_ends_with_it(alice: Caller, end: str) -> None:
    """What is asked every two seconds of the connected sockets says so."""
    key = _made(alice)
    with SessionManager(read_only=True) as session:
        identity = token_service.identify(session, key["key"], TokenRules(SECRET))
        assert token_service.still_good(session, {identity}) == {identity}
    with SessionManager() as session:
        if end == "delete":
            session.delete(session.get_one(ApiKey, key["id"]))
        else:
            session.get_one(User, alice.user.id).is_active = False

    with SessionManager(read_only=True) as session:
        assert token_service.still_good(session, {identity}) == set()
