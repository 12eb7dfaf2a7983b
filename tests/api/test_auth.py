"""Tests of the /auth and /users resources over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.models import LoginSession, RefreshToken, User
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime

from ..conftest import PASSWORD, World
from .conftest import SECRET, Caller

NEW = {
    "username": "carol",
    "email": "carol@example.com",
    "password": PASSWORD,
    "password_confirm": PASSWORD,
}


def _login(client: FlaskClient, name: str = "alice", password: str = PASSWORD, **options: Any) -> Any:
    return client.post("/api/v1/auth/login", json={"username": name, "password": password}, **options)


def test_a_registered_user_can_sign_in(client: FlaskClient) -> None:
    """Registering answers 201 with the account and its address, never with a secret."""
    made = client.post("/api/v1/auth/register", json=NEW)

    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/users/{made.json['id']}"  # type: ignore[index]
    assert PASSWORD not in made.text
    assert "hash" not in made.text
    assert _login(client, "carol").status_code == 200


def test_registering_never_makes_an_admin(client: FlaskClient) -> None:
    """A role in the body is refused by name; even the first account is nobody's admin."""
    refused = client.post("/api/v1/auth/register", json=NEW | {"is_admin": True})
    made = client.post("/api/v1/auth/register", json=NEW)

    assert refused.status_code == 400
    assert refused.get_json()["validation_errors"] == {"is_admin": ["is read-only or unknown"]}
    assert made.get_json()["is_admin"] is False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "a b"),
        ("email", "nobody"),
        ("password", "short"),
        ("password_confirm", "Another-Good-1"),
        ("username", 7),
    ],
)
def test_what_breaks_a_rule_is_named_and_never_echoed(client: FlaskClient, field: str, value: object) -> None:
    """400 with the field; the rejected password travels nowhere."""
    refused = client.post("/api/v1/auth/register", json=NEW | {field: value})

    assert refused.status_code == 400
    assert field in refused.get_json()["validation_errors"]
    assert PASSWORD not in refused.text


@pytest.mark.parametrize("change", [{"username": "ALICE"}, {"email": "Alice@Example.com"}])
def test_names_and_addresses_are_taken_once(world: World, client: FlaskClient, change: dict[str, str]) -> None:
    """In any case: 409."""
    world.user("alice")

    assert client.post("/api/v1/auth/register", json=NEW | change).status_code == 409


@pytest.mark.usefixtures("world")
def test_registration_can_be_switched_off(settings: Settings) -> None:
    """403 then."""
    client = create_app(replace(settings, registration=False)).test_client()

    assert client.post("/api/v1/auth/register", json=NEW).status_code == 403


@pytest.mark.parametrize(
    "who", [{"username": "alice"}, {"username": "alice@example.com"}, {"email": "alice@example.com"}]
)
def test_either_name_signs_in(world: World, client: FlaskClient, who: dict[str, str]) -> None:
    """By user name or by mail address; the login is noted."""
    alice = world.user("alice")

    answer = client.post("/api/v1/auth/login", json=who | {"password": PASSWORD})

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["user"]["username"] == "alice"
    assert answer.json["expires_in"] == 900
    assert world.reload(alice).last_login is not None


def test_a_failed_login_does_not_tell_what_was_wrong(world: World, client: FlaskClient) -> None:
    """The same body for an unknown name, a wrong password and a deactivated account."""
    world.user("alice")
    world.user("gone", is_active=False)

    answers = [_login(client, "alice", "Wrong-Pass-1"), _login(client, "nobody"), _login(client, "gone")]

    bodies = [{k: v for k, v in answer.get_json().items() if k != "request_id"} for answer in answers]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert bodies[0] == bodies[1] == bodies[2]


def test_browsers_keep_the_refresh_token_in_a_cookie(world: World, app: Flask) -> None:
    """With X-Requested-With it is HttpOnly, SameSite=Strict, sent to /auth only, and not in the body."""
    world.user("alice")
    browser = app.test_client()
    marked = {"X-Requested-With": "XMLHttpRequest"}

    signed_in = _login(browser, headers=marked)
    cookie = signed_in.headers["Set-Cookie"]

    assert "refresh_token" not in signed_in.get_json()
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/api/v1/auth"))
    assert browser.post("/api/v1/auth/refresh").status_code == 401  # the cookie alone is not enough
    assert browser.post("/api/v1/auth/refresh", headers=marked).status_code == 200
    foreign = browser.post("/api/v1/auth/refresh", headers=marked | {"Origin": "https://evil.example"})
    assert foreign.status_code == 403


def test_a_refresh_token_is_good_once(world: World, client: FlaskClient) -> None:
    """A new pair each time; the spent one is refused, and within ten seconds nothing more happens."""
    world.user("alice")
    first = _login(client).get_json()["refresh_token"]

    second = client.post("/api/v1/auth/refresh", json={"refresh_token": first})
    again = client.post("/api/v1/auth/refresh", json={"refresh_token": first})
    third = client.post("/api/v1/auth/refresh", json={"refresh_token": second.get_json()["refresh_token"]})

    assert (second.status_code, again.status_code, third.status_code) == (200, 401, 200)


def test_a_token_spent_long_ago_betrays_a_thief(world: World, client: FlaskClient) -> None:
    """After ten seconds its reuse ends the whole family, access tokens included."""
    world.user("alice")
    first = _login(client).get_json()["refresh_token"]
    pair = client.post("/api/v1/auth/refresh", json={"refresh_token": first}).get_json()
    with SessionManager() as session:
        earlier = get_current_datetime() - timedelta(seconds=11)
        session.execute(update(RefreshToken).where(RefreshToken.used_at.is_not(None)).values(used_at=earlier))

    stolen = client.post("/api/v1/auth/refresh", json={"refresh_token": first})
    rightful = client.post("/api/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    access = client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {pair['access_token']}"})

    assert (stolen.status_code, rightful.status_code, access.status_code) == (401, 401, 401)


def test_of_parallel_refreshes_one_succeeds_and_stays_good(world: World, app: Flask) -> None:
    """Eight tabs wake up together: one new pair, seven refusals, no revocation."""
    world.user("alice")
    first = _login(app.test_client()).get_json()["refresh_token"]

    def refresh(_: int) -> Any:
        return app.test_client().post("/api/v1/auth/refresh", json={"refresh_token": first})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(refresh, range(8)))

    good = [answer for answer in answers if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
    token = good[0].get_json()["access_token"]
    me = app.test_client().get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})
    assert me.status_code == 200


def test_logout_ends_this_login_logout_all_every_one(world: World, client: FlaskClient) -> None:
    """At once, for access and refresh tokens alike."""
    world.user("alice")
    pairs = [_login(client).get_json() for _ in range(3)]
    headers = [{"Authorization": f"Bearer {pair['access_token']}"} for pair in pairs]

    def standing() -> list[int]:
        return [client.get("/api/v1/users/me", headers=each).status_code for each in headers]

    assert client.post("/api/v1/auth/logout", headers=headers[0]).status_code == 204
    assert standing() == [401, 200, 200]
    spent = client.post("/api/v1/auth/refresh", json={"refresh_token": pairs[0]["refresh_token"]})
    assert spent.status_code == 401
    assert client.post("/api/v1/auth/logout-all", headers=headers[1]).status_code == 204
    assert standing() == [401, 401, 401]


@pytest.mark.usefixtures("world")
def test_deactivation_and_demotion_hold_on_the_next_request(admin: Caller) -> None:
    """Role and activity are read from the database, not from the token."""
    assert admin.post("/stocks", {"symbol": "ONE"}).status_code == 201
    with SessionManager() as session:
        session.get_one(User, admin.user.id).is_admin = False
    assert admin.post("/stocks", {"symbol": "TWO"}).status_code == 403
    with SessionManager() as session:
        session.get_one(User, admin.user.id).is_active = False
    assert admin.get("/stocks").status_code == 401


def _forged(**changes: Any) -> dict[str, Any]:
    now = get_current_datetime()
    claims = {
        "sub": "1",
        "sid": 1,
        "jti": "x",
        "typ": "access",
        "iss": "daytrader",
        "aud": "daytrader-api",
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"aud": "other"},
        {"typ": "refresh"},
        {"exp": get_current_datetime() - timedelta(minutes=1)},
        {"sid": None},
        {"jti": None},
        {"sid": 999},
        {"sub": "2"},
    ],
)
def test_every_claim_counts(client: FlaskClient, changes: dict[str, Any]) -> None:
    """A token signed with our key but for another purpose, login or time is refused."""
    good = jwt.encode(_forged(), SECRET, "HS256")
    assert client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {good}"}).status_code == 200

    bad = jwt.encode(_forged(**changes), SECRET, "HS256")

    assert client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {bad}"}).status_code == 401


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize(("key", "algorithm"), [("", "none"), ("k" * 64, "HS256"), (SECRET.ljust(64), "HS512")])
def test_only_our_own_signature_counts(client: FlaskClient, key: str, algorithm: str) -> None:
    """No signature, another key, another algorithm: 401."""
    token = jwt.encode(_forged(), key, algorithm)

    assert client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer \u00e9"])
def test_garbage_is_nobody(client: FlaskClient, header: str) -> None:
    """Whatever stands in the header, the answer is 401 in the envelope."""
    answer = client.get("/api/v1/users/me", headers={"Authorization": header.encode().decode("latin-1")})

    assert answer.status_code == 401
    assert answer.get_json()["code"] == "unauthenticated"


def test_me_shows_the_account_without_secrets(alice: Caller) -> None:
    """And the derived property."""
    me = alice.get("/users/me").get_json()

    assert me["username"] == "alice"
    assert me["has_active_services"] is False
    assert "password" not in str(me)


def test_refresh_tokens_are_hashed_at_rest(world: World, client: FlaskClient) -> None:
    """What the database holds cannot be sent back as a token."""
    world.user("alice")
    token = _login(client).get_json()["refresh_token"]

    with SessionManager(read_only=True) as session:
        stored = session.query(RefreshToken).one()
        assert session.query(LoginSession).one().revoked_at is None
    assert token not in stored.token_hash
    assert len(stored.token_hash) == 64
