"""Tests of daytrader.api.sockets: who may join which room, and who is in it no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from daytrader.models import TradingService
from daytrader.services import account_removal, stock_service
from daytrader.services.actor import Actor
from daytrader.services.events import Event
from daytrader.services.session_manager import SessionManager
from daytrader.utils.kept_statements import KeptStatement

from ..conftest import World
from .conftest import Caller, tell
from .socket_client import WAIT, Listener


def test_a_room_that_is_joined_again_costs_one_look(
    app: Flask,
    service: TradingService,
    alice: Caller,
    listen: Callable[[Caller], Listener],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whose service it is, by one column: hundreds of pages ask for their rooms again when they come back."""
    listener = listen(alice)
    manager, entered = app.extensions["sockets"]._fan_out, list[object]()
    enter = manager.basic_enter_room

    def count(*args: Any, **options: Any) -> None:
        entered.append(args)
        enter(*args, **options)

    manager.basic_enter_room = count
    asked: list[str] = []
    with SessionManager(read_only=True) as session:
        bind = session.get_bind()

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(" ".join(statement.split()))

    fetch = KeptStatement.rows

    def rows(kept: KeptStatement, session: Session, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        note(None, None, str(kept._statement))
        return fetch(kept, session, parameters)

    monkeypatch.setattr(KeptStatement, "rows", rows)  # it asks the driver by itself
    event.listen(bind, "before_cursor_execute", note)
    try:
        answers = [listener.ask("service_watch", {"service_id": service.id}) for _ in range(3)]
    finally:
        event.remove(bind, "before_cursor_execute", note)

    assert [answer["status"] for answer in answers] == ["ok"] * 3
    assert len(entered) == 1
    looks = [statement for statement in asked if "FROM trading_services" in statement]
    assert (
        looks == ["SELECT trading_services.user_id FROM trading_services WHERE trading_services.id = :service_id"] * 3
    )


def test_system_rooms_by_severity(alice: Caller, listen: Callable[[Caller], Listener]) -> None:
    """`join_system` takes a severity; those for admins are refused."""
    listener = listen(alice)

    assert listener.ask("join_system")["room"] == "system"
    assert listener.ask("join_system", {"severity": "warning"})["room"] == "system_warning"
    assert listener.ask("join_system", {"severity": "critical"})["status"] == "error"
    assert listener.ask("join_system", {"severity": "x" * 100})["status"] == "error"


def _grants(service: TradingService, alice: Caller) -> list[tuple[str, set[str]]]:
    everyone = {"alice", "bob", "admin"}
    return [
        *[
            (room, everyone)
            for room in ("services", "transactions", "metrics", "stocks", "price_updates", "data_feeds")
        ],
        *[(room, everyone) for room in ("system", "system_info", "system_warning", "stock_ACME")],
        *[(room, {"admin"}) for room in ("users", "errors", "database_admin", "system_error", "system_critical")],
        (f"service_{service.id}", {"alice", "admin"}),
        (f"user_{alice.user.id}", {"alice", "admin"}),
    ]


def test_who_may_join_what(
    service: TradingService, alice: Caller, bob: Caller, admin: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """The whole table of rooms, for the owner, another user and an admin."""
    listeners = {name: listen(caller) for name, caller in (("alice", alice), ("bob", bob), ("admin", admin))}

    for room, allowed in _grants(service, alice):
        granted = {name for name, each in listeners.items() if each.ask("join", {"room": room})["status"] == "ok"}
        assert granted == allowed, room


NO_ROOMS = (
    *("", "nonsense", "services/1", "services/all", "service_", "service_x", "service_99999999999", "stock_", "user_0"),
    *("x" * 65, ["services"], {"a": 1}, None, 7, True),
)


def test_what_is_no_room_is_refused(alice: Caller, listen: Callable[[Caller], Listener]) -> None:
    """Also the internal shares of others, and a socket's id."""
    listener = listen(alice)

    for room in (*NO_ROOMS, listener.client.get_sid()):
        assert listener.ask("join", {"room": room})["status"] == "error", room


def test_the_room_of_a_stock_is_there_as_long_as_the_stock(
    app: Flask, world: World, alice: Caller, admin: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """Before it is made, and once it has another symbol, the room is refused; who was in it hears so and is out."""
    missing = {"status": "error", "room": "stock_NOPE", "code": "not_found", "message": "stock not found"}
    listener = listen(alice)
    assert listener.ask("join", {"room": "stock_NOPE"}) == missing
    assert listener.ask("stock_watch", {"symbol": "NOPE"}) == missing
    assert listener.ask("join_system", {"severity": "critical"})["room"] == "system_critical"
    made = admin.post("/stocks", {"symbol": "NOPE"}).get_json()
    assert app.extensions["sockets"]._announcer.drain(WAIT)  # that it is made; who joins at once may hear of it
    assert listener.ask("join", {"room": "stock_nope"}) == {"status": "ok", "room": "stock_NOPE", "message": "joined"}

    assert admin.put(f"/stocks/{made['id']}", {"symbol": "YEP"}).status_code == 200

    assert listener.names(1) == ["stock:update"]
    assert listener.heard[0][1]["entity"]["symbol"] == "YEP"
    assert listener.ask("join", {"room": "stock_NOPE"}) == missing
    world.stock("NOPE")
    tell(Event("stock:update", "updated", ("stock_NOPE",), {"symbol": "NOPE"}))
    assert listener.names(1) == ["stock:update"]


def test_another_and_a_missing_service_are_refused_alike(
    service: TradingService, bob: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """The refusal does not tell whether it exists."""
    listener = listen(bob)

    messages = {listener.ask("service_watch", {"service_id": number})["message"] for number in (service.id, 999)}

    assert messages == {"trading service not found"}


def test_nobody_stays_in_the_room_of_a_service_that_is_gone(
    service: TradingService, alice: Caller, bob: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """Its last event is heard, then the room is empty; whatever is told to a room of that name later is not."""
    first, second = listen(alice), listen(alice)
    for listener in (first, second):
        assert listener.ask("service_watch", service.id)["status"] == "ok"

    assert alice.delete(f"/services/{service.id}").status_code == 204
    assert first.names(1) == second.names(1) == ["service:update"]
    theirs = bob.post("/services", {"name": "bob's", "stock_symbol": "ACME", "initial_balance": 500}).get_json()
    tell(Event("service:update", "updated", (f"service_{service.id}",), {"id": service.id}, bob.user.id))

    assert theirs["id"] > service.id
    assert first.names(1) == second.names(1) == ["service:update"]


def test_nobody_stays_in_the_rooms_of_a_stock_and_an_account_that_are_gone(
    world: World, bob: Caller, admin: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """Nor in those of the services that went with the account."""
    stock = world.stock("ACME")
    service = world.service(bob.user, stock)
    listener = listen(admin)
    for name, body in (("service_watch", service.id), ("stock_watch", "ACME"), ("user_watch", bob.user.id)):
        assert listener.ask(name, body)["status"] == "ok"

    with SessionManager() as session:
        account_removal.remove(session, Actor(admin.user.id, is_admin=True), bob.user.id)
    with SessionManager() as session:
        stock_service.delete(session, Actor(admin.user.id, is_admin=True), stock.id)
    assert listener.names(3) == ["user:update", "service:update", "stock:update"]
    tell(Event("stock:update", "updated", (f"service_{service.id}", f"user_{bob.user.id}", "stock_ACME"), {}))

    assert listener.names(3) == ["user:update", "service:update", "stock:update"]
