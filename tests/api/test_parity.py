"""Tests of the parity audit over HTTP."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from daytrader.api.schemas.parity import ParityDifferenceSchema, ParitySchema
from daytrader.models import TradeDecision
from daytrader.models.enums import DecisionAction
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from ..engine.builders import PLAIN, Market, Ohlc, day
from .conftest import Caller

RISING: list[Ohlc] = [(10.0 + row, 11.0 + row, 10.0 + row, 11.0 + row) for row in range(6)]


@pytest.fixture
def service(world: World, alice: Caller) -> int:
    """A service of alice's that bought on the second of six bars."""
    market = Market(world, RISING)
    plain = {name: str(value) for name, value in PLAIN.items() if name != "strategy"}
    numbers = {name: float(value) for name, value in plain.items()}
    made = alice.post(
        "/services", {"name": "swing", "stock_symbol": "ACME", "strategy": "buy_and_hold", **numbers}
    ).get_json()["id"]
    assert alice.post(f"/services/{made}/activate").status_code == 200
    market.run()
    return int(made)


def _tamper(*rows: int) -> None:
    with SessionManager() as session:
        where = TradeDecision.bar_time.in_([day(row) for row in rows])
        session.execute(update(TradeDecision).where(where).values(action=DecisionAction.SELL, shares=1))


def test_all_is_equal(alice: Caller, service: int) -> None:
    """Every bar was decided once more; nothing to tell."""
    body = alice.get(f"/services/{service}/audit").get_json()

    assert set(body) == set(ParitySchema().dump_fields)
    assert (body["service_id"], body["from"], body["to"]) == (service, "2020-01-01T00:00:00Z", "2020-01-06T00:00:00Z")
    assert (body["bars"], body["decisions_compared"], body["differences"], body["score"]) == (6, 6, 0, 100)
    assert body["by_class"] == dict.fromkeys(("decision", "slippage", "path", "data", "missed", "reject"), 0)
    assert body["explained"] == dict.fromkeys(("limits", "owner", "manual_trades", "cancelled_orders"), 0)
    assert (body["first_difference"], body["items"], body["total_pages"]) == (None, [], 0)


def test_differences_come_in_pages_the_first_one_always(alice: Caller, service: int) -> None:
    """Oldest first, within the days that were asked for."""
    _tamper(2, 3, 4)

    body = alice.get(f"/services/{service}/audit", page=2, page_size=2).get_json()

    assert (body["differences"], body["by_class"]["decision"], body["score"]) == (3, 3, 50)
    assert (body["page"], body["page_size"], body["total_pages"]) == (2, 2, 2)
    assert [each["bar_time"] for each in body["items"]] == ["2020-01-05T00:00:00Z"]
    assert set(body["first_difference"]) == set(ParityDifferenceSchema().dump_fields)
    assert body["first_difference"]["bar_time"] == "2020-01-03T00:00:00Z"
    assert body["first_difference"]["expected"].startswith("NOTHING: ")
    assert body["first_difference"]["recorded"].startswith("SELL 1: ")
    part = alice.get(f"/services/{service}/audit", **{"from": "2020-01-04", "to": "2020-01-04"}).get_json()
    assert (part["bars"], part["differences"]) == (1, 1)


def test_it_is_the_owners(alice: Caller, bob: Caller, admin: Caller, service: int) -> None:
    """404 for others; admins read."""
    assert alice.get(f"/services/{service}/audit").status_code == 200
    assert bob.get(f"/services/{service}/audit").status_code == 404
    assert admin.get(f"/services/{service}/audit").status_code == 200
    assert alice.get("/services/999/audit").status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"to": "2020-13-01"}, "to"),
        ({"from": "2020-01-02", "to": "2020-01-01"}, "from"),
        ({"page": 0}, "page"),
        ({"page_size": 101}, "page_size"),
    ],
)
def test_what_is_asked_wrongly_is_named(alice: Caller, service: int, given: dict[str, object], field: str) -> None:
    """400."""
    answer = alice.get(f"/services/{service}/audit", **given)
    assert answer.status_code == 400
    assert field in str(answer.get_json())
