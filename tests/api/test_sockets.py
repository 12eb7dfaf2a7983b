"""Tests of daytrader.api.sockets: what a client that is connected hears, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from daytrader.models import TradingService
from daytrader.services import price_service, trading_service
from daytrader.services.actor import Actor
from daytrader.services.events import Event, events
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from .conftest import Caller, activate
from .socket_client import Listener


def test_an_event_is_the_rest_object_with_action_time_and_sequence(
    service: TradingService, alice: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """`{event, action, entity, timestamp, sequence}`, in order."""
    listener = listen(alice)
    assert listener.ask("service_watch", {"service_id": service.id})["status"] == "ok"

    activate(service)

    assert listener.names(2) == ["service:state_change", "service:update"]
    bodies = [body for _, body in listener.heard]
    assert bodies[0].keys() == {"event", "action", "entity", "timestamp", "sequence"}
    assert bodies[0]["entity"] == alice.get(f"/services/{service.id}").get_json()
    assert bodies[0]["timestamp"].endswith("Z")
    assert bodies[1]["sequence"] == bodies[0]["sequence"] + 1


def test_a_socket_in_several_of_the_rooms_hears_it_once(
    service: TradingService, alice: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """Rooms overlap; events do not come twice."""
    listener = listen(alice)
    for name, body in (("join_services", None), ("service_watch", service.id), ("user_watch", alice.user.id)):
        assert listener.ask(name, body)["status"] == "ok"

    activate(service)

    assert listener.names(2) == ["service:state_change", "service:update"]


def test_shared_rooms_carry_own_objects_only_and_all_to_an_admin(
    service: TradingService, alice: Caller, bob: Caller, admin: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """Everyone may join `services`; a user is sent own services only."""
    listeners = {name: listen(caller) for name, caller in (("alice", alice), ("bob", bob), ("admin", admin))}
    for listener in listeners.values():
        assert listener.ask("join", {"room": "services"}) == {"status": "ok", "room": "services", "message": "joined"}

    activate(service)

    assert len(listeners["alice"].names(2)) == 2
    assert len(listeners["admin"].names(2)) == 2
    assert listeners["bob"].names(0) == []


def test_what_is_rolled_back_is_never_heard(
    service: TradingService, alice: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """Events leave after the commit that they tell of."""
    listener = listen(alice)
    listener.ask("join_services")

    with pytest.raises(RuntimeError), SessionManager() as session:
        trading_service.activate(session, Actor(service.user_id), service.id)
        session.flush()
        raise RuntimeError

    assert listener.names(0) == []


def test_a_room_that_was_left_is_silent(
    service: TradingService, alice: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """`leave` is acknowledged, and holds."""
    listener = listen(alice)
    listener.ask("join", "services")
    assert listener.ask("leave", {"room": "services"}) == {"status": "ok", "room": "services", "message": "left"}

    activate(service)

    assert listener.names(0) == []


def test_prices_reach_their_rooms(world: World, alice: Caller, listen: Callable[[Caller], Listener]) -> None:
    """`price_updates` hears every stock, `stock_{symbol}` its own, in any case."""
    stocks = [world.stock("ACME"), world.stock("OTHER")]
    every, one = listen(alice), listen(alice)
    assert every.ask("join_price_updates")["room"] == "price_updates"
    assert one.ask("stock_watch", {"symbol": "acme"})["room"] == "stock_ACME"
    for stock in stocks:
        world.prices(stock, [10.0, 11.0])
        with SessionManager() as session:
            price_service.price_events(session, stock)

    assert every.names(2) == ["price:update"] * 2
    assert one.names(1) == ["price:update"]
    assert one.heard[0][1]["entity"]["symbol"] == "ACME"
    assert one.heard[0][1]["entity"]["close_price"] == 11


def test_a_listener_that_fails_never_fails_the_request(
    service: TradingService, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit stands whatever becomes of its announcement."""

    def fail(_: object) -> None:
        raise OSError

    monkeypatch.setattr(events, "publish", fail)

    assert alice.post(f"/services/{service.id}/activate").status_code == 200
    assert alice.get(f"/services/{service.id}").get_json()["state"] == "ACTIVE"


@pytest.mark.usefixtures("app")
def test_an_event_is_encoded_once(alice: Caller, listen: Callable[[Caller], Listener]) -> None:
    """However many sockets hear it."""
    from daytrader.api import encoding

    listeners = [listen(alice) for _ in range(3)]
    for listener in listeners:
        listener.ask("join", {"room": "system"})
    encoded = []
    original = encoding.encode

    def counting(value: Any) -> bytes:
        if "notice" in str(value):
            encoded.append(value)
        return original(value)

    encoding.encode = counting
    try:
        with SessionManager() as session:
            events.record(session, Event("system:notification", "created", ("system",), {"text": "notice"}))
        assert all(listener.names(1) == ["system:notification"] for listener in listeners)
    finally:
        encoding.encode = original
    assert len(encoded) == 1
