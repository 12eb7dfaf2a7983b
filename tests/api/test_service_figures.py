"""Tests of searching, executing and measuring services over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from daytrader.api.schemas.trading_service import DecisionSchema, MetricsSchema
from daytrader.models import FeedCursor, Stock, TradeDecision, TradingService
from daytrader.models.enums import ServiceState
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from .conftest import Caller

NEW = {"name": "swing", "stock_symbol": "ACME", "initial_balance": 10000, "strategy": "buy_and_hold"}


@pytest.fixture
def service(world: World, alice: Caller) -> int:
    """An active service of alice's on ACME, which closed at 10, 11, ... 59; it buys at once."""
    world.prices(world.stock("ACME"), [float(price) for price in range(10, 60)])
    made = int(alice.post("/services", NEW).get_json()["id"])
    assert alice.post(f"/services/{made}/activate").status_code == 200
    return made


def test_a_search_finds_names_and_symbols(world: World, alice: Caller, bob: Caller, admin: Caller) -> None:
    """In any case, what begins with it first, own ones only; all for an admin."""
    for symbol in ("ACME", "GROW"):
        world.stock(symbol)
    for name, symbol in (("slow growth", "ACME"), ("Grow 50%", "ACME"), ("other", "GROW"), ("nothing", "ACME")):
        alice.post("/services", NEW | {"name": name, "stock_symbol": symbol})

    def found(caller: Caller, **query: object) -> list[str]:
        return [item["name"] for item in caller.get("/services/search", **query).get_json()["items"]]

    assert found(alice, q="grow") == ["Grow 50%", "other", "slow growth"]
    assert found(alice, q="grow", limit=1) == ["Grow 50%"]
    assert found(alice, q="0%") == ["Grow 50%"]
    assert found(alice, q="_") == []
    assert found(bob, q="grow") == []
    assert len(found(admin, q="grow")) == 3
    for query in ({}, {"q": ""}, {"q": "x" * 101}, {"q": "x", "limit": 0}, {"q": "x", "limit": 101}):
        assert alice.get("/services/search", **query).status_code == 400


def test_executing_decides_the_last_bar_once(world: World, alice: Caller, service: int) -> None:
    """The decision with its order; again it is the same one, and nothing else has happened."""
    first = alice.post(f"/services/{service}/execute-strategy")
    after = alice.get(f"/services/{service}").get_json()
    again = alice.post(f"/services/{service}/execute-strategy")

    assert first.status_code == 200
    body = first.get_json()
    assert set(body) == set(DecisionSchema().dump_fields)
    assert (body["action"], body["bar_time"], body["service_id"]) == ("BUY", "2020-02-19T00:00:00Z", service)
    orders = alice.get("/orders").get_json()["items"]
    assert [(order["decision_id"], order["state"]) for order in orders] == [(body["id"], "ACCEPTED")]
    assert again.get_json() == body
    assert alice.get(f"/services/{service}").get_json() == after
    assert len(alice.get(f"/services/{service}/decisions").get_json()["items"]) == 1
    assert len([e for e in world.published if e.event.name == "decision:new"]) == 1


def test_the_next_bar_fills_what_the_last_one_ordered(world: World, alice: Caller, service: int) -> None:
    """Executing goes the engine's way: the order fills at the open of the next bar."""
    alice.post(f"/services/{service}/execute-strategy")
    with SessionManager(read_only=True) as session:
        stock = session.query(Stock).one()
    world.prices(stock, [59.5], datetime(2020, 2, 20, tzinfo=UTC).date())

    decided = alice.post(f"/services/{service}/execute-strategy").get_json()

    assert decided["action"] == "NOTHING"
    assert alice.get(f"/services/{service}").get_json()["current_shares"] == decided_shares(alice)


def decided_shares(caller: Caller) -> int:
    """Return the shares of the one order there is."""
    (order,) = caller.get("/orders").get_json()["items"]
    assert order["state"] == "FILLED"
    return int(order["shares"])


def test_only_an_active_service_of_ones_own_decides(alice: Caller, bob: Caller, admin: Caller, service: int) -> None:
    """409 unless ACTIVE, 404 for others, 403 for an admin."""
    assert bob.post(f"/services/{service}/execute-strategy").status_code == 404
    assert admin.post(f"/services/{service}/execute-strategy").status_code == 403
    alice.post(f"/services/{service}/pause")
    assert alice.post(f"/services/{service}/execute-strategy").status_code == 409
    alice.post(f"/services/{service}/stop")
    assert alice.post(f"/services/{service}/execute-strategy").status_code == 409
    assert alice.get(f"/services/{service}/decisions").get_json()["items"] == []


def test_without_prices_there_is_nothing_to_decide_on(world: World, alice: Caller) -> None:
    """422."""
    world.stock("BARE")
    bare = alice.post("/services", NEW | {"stock_symbol": "BARE"}).get_json()["id"]
    alice.post(f"/services/{bare}/activate")

    assert alice.post(f"/services/{bare}/execute-strategy").status_code == 422


@pytest.mark.usefixtures("world")
def test_a_replay_has_no_future(alice: Caller, service: int) -> None:
    """Before its first bar nothing can be decided; then the last bar is the one that it has shown."""
    with SessionManager() as session:
        session.add(FeedCursor(name="replay", position=None))
    assert alice.post(f"/services/{service}/execute-strategy").status_code == 409
    with SessionManager() as session:
        session.query(FeedCursor).update({"position": datetime(2020, 1, 10, tzinfo=UTC)})

    assert alice.post(f"/services/{service}/execute-strategy").get_json()["bar_time"] == "2020-01-10T00:00:00Z"


def test_a_service_that_fails_says_why(
    world: World, alice: Caller, service: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """409 and ERROR with the reason; admins are told."""

    def fail(*_args: object) -> None:
        raise ArithmeticError("no such thing")

    monkeypatch.setattr("daytrader.engine.bar_unit.decide", fail)

    answer = alice.post(f"/services/{service}/execute-strategy")

    assert answer.status_code == 409
    assert "no such thing" in answer.get_json()["message"]
    assert alice.get(f"/services/{service}").get_json()["state"] == ServiceState.ERROR.value
    (told,) = [e.event for e in world.published if e.event.name == "error"]
    assert (told.rooms, told.entity["reference"]) == (("errors",), service)


@pytest.mark.usefixtures("world")
def test_metrics_and_equity(alice: Caller, bob: Caller, admin: Caller, service: int) -> None:
    """Of a service that bought at 10 and holds at 12: figures and curve agree; others get 404, admins read."""
    alice.post(f"/services/{service}/stop")
    with SessionManager() as session:
        session.add(FeedCursor(name="replay", position=datetime(2020, 1, 1, tzinfo=UTC)))
    alice.post(f"/services/{service}/activate")
    assert alice.post("/transactions", {"service_id": service, "shares": 100}).status_code == 201
    with SessionManager() as session:
        session.query(FeedCursor).update({"position": datetime(2020, 1, 3, tzinfo=UTC)})

    metrics = alice.get(f"/services/{service}/metrics").get_json()
    curve = alice.get(f"/services/{service}/equity").get_json()

    assert set(metrics) == set(MetricsSchema().dump_fields)
    assert (metrics["equity"], metrics["current_balance"], metrics["position_value"]) == (10200, 9000, 1200)
    assert (metrics["unrealized_gain_loss"], metrics["total_return_pct"]) == (200, pytest.approx(2))
    assert (metrics["trades"], metrics["win_rate"]) == (0, None)
    assert curve["equity"] == [10000, 10100, 10200]
    assert curve["cash"] == [9000] * 3
    assert curve["position_value"] == [1000, 1100, 1200]
    assert len(curve["timestamps"]) == 3
    for path in ("metrics", "equity"):
        assert bob.get(f"/services/{service}/{path}").status_code == 404
        assert admin.get(f"/services/{service}/{path}").status_code == 200


@pytest.mark.usefixtures("world")
def test_a_new_service_has_no_curve(alice: Caller, service: int) -> None:
    """Nothing has happened: its cash, and empty columns."""
    assert alice.get(f"/services/{service}/metrics").get_json()["equity"] == 10000
    assert alice.get(f"/services/{service}/equity").get_json() == {
        "timestamps": [],
        "equity": [],
        "cash": [],
        "position_value": [],
    }


def test_one_service_alone_takes_part(alice: Caller, service: int) -> None:
    """Another service on the same stock has decided nothing."""
    other = alice.post("/services", NEW | {"name": "other"}).get_json()["id"]
    alice.post(f"/services/{other}/activate")

    alice.post(f"/services/{service}/execute-strategy")

    with SessionManager(read_only=True) as session:
        assert [row.service_id for row in session.query(TradeDecision)] == [service]
        assert session.get_one(TradingService, other).last_bar_time is None
