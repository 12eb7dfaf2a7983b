"""Tests of daytrader.api.sockets: a real client against a running server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import socketio
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from daytrader.api import sockets
from daytrader.cli.node import Node
from daytrader.models import TradingService, User
from daytrader.services import account_removal, price_service, stock_service, trading_service
from daytrader.services.actor import Actor
from daytrader.services.bells import Bells
from daytrader.services.events import Event, events
from daytrader.services.session_manager import SessionManager
from daytrader.utils.kept_statements import KeptStatement

from ..conftest import World
from .conftest import Caller
from .socket_client import WAIT, Listener


@pytest.fixture
def service(world: World, alice: Caller) -> TradingService:
    """A service of alice's."""
    return world.service(alice.user, world.stock("ACME"))


def _activate(service: TradingService) -> None:
    with SessionManager() as session:
        trading_service.activate(session, Actor(service.user_id), service.id)


@pytest.mark.parametrize("token", [None, "nonsense", 7])
def test_nobody_connects_without_a_token(url: str, token: Any) -> None:
    """The handshake is refused."""
    with pytest.raises(socketio.exceptions.ConnectionError):
        Listener(url, token)


def test_a_foreign_page_cannot_connect(url: str, alice: Caller) -> None:
    """Another Origin is refused, this server's own is not."""
    with pytest.raises(socketio.exceptions.ConnectionError):
        Listener(url, alice.token, "https://evil.example")
    Listener(url, alice.token, url).hang_up()


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


def test_an_event_is_the_rest_object_with_action_time_and_sequence(
    service: TradingService, alice: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """`{event, action, entity, timestamp, sequence}`, in order."""
    listener = listen(alice)
    assert listener.ask("service_watch", {"service_id": service.id})["status"] == "ok"

    _activate(service)

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

    _activate(service)

    assert listener.names(2) == ["service:state_change", "service:update"]


def test_shared_rooms_carry_own_objects_only_and_all_to_an_admin(
    service: TradingService, alice: Caller, bob: Caller, admin: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """Everyone may join `services`; a user is sent own services only."""
    listeners = {name: listen(caller) for name, caller in (("alice", alice), ("bob", bob), ("admin", admin))}
    for listener in listeners.values():
        assert listener.ask("join", {"room": "services"}) == {"status": "ok", "room": "services", "message": "joined"}

    _activate(service)

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

    _activate(service)

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


@pytest.mark.parametrize("name", ["nonsense", "*", "connect", "disconnect", "message", ["join"], None])
def test_an_event_that_is_none_is_acknowledged_as_such(
    service: TradingService, alice: Caller, listen: Callable[[Caller], Listener], name: Any
) -> None:
    """By any name, those of the library's own included, which change nothing: it is heard on, until the login ends."""
    listener = listen(alice)
    assert listener.ask("join_services")["status"] == "ok"

    refused = listener.ask(name, {"room": "stocks", "token": alice.token})

    assert refused == {"status": "error", "room": "", "code": "not_found", "message": "event not found"}
    _activate(service)
    assert len(listener.names(2)) == 2
    assert alice.post("/auth/logout").status_code == 204
    wait_for_end(listener)


@pytest.mark.parametrize(
    "text", ["2{", "9", "x", "4", '51-["join",{"_placeholder":true,"num":0}]', b"\x00", "2" + "[" * 5000]
)
def test_what_is_no_socket_io_ends_the_connection(
    alice: Caller, listen: Callable[[Caller], Listener], capfd: pytest.CaptureFixture[str], text: str | bytes
) -> None:
    """Attachments, which nothing here takes, included; and the operator reads no trace of it."""
    listener = listen(alice)

    listener.client.eio.send(text)

    wait_for_end(listener)
    assert "Traceback" not in "".join(capfd.readouterr())


def test_who_connects_twice_is_one(
    service: TradingService, alice: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """The second handshake over the same socket is refused, and nothing is heard twice."""
    listener = listen(alice)
    assert listener.ask("join_services")["status"] == "ok"

    listener.client.eio.send('0{"token":"' + alice.token + '"}')

    assert listener.ask("join_services")["status"] == "ok"
    _activate(service)
    assert len(listener.names(2)) == 2


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
    _tell(Event("stock:update", "updated", ("stock_NOPE",), {"symbol": "NOPE"}))
    assert listener.names(1) == ["stock:update"]


def test_another_and_a_missing_service_are_refused_alike(
    service: TradingService, bob: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """The refusal does not tell whether it exists."""
    listener = listen(bob)

    messages = {listener.ask("service_watch", {"service_id": number})["message"] for number in (service.id, 999)}

    assert messages == {"trading service not found"}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("end", ["logout", "deactivate", "demote"])
def test_an_ended_login_loses_its_socket(
    admin: Caller,
    alice: Caller,
    listen: Callable[[Caller], Listener],
    monkeypatch: pytest.MonkeyPatch,
    end: str,
) -> None:
    """Within five seconds, here of tenths; other users' sockets stay."""
    monkeypatch.setattr(sockets, "_LOOK_EVERY", sockets._LOOK_EVERY / 10)
    leaving, staying = listen(admin), listen(alice)
    if end == "logout":
        assert admin.post("/auth/logout").status_code == 204
    else:
        with SessionManager() as session:
            setattr(session.get_one(User, admin.user.id), "is_active" if end == "deactivate" else "is_admin", False)

    wait_for_end(leaving)
    assert staying.client.connected
    assert staying.ask("join_services")["status"] == "ok"


def test_a_large_message_ends_the_connection(alice: Caller, listen: Callable[[Caller], Listener]) -> None:
    """Nobody makes the server hold megabytes."""
    listener = listen(alice)
    listener.client.emit("join", {"room": "x" * 1_000_000})

    wait_for_end(listener)


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
    _tell(Event("service:update", "updated", (f"service_{service.id}",), {"id": service.id}, bob.user.id))

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
    _tell(Event("stock:update", "updated", (f"service_{service.id}", f"user_{bob.user.id}", "stock_ACME"), {}))

    assert listener.names(3) == ["user:update", "service:update", "stock:update"]


class _LastBar:
    """An engine that has a bar in hand when it is stopped."""

    def stop(self, _timeout: float) -> bool:
        _tell(Event("system:notification", "created", ("system",), {"message": "the last bar"}))
        return True


def test_who_is_connected_hears_the_last_of_a_server_that_stops(
    app: Flask, world: World, alice: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """The bar in hand is finished first, then the server hangs up."""
    listener = listen(alice)
    listener.ask("join_system")
    node = Node(app, _LastBar(), world.engine, Bells(), False)  # type: ignore[arg-type]  # all that `stop` asks of it

    assert node.stop()

    wait_for_end(listener)
    assert [body["entity"]["message"] for _, body in listener.heard] == ["the last bar"]


def wait_for_end(listener: Listener) -> None:
    """Wait until the server has hung up."""
    deadline = time.monotonic() + WAIT
    while listener.client.connected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listener.client.connected


def _tell(event: Event) -> None:
    with SessionManager() as session:
        events.record(session, event)
