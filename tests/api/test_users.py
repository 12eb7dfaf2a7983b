"""Tests of the /users resource over HTTP: accounts, roles, passwords and their end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from daytrader.models import AuditEntry, EventOutbox, IdempotencyKey, User
from daytrader.models.enums import ServiceState
from daytrader.models.trading_service import TradingService
from daytrader.services.session_manager import SessionManager

from ..conftest import PASSWORD, World
from .conftest import Caller

NEW_PASSWORD = "Another-Good-2"
BOB = {"username": "robert", "email": "robert@example.com"}


def _login(client: FlaskClient, name: str, password: str = PASSWORD) -> int:
    return client.post("/api/v1/auth/login", json={"username": name, "password": password}).status_code


def _choose(client: FlaskClient, url: str, password: str = NEW_PASSWORD) -> Any:
    token = url.partition("token=")[2]
    body = {"token": token, "new_password": password, "confirm_password": password}
    return client.post("/api/v1/auth/set-password", json=body)


def _remove(caller: Caller, user_id: int, password: str = PASSWORD, confirm: object = True) -> Any:
    return caller._send("DELETE", f"/users/{user_id}", json={"confirm": confirm, "password": password})


def _service_with_trade(world: World, caller: Caller) -> TradingService:
    stock = world.stock("ACME")
    world.prices(stock, [10.0, 20.0])
    service = world.service(caller.user, stock)
    caller.post(f"/services/{service.id}/activate")
    assert caller.post("/transactions", {"service_id": service.id, "shares": 1}).status_code == 201
    return service


def test_admins_list_accounts_with_filters_and_no_secret(world: World, admin: Caller, alice: Caller) -> None:
    """Every column that is safe is a filter; those of secrets are unknown."""
    world.user("gone", is_active=False)

    page = admin.get("/users", is_active="true", sort="username", order="desc").get_json()

    assert [user["username"] for user in page["items"]] == ["root", "alice"]
    assert page["items"][0].keys() == alice.get("/users/me").get_json().keys()
    assert [item["username"] for item in admin.get("/users", username_like="LIC").get_json()["items"]] == ["alice"]
    for secret in ("password_hash", "totp_secret", "totp_confirmed_at", "totp_last_step"):
        assert secret not in str(page)
        assert admin.get("/users", **{secret: "x"}).status_code == 400
        assert admin.get("/users", sort=secret).status_code == 400
    assert alice.get("/users").status_code == 403


def test_an_admin_opens_an_account_and_its_user_chooses_the_password(client: FlaskClient, admin: Caller) -> None:
    """The link works once; the admin never knows the password."""
    made = admin.post("/users", BOB)
    body = made.get_json()

    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/users/{body['user']['id']}"
    assert body["user"]["is_admin"] is False
    assert _choose(client, body["set_password_url"]).get_json()["username"] == "robert"
    assert _login(client, "robert", NEW_PASSWORD) == 200
    again = _choose(client, body["set_password_url"], PASSWORD)
    assert again.status_code == 400
    assert again.get_json()["validation_errors"].keys() == {"token"}


@pytest.mark.parametrize("extra", [{"is_admin": True}, {"password": PASSWORD}, {"is_active": False}])
def test_an_admin_sets_neither_role_nor_password_of_a_new_account(admin: Caller, extra: dict[str, object]) -> None:
    """400 by name, and nobody is made."""
    refused = admin.post("/users", BOB | extra)

    assert refused.status_code == 400
    assert refused.get_json()["validation_errors"].keys() == extra.keys()
    assert admin.get("/users", username="robert").get_json()["items"] == []


def test_a_reset_makes_a_new_link_and_the_old_one_is_void(client: FlaskClient, admin: Caller, alice: Caller) -> None:
    """The present password holds until the link is used; then every login ends."""
    first, second = (admin.post(f"/users/{alice.user.id}/reset-password").get_json() for _ in range(2))

    assert _login(client, "alice") == 200
    assert _choose(client, first["set_password_url"]).status_code == 400
    assert alice.get("/users/me").status_code == 200
    assert _choose(client, second["set_password_url"]).status_code == 200
    assert alice.get("/users/me").status_code == 401
    assert (_login(client, "alice"), _login(client, "alice", NEW_PASSWORD)) == (401, 200)


def test_the_link_of_a_shut_account_is_void(client: FlaskClient, admin: Caller, alice: Caller) -> None:
    """Also when it was handed out before."""
    url = admin.post(f"/users/{alice.user.id}/reset-password").get_json()["set_password_url"]
    admin.post(f"/users/{alice.user.id}/toggle-active")

    assert _choose(client, url).status_code == 400
    assert admin.post(f"/users/{alice.user.id}/reset-password").status_code == 409


@pytest.mark.parametrize("method", ["put", "patch"])
def test_users_change_their_profile(alice: Caller, method: str) -> None:
    """Name and mail address, normalised."""
    changed = getattr(alice, method)(f"/users/{alice.user.id}", {"email": "Alice@Example.ORG"})

    assert changed.status_code == 200
    assert changed.get_json()["email"] == "alice@example.org"
    assert alice.get("/users/me").get_json()["username"] == "alice"


@pytest.mark.parametrize("field", ["is_admin", "is_active", "password", "password_hash", "id", "totp_secret", "x"])
def test_the_profile_holds_nothing_else(alice: Caller, field: str) -> None:
    """No mass assignment."""
    refused = alice.put(f"/users/{alice.user.id}", {field: True})

    assert refused.status_code == 400
    assert refused.get_json()["validation_errors"].keys() == {field}


@pytest.mark.parametrize("change", [{"username": "BOB"}, {"email": "Bob@example.com"}])
@pytest.mark.usefixtures("bob")
def test_a_profile_takes_nobodys_name(alice: Caller, change: dict[str, str]) -> None:
    """In any case: 409."""
    assert alice.put(f"/users/{alice.user.id}", change).status_code == 409
    assert alice.put(f"/users/{alice.user.id}", {"username": "ALICE"}).status_code == 200


def test_a_password_change_ends_the_other_logins(
    client: FlaskClient, alice: Caller, sign_in: Callable[[User], Caller]
) -> None:
    """The caller's stays; the current password is asked for; the new one keeps the rules."""
    other = sign_in(alice.user)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}

    wrong = alice.post("/users/change-password", body | {"current_password": "Wrong-Pass-1"})
    weak = alice.post("/users/change-password", body | {"new_password": "weak", "confirm_password": "weak"})
    unlike = alice.post("/users/change-password", body | {"confirm_password": PASSWORD})
    assert wrong.get_json()["validation_errors"] == {"current_password": ["is wrong"]}
    assert (wrong.status_code, weak.status_code, unlike.status_code) == (400, 400, 400)
    assert other.get("/users/me").status_code == 200

    assert alice.post("/users/change-password", body).status_code == 200

    assert (alice.get("/users/me").status_code, other.get("/users/me").status_code) == (200, 401)
    assert (_login(client, "alice"), _login(client, "alice", NEW_PASSWORD)) == (401, 200)


def test_roles_hold_from_the_next_request(admin: Caller, alice: Caller) -> None:
    """Given and taken."""
    assert admin.put(f"/users/{alice.user.id}/role", {"is_admin": True}).get_json()["is_admin"] is True
    assert alice.get("/users").status_code == 200
    assert admin.put(f"/users/{alice.user.id}/role", {"is_admin": False}).status_code == 200
    assert alice.get("/users").status_code == 403


def test_the_last_admin_stays(world: World, admin: Caller) -> None:
    """Not demoted, not shut, not removed; admins that are shut do not count."""
    world.user("retired", is_admin=True, is_active=False)
    own = f"/users/{admin.user.id}"

    answers = [
        admin.put(f"{own}/role", {"is_admin": False}),
        admin.post(f"{own}/toggle-active"),
        _remove(admin, admin.user.id),
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert admin.get("/users").status_code == 200


def test_two_admins_who_demote_each_other_at_once_leave_one(
    world: World, admin: Caller, sign_in: Callable[[User], Caller]
) -> None:
    """Of two at once one comes second."""
    other = sign_in(world.user("second", is_admin=True))
    app = admin.client.application

    def demote(pair: tuple[Caller, Caller]) -> int:
        caller = Caller(app.test_client(), pair[0].user, pair[0].token)
        return caller.put(f"/users/{pair[1].user.id}/role", {"is_admin": False}).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(demote, [(admin, other), (other, admin)]))

    assert sorted(answers)[0] == 200
    with SessionManager(read_only=True) as session:
        assert session.query(User).filter(User.is_admin.is_(True)).count() == 1


def test_an_account_is_shut_and_opened_again(client: FlaskClient, admin: Caller, alice: Caller) -> None:
    """Its logins end for good."""
    assert admin.post(f"/users/{alice.user.id}/toggle-active").get_json()["is_active"] is False
    assert alice.get("/users/me").status_code == 401
    assert _login(client, "alice") == 401
    assert admin.post(f"/users/{alice.user.id}/toggle-active").get_json()["is_active"] is True
    assert alice.get("/users/me").status_code == 401
    assert _login(client, "alice") == 200


@pytest.mark.parametrize(
    ("password", "confirm", "field"),
    [("Wrong-Pass-1", True, "password"), (PASSWORD, False, "confirm"), (PASSWORD, "true", "confirm")],
)
def test_removal_is_meant(alice: Caller, password: str, confirm: object, field: str) -> None:
    """Said so, and with the password."""
    refused = _remove(alice, alice.user.id, password, confirm)

    assert refused.status_code == 400
    assert refused.get_json()["validation_errors"].keys() == {field}
    assert alice.get("/users/me").status_code == 200


def test_an_account_without_trades_is_removed(world: World, client: FlaskClient, alice: Caller) -> None:
    """With everything that was its."""
    world.service(alice.user, world.stock("ACME"))

    assert _remove(alice, alice.user.id).status_code == 204

    assert _login(client, "alice") == 401
    with SessionManager(read_only=True) as session:
        assert session.query(User).count() == 0
        assert session.query(TradingService).count() == 0
    assert world.published[-1].event.action == "deleted"
    assert "alice" not in str(world.published[-1].event.entity)


def test_an_account_with_a_ledger_is_made_anonymous(world: World, client: FlaskClient, alice: Caller) -> None:
    """The ledger stands; neither name nor mail address is left anywhere; the name is free again."""
    service = _service_with_trade(world, alice)
    alice.put(f"/users/{alice.user.id}", {"email": "alice@example.org"})
    alice.post(
        "/services", {"name": "x", "stock_symbol": "ACME", "initial_balance": 1}, headers={"Idempotency-Key": "k"}
    )
    assert _remove(alice, alice.user.id).status_code == 409  # a service is ACTIVE
    assert alice.post(f"/services/{service.id}/stop").status_code == 200

    assert _remove(alice, alice.user.id).status_code == 204

    assert alice.get("/users/me").status_code == 401
    assert _login(client, "alice") == 401
    with SessionManager(read_only=True) as session:
        kept = session.get_one(User, alice.user.id)
        assert not kept.is_active
        assert session.query(TradingService).count() == 2
        left = [kept.to_dict(), *[row.to_dict() for row in session.scalars(select(EventOutbox))]]
        left += [row.to_dict() for row in session.scalars(select(AuditEntry))]
        assert session.query(IdempotencyKey).count() == 0
    assert "alice" not in str(left)
    assert world.user("alice").id != alice.user.id


def test_an_admin_removes_with_the_own_password(world: World, admin: Caller) -> None:
    """The admin's, not the account's."""
    other = world.user("carol")
    with SessionManager() as session:
        session.get_one(User, other.id).password = NEW_PASSWORD

    assert _remove(admin, other.id, NEW_PASSWORD).status_code == 400
    assert _remove(admin, other.id).status_code == 204
    assert admin.get(f"/users/{other.id}").status_code == 404


def test_a_running_service_shows_at_its_user(world: World, admin: Caller, alice: Caller) -> None:
    """In lists, derived in SQL, and on the object alike."""
    service = world.service(alice.user, world.stock("ACME"))
    with SessionManager() as session:
        session.get_one(TradingService, service.id).state = ServiceState.ACTIVE

    listed = admin.get("/users", username="alice").get_json()["items"][0]

    assert listed == alice.get("/users/me").get_json()
    assert listed["has_active_services"] is True
