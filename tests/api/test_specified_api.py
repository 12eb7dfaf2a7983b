"""Each endpoint and each feature of the API that the specification names, asked as it is written there."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema
from werkzeug.test import TestResponse

from daytrader.api import errors
from daytrader.api.schemas.stock import StockSchema
from daytrader.api.schemas.stock_price import DailyPriceSchema, IntradayPriceSchema
from daytrader.api.schemas.trading_service import ServiceSchema
from daytrader.api.schemas.trading_transaction import TransactionSchema
from daytrader.api.schemas.user import UserSchema
from daytrader.models import (
    Base,
    Stock,
    StockDailyPrice,
    StockIntradayPrice,
    TradingService,
    TradingTransaction,
    User,
)
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import (
    BrokenRuleError,
    ConflictError,
    DayTraderError,
    ForbiddenError,
    InsufficientDataError,
    InvalidInputError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnavailableError,
)

from ..conftest import PASSWORD, World
from .conftest import Caller

NEW = {"username": "carol", "email": "carol@example.com"}
INTRADAY = {"symbol": "ACME", "timestamp": "2020-01-02T15:00:00Z", "interval": 5, "close_price": 10.5}
CSV = b"Date,Open,High,Low,Close,Volume\n2020-02-03,10,11,9,10.5,1000\n"


@dataclass
class Office:
    """An active service of alice's on ACME, an admin, and somebody who is not signed in."""

    client: FlaskClient
    alice: Caller
    admin: Caller
    service: TradingService
    world: World

    def anonymous(self, path: str, body: dict[str, Any]) -> TestResponse:
        """Post without a token."""
        return self.client.post(f"/api/v1{path}", json=body)

    def login(self) -> dict[str, Any]:
        """Sign alice in by her password."""
        answer = self.anonymous("/auth/login", {"username": "alice", "password": PASSWORD})
        tokens: dict[str, Any] = answer.get_json()
        return tokens

    def buy(self) -> int:
        """Open a position by hand; return the transaction's id."""
        bought = self.alice.post("/transactions", {"service_id": self.service.id, "shares": 2})
        number: int = bought.get_json()["id"]
        return number

    def of_service(self, rest: str = "") -> str:
        """Return the address of the service."""
        return f"/services/{self.service.id}{rest}"

    def of_alice(self, rest: str = "") -> str:
        """Return the address of alice's account."""
        return f"/users/{self.alice.user.id}{rest}"

    def spare(self) -> int:
        """Make a stock that nobody trades; return its id."""
        return self.world.stock("SPARE").id

    def intraday(self) -> int:
        """Store an intraday bar; return its id."""
        number: int = self.admin.post("/prices/intraday", INTRADAY).get_json()["id"]
        return number


@pytest.fixture
def office(client: FlaskClient, alice: Caller, admin: Caller, active_service: TradingService, world: World) -> Office:
    """What every test here starts from."""
    return Office(client, alice, admin, active_service, world)


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
    return f"/services/{office.alice.post('/services', _SERVICE).get_json()['id']}"


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
_SERVICE = {"name": "second", "stock_symbol": "ACME", "initial_balance": 1000}
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
        lambda o: o.alice.post("/services", _SERVICE),
        201,
        _SERVICE | {"state": "INACTIVE", "mode": "BUY"},
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


# Name, list, query of the specification's kind, what the answer's items are.
QUERIES: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("status=active", "/services", {"status": "active"}, ["swing"]),
    ("status=inactive", "/services", {"status": "inactive"}, ["Trading two", "trading one"]),
    ("name_like=trading", "/services", {"name_like": "trading"}, ["Trading two", "trading one"]),
    ("sort=created_at", "/services", {"sort": "created_at"}, ["Trading two", "swing", "trading one"]),
    ("order=desc", "/services", {"sort": "id", "order": "desc"}, ["trading one", "Trading two", "swing"]),
    ("order=asc", "/services", {"sort": "name", "order": "asc"}, ["Trading two", "swing", "trading one"]),
    ("page and page_size", "/services", {"page": 2, "page_size": 2}, ["trading one"]),
    ("initial_balance_min", "/services", {"initial_balance_min": 600}, ["swing"]),
    (
        "several at once",
        "/services",
        {"status": "inactive", "name_like": "two", "stock_symbol": "acme"},
        ["Trading two"],
    ),
    ("created_at_after", "/services", {"created_at_after": "2000-01-01"}, ["swing", "trading one"]),
    ("created_at_before", "/services", {"created_at_before": "2000-01-01"}, ["Trading two"]),
]


@pytest.mark.parametrize(("path", "query", "names"), [pytest.param(*row[1:], id=row[0]) for row in QUERIES])
def test_a_query(office: Office, path: str, query: dict[str, Any], names: list[str]) -> None:
    """By the words of the specification; the second service is of another century, the others of today."""
    for name in ("Trading two", "trading one"):
        office.alice.post("/services", _SERVICE | {"name": name, "initial_balance": 500})
    with SessionManager() as session:
        session.query(TradingService).filter_by(name="Trading two").one().created_at = datetime(1999, 6, 1, tzinfo=UTC)
    answer = office.alice.get(path, **query)
    assert answer.status_code == 200, answer.text
    assert [item["name"] for item in answer.get_json()["items"]] == names


def test_price_min_and_price_max(office: Office) -> None:
    """`?price_min=10&price_max=20` on prices and on transactions, both ends included."""
    office.buy()
    closes = [item["close_price"] for item in _items(office, "/prices/daily", price_min=10, price_max=19.99)]
    bought = [item["purchase_price"] for item in _items(office, "/transactions", price_min=20, price_max=20)]
    assert (closes, bought) == ([10], [20])
    assert _items(office, "/transactions", price_min=20.01) == []


def _items(office: Office, path: str, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = office.alice.get(path, **query).get_json()["items"]
    return items


@pytest.mark.parametrize(
    ("page", "has_prev", "has_next"),
    [pytest.param(1, False, True, id="first"), (2, True, True), pytest.param(3, True, False, id="last")],
)
def test_previous_and_next(office: Office, page: int, has_prev: bool, has_next: bool) -> None:
    """Indicators of a page's neighbours."""
    for name in ("b", "c"):
        office.alice.post("/services", _SERVICE | {"name": name})
    place = office.alice.get("/services", page=page, page_size=1).get_json()["pagination"]
    assert (place["has_prev"], place["has_next"]) == (has_prev, has_next)


def test_totals(office: Office) -> None:
    """Items and pages are counted, a page that is not full included."""
    for number in (2, 3):
        body = {"name": f"service {number}", "stock_symbol": "ACME", "initial_balance": 1000}
        assert office.alice.post("/services", body).status_code == 201
    for size, pages in ((1, 3), (2, 2), (3, 1), (4, 1)):
        place = office.alice.get("/services", page_size=size).get_json()["pagination"]
        assert (place["page"], place["page_size"], place["total_items"], place["total_pages"]) == (1, size, 3, pages)


SCHEMAS: list[tuple[type[Base], type[Schema]]] = [
    (User, UserSchema),
    (Stock, StockSchema),
    (StockDailyPrice, DailyPriceSchema),
    (StockIntradayPrice, IntradayPriceSchema),
    (TradingService, ServiceSchema),
    (TradingTransaction, TransactionSchema),
]


@pytest.mark.parametrize(("model", "schema"), [pytest.param(*row, id=row[0].__name__) for row in SCHEMAS])
def test_a_schema_maps_its_model(model: type[Base], schema: type[Schema]) -> None:
    """Every column that is no secret has a field of its name."""
    columns = {attribute.key for attribute in model.__mapper__.column_attrs} - model.private_columns
    assert columns <= schema().dump_fields.keys()


def test_values_are_transformed(office: Office) -> None:
    """Capitals for symbols, small letters for mail, names without the spaces around them."""
    stock = office.admin.post("/stocks", {"symbol": " brk.b ", "name": "  Berkshire "}).get_json()
    user = office.alice.put(office.of_alice(), {"email": "ALICE@Example.COM"}).get_json()
    assert (stock["symbol"], stock["name"], user["email"]) == ("BRK.B", "Berkshire", "alice@example.com")


def test_every_body_is_validated(app: Flask, office: Office) -> None:
    """Whatever takes one refuses an unknown field by its name, before it does anything."""
    paths = app.test_client().get("/api/v1/swagger.json").get_json()["paths"]
    values = {"service_id": office.service.id, "user_id": office.alice.user.id, "transaction_id": office.buy()}
    values |= {"stock_id": office.service.stock_id or 0, "price_id": 1}
    office.intraday()
    asked = 0
    for path, item in paths.items():
        for method, operation in item.items():
            if method == "parameters" or not any(p["in"] == "body" for p in operation["parameters"]):
                continue
            address = path.replace("{symbol}", "ACME").format_map(values)
            is_admins = operation["summary"].endswith("(admins)") or "/role" in path
            answer = (office.admin if is_admins else office.alice)._send(method.upper(), address, json={"colour": 1})
            assert answer.status_code == 400, (method, path, answer.text)
            assert "colour" in answer.get_json()["validation_errors"], (method, path)
            asked += 1
    assert asked > 25


STATUSES = {
    InvalidInputError: 400,
    BrokenRuleError: 400,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    InsufficientDataError: 422,
    TooManyRequestsError: 429,
    UnavailableError: 503,
}


@pytest.mark.parametrize("kind", STATUSES)
def test_a_service_error_has_its_status(app: Flask, kind: type[DayTraderError]) -> None:
    """Whatever the service layer raises leaves in the one envelope, with its words and fields."""
    error = InvalidInputError({"a": ["b"]}) if kind is InvalidInputError else kind("in words")
    with app.test_request_context("/api/v1/stocks"):
        answer = app.make_response(app.handle_user_exception(error))
    body = answer.get_json()
    assert (answer.status_code, body["status_code"], body["error"]) == (STATUSES[kind], STATUSES[kind], True)
    assert body.keys() == {"error", "status_code", "message", "code", "validation_errors", "request_id"}
    assert (body["message"], body["code"]) == (str(error), kind.code)
    assert body["validation_errors"] == ({"a": ["b"]} if kind is InvalidInputError else {})


def test_every_error_of_the_services_is_among_them() -> None:
    """None was forgotten above."""
    assert {kind for kind in errors.STATUS if kind.__module__.startswith("daytrader.utils")} == STATUSES.keys()


def test_an_access_token_is_short_lived(office: Office) -> None:
    """Fifteen minutes at most, and the answer says so."""
    tokens = office.login()
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] <= 900


def test_a_refresh_token_extends_the_session(office: Office) -> None:
    """The new access token is as good as the first, for the same user."""
    tokens = office.login()
    again = office.anonymous("/auth/refresh", {"refresh_token": tokens["refresh_token"]}).get_json()
    caller = Caller(office.client, office.alice.user, again["access_token"])
    assert caller.get("/users/me").get_json()["username"] == "alice"


def test_a_token_can_be_revoked(office: Office) -> None:
    """After a logout neither the access token nor the refresh token is good."""
    tokens = office.login()
    caller = Caller(office.client, office.alice.user, tokens["access_token"])
    assert caller.post("/auth/logout").status_code == 204
    assert caller.get("/users/me").status_code == 401
    assert office.anonymous("/auth/refresh", {"refresh_token": tokens["refresh_token"]}).status_code == 401
