"""Each endpoint that the specification names, asked as it is written there."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.conftest import PASSWORD

from ..conftest import Caller
from .conftest import INTRADAY, SERVICE, Office

NEW = {"username": "carol", "email": "carol@example.com"}
CSV = b"Date,Open,High,Low,Close,Volume\n2020-02-03,10,11,9,10.5,1000\n"


def _import(office: Office) -> TestResponse:
    data = {"file": (io.BytesIO(CSV), "ACME.csv")}
    return office.admin.post("/prices/import?symbol=ACME", data=data, content_type="multipart/form-data")


def _decided(office: Office) -> TestResponse:
    office.alice.post(office.of_service("/execute-strategy"))
    return office.alice.get(office.of_service("/decisions"))


def _reset(office: Office) -> TestResponse:
    link = office.admin.post(office.of_alice("/reset-password")).get_json()["set_password_url"]
    set_ = office.anonymous("/auth/set-password", {"token": link.partition("token=")[2]} | _FRESH)
    return _entered(office, set_)


def _made(office: Office) -> str:
    """Return the address of another service of alice's."""
    return f"/services/{office.alice.post('/services', SERVICE).get_json()['id']}"


def _entered(office: Office, changed: TestResponse) -> TestResponse:
    """Sign alice in by the password that she has now."""
    assert changed.status_code == 200, changed.text
    return office.anonymous("/auth/login", {"username": "alice", "password": _FRESH["new_password"]})


def _gone(caller: Caller, path: str, body: dict[str, Any] | None = None) -> TestResponse:
    """Delete what is at *path*, and look for it."""
    assert caller.get(path).status_code == 200
    assert caller._send("DELETE", path, json=body).status_code == 204
    return caller.get(path)


_FRESH = {"new_password": "Fresh-Start-1", "confirm_password": "Fresh-Start-1"}
_CHANGE = {"current_password": PASSWORD} | _FRESH
_DELETE = {"confirm": True, "password": PASSWORD}
_GONE: dict[str, Any] = {"code": "not_found"}

# Name, request, status, and what stands where in the answer.
ENDPOINTS: list[tuple[str, Callable[[Office], TestResponse], int, dict[str, Any]]] = [
    (
        "POST /auth/register",
        lambda o: o.anonymous("/auth/register", NEW | {"password": PASSWORD, "password_confirm": PASSWORD}),
        201,
        NEW | {"is_admin": False},
    ),
    (
        "POST /auth/login",
        lambda o: o.anonymous("/auth/login", {"username": "alice", "password": PASSWORD}),
        200,
        {"token_type": "Bearer"},
    ),
    (
        "POST /auth/refresh",
        lambda o: o.anonymous("/auth/refresh", {"refresh_token": o.login()["refresh_token"]}),
        200,
        {"token_type": "Bearer"},
    ),
    (
        "create a user",
        lambda o: o.admin.post("/users", NEW),
        201,
        {f"user.{k}": v for k, v in NEW.items()} | {"user.is_admin": False},
    ),
    (
        "list users",
        lambda o: o.admin.get("/users", sort="username"),
        200,
        {"items.0.username": "alice", "items.1.username": "root", "pagination.total_items": 2},
    ),
    ("read a user", lambda o: o.alice.get(o.of_alice()), 200, {"username": "alice"}),
    ("update a user", lambda o: o.alice.put(o.of_alice(), {"email": "a@example.com"}), 200, {"email": "a@example.com"}),
    ("delete a user", lambda o: _gone(o.admin, f"/users/{o.world.user('dave').id}", _DELETE), 404, _GONE),
    (
        "change a password",
        lambda o: _entered(o, o.alice.post("/users/change-password", _CHANGE)),
        200,
        {"user.username": "alice"},
    ),
    ("reset a password", _reset, 200, {"user.username": "alice"}),
    ("shut an account", lambda o: o.admin.post(o.of_alice("/toggle-active")), 200, {"is_active": False}),
    ("give a role", lambda o: o.admin.put(o.of_alice("/role"), {"is_admin": True}), 200, {"is_admin": True}),
    ("create a stock", lambda o: o.admin.post("/stocks", {"symbol": "new"}), 201, {"symbol": "NEW"}),
    ("list stocks", lambda o: o.alice.get("/stocks"), 200, {"items.0.symbol": "ACME", "pagination.total_items": 1}),
    ("read a stock", lambda o: o.alice.get(f"/stocks/{o.service.stock_id}"), 200, {"symbol": "ACME"}),
    (
        "update a stock",
        lambda o: o.admin.put(f"/stocks/{o.service.stock_id}", {"sector": "Tech"}),
        200,
        {"sector": "Tech"},
    ),
    ("delete a stock", lambda o: _gone(o.admin, f"/stocks/{o.spare()}"), 404, _GONE),
    ("search stocks", lambda o: o.alice.get("/stocks/search", q="cm"), 200, {"items.0.symbol": "ACME"}),
    ("look a symbol up", lambda o: o.alice.get("/stocks/symbol/acme"), 200, {"symbol": "ACME"}),
    ("toggle a stock", lambda o: o.admin.post(f"/stocks/{o.spare()}/toggle-active"), 200, {"is_active": False}),
    (
        "list daily prices",
        lambda o: o.alice.get("/prices/daily", symbol="ACME"),
        200,
        {"items.0.close_price": 10, "items.1.close_price": 20, "pagination.total_items": 2},
    ),
    ("read a daily price", lambda o: o.alice.get("/prices/daily/1"), 200, {"close_price": 10}),
    ("change a daily price", lambda o: o.admin.put("/prices/daily/1", {"volume": 5}), 200, {"volume": 5}),
    ("delete a daily price", lambda o: _gone(o.admin, "/prices/daily/1"), 404, _GONE),
    ("store an intraday price", lambda o: o.admin.post("/prices/intraday", INTRADAY), 201, INTRADAY),
    ("read an intraday price", lambda o: o.alice.get(f"/prices/intraday/{o.intraday()}"), 200, {"interval": 5}),
    ("price history", lambda o: o.alice.get("/prices/ACME/history", start="2020-01-02"), 200, {"close": [20]}),
    ("latest price", lambda o: o.alice.get("/prices/ACME/latest"), 200, {"symbol": "ACME", "items.0.close": 20}),
    ("import prices", _import, 202, {"kind": "import_prices"}),
    (
        "export prices",
        lambda o: o.alice.get("/prices/ACME/export", format="json"),
        200,
        {"0.close": 10, "1.close": 20},
    ),
    (
        "create a service",
        lambda o: o.alice.post("/services", SERVICE),
        201,
        SERVICE | {"state": "INACTIVE", "mode": "BUY"},
    ),
    ("list services", lambda o: o.alice.get("/services"), 200, {"items.0.name": "swing", "pagination.total_items": 1}),
    ("read a service", lambda o: o.alice.get(o.of_service()), 200, {"state": "ACTIVE"}),
    ("configure a service", lambda o: o.alice.put(o.of_service(), {"buy_threshold": 4}), 200, {"buy_threshold": 4}),
    ("delete a service", lambda o: _gone(o.alice, _made(o)), 404, _GONE),
    (
        "activate a service",
        lambda o: o.alice.post(_made(o) + "/activate"),
        200,
        {"state": "ACTIVE"},
    ),
    ("pause a service", lambda o: o.alice.post(o.of_service("/pause")), 200, {"state": "PAUSED"}),
    ("stop a service", lambda o: o.alice.post(o.of_service("/stop"), {}), 200, {"state": "INACTIVE"}),
    ("set a state", lambda o: o.alice.put(o.of_service("/state"), {"state": "paused"}), 200, {"state": "PAUSED"}),
    ("set a mode", lambda o: o.alice.put(o.of_service("/mode"), {"mode": "HOLD"}), 200, {"mode": "HOLD"}),
    ("performance metrics", lambda o: o.alice.get(o.of_service("/metrics")), 200, {"equity": 10_000, "trades": 0}),
    ("check a buy", lambda o: o.alice.get(o.of_service("/check-buy")), 200, {"next_action": "CHECK_BUY"}),
    ("check a sale", lambda o: o.alice.get(o.of_service("/check-sell")), 200, {"should_proceed": False}),
    ("decisions of a service", _decided, 200, {"items.0.reason": "no entry signal", "pagination.total_items": 1}),
    ("backtest a service", lambda o: o.alice.post(o.of_service("/backtest"), {}), 200, {"symbol": "ACME"}),
    ("buy", lambda o: o.alice.post("/transactions", {"service_id": 1, "shares": 2}), 201, {"state": "OPEN"}),
    (
        "list transactions",
        lambda o: o.alice.get("/transactions", id=o.buy()),
        200,
        {"items.0.stock_symbol": "ACME", "items.0.shares": 2, "pagination.total_items": 1},
    ),
    ("read a transaction", lambda o: o.alice.get(f"/transactions/{o.buy()}"), 200, {"shares": 2}),
    (
        "complete a transaction",
        lambda o: o.alice.post(f"/transactions/{o.buy()}/complete", {"sale_price": 21}),
        200,
        {"state": "CLOSED", "gain_loss": 2},
    ),
    (
        "cancel a transaction",
        lambda o: o.alice.post(f"/transactions/{o.buy()}/cancel", {"reason": "twice"}),
        200,
        {"state": "CANCELLED"},
    ),
    (
        "note on a transaction",
        lambda o: o.alice.put(f"/transactions/{o.buy()}/notes", {"notes": "mine"}),
        200,
        {"notes": "mine"},
    ),
    (
        "transactions of a service",
        lambda o: o.alice.get(f"/transactions/services/{o.service.id}", status="open"),
        200,
        {"items": []},
    ),
    (
        "report on transactions",
        lambda o: o.alice.get(f"/transactions/services/{o.service.id}/metrics"),
        200,
        {"total_transactions": 0},
    ),
    ("export transactions", lambda o: o.alice.get("/transactions/export", format="csv", id=o.buy()), 200, {"": "ACME"}),
    ("system health", lambda o: o.client.get("/api/v1/system/health"), 200, {"status": "ok"}),
    ("system information", lambda o: o.alice.get("/system/info"), 200, {"name": "DayTrader"}),
    ("database status", lambda o: o.admin.get("/system/database/status"), 200, {"dialect": "sqlite"}),
    (
        "compare the schema",
        lambda o: o.admin.get("/system/database/schema"),
        200,
        {"agrees": True, "differences": []},
    ),
    ("schema as SQL", lambda o: o.admin.get("/system/database/ddl"), 200, {"dialect": "sqlite"}),
    ("migrations", lambda o: o.admin.get("/system/database/migrations"), 200, {"pending.0": "0001"}),
    ("configuration", lambda o: o.admin.get("/system/config"), 200, {"settings.secret_key": "***"}),
    ("engine control", lambda o: o.admin.post("/system/engine/flatten"), 200, {"paused": 1}),
    ("socket documentation", lambda o: o.alice.get("/system/websocket-docs"), 200, {"rooms.0.name": "services"}),
]


def _at(shown: Any, place: str) -> Any:
    """Return what stands at *place*, like ``items.0.name``."""
    for name in place.split("."):
        shown = shown[int(name) if name.isdigit() else name]
    return shown


@pytest.mark.parametrize(("ask", "status", "holds"), [pytest.param(*row[1:], id=row[0]) for row in ENDPOINTS])
def test_an_endpoint(office: Office, ask: Callable[[Office], TestResponse], status: int, holds: dict[str, Any]) -> None:
    """It answers whom it is for, with what it is for."""
    answer = ask(office)
    assert answer.status_code == status, answer.text
    for place, value in holds.items():
        if place:
            assert _at(answer.get_json(), place) == value, place
        else:  # no JSON
            assert value in answer.text
