"""Tests of the /stocks and /prices resources over HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from daytrader.api.schemas.stock import StockSchema
from daytrader.api.schemas.stock_price import DailyPriceSchema
from daytrader.models import FeedCursor, Stock, StockDailyPrice, StockIntradayPrice
from daytrader.services import price_service
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from .conftest import Caller


@pytest.fixture
def acme(world: World) -> Stock:
    """ACME, which closed at 10, 11, 12 on the first days of 2020."""
    stock = world.stock("ACME", name="Acme Corp")
    world.prices(stock, [10.0, 11.0, 12.0])
    return stock


def test_an_admin_makes_changes_and_removes_a_stock(admin: Caller, alice: Caller) -> None:
    """201 with its address, upper-cased; 200; 204; everyone reads."""
    made = admin.post("/stocks", {"symbol": "brk.b", "name": "Berkshire"})
    address = made.headers["Location"].removeprefix("/api/v1")

    assert made.status_code == 201
    assert made.get_json()["symbol"] == "BRK.B"
    assert set(made.get_json()) == set(StockSchema().dump_fields)
    assert alice.get(address).get_json() == made.get_json()
    assert admin.put(address, {"sector": "All"}).get_json()["sector"] == "All"
    assert admin.patch(address, {"sector": None}).get_json()["sector"] is None
    assert admin.post(f"{address}/toggle-active").get_json()["is_active"] is False
    assert admin.delete(address).status_code == 204
    assert alice.get(address).status_code == 404


@pytest.mark.usefixtures("acme")
def test_a_symbol_is_taken_once(admin: Caller) -> None:
    """409, also when it is renamed to another's."""
    other = admin.post("/stocks", {"symbol": "OTHER"}).get_json()["id"]

    assert admin.post("/stocks", {"symbol": "acme"}).status_code == 409
    assert admin.put(f"/stocks/{other}", {"symbol": "ACME"}).status_code == 409


def test_a_stock_that_is_traded_stays(world: World, admin: Caller, alice: Caller, acme: Stock) -> None:
    """409 while a service refers to it."""
    world.service(alice.user, acme)

    assert admin.delete(f"/stocks/{acme.id}").status_code == 409
    assert alice.get(f"/stocks/{acme.id}").get_json()["has_dependencies"] is True


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"nonsense": 1}),
        ("PUT", "/{id}", {"nonsense": 1}),
        ("PATCH", "/{id}", {"name": "x"}),
        ("DELETE", "/{id}", None),
        ("POST", "/{id}/toggle-active", None),
    ],
)
def test_users_do_not_write(alice: Caller, acme: Stock, method: str, path: str, body: Any) -> None:
    """403 before the body is judged; 404 for what is not there."""
    headers = {"Authorization": f"Bearer {alice.token}"}
    client = alice.client

    there = client.open(f"/api/v1/stocks{path.format(id=acme.id)}", method=method, json=body, headers=headers)
    missing = client.open(f"/api/v1/stocks{path.format(id=99)}", method=method, json=body, headers=headers)

    assert there.status_code == 403
    assert missing.status_code == (404 if path else 403)


def test_by_symbol_and_by_search(world: World, alice: Caller, acme: Stock) -> None:
    """In any case; the nearest symbols first; the query's bounds are checked."""
    world.stock("AC")
    world.stock("XAC")

    assert alice.get("/stocks/symbol/acme").get_json()["id"] == acme.id
    assert alice.get("/stocks/symbol/NONE").status_code == 404
    found = alice.get("/stocks/search", q="ac").get_json()["items"]
    assert [item["symbol"] for item in found] == ["AC", "ACME", "XAC"]
    assert len(alice.get("/stocks/search", q="ac", limit=1).get_json()["items"]) == 1
    assert alice.get("/stocks/search").get_json()["validation_errors"].keys() == {"q"}
    assert alice.get("/stocks/search", q="a", limit=1000).get_json()["validation_errors"].keys() == {"limit"}


@pytest.mark.usefixtures("acme")
def test_daily_prices_are_listed_and_shown(alice: Caller) -> None:
    """By symbol and period, with their derived properties; one of them by id is the same."""
    items = alice.get("/prices/daily", symbol="acme", start="2020-01-02", price_max=11.5).get_json()["items"]

    assert [(item["price_date"], item["close_price"]) for item in items] == [("2020-01-02", 11)]
    assert set(items[0]) == set(DailyPriceSchema().dump_fields)
    assert (items[0]["change"], items[0]["change_percent"], items[0]["trading_range"]) == (1, 10, 1)
    assert (items[0]["is_valid"], items[0]["is_real_data"], items[0]["source"]) == (True, True, "HISTORICAL")
    assert alice.get(f"/prices/daily/{items[0]['id']}").get_json() == items[0]
    assert alice.get("/prices/daily/999").status_code == 404


@pytest.mark.usefixtures("world")
def test_history_is_columnar(alice: Caller, acme: Stock) -> None:
    """Both ends included; what is unknown is null; bars that cannot be traded on are left out."""
    with SessionManager() as session:
        session.add(StockDailyPrice(stock_id=acme.id, price_date=date(2020, 1, 4), close_price=13.0))
        rows = session.query(StockDailyPrice).filter_by(price_date=date(2020, 1, 3)).one()
        rows.volume = None

    body = alice.get("/prices/acme/history", start="2020-01-02", end="2020-01-04").get_json()

    assert body == {
        "symbol": "ACME",
        "interval": 0,
        "adjusted": False,
        "timestamps": ["2020-01-02T00:00:00Z", "2020-01-03T00:00:00Z"],
        "open": [10, 11],
        "high": [11, 12],
        "low": [10, 11],
        "close": [11, 12],
        "volume": [1000, None],
    }


@pytest.mark.usefixtures("world", "acme")
def test_adjusted_history_needs_adjusted_closes(alice: Caller) -> None:
    """422 without them, scaled bars with them."""
    assert alice.get("/prices/ACME/history", adjusted="true").status_code == 422
    with SessionManager() as session:
        for row in session.query(StockDailyPrice):
            row.adj_close = (row.close_price or 0) / 2

    assert alice.get("/prices/ACME/history", adjusted="true").get_json()["close"] == [5, 5.5, 6]


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("query", "field"),
    [({"start": "soon"}, "start"), ({"interval": 7}, "interval"), ({"adjusted": "perhaps"}, "adjusted")],
)
def test_history_judges_its_arguments(alice: Caller, query: dict[str, Any], field: str) -> None:
    """400 naming the argument; an unknown symbol is 404."""
    assert alice.get("/prices/ACME/history", **query).get_json()["validation_errors"].keys() == {field}
    assert alice.get("/prices/NONE/history").status_code == 404


@pytest.mark.usefixtures("world")
def test_latest_shows_each_interval(alice: Caller, acme: Stock) -> None:
    """The last bar of each that has one; in a replay, what the market knows."""
    with SessionManager() as session:
        session.add(
            StockIntradayPrice(
                stock_id=acme.id, timestamp=datetime(2020, 1, 3, 15, tzinfo=UTC), interval=5, close_price=12.5
            )
        )

    now = alice.get("/prices/ACME/latest").get_json()
    with SessionManager() as session:
        session.add(FeedCursor(name="replay", position=datetime(2020, 1, 2, tzinfo=UTC)))
    then = alice.get("/prices/ACME/latest").get_json()

    assert [(bar["interval"], bar["timestamp"], bar["close"]) for bar in now["items"]] == [
        (0, "2020-01-03T00:00:00Z", 12),
        (5, "2020-01-03T15:00:00Z", 12.5),
    ]
    assert [(bar["interval"], bar["close"]) for bar in then["items"]] == [(0, 11)]


def test_a_price_event_shows_the_price_as_rest_does(world: World, alice: Caller, acme: Stock) -> None:
    """With its interval beside it, for events of daily and intraday bars go by one name."""
    with SessionManager() as session:
        price_service.price_events(session, session.get_one(Stock, acme.id))

    told = world.published[0].payload()

    shown = alice.get("/prices/daily", start="2020-01-03").get_json()["items"][0]
    assert told["event"] == "price:update"
    assert told["entity"] == shown
