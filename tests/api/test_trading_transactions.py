"""Tests of the /transactions and /orders resources over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from daytrader.api.schemas.trading_transaction import OrderSchema, OrderWithFillsSchema, TransactionSchema
from daytrader.models import TradingTransaction
from daytrader.models.base import json_ready
from daytrader.services import event_payloads
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from .conftest import Caller


@pytest.fixture
def service(world: World, alice: Caller) -> int:
    """An active service of alice's on ACME, last seen at 20."""
    stock = world.stock("ACME")
    world.prices(stock, [10.0, 20.0])
    made = world.service(alice.user, stock)
    assert alice.post(f"/services/{made.id}/activate").status_code == 200
    return made.id


@pytest.fixture
def bought(alice: Caller, service: int) -> int:
    """Ten shares, bought by hand."""
    return int(alice.post("/transactions", {"service_id": service, "shares": 10}).get_json()["id"])


def test_a_manual_buy_fills_at_the_last_price(world: World, alice: Caller, service: int) -> None:
    """201 with its address; the balance moves; the event follows with the same object."""
    made = alice.post("/transactions", {"service_id": service, "shares": 10})

    body = made.get_json()
    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/transactions/{body['id']}"
    assert (body["purchase_price"], body["cost"], body["state"], body["is_manual"]) == (20, 200, "OPEN", True)
    assert body == alice.get(f"/transactions/{body['id']}").get_json()
    assert body == alice.get("/transactions").get_json()["items"][0]
    assert set(body) == set(TransactionSchema().dump_fields)
    assert alice.get(f"/services/{service}").get_json()["current_balance"] == 9800
    told = [event.payload() for event in world.published if event.event.name == "transaction:new"]
    assert [event["entity"] for event in told] == [body]


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"shares": 1}, 400),
        ({"service_id": 1}, 400),
        ({"service_id": 1, "shares": 0}, 400),
        ({"service_id": 1, "shares": -5}, 400),
        ({"service_id": 1, "shares": 1.5}, 400),
        ({"service_id": 1, "shares": "10"}, 400),
        ({"service_id": 1, "shares": 1, "purchase_price": 0}, 400),
        ({"service_id": 1, "shares": 1, "purchase_price": "20"}, 400),
        ({"service_id": 1, "shares": 1, "gain_loss": 5}, 400),
        ({"service_id": 99, "shares": 1}, 404),
        ({"service_id": 1, "shares": 1, "purchase_price": 30}, 409),
        ({"service_id": 1, "shares": 1000}, 409),
        ({"service_id": 1, "shares": 1, "purchase_price": 19.5}, 201),
    ],
)
def test_a_buy_is_judged(alice: Caller, body: dict[str, Any], status: int) -> None:
    """Body, ownership, price band, cash."""
    assert alice.post("/transactions", body).status_code == status


@pytest.mark.usefixtures("service")
def test_a_part_of_a_share_is_told_what_is_wrong(alice: Caller) -> None:
    """In words of shares, not of what a column can hold."""
    refused = alice.post("/transactions", {"service_id": 1, "shares": 2.5}).get_json()
    assert refused["validation_errors"] == {"shares": ["must be a whole number"]}


@pytest.mark.usefixtures("service")
def test_a_sale_completes_once(alice: Caller, bought: int) -> None:
    """Gain to the cent; a second completion and a cancellation are 409; a deletion is no method."""
    sold = alice.post(f"/transactions/{bought}/complete", {"sale_price": 21.5})

    body = sold.get_json()
    assert sold.status_code == 200
    assert (body["state"], body["sale_price"], body["gain_loss"]) == ("CLOSED", 21.5, 15)
    assert (body["is_complete"], body["is_profitable"], body["can_be_cancelled"]) == (True, True, False)
    assert body["calculated_gain_loss"] == 15
    assert alice.post(f"/transactions/{bought}/complete").status_code == 409
    assert alice.post(f"/transactions/{bought}/cancel", {"reason": "late"}).status_code == 409
    assert alice.delete(f"/transactions/{bought}").status_code == 405


def test_a_sale_needs_no_body(alice: Caller, bought: int) -> None:
    """It fills at the last known price then."""
    assert alice.post(f"/transactions/{bought}/complete").get_json()["sale_price"] == 20


def test_cancelling_needs_a_reason_and_gives_the_money_back(alice: Caller, service: int, bought: int) -> None:
    """400 without; the row stays, voided."""
    assert alice.post(f"/transactions/{bought}/cancel", {}).status_code == 400
    assert alice.post(f"/transactions/{bought}/cancel", {"reason": " "}).status_code == 400

    body = alice.post(f"/transactions/{bought}/cancel", {"reason": "mistyped"}).get_json()

    assert (body["state"], body["exit_reason"]) == ("CANCELLED", "mistyped")
    assert alice.get(f"/services/{service}").get_json()["current_balance"] == 10000


def test_notes(alice: Caller, bought: int) -> None:
    """Kept, changed, removed; nothing else can be written."""
    assert alice.put(f"/transactions/{bought}/notes", {"notes": "why not"}).get_json()["notes"] == "why not"
    assert alice.patch(f"/transactions/{bought}/notes", {"notes": None}).get_json()["notes"] is None
    assert alice.put(f"/transactions/{bought}/notes", {"notes": "x", "shares": 5}).status_code == 400
    assert alice.put(f"/transactions/{bought}/notes", {}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/transactions/{id}", None),
        ("POST", "/transactions/{id}/complete", {"nonsense": 1}),
        ("POST", "/transactions/{id}/cancel", {}),
        ("PUT", "/transactions/{id}/notes", {"notes": "x"}),
        ("GET", "/transactions/services/{service}", None),
        ("GET", "/orders/{order}", None),
        ("POST", "/transactions", {"service_id": "{service}", "shares": 1}),
    ],
)
def test_anothers_does_not_exist(
    alice: Caller, bob: Caller, service: int, bought: int, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """404 by every route; lists and filters are empty."""
    order = alice.get("/orders").get_json()["items"][0]["id"]
    address = path.format(id=bought, service=service, order=order)
    if body and body.get("service_id"):
        body = body | {"service_id": service}

    answer = bob.client.open(
        f"/api/v1{address}", method=method, json=body, headers={"Authorization": f"Bearer {bob.token}"}
    )

    assert answer.status_code == 404
    for path_of_list in ("/transactions", "/orders"):
        assert bob.get(path_of_list).get_json()["items"] == []
        assert bob.get(path_of_list, service_id=service).get_json()["items"] == []


def test_an_admin_reads_and_no_more(admin: Caller, service: int, bought: int) -> None:
    """403 for each change, before the body is judged."""
    assert admin.get(f"/transactions/{bought}").status_code == 200
    assert admin.get(f"/transactions/services/{service}").get_json()["pagination"]["total_items"] == 1
    assert admin.post(f"/transactions/{bought}/complete", {"nonsense": 1}).status_code == 403
    assert admin.post(f"/transactions/{bought}/cancel", {}).status_code == 403
    assert admin.put(f"/transactions/{bought}/notes", {}).status_code == 403
    assert admin.post("/transactions", {"service_id": service, "shares": 1}).status_code == 403


@pytest.mark.usefixtures("bought")
def test_orders_show_history_and_fills(world: World, alice: Caller) -> None:
    """The list without, one of them with; an event carries what REST shows."""
    listed = alice.get("/orders", side="buy", status="filled").get_json()["items"]

    shown = alice.get(f"/orders/{listed[0]['id']}").get_json()

    assert set(listed[0]) == set(OrderSchema().dump_fields)
    assert set(shown) == set(OrderWithFillsSchema().dump_fields)
    assert shown["history"][-1]["state"] == "FILLED"
    assert [(fill["shares"], fill["price"], fill["amount"]) for fill in shown["executions"]] == [(10, 20, 200)]
    assert shown["client_order_id"].startswith("dt-")
    told = [event.payload()["entity"] for event in world.published if event.event.name == "order:update"]
    assert told[-1] == shown


def test_the_payload_of_a_transaction_has_the_schemas_fields(bought: int) -> None:
    """Events need no schema to be right."""
    with SessionManager() as session:
        row = session.get_one(TradingTransaction, bought)
        assert set(json_ready(event_payloads.entity(row))) == set(TransactionSchema().dump_fields)
