"""Tests of lists over HTTP: paging, filters, sorting; daytrader.utils.query_utils and the lists decorator."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from daytrader.models import Stock, TradingTransaction
from daytrader.models.enums import TransactionState
from daytrader.services.session_manager import SessionManager, session_factory

from ..conftest import World
from .conftest import Caller


@pytest.fixture
def stocks(world: World) -> list[Stock]:
    """Five stocks; two of one sector, one without a name, one switched off."""
    return [
        world.stock("AAA", name="Alpha", sector="Tech"),
        world.stock("BBB", name="Beta 50%", sector="Tech"),
        world.stock("CCC", name="alphabet", sector="Food"),
        world.stock("DDD", name="under_score", sector="Food", is_active=False),
        world.stock("BRK.B"),
    ]


def _symbols(caller: Caller, **query: Any) -> list[str]:
    answer = caller.get("/stocks", **query)
    assert answer.status_code == 200, answer.text
    return [item["symbol"] for item in answer.get_json()["items"]]


@pytest.mark.usefixtures("stocks")
def test_an_envelope_with_its_place(alice: Caller) -> None:
    """Items and where they stand."""
    body = alice.get("/stocks", page=2, page_size=2).get_json()

    assert [item["symbol"] for item in body["items"]] == ["CCC", "DDD"]
    assert body["pagination"] == {
        "page": 2,
        "page_size": 2,
        "total_items": 5,
        "total_pages": 3,
        "has_next": True,
        "has_prev": True,
    }


@pytest.mark.usefixtures("stocks")
def test_a_page_past_the_last_is_empty(alice: Caller) -> None:
    """However far past."""
    body = alice.get("/stocks", page=10**12).get_json()

    assert body["items"] == []
    assert body["pagination"]["total_items"] == 5
    assert body["pagination"]["has_next"] is False


@pytest.mark.usefixtures("stocks")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"symbol": "aaa"}, ["AAA"]),
        ({"symbol_like": "rk.b"}, ["BRK.B"]),
        ({"name_like": "ALPHA"}, ["AAA", "CCC"]),
        ({"name_like": "50%"}, ["BBB"]),
        ({"name_like": "%"}, ["BBB"]),
        ({"name_like": "_"}, ["DDD"]),
        ({"name": "Alpha"}, ["AAA"]),
        ({"name": "alpha"}, []),
        ({"is_active": "false"}, ["DDD"]),
        ({"sector": "Food", "is_active": "true"}, ["CCC"]),
        ({"id_min": 2, "id_max": 3}, ["BBB", "CCC"]),
        ({"created_at_after": "2100-01-01"}, []),
        ({"created_at_before": "9999-12-31"}, ["AAA", "BBB", "CCC", "DDD", "BRK.B"]),
        ({"name_like": "'; DROP TABLE stocks; --"}, []),
        ({"sort": "symbol", "order": "desc", "page_size": 2}, ["DDD", "CCC"]),
        ({"sort": "sector"}, ["CCC", "DDD", "AAA", "BBB", "BRK.B"]),
        ({"sort": "sector", "order": "DESC"}, ["AAA", "BBB", "CCC", "DDD", "BRK.B"]),
    ],
)
def test_filters_and_sorting(alice: Caller, query: dict[str, Any], expected: list[str]) -> None:
    """Equality, ranges, literal contains; ties break on id, nulls stand last."""
    assert _symbols(alice, **query) == expected


@pytest.mark.usefixtures("stocks")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"password_hash": "x"}, "password_hash"),
        ({"__class__": "x"}, "__class__"),
        ({"name_min": "a"}, "name_min"),
        ({"id_like": "1"}, "id_like"),
        ({"is_active_min": "1"}, "is_active_min"),
        ({"has_prices": "true"}, "has_prices"),
        ({"id": "one"}, "id"),
        ({"id": "1" * 40}, "id"),
        ({"id": "\uff11"}, "id"),
        ({"id_min": "NaN"}, "id_min"),
        ({"is_active": "maybe"}, "is_active"),
        ({"created_at_after": "yesterday"}, "created_at_after"),
        ({"name_like": "a\x00b"}, "name_like"),
        ({"page": 0}, "page"),
        ({"page": "x"}, "page"),
        ({"page": -1}, "page"),
        ({"page": 10**30}, "page"),
        ({"page_size": 0}, "page_size"),
        ({"page_size": 101}, "page_size"),
        ({"page_size": 10**9}, "page_size"),
        ({"page_size": "9" * 5000}, "page_size"),
        ({"sort": "password_hash"}, "sort"),
        ({"sort": "id;DROP"}, "sort"),
        ({"sort": "__class__"}, "sort"),
        ({"sort": "has_prices"}, "sort"),
        ({"order": "sideways"}, "order"),
    ],
)
def test_what_is_not_whitelisted_is_named(alice: Caller, query: dict[str, Any], field: str) -> None:
    """400 with the argument's name; for names also what is allowed."""
    answer = alice.get("/stocks", **query)

    assert answer.status_code == 400
    messages = answer.get_json()["validation_errors"][field]
    if field in {"colour", "sort"}:
        assert "sector" in messages[0]


@pytest.fixture
def transactions(world: World, alice: Caller) -> None:
    """An open and three closed positions of alice's, bought on following days."""
    service = world.service(alice.user, world.stock("ACME"))
    with SessionManager() as session:
        for day in range(1, 5):
            is_open = day == 4
            session.add(
                TradingTransaction(
                    service_id=service.id,
                    stock_symbol="ACME",
                    shares=Decimal(day),
                    state=TransactionState.OPEN if is_open else TransactionState.CLOSED,
                    purchase_price=Decimal("10.123456") * day,
                    sale_price=None if is_open else Decimal(50),
                    gain_loss=None if is_open else Decimal("1.25") * (day - 2),
                    purchase_date=datetime(2020, 1, day, 12, tzinfo=UTC),
                )
            )


@pytest.mark.usefixtures("transactions")
@pytest.mark.parametrize(
    ("query", "shares"),
    [
        ({"status": "closed"}, [1, 2, 3]),
        ({"state": "OPEN"}, [4]),
        ({"price_min": 20, "price_max": 31}, [2, 3]),
        ({"price": 10.123456}, [1]),
        ({"purchase_price_max": 10.1234559}, []),
        ({"purchase_date_after": "2020-01-02", "purchase_date_before": "2020-01-03"}, [2, 3]),
        ({"purchase_date_before": "2020-01-03T11:59:59Z"}, [1, 2]),
        ({"purchase_date_after": "2020-01-03T13:00:00+01:00"}, [3, 4]),
        ({"gain_loss_min": 0}, [2, 3]),
        ({"symbol": "acme", "sort": "price", "order": "desc"}, [4, 3, 2, 1]),
        ({"sort": "gain_loss", "order": "desc"}, [3, 2, 1, 4]),
    ],
)
def test_kinds_of_columns_and_their_aliases(alice: Caller, query: dict[str, Any], shares: list[int]) -> None:
    """Enums in any case; a day is included to its end; bounds are not rounded to the column."""
    answer = alice.get("/transactions", **query)

    assert answer.status_code == 200, answer.text
    assert [item["shares"] for item in answer.get_json()["items"]] == shares


def test_an_unknown_state_is_told_the_known_ones(alice: Caller) -> None:
    """400 naming them."""
    answer = alice.get("/transactions", status="lost")

    assert answer.status_code == 400
    assert "OPEN, CLOSED, CANCELLED" in answer.get_json()["validation_errors"]["status"][0]


def test_pages_never_overlap(world: World, alice: Caller) -> None:
    """What is equal everywhere is shown by its ids, each row once, however the database finds it and in both orders."""
    stock = world.stock("ACME")
    for day in range(25, 0, -1):  # an index by date finds the youngest id first
        world.prices(stock, [10.0], date(2020, 1, day))

    for order in ("asc", "desc"):
        asked = {"stock_id": stock.id, "start": "2020-01-01", "sort": "close_price", "order": order, "page_size": 10}
        pages = [alice.get("/prices/daily", page=page, **asked).get_json()["items"] for page in (1, 2, 3)]

        seen = [item["id"] for page in pages for item in page]
        assert seen == sorted(set(seen))
        assert len(seen) == 25


@pytest.mark.parametrize("asked", [{}, {"page": 2}, {"cursor": ""}, {"name_like": "swing"}, {"sort": "stop_price"}])
def test_a_list_is_its_callers_whoever_asked_before(
    world: World, alice: Caller, bob: Caller, admin: Caller, asked: dict[str, Any]
) -> None:
    """Statements are built once for everyone: each caller gets their own rows and their number, an admin all."""
    acme = world.stock()
    own = [world.service(alice.user, acme).id for _ in range(3)]
    others = [world.service(bob.user, acme).id for _ in range(2)]

    for caller, rows in [(alice, own), (bob, others), (admin, own + others), (alice, own)]:
        body = caller.get("/services", page_size=1, **asked).get_json()

        assert [item["id"] for item in body["items"]] == [rows[asked.get("page", 1) - 1]]
        assert body["pagination"]["total_items"] == (None if "cursor" in asked else len(rows))


def test_a_list_shows_the_numbers_that_each_item_shows(world: World, alice: Caller) -> None:
    """A list reads decimals as the nearest doubles, one item reads them exactly: JSON tells them apart nowhere."""
    exact = {"initial_balance": Decimal("123456789.37"), "commission_per_share": Decimal("0.000123")}
    service = world.service(alice.user, world.stock("ACME"), **exact)
    listed = alice.get("/services").get_json()["items"]
    assert listed == [alice.get(f"/services/{service.id}").get_json()]
    assert {type(listed[0][name]) for name in ("initial_balance", "minimum_balance", "slippage_bps")} == {float}


def test_who_asks_and_what_is_shown_are_read_in_one_transaction(alice: Caller) -> None:
    """A login that is revoked meanwhile has either ended before the list was read, or has seen it."""
    begun: list[object] = []
    event.listen(session_factory.kw["bind"], "begin", begun.append)
    assert alice.get("/services").status_code == 200
    assert len(begun) == 1
