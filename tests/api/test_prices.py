"""Tests of single prices over HTTP: stored, shown, changed, removed, listed, paged."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from marshmallow import Schema

from daytrader.api.schemas.stock_price import DailyPriceSchema, IntradayPriceSchema
from daytrader.models import Stock, StockDailyPrice, StockIntradayPrice
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from .conftest import Caller

DAILY = {"open_price": 10, "high_price": 12.5, "low_price": 9, "close_price": 11.25, "volume": 5_000_000_000}
KINDS: dict[str, tuple[dict[str, Any], str, str, type[Schema]]] = {
    "daily": ({"price_date": "2020-01-02"} | DAILY, "price_date", "2020-01-03", DailyPriceSchema),
    "intraday": (
        {"timestamp": "2020-01-02T14:30:00Z", "interval": 5} | DAILY,
        "timestamp",
        "2020-01-02T14:35:00Z",
        IntradayPriceSchema,
    ),
}


@pytest.fixture
def acme(world: World) -> Stock:
    """ACME, without prices."""
    return world.stock("ACME")


@pytest.mark.parametrize("kind", KINDS)
def test_an_admin_stores_changes_and_removes_a_price(
    world: World, admin: Caller, alice: Caller, acme: Stock, kind: str
) -> None:
    """201 with its address; the same by id and in the list; each change announced with the price as REST shows it."""
    body, moment, other, schema = KINDS[kind]
    made = admin.post(f"/prices/{kind}", body | {"symbol": "acme"})
    address = made.headers["Location"].removeprefix("/api/v1")

    assert made.status_code == 201
    assert set(made.get_json()) == set(schema().dump_fields)
    assert made.get_json() | body == made.get_json()
    assert (made.get_json()["stock_id"], made.get_json()["symbol"]) == (acme.id, "ACME")
    assert alice.get(address).get_json() == made.get_json()
    assert alice.get(f"/prices/{kind}", symbol="ACME").get_json()["items"] == [made.get_json()]

    changed = admin.put(address, {moment: other, "close_price": 12})
    assert changed.status_code == 200
    assert (changed.get_json()[moment], changed.get_json()["close_price"]) == (other, 12)
    assert admin.patch(address, {"volume": None}).get_json()["volume"] is None
    last = admin.get(address).get_json()
    assert admin.delete(address).status_code == 204
    assert alice.get(address).status_code == 404

    told = [event.payload() for event in world.published if "price_updates" in event.event.rooms]
    assert [event["action"] for event in told] == ["created", "updated", "updated", "deleted"]
    assert told[-1]["entity"] == last
    assert {event.event.rooms[1] for event in world.published if "price_updates" in event.event.rooms} == {"stock_ACME"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_engine_reads_its_bars_again(app: Flask, admin: Caller, acme: Stock, kind: str) -> None:
    """After each bar that was stored, changed or removed by hand; what was refused has changed none."""

    class Engine:
        forgotten = 0

        def forget_bars(self) -> None:
            with SessionManager(read_only=True) as session:  # committed by now
                self.stored = session.query(StockDailyPrice).count() + session.query(StockIntradayPrice).count()
            self.forgotten += 1

    engine = app.extensions["engine"] = Engine()
    body, _, _, _ = KINDS[kind]

    address = f"/prices/{kind}/{admin.post(f'/prices/{kind}', body | {'stock_id': acme.id}).get_json()['id']}"
    assert (engine.forgotten, engine.stored) == (1, 1)
    admin.put(address, {"close_price": 12})
    assert engine.forgotten == 2
    admin.post(f"/prices/{kind}", body | {"stock_id": acme.id})
    assert engine.forgotten == 2
    admin.delete(address)
    assert (engine.forgotten, engine.stored) == (3, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bar_stands_once(admin: Caller, acme: Stock, kind: str) -> None:
    """409 when it is stored again, or moved onto another."""
    body, moment, other, _ = KINDS[kind]
    admin.post(f"/prices/{kind}", body | {"stock_id": acme.id})
    second = admin.post(f"/prices/{kind}", body | {"stock_id": acme.id, moment: other}).get_json()["id"]

    assert admin.post(f"/prices/{kind}", body | {"symbol": "ACME"}).status_code == 409
    assert admin.put(f"/prices/{kind}/{second}", {moment: body[moment]}).status_code == 409


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"symbol": None}, "symbol"),
        ({"symbol": "ACME", "stock_id": 1}, "symbol"),
        ({"symbol": "ACME", "low_price": 11.5}, "prices"),
        ({"symbol": "ACME", "close_price": -1}, "close_price"),
        ({"symbol": "ACME", "volume": 1.5}, "volume"),
        ({"symbol": "ACME", "source": "HEARSAY"}, "source"),
        ({"symbol": "ACME", "change": 1}, "change"),
    ],
)
def test_what_breaks_a_rule_is_refused(admin: Caller, kind: str, change: dict[str, Any], field: str) -> None:
    """400 naming the field; nothing is stored."""
    body = {name: value for name, value in (KINDS[kind][0] | change).items() if value is not None}

    refused = admin.post(f"/prices/{kind}", body)

    assert (refused.status_code, set(refused.get_json()["validation_errors"])) == (400, {field})
    assert admin.get(f"/prices/{kind}").get_json()["items"] == []


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("price", ["NaN", "1e400", "-0", "-0.0", '"10"', "\uff11\uff10"])
def test_a_price_is_a_finite_number(admin: Caller, kind: str, price: str) -> None:
    """400 for what only looks like one."""
    moment = f'"{KINDS[kind][1]}": "{KINDS[kind][0][KINDS[kind][1]]}"'
    text = f'{{"symbol": "ACME", {moment}, "close_price": {price}}}'

    refused = admin.post(f"/prices/{kind}", data=text.encode(), content_type="application/json")

    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("daily", {"price_date": "2999-01-01"}),
        ("daily", {}),
        ("intraday", {"timestamp": "2999-01-01T00:00:00Z"}),
        ("intraday", {"timestamp": "2020-01-02T14:30:00Z", "interval": 7}),
        ("intraday", {}),
    ],
)
def test_when_a_bar_was_is_checked(admin: Caller, acme: Stock, kind: str, body: dict[str, Any]) -> None:
    """400 for the future, an unknown interval, or nothing."""
    assert admin.post(f"/prices/{kind}", body | {"symbol": acme.symbol}).status_code == 400


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("kind", KINDS)
def test_users_read_and_admins_write(admin: Caller, alice: Caller, kind: str) -> None:
    """403 before the body is judged; 404 for what is not there; an unknown stock is 404."""
    body = KINDS[kind][0]
    price = admin.post(f"/prices/{kind}", body | {"symbol": "ACME"}).get_json()["id"]

    assert alice.post(f"/prices/{kind}", {"nonsense": 1}).status_code == 403
    assert alice.put(f"/prices/{kind}/{price}", {"nonsense": 1}).status_code == 403
    assert alice.delete(f"/prices/{kind}/{price}").status_code == 403
    assert alice.put(f"/prices/{kind}/999", {}).status_code == 404
    assert admin.delete(f"/prices/{kind}/999").status_code == 404
    assert admin.put(f"/prices/{kind}/{price}", {"symbol": "ACME"}).status_code == 400
    assert admin.post(f"/prices/{kind}", body | {"symbol": "NONE"}).status_code == 404


def test_intraday_prices_are_filtered(admin: Caller, acme: Stock) -> None:
    """By interval, source and period, like every column; a day is included to its end."""
    for minutes, moment in ((5, "2020-01-02T14:30:00Z"), (5, "2020-01-03T20:55:00Z"), (15, "2020-01-03T14:30:00Z")):
        body = {"stock_id": acme.id, "timestamp": moment, "interval": minutes, "source": "REAL_TIME"}
        assert admin.post("/prices/intraday", body).status_code == 201

    def moments(**query: Any) -> list[str]:
        items = admin.get("/prices/intraday", sort="timestamp", **query).get_json()["items"]
        return [item["timestamp"] for item in items]

    assert moments(interval=5, symbol="acme") == ["2020-01-02T14:30:00Z", "2020-01-03T20:55:00Z"]
    assert moments(start="2020-01-03", end="2020-01-03") == ["2020-01-03T14:30:00Z", "2020-01-03T20:55:00Z"]
    assert moments(source="delayed") == []
    assert moments(stock_id=acme.id, interval_max=4) == []
    assert admin.get("/prices/intraday", adj_close=1).status_code == 400


def test_daily_prices_are_of_one_interval(admin: Caller, acme: Stock) -> None:
    """Its name is a filter here too, as at every address of prices; other bars are asked for elsewhere."""
    assert admin.post("/prices/daily", {"stock_id": acme.id, "price_date": "2020-01-02"} | DAILY).status_code == 201
    for word in ("daily", "0"):
        assert len(admin.get("/prices/daily", interval=word).get_json()["items"]) == 1
    refused = admin.get("/prices/daily", interval="5")
    assert (refused.status_code, list(refused.get_json()["validation_errors"])) == (400, ["interval"])


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["id", "price_date", "close_price", "volume", "source", "symbol", "created_at"])
def test_a_cursor_walks_through_a_list(world: World, admin: Caller, acme: Stock, sort: str, order: str) -> None:
    """Every item once, in the order of numbered pages, nulls last, whatever the sorting."""
    world.prices(acme, [10.0, 12.0, 10.0, 11.0, 12.5, 10.0, 9.0])
    other = world.stock("BETA")
    world.prices(other, [3.25, 10.0])
    admin.post("/prices/daily", {"symbol": "BETA", "price_date": "2020-01-09"})

    numbered = admin.get("/prices/daily", sort=sort, order=order, page_size=100).get_json()["items"]
    walked: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = admin.get("/prices/daily", sort=sort, order=order, page_size=3, cursor=cursor).get_json()
        pagination = answer["pagination"]
        assert (pagination["page"], pagination["total_items"], pagination["page_size"]) == (None, None, 3)
        assert pagination["has_prev"] is bool(walked)
        walked += answer["items"]
        cursor = pagination["next_cursor"]
        assert pagination["has_next"] is (cursor is not None)

    assert [item["id"] for item in walked] == [item["id"] for item in numbered]
    assert len(walked) == 10


def test_a_cursor_belongs_to_its_list(world: World, admin: Caller, acme: Stock) -> None:
    """Another order, a number beside it or something made up is 400."""
    world.prices(acme, [10.0, 11.0, 12.0])
    listed = admin.get("/prices/daily", sort="price_date", page_size=1, cursor="").get_json()
    cursor = listed["pagination"]["next_cursor"]

    assert admin.get("/prices/daily", sort="price_date", cursor=cursor).status_code == 200
    for query in (
        {"cursor": cursor},
        {"sort": "price_date", "order": "desc", "cursor": cursor},
        {"sort": "price_date", "page": 1, "cursor": cursor},
        {"cursor": "not one"},
        {"cursor": "W10"},
        {"cursor": "\u00e9"},
        {"cursor": "A" * 5000},
    ):
        refused = admin.get("/prices/daily", **query)
        assert (refused.status_code, set(refused.get_json()["validation_errors"])) == (400, {"cursor"})
