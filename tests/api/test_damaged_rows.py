"""Tests of what the API answers while rows hold junk that somebody wrote past it; daytrader.services.damage_report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from structlog.testing import capture_logs

from daytrader.models import Backtest, Job, TradingService, User
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from .conftest import Caller


def spoil(table: str, column: str, row_id: int, junk: str = "junk") -> None:
    """Write *junk* past every constraint."""
    with SessionManager() as session:
        session.connection().exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        session.execute(text(f"UPDATE {table} SET {column} = :junk WHERE id = :id"), {"junk": junk, "id": row_id})


@pytest.fixture
def services(world: World, alice: Caller) -> list[TradingService]:
    """Three active services of alice's on ACME, last seen at 20."""
    stock = world.stock("ACME")
    world.prices(stock, [10.0, 20.0])
    made = [world.service(alice.user, stock, name=f"number {number}") for number in range(3)]
    for service in made:
        assert alice.post(f"/services/{service.id}/activate").status_code == 200
    return made


def _ids(caller: Caller, address: str, **query: object) -> list[int]:
    answer = caller.get(address, **query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.get_json()["items"]]


_REASONS = {
    "state": "state is none of ACTIVE, INACTIVE, PAUSED, ERROR",
    "buy_threshold": "buy_threshold is no number",
    "current_balance": "current_balance is no number",
    "current_shares": "current_shares is no whole number",
    "created_at": "created_at is no moment",
    "strategy_params": "strategy_params is no JSON",
}


@pytest.mark.parametrize("column", sorted(_REASONS))
def test_a_damaged_service_is_told_of_and_the_others_shown(
    alice: Caller, services: list[TradingService], column: str
) -> None:
    """The list says which row, which column and why, never what stands there; totals count it."""
    whole, broken, last = services
    for service in services:  # each in a state and mode whose rules look at the column
        assert alice.post("/transactions", {"service_id": service.id, "shares": 1}).status_code == 201
    spoil("trading_services", column, broken.id)

    body = alice.get("/services").get_json()

    assert [item["id"] for item in body["items"]] == [whole.id, last.id]
    assert body["unreadable"] == [{"id": broken.id, "reason": _REASONS[column]}]
    assert body["pagination"]["total_items"] == 3
    assert "junk" not in str(body)


@pytest.mark.parametrize("moment", ["2024-01-02 10:00:00+00:00", "2024-01-02 10:00:00Z", "2024-01-02 11:00:00+01:00"])
def test_a_moment_with_a_zone_is_damage(alice: Caller, services: list[TradingService], moment: str) -> None:
    """SQLite compares and sorts texts: the product reads none that says its zone, and so names the row that has one."""
    spoil("trading_services", "created_at", services[1].id, moment)
    spoil("trading_services", "updated_at", services[2].id, "2024-01-02")

    body = alice.get("/services").get_json()

    assert [item["id"] for item in body["items"]] == [services[0].id]
    assert body["unreadable"] == [
        {"id": services[1].id, "reason": "created_at is no moment in UTC without a zone"},
        {"id": services[2].id, "reason": "updated_at is no moment"},
    ]
    answer = alice.get(f"/services/{services[1].id}")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "unreadable_row"), answer.text


def test_pages_stay_what_they_were(alice: Caller, services: list[TradingService]) -> None:
    """A damaged row takes its place on its page alone: by number and by cursor, whatever is filtered and sorted by."""
    first, broken, last = (service.id for service in services)
    spoil("trading_services", "buy_threshold", broken)

    assert _ids(alice, "/services", page=1, page_size=2, sort="name") == [first]
    second = alice.get("/services", page=2, page_size=2, sort="name").get_json()
    assert [item["id"] for item in second["items"]] == [last]
    assert "unreadable" not in second
    assert _ids(alice, "/services", name_like="number 2") == [last]

    page = alice.get("/services", cursor="", page_size=2).get_json()
    assert [item["id"] for item in page["items"]] == [first]
    assert [told["id"] for told in page["unreadable"]] == [broken]
    following = alice.get("/services", cursor=page["pagination"]["next_cursor"], page_size=2).get_json()
    assert [item["id"] for item in following["items"]] == [last]


def test_others_notice_nothing(bob: Caller, admin: Caller, services: list[TradingService]) -> None:
    """Another's damaged service is a missing one; an admin is told of it."""
    broken = services[1].id
    spoil("trading_services", "buy_threshold", broken)

    assert bob.get("/services").get_json()["items"] == []
    assert "unreadable" not in bob.get("/services").get_json()
    missing, anothers = bob.get("/services/999"), bob.get(f"/services/{broken}")
    assert (anothers.status_code, anothers.get_json()["message"]) == (404, missing.get_json()["message"])
    assert admin.get(f"/services/{broken}").status_code == 409
    assert [told["id"] for told in admin.get("/services").get_json()["unreadable"]] == [broken]


def test_a_body_that_nobody_reads_hides_no_damage(alice: Caller, services: list[TradingService]) -> None:
    """A GET takes none: whatever is sent with it, the row is named."""
    broken = services[1].id
    spoil("trading_services", "buy_threshold", broken)

    for body in (b"{", b"[]", b'{"service_id": 999}'):
        answer = alice._send("GET", f"/services/{broken}", data=body, content_type="application/json")
        assert (answer.status_code, answer.get_json()["code"]) == (409, "unreadable_row"), answer.text

    spoil("users", "last_login", alice.user.id)
    answer = alice._send("GET", "/users/me", data=b'{"service_id": 999}', content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "unreadable_row"), answer.text


def test_an_error_of_ours_about_anothers_row_is_logged(
    bob: Caller, services: list[TradingService], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks is told nothing of the row; the operator finds what failed."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError("of ours")

    monkeypatch.setattr("daytrader.services.trading_service.get_owned", fail)
    with capture_logs() as logged:
        assert bob.get(f"/services/{services[0].id}").status_code == 404

    (line,) = [each for each in logged if each["event"] == "a request about another's row failed"]
    assert (line["kind"], line["row_id"]) == ("service", services[0].id)
    assert str(line["exc_info"]) == "of ours"


def test_who_signs_in_is_not_kept_out(app: Flask, alice: Caller, admin: Caller, services: list[TradingService]) -> None:
    """An account is shown, and its password taken, whatever its services' rows hold."""
    spoil("trading_services", "buy_threshold", services[1].id)
    with SessionManager() as session:
        session.get_one(User, alice.user.id).password = "Right-Password-1"

    signed_in = app.test_client().post(
        "/api/v1/auth/login", json={"username": alice.user.username, "password": "Right-Password-1"}
    )

    assert signed_in.status_code == 200
    assert signed_in.get_json()["user"]["has_active_services"] is True
    assert alice.get("/users/me").get_json()["has_active_services"] is True
    assert admin.get("/users").status_code == 200


def test_the_kill_switch_turns(alice: Caller, admin: Caller, services: list[TradingService]) -> None:
    """Own and everybody's, whatever the rows hold that are at stake: what is taken of the limits is not known then."""
    for service in services:
        assert alice.post("/transactions", {"service_id": service.id, "shares": 1}).status_code == 201
    spoil("trading_services", "buy_threshold", services[1].id)

    for caller, address in ((alice, "/risk"), (admin, "/system/engine")):
        turned = caller.post(f"{address}/kill", {"reason": "nonsense"})
        assert (turned.status_code, turned.get_json()["is_killed"]) == (200, True), turned.text
        assert turned.get_json()["position_value"] is None
    assert alice.get("/risk").get_json()["is_killed"] is True
    assert admin.get("/system/engine/limits").get_json()["is_killed"] is True
    assert alice.post("/transactions", {"service_id": services[0].id, "shares": 1}).status_code == 409
    assert alice.post("/risk/release").get_json()["is_killed"] is False


def _requests(service_id: int) -> Iterable[tuple[str, str, object]]:
    yield "GET", f"/services/{service_id}", None
    yield "GET", f"/services/{service_id}/metrics", None
    yield "GET", f"/services/{service_id}/check-buy", None
    yield "GET", f"/services/{service_id}/decisions", None
    yield "GET", f"/transactions/services/{service_id}", None
    yield "PUT", f"/services/{service_id}", {"name": "another"}
    yield "PUT", f"/services/{service_id}/state", {"state": "PAUSED"}
    yield "POST", f"/services/{service_id}/pause", {}
    yield "POST", "/transactions", {"service_id": service_id, "shares": 1}


def test_whatever_names_it_is_409(alice: Caller, services: list[TradingService]) -> None:
    """Read or change: nothing is guessed, the column is named, and the search leaves it out."""
    whole, broken, last = services
    spoil("trading_services", "take_profit_percent", broken.id)

    for method, address, body in _requests(broken.id):
        answer = alice._send(method, address, **({} if body is None else {"json": body}))
        assert (answer.status_code, answer.get_json()["code"]) == (409, "unreadable_row"), (address, answer.text)
        assert f"trading service {broken.id} is damaged" in answer.get_json()["message"]
        assert "take_profit_percent is no number" in answer.get_json()["message"]
    assert _ids(alice, "/services/search", q="number") == [whole.id, last.id]
    assert alice.post(f"/services/{whole.id}/pause").status_code == 200


@pytest.mark.parametrize(
    ("table", "address", "column", "reason"),
    [
        ("trading_transactions", "/transactions", "purchase_price", "purchase_price is no number"),
        ("trading_transactions", "/transactions", "sale_date", "sale_date is no moment"),
        ("orders", "/orders", "kind", "kind is none of"),
        ("orders", "/orders", "updated_at", "updated_at is no moment"),
    ],
)
def test_a_damaged_transaction_or_order(
    alice: Caller, bob: Caller, services: list[TradingService], table: str, address: str, column: str, reason: str
) -> None:
    """The lists of both come, too; the one itself is 409, and for others missing."""
    for service in services:
        assert alice.post("/transactions", {"service_id": service.id, "shares": 1}).status_code == 201
    whole, broken, last = _ids(alice, address)
    spoil(table, column, broken)

    body = alice.get(address).get_json()
    assert [item["id"] for item in body["items"]] == [whole, last]
    assert [told["id"] for told in body["unreadable"]] == [broken]
    assert body["unreadable"][0]["reason"].startswith(reason)

    answer = alice.get(f"{address}/{broken}")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "unreadable_row")
    assert reason in answer.get_json()["message"]
    assert alice.get(f"{address}/{whole}").status_code == 200
    assert bob.get(f"{address}/{broken}").status_code == 404


@pytest.fixture
def _kept(world: World, alice: Caller) -> None:
    """Two of each: jobs and backtests of alice's, prices, stocks."""
    world.prices(world.stock("ACME"), [10.0, 20.0])
    world.stock("OTHER")
    with SessionManager() as session:
        for kind in ("fetch", "sweep"):
            session.add(Job(user_id=alice.user.id, kind=kind, params={}))
        for _ in range(2):
            session.add(_backtest(alice.user.id))


def _backtest(user_id: int) -> Backtest:
    figures: dict[str, Any] = {"params": {}, "metrics": {}, "settings": {}, "data": [], "report": b""}
    figures |= {"symbol": "ACME", "strategy": "technical", "interval": 1440, "trades": 0, "total_return_pct": 0.0}
    figures |= {"start": date(2024, 1, 1), "end": date(2024, 1, 2), "data_hash": "", "engine_version": ""}
    return Backtest(user_id=user_id, initial_balance=Decimal(1), final_portfolio_value=Decimal(1), **figures)


@pytest.mark.usefixtures("_kept")
@pytest.mark.parametrize(
    ("table", "address", "column", "reason"),
    [
        ("jobs", "/jobs", "state", "state is none of"),
        ("jobs", "/jobs", "progress", "progress is no number"),
        ("jobs", "/jobs", "created_at", "created_at is no moment"),
        ("backtests", "/backtests", "start", "start is no date"),
        ("backtests", "/backtests", "total_return_pct", "total_return_pct is no number"),
        ("users", "/users", "last_login", "last_login is no moment"),
        ("stocks", "/stocks", "updated_at", "updated_at is no moment"),
        ("stock_daily_prices", "/prices/daily", "close_price", "close_price is no number"),
        ("stock_daily_prices", "/prices/daily", "price_date", "price_date is no date"),
        ("stock_daily_prices", "/prices/daily", "source", "source is none of"),
    ],
)
def test_any_other_damaged_row(admin: Caller, bob: Caller, table: str, address: str, column: str, reason: str) -> None:
    """Jobs, accounts, stocks and prices as services: the list goes on, the one is 409 that names the column."""
    broken, *whole = _ids(admin, address)
    spoil(table, column, broken)

    body = admin.get(address).get_json()
    assert [item["id"] for item in body["items"]] == whole
    assert [told["id"] for told in body["unreadable"]] == [broken]
    assert body["unreadable"][0]["reason"].startswith(reason)

    answer = admin.get(f"{address}/{broken}")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "unreadable_row"), answer.text
    assert reason in answer.get_json()["message"]
    assert "junk" not in answer.text
    if address in ("/jobs", "/backtests", "/users"):
        assert bob.get(f"{address}/{broken}").status_code in (403, 404)


def test_ones_own_damaged_account(alice: Caller) -> None:
    """It is told of where it is asked for."""
    spoil("users", "last_login", alice.user.id)

    answer = alice.get("/users/me")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "unreadable_row"), answer.text
    assert "last_login is no moment" in answer.get_json()["message"]


@pytest.mark.parametrize("sort", ["id", "name", "buy_threshold"])
def test_a_page_of_damaged_rows_alone_does_not_end_the_walk(
    alice: Caller, services: list[TradingService], sort: str
) -> None:
    """By cursor: what follows is reached, and each is told of."""
    for service in services[:2]:
        spoil("trading_services", "buy_threshold", service.id)
    shown, told, cursor = [], set(), ""
    while cursor is not None:
        order = "desc" if sort == "buy_threshold" else "asc"  # SQLite sorts text behind numbers: junk comes first
        body = alice.get("/services", cursor=cursor, page_size=1, sort=sort, order=order).get_json()
        shown += [item["id"] for item in body["items"]]
        told |= {one["id"] for one in body.get("unreadable", [])}
        cursor = body["pagination"]["next_cursor"]

    assert shown == [services[2].id]
    assert told == {service.id for service in services[:2]}


def test_an_error_of_ours_stays_one(
    alice: Caller, services: list[TradingService], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every row can be read, a failure is not called damage."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr("daytrader.services.listings.services", fail)
    monkeypatch.setattr("daytrader.services.trading_service.get_owned", fail)

    assert alice.get("/services").status_code == 500
    assert alice.get(f"/services/{services[0].id}").status_code == 500
