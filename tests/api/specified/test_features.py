"""Each feature of the API that the specification names: lists, schemas, errors and tokens, as it is written there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from flask import Flask
from marshmallow import Schema

from daytrader.api import errors
from daytrader.api.schemas.stock import StockSchema
from daytrader.api.schemas.stock_price import DailyPriceSchema, IntradayPriceSchema
from daytrader.api.schemas.trading_service import ServiceSchema
from daytrader.api.schemas.trading_transaction import TransactionSchema
from daytrader.api.schemas.user import UserSchema
from daytrader.models import Base, Stock, StockDailyPrice, StockIntradayPrice, TradingService, TradingTransaction, User
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

from ..conftest import Caller
from .conftest import SERVICE, Office

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
        office.alice.post("/services", SERVICE | {"name": name, "initial_balance": 500})
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
        office.alice.post("/services", SERVICE | {"name": name})
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
