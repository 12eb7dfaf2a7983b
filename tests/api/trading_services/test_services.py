"""Tests of the /services resources over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from daytrader.api.schemas.trading_service import DecisionSchema, ServiceSchema
from daytrader.models import TradingService
from daytrader.models.base import json_ready
from daytrader.services import event_payloads, ledger_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World

from ..conftest import Caller
from .conftest import NEW


def test_a_new_service_holds_cash_and_waits(world: World, alice: Caller) -> None:
    """201 with its address: INACTIVE, BUY, balances equal, the specification's defaults, derived properties."""
    world.stock("ACME")

    made = alice.post("/services", NEW)

    body = made.get_json()
    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/services/{body['id']}"
    assert body["stock_symbol"] == "ACME"
    assert (body["state"], body["mode"], body["is_active"]) == ("INACTIVE", "BUY", True)
    assert (body["initial_balance"], body["current_balance"], body["allocation_percent"]) == (10000, 10000, 0.5)
    assert (body["buy_threshold"], body["sell_threshold"]) == (3, 2)
    assert (body["stop_loss_percent"], body["take_profit_percent"]) == (5, 10)
    assert (body["can_buy"], body["can_sell"], body["has_dependencies"], body["is_profitable"]) == (False,) * 4
    assert body["created_at"].endswith("Z")


def test_answers_and_events_show_the_same(world: World, alice: Caller, service: int) -> None:
    """What a socket is told of a service is what REST shows of it, by the fields of one schema."""
    shown = alice.get(f"/services/{service}").get_json()
    listed = alice.get("/services").get_json()["items"][0]

    told = world.published[-1].payload()

    assert told["event"] == "service:update"
    assert told["action"] == "created"
    assert told["entity"] == shown == listed
    assert set(shown) == set(ServiceSchema().dump_fields)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"current_balance": 99}, "current_balance"),
        ({"user_id": 2}, "user_id"),
        ({"total_gain_loss": 5}, "total_gain_loss"),
        ({"state": "ACTIVE"}, "state"),
        ({"mode": "SELL"}, "mode"),
        ({"id": 7}, "id"),
        ({"can_buy": True}, "can_buy"),
        ({"__class__": "x"}, "__class__"),
        ({"allocation_percent": 50}, "allocation_percent"),
        ({"allocation_percent": 0}, "allocation_percent"),
        ({"initial_balance": 0}, "initial_balance"),
        ({"initial_balance": "100"}, "initial_balance"),
        ({"initial_balance": 1e12}, "initial_balance"),
        ({"initial_balance": 0.001}, "initial_balance"),
        ({"initial_balance": None}, "initial_balance"),
        ({"stop_loss_percent": -1}, "stop_loss_percent"),
        ({"fixed_shares": 1.5}, "fixed_shares"),
        ({"volume_limit_percent": 0}, "volume_limit_percent"),
        ({"volume_limit_percent": 100.5}, "volume_limit_percent"),
        ({"fixed_shares": True}, "fixed_shares"),
        ({"interval": 7}, "interval"),
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"stock_symbol": "A B"}, "stock_symbol"),
        ({"strategy": "astrology"}, "strategy"),
        ({"strategy": "sma_cross", "strategy_params": {"fast": "x"}}, "fast"),
        ({"strategy_params": {"colour": 1}}, "colour"),
        ({"strategy_params": []}, "strategy_params"),
        ({"is_active": 1}, "is_active"),
        ({"broker": "moon"}, "broker"),
    ],
)
def test_what_may_not_be_set_is_named(alice: Caller, service: int, change: dict[str, Any], field: str) -> None:
    """Read-only, unknown and out of bounds: 400 with the field, on creation and on change, and nothing happens."""
    before = alice.get(f"/services/{service}").get_json()

    answers = [alice.post("/services", NEW | change), alice.put(f"/services/{service}", change)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert all(field in answer.get_json()["validation_errors"] for answer in answers)
    assert alice.get(f"/services/{service}").get_json() == before
    assert alice.get("/services").get_json()["pagination"]["total_items"] == 1


def test_a_missing_field_and_an_unknown_symbol(alice: Caller) -> None:
    """400 naming the first, 404 for the second."""
    missing = alice.post("/services", {"stock_symbol": "ACME"})

    assert missing.status_code == 400
    assert missing.get_json()["validation_errors"] == {
        "name": ["is required"],
        "initial_balance": ["is required"],
    }
    assert alice.post("/services", NEW | {"stock_symbol": "NONE"}).status_code == 404


@pytest.mark.parametrize("verb", ["put", "patch"])
def test_only_the_given_fields_change(alice: Caller, service: int, verb: str) -> None:
    """PUT and PATCH alike; exact decimals."""
    answer = getattr(alice, verb)(f"/services/{service}", {"stop_loss_percent": 7.25, "description": "slow"})

    assert answer.status_code == 200
    body = answer.get_json()
    assert (body["stop_loss_percent"], body["description"], body["name"]) == (7.25, "slow", "swing")


def test_a_volume_limit_is_set_and_taken_off_again(alice: Caller, service: int) -> None:
    """null is no limit, the default."""
    told = [
        alice.patch(f"/services/{service}", {"volume_limit_percent": percent}).get_json()["volume_limit_percent"]
        for percent in (2.5, None)
    ]

    assert told == [2.5, None]
    assert alice.post("/services", NEW | {"volume_limit_percent": 10}).get_json()["volume_limit_percent"] == 10


@pytest.mark.usefixtures("world")
def test_a_new_initial_balance_is_booked(alice: Caller, service: int) -> None:
    """Before the first transaction it moves the balance with it."""
    body = alice.put(f"/services/{service}", {"initial_balance": 2500.5}).get_json()

    assert (body["initial_balance"], body["current_balance"]) == (2500.5, 2500.5)


def test_the_first_transaction_freezes_symbol_and_initial_balance(world: World, alice: Caller, service: int) -> None:
    """409 from then on; the same values again are no change."""
    world.stock("OTHER")
    alice.post(f"/services/{service}/activate")
    assert alice.post("/transactions", {"service_id": service, "shares": 1}).status_code == 201

    assert alice.put(f"/services/{service}", {"initial_balance": 5}).status_code == 409
    assert alice.put(f"/services/{service}", {"stock_symbol": "OTHER"}).status_code == 409
    same = alice.put(f"/services/{service}", {"stock_symbol": "ACME", "initial_balance": 10000, "name": "calm"})
    assert same.status_code == 200


def test_deleting(world: World, alice: Caller, service: int) -> None:
    """204 for a service that never traded, 409 with transactions: archive it instead."""
    world.stock("OTHER")
    unused = alice.post("/services", NEW | {"stock_symbol": "OTHER"}).get_json()["id"]
    alice.post(f"/services/{service}/activate")
    alice.post("/transactions", {"service_id": service, "shares": 1})

    assert alice.delete(f"/services/{unused}").status_code == 204
    assert alice.get(f"/services/{unused}").status_code == 404
    assert alice.delete(f"/services/{service}").status_code == 409
    assert alice.put(f"/services/{service}", {"is_active": False}).status_code == 409  # at work
    alice.post(f"/services/{service}/stop")
    assert alice.put(f"/services/{service}", {"is_active": False}).get_json()["is_active"] is False
    assert alice.post(f"/services/{service}/activate").status_code == 409


@pytest.mark.usefixtures("world")
def test_the_decision_journal(alice: Caller, service: int) -> None:
    """Filtered and sorted as any list."""
    from daytrader.models import TradeDecision
    from daytrader.models.enums import DecisionAction

    with SessionManager() as session:
        for day, action in enumerate((DecisionAction.NOTHING, DecisionAction.BUY), 1):
            session.add(
                TradeDecision(
                    service_id=service,
                    interval=0,
                    bar_time=datetime(2020, 1, day, tzinfo=UTC),
                    action=action,
                    reason="a reason",
                    evidence={"close": 10.5},
                )
            )

    items = alice.get(f"/services/{service}/decisions", action="buy", end="2020-01-02").get_json()["items"]

    assert len(items) == 1
    assert set(items[0]) == set(DecisionSchema().dump_fields)
    assert items[0]["evidence"] == {"close": 10.5}
    assert items[0]["bar_time"] == "2020-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PUT", "", {"name": "mine"}),
        ("PUT", "", {"nonsense": 1}),
        ("DELETE", "", None),
        ("POST", "/activate", None),
        ("POST", "/pause", None),
        ("POST", "/resume", None),
        ("POST", "/stop", {}),
        ("POST", "/toggle", None),
        ("PUT", "/state", {"state": "ACTIVE"}),
        ("PUT", "/mode", {}),
        ("GET", "/check-buy", None),
        ("GET", "/check-sell", None),
        ("GET", "/decisions", None),
        ("POST", "/backtest", {}),
    ],
)
def test_anothers_service_does_not_exist(
    bob: Caller, service: int, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """404 with the very body of a missing one, whatever else is wrong with the request."""
    answers = [
        bob.client.open(
            f"/api/v1/services/{number}{path}",
            method=method,
            json=body,
            headers={"Authorization": f"Bearer {bob.token}"},
        )
        for number in (service, 999)
    ]

    bodies = [{k: v for k, v in answer.get_json().items() if k != "request_id"} for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert bodies[0] == bodies[1]


def test_an_admin_reads_pauses_and_stops_no_more(admin: Caller, alice: Caller, service: int) -> None:
    """Everything else on another's service is 403, before the body is judged."""
    alice.post(f"/services/{service}/activate")

    assert admin.get(f"/services/{service}").status_code == 200
    assert admin.get("/services").get_json()["pagination"]["total_items"] == 1
    assert admin.get(f"/services/{service}/check-buy").status_code == 200
    assert admin.post(f"/services/{service}/pause").status_code == 200
    assert admin.post(f"/services/{service}/resume").status_code == 403
    assert admin.put(f"/services/{service}", {"nonsense": 1}).status_code == 403
    assert admin.put(f"/services/{service}/state", {"state": "ACTIVE"}).status_code == 403
    assert admin.delete(f"/services/{service}").status_code == 403
    assert admin.post(f"/services/{service}/stop").status_code == 200


def test_lists_and_filters_show_own_services_only(alice: Caller, bob: Caller, service: int) -> None:
    """A filter that names another's object finds nothing."""
    assert bob.get("/services").get_json()["items"] == []
    assert bob.get("/services", id=service).get_json()["items"] == []
    assert bob.get("/services", user_id=alice.user.id).get_json()["items"] == []


@pytest.mark.usefixtures("service")
def test_a_keyed_request_has_one_effect(alice: Caller) -> None:
    """The answer is repeated, location and all; another body under the same key is 409; a failure leaves no trace."""
    key = {"Idempotency-Key": "order-1"}
    asked = NEW | {"name": "keyed"}
    bad = alice.post("/services", NEW | {"name": ""}, headers=key)
    endless = alice.post(
        "/services", data=b'{"name": 1e99999999999999999999}', content_type="application/json", headers=key
    )
    first = alice.post("/services", asked, headers=key)
    again = alice.post("/services", dict(reversed(asked.items())), headers=key)  # the same, said in another order
    other = alice.post("/services", NEW | {"name": "other"}, headers=key)

    assert bad.status_code == endless.status_code == 400
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert first.get_json() == again.get_json()
    assert first.headers["Location"] == again.headers["Location"]
    assert alice.get("/services").get_json()["pagination"]["total_items"] == 2


@pytest.mark.usefixtures("service")
def test_concurrent_duplicates_have_one_effect(alice: Caller) -> None:
    """Eight at once: the slower ones wait and get the same answer."""
    from concurrent.futures import ThreadPoolExecutor

    app = alice.client.application

    def send(_: int) -> Any:
        caller = Caller(app.test_client(), alice.user, alice.token)
        return caller.post("/services", NEW | {"name": "once"}, headers={"Idempotency-Key": "same"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_json()["id"] for answer in answers}) == 1


def test_the_payload_of_a_service_has_the_schemas_fields(world: World) -> None:
    """Events need no schema to be right: the columns and derived properties are those that it names."""
    row = world.service(world.user("dave"), world.stock("XYZ"))
    with SessionManager() as session:
        kept = session.get_one(TradingService, row.id)
        assert set(json_ready(event_payloads.entity(kept))) == set(ServiceSchema().dump_fields)
        assert ledger_service.has_transactions(session, kept) is False
