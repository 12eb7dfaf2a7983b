"""Tests of /auth/totp and of signing in with a second factor."""

from __future__ import annotations

import time
from typing import Any

import pyotp
import pytest
from flask.testing import FlaskClient

from daytrader.models import User
from daytrader.services import totp
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime

from ..conftest import PASSWORD
from .conftest import Caller


def _login(client: FlaskClient, code: str | None = None) -> Any:
    body = {"username": "alice", "password": PASSWORD} | ({} if code is None else {"totp": code})
    return client.post("/api/v1/auth/login", json=body)


def _in_force(alice: Caller) -> pyotp.TOTP:
    codes = pyotp.TOTP(alice.post("/auth/totp").get_json()["secret"])
    assert alice.post("/auth/totp/confirm", {"code": codes.now()}).get_json()["has_totp"] is True
    # The code that confirmed is spent: as if half a minute and more had gone by.
    with SessionManager() as session:
        session.get_one(User, alice.user.id).totp_last_step = int(time.time()) // 30 - 2
    return codes


def test_enrolment_counts_once_it_is_confirmed(client: FlaskClient, alice: Caller) -> None:
    """A secret that was only shown locks nobody out; it is for authenticators, by secret or by address."""
    enrolled = alice.post("/auth/totp").get_json()

    assert enrolled["uri"].startswith("otpauth://totp/DayTrader:alice")
    assert f"secret={enrolled['secret']}" in enrolled["uri"]
    assert _login(client).status_code == 200
    wrong = alice.post("/auth/totp/confirm", {"code": "000000"})
    assert wrong.status_code == 400
    assert wrong.get_json()["validation_errors"].keys() == {"code"}


def test_signing_in_takes_the_code(client: FlaskClient, alice: Caller) -> None:
    """Without it, or with a wrong one, 401; the code of the error says what is missing."""
    codes = _in_force(alice)

    missing = _login(client)
    assert (missing.status_code, missing.get_json()["code"]) == (401, "totp_required")
    assert _login(client, "000000").status_code == 401
    assert _login(client, "\u0661" * 6).status_code == 401
    assert _login(client, codes.now()).status_code == 200


def test_a_code_is_good_once(client: FlaskClient, alice: Caller) -> None:
    """Whoever looks over a shoulder comes too late."""
    code = _in_force(alice).now()

    assert [_login(client, code).status_code for _ in range(2)] == [200, 401]


@pytest.mark.parametrize(("steps", "status"), [(-1, 200), (1, 200), (-2, 401), (2, 401)])
def test_a_clock_may_be_off_by_half_a_minute(
    client: FlaskClient, alice: Caller, monkeypatch: pytest.MonkeyPatch, steps: int, status: int
) -> None:
    """No more."""
    codes = _in_force(alice)
    with SessionManager() as session:
        session.get_one(User, alice.user.id).totp_last_step = None
    now = get_current_datetime()
    monkeypatch.setattr(totp, "get_current_datetime", lambda: now)

    assert _login(client, codes.at(now, counter_offset=steps)).status_code == status


def test_it_is_removed_with_password_and_code(client: FlaskClient, alice: Caller) -> None:
    """A stolen login cannot take it away, nor a stolen password; nor can it be replaced while it is in force."""
    code = _in_force(alice).now()

    def refused(**body: str) -> set[str]:
        answer = alice._send("DELETE", "/auth/totp", json=body)
        assert answer.status_code == 400
        return set(answer.get_json()["validation_errors"])

    assert alice.post("/auth/totp").status_code == 409
    assert alice.post("/auth/totp/confirm", {"code": "000000"}).status_code == 409
    assert refused(password="Wrong-Pass-1", code=code) == {"password"}
    assert refused(password=PASSWORD) == refused(password=PASSWORD, code="000000") == {"code"}
    assert _login(client).status_code == 401
    assert alice._send("DELETE", "/auth/totp", json={"password": PASSWORD, "code": code}).status_code == 204
    assert _login(client).status_code == 200


def test_one_that_is_not_in_force_is_removed_with_the_password(alice: Caller) -> None:
    """There may be no authenticator that knows it."""
    alice.post("/auth/totp")

    assert alice._send("DELETE", "/auth/totp", json={"password": PASSWORD}).status_code == 204
    with SessionManager(read_only=True) as session:
        assert session.get_one(User, alice.user.id).totp_secret is None


def test_the_secret_is_shown_nowhere_else(alice: Caller, admin: Caller) -> None:
    """Neither to its owner nor to admins."""
    secret = alice.post("/auth/totp").get_json()["secret"]

    for shown in (alice.get("/users/me"), admin.get("/users"), admin.get(f"/users/{alice.user.id}")):
        assert secret not in shown.text
