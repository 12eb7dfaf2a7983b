"""Tests of what sockets are sent: every event in every room, the missed ones again, and the limits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import socketio
from flask import Flask

from daytrader.api import live_metrics, rooms, socket_logins, sockets
from daytrader.api.socket_protocol import DATA_EVENTS, WATCHES, DataEvent
from daytrader.config import Settings
from daytrader.models import EventOutbox, TradingService
from daytrader.models.base import json_ready
from daytrader.services import events as events_module
from daytrader.services import trading_service, transaction_service
from daytrader.services.actor import Actor
from daytrader.services.events import Event
from daytrader.services.session_manager import SessionManager
from daytrader.services.system_events import Severity, notification, personal_notification
from daytrader.utils.current_datetime import get_current_datetime
from tests.e2e.server import wait_for

from ..conftest import World
from .conftest import Caller, tell
from .socket_client import WAIT, Listener

Listen = Callable[[Caller], Listener]


@pytest.fixture
def service(world: World, alice: Caller) -> TradingService:
    """An active service of alice's on ACME, which closed at 10 and 11."""
    stock = world.stock("ACME")
    world.prices(stock, [10.0, 11.0])
    made = world.service(alice.user, stock)
    with SessionManager() as session:
        return trading_service.activate(session, Actor(made.user_id), made.id)


def _events(service: TradingService) -> list[tuple[DataEvent, str, Event]]:
    """Return each data event of the table once for each of its rooms, as an event to that room alone."""
    keys = {"service_{id}": service.id, "user_{id}": service.user_id, "stock_{symbol}": "ACME"}
    found = []
    for event in DATA_EVENTS:
        for room in event.rooms:
            name = room.split("{", maxsplit=1)[0] + str(keys[room]) if "{" in room else room
            owner = service.user_id if "{id}" in room or room in rooms.PER_OWNER else None
            entity = dict(event.entity) | ({"severity": name.removeprefix("system_")} if "system_" in name else {})
            if "price_date" in entity:
                entity["price_date"] = date(2024, 1, 2)
            found.append((event, name, Event(event.name, event.actions[0], (name,), entity, owner)))
    return found


def test_every_event_reaches_every_room_of_its_row(service: TradingService, admin: Caller, listen: Listen) -> None:
    """The whole table: a socket in that room alone hears it, with the object, the action, the time and the sequence."""
    listener = listen(admin)
    for event, room, told in _events(service):
        time.sleep(0.12)  # two asks a round, twenty a second
        assert listener.ask("join", {"room": room})["status"] == "ok", room
        listener.heard.clear()

        tell(told)

        assert _heard(listener, 1) == [event.name], room
        body = listener.heard[0][1]
        assert body.keys() == {"event", "action", "entity", "timestamp", "sequence"}
        assert (body["event"], body["action"], body["entity"]) == (event.name, told.action, json_ready(told.entity))
        listener.ask("leave", {"room": room})


def _heard(listener: Listener, count: int) -> list[str]:
    deadline = time.monotonic() + WAIT
    while len(listener.heard) < count and time.monotonic() < deadline:
        time.sleep(0.005)
    return [name for name, _ in listener.heard]


def test_the_table_names_every_room_and_no_other(service: TradingService, world: World, alice: Caller) -> None:
    """What is really told goes to the rooms that its row names."""
    with SessionManager() as session:
        bought = transaction_service.buy(session, Actor(alice.user.id), service.id, 5)
        transaction_service.set_notes(session, Actor(alice.user.id), bought.id, "note")
        transaction_service.complete(session, Actor(alice.user.id), bought.id)
        trading_service.stop(session, Actor(alice.user.id), service.id)
    known = {event.name: event for event in DATA_EVENTS}

    assert {name for event in DATA_EVENTS for name in event.rooms} == {room.name for room in rooms.ROOMS}
    told = [published.event for published in world.published]
    assert {event.name for event in told} >= {"transaction:new", "transaction:update", "transaction:complete"}
    for event in told:
        families = {room if room in {r.name for r in rooms.ROOMS} else _family(room) for room in event.rooms}
        assert families <= set(known[event.name].rooms), event.name
        assert event.action in known[event.name].actions, event.name
        assert set(event.entity) == set(known[event.name].entity), event.name


def _family(room: str) -> str:
    kind = room.split("_", maxsplit=1)[0]
    return "stock_{symbol}" if kind == "stock" else f"{kind}_{{id}}"


def test_every_convenience_event_joins_its_room(
    world: World, service: TradingService, alice: Caller, listen: Listen
) -> None:
    """As its row says, by its example."""
    world.stock("AAPL")
    examples = {"service_watch": {"service_id": service.id}, "user_watch": {"user_id": alice.user.id}}
    listener = listen(alice)

    joined = {watch.name: listener.ask(watch.name, examples.get(watch.name, watch.example)) for watch in WATCHES}

    assert {name: answer["room"] for name, answer in joined.items()} == {
        "join": "services",
        "service_watch": f"service_{service.id}",
        "stock_watch": "stock_AAPL",
        "user_watch": f"user_{alice.user.id}",
        "join_services": "services",
        "join_price_updates": "price_updates",
        "join_transactions": "transactions",
        "join_system": "system_warning",
    }
    assert {answer["status"] for answer in joined.values()} == {"ok"}


@pytest.mark.usefixtures("world")
def test_notifications_by_severity(alice: Caller, admin: Caller, listen: Listen) -> None:
    """`system` hears all, a user not what is for admins; `system_{severity}` hears its own."""
    everyone, root, warned = listen(alice), listen(admin), listen(alice)
    everyone.ask("join_system")
    root.ask("join_system")
    warned.ask("join_system", {"severity": "warning"})

    tell(*(notification(severity, "test", "A test") for severity in Severity))

    def heard(listener: Listener) -> list[str]:
        return [body["entity"]["severity"] for _, body in listener.heard]

    root.names(4)
    assert heard(root) == ["info", "warning", "error", "critical"]
    assert heard(everyone) == ["info", "warning"]
    assert heard(warned) == ["warning"]


@pytest.mark.usefixtures("world")
def test_a_personal_notification_needs_no_room(alice: Caller, bob: Caller, listen: Listen) -> None:
    """It reaches every socket of that user, once, and nobody else's."""
    first, second, other = listen(alice), listen(alice), listen(bob)
    second.ask("user_watch", alice.user.id)
    other.ask("join_system")

    tell(personal_notification(alice.user.id, Severity.INFO, "test", "For alice"))

    assert first.names(1) == second.names(1) == ["system:notification"]
    assert other.names(0) == []


def test_metrics_follow_trades_at_most_once_a_second(service: TradingService, alice: Caller, listen: Listen) -> None:
    """The figures that REST shows, for as long as somebody is in the room."""
    listener = listen(alice)
    listener.ask("join", "metrics")
    actor = Actor(alice.user.id)
    began = time.monotonic()
    for _ in range(3):
        with SessionManager() as session:
            bought = transaction_service.buy(session, actor, service.id, 5)
        with SessionManager() as session:
            transaction_service.complete(session, actor, bought.id)

    wait_for(lambda: any(body["entity"]["trades"] == 3 for _, body in listener.heard))
    seconds = time.monotonic() - began
    time.sleep(live_metrics.SPACING)  # for one too many

    told = [(datetime.fromisoformat(body["timestamp"]), body["entity"]) for _, body in listener.heard]
    assert 1 <= len(told) <= 2 + int(seconds / live_metrics.SPACING)  # trades that take seconds are told of meanwhile
    spacing = timedelta(seconds=live_metrics.SPACING)
    assert all(later - one >= spacing for (one, _), (later, _) in pairwise(told))
    shown = alice.get(f"/services/{service.id}/metrics").get_json()
    assert told[-1][1] == {"service_id": service.id} | shown
    assert told[-1][1]["trades"] == 3


def test_metrics_are_not_computed_for_nobody(service: TradingService, world: World, alice: Caller) -> None:
    """A trade that no socket follows costs nothing."""
    with SessionManager() as session:
        transaction_service.buy(session, Actor(alice.user.id), service.id, 5)
    time.sleep(0.2)

    assert "metrics:update" not in {published.event.name for published in world.published}


def test_what_was_missed_is_sent_again(service: TradingService, alice: Caller, listen: Listen) -> None:
    """`resume {after}` sends it in order, the same bytes, then says how much it was."""
    witness, late = listen(alice), listen(alice)
    witness.ask("join_services")
    with SessionManager() as session:
        trading_service.pause(session, Actor(alice.user.id), service.id)
    with SessionManager() as session:
        trading_service.resume(session, Actor(alice.user.id), service.id)
    witness.names(4)
    missed = witness.heard[1:]

    late.ask("join_services")
    answer = late.ask("resume", {"after": witness.heard[0][1]["sequence"]})

    assert answer == {"status": "ok", "replayed": 3}
    assert late.names(3) == [name for name, _ in missed]
    assert late.heard == missed


def test_resuming_tells_nobody_what_is_not_theirs(
    service: TradingService, alice: Caller, bob: Caller, admin: Caller, listen: Listen
) -> None:
    """Others' objects and what is for admins stay unheard; what is everyone's is heard by all."""
    tell(notification(Severity.ERROR, "test", "For admins"), notification(Severity.INFO, "test", "For all"))
    heard = {}
    for name, caller in (("alice", alice), ("bob", bob), ("admin", admin)):
        listener = listen(caller)
        replayed = listener.ask("resume", {"after": 0})["replayed"]
        listener.names(replayed)
        heard[name] = [(event, body["entity"]) for event, body in listener.heard]

    assert [event for event, _ in heard["bob"]] == ["system:notification"]
    assert all("For admins" not in str(entity) for _, entity in heard["alice"] + heard["bob"])
    assert {entity["id"] for event, entity in heard["alice"] if event == "service:update"} == {service.id}
    assert len(heard["admin"]) > len(heard["alice"])


def test_rooms_decide_what_is_sent_again(service: TradingService, alice: Caller, listen: Listen) -> None:
    """A socket that is back in its rooms is sent what they carried, and no more."""
    tell(notification(Severity.INFO, "test", "A notice"))
    listener = listen(alice)
    listener.ask("join_system")

    assert listener.ask("resume", {"after": 0}) == {"status": "ok", "replayed": 1}
    assert listener.names(1) == ["system:notification"]
    assert service.id


@pytest.mark.usefixtures("service")
def test_what_is_meant_for_one_user_is_sent_again_whatever_rooms_are_joined(
    alice: Caller, bob: Caller, listen: Listen
) -> None:
    """It is heard without a room at the time, and so afterwards; nobody else is sent it."""
    tell(personal_notification(alice.user.id, Severity.INFO, "test", "For alice"))
    for caller, replayed in ((alice, 1), (bob, 0)):
        listener = listen(caller)
        listener.ask("join_transactions")
        assert listener.ask("resume", {"after": 0}) == {"status": "ok", "replayed": replayed}


@pytest.mark.usefixtures("world")
def test_what_is_too_much_for_one_answer_comes_with_the_next(
    monkeypatch: pytest.MonkeyPatch, alice: Caller, listen: Listen
) -> None:
    """Written several at a time, each once and in order; `more` says that there is more."""
    monkeypatch.setattr(sockets, "_REPLAY_MOST", 5)
    monkeypatch.setattr(sockets, "_REPLAY_CHUNK", 3)
    monkeypatch.setattr(sockets, "_MOST_TOGETHER", 2)
    tell(*(notification(Severity.INFO, "test", f"Notice {number}") for number in range(12)))
    listener = listen(alice)
    answers, after = [], 0
    for heard in (5, 10, 12):
        answers.append(listener.ask("resume", {"after": after}))
        listener.names(heard)
        after = listener.heard[-1][1]["sequence"]

    assert answers == [
        {"status": "ok", "replayed": 5, "more": True},
        {"status": "ok", "replayed": 5, "more": True},
        {"status": "ok", "replayed": 2},
    ]
    assert [body["entity"]["message"] for _, body in listener.heard] == [f"Notice {number}" for number in range(12)]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("after", [None, -1, "x", 2**63, 1.5, True, {"after": []}])
def test_a_place_that_is_none_is_refused(alice: Caller, listen: Listen, after: Any) -> None:
    """`after` is the sequence of an event, or 0."""
    assert listen(alice).ask("resume", {"after": after})["status"] == "error"


@pytest.mark.usefixtures("app")
def test_after_a_day_it_is_gone(world: World, monkeypatch: pytest.MonkeyPatch, alice: Caller, listen: Listen) -> None:
    """Older events are neither sent again nor kept."""
    tell(notification(Severity.INFO, "test", "Old"))
    with SessionManager() as session:
        session.query(EventOutbox).update({"created_at": get_current_datetime() - timedelta(hours=25)})
    assert listen(alice).ask("resume", {"after": 0}) == {"status": "ok", "replayed": 0}

    monkeypatch.setattr(events_module, "PRUNE_EVERY", 1)
    tell(notification(Severity.INFO, "test", "New"))

    with SessionManager(read_only=True) as session:
        assert [row.entity["message"] for row in session.query(EventOutbox)] == ["New"]
    assert world.published[-1].sequence == 2


@pytest.mark.usefixtures("world")
def test_a_user_has_five_sockets(app: Flask, alice: Caller, bob: Caller, listen: Listen) -> None:
    """The sixth is refused until one is closed; others are not in the way."""
    mine = [listen(alice) for _ in range(5)]
    with pytest.raises(socketio.exceptions.ConnectionError):
        listen(alice)
    assert listen(bob).client.connected

    mine[0].client.disconnect()
    wait_for(lambda: app.extensions["sockets"].count == 5)  # the server hears of it later than the client

    assert listen(alice).client.connected


@pytest.mark.usefixtures("world")
def test_a_socket_sends_twenty_events_a_second(monkeypatch: pytest.MonkeyPatch, alice: Caller, listen: Listen) -> None:
    """What is more is refused, and the next second it may go on."""
    moment = time.monotonic()  # it stands: on a busy machine forty events may take a second by themselves
    monkeypatch.setattr(socket_logins, "time", SimpleNamespace(monotonic=lambda: moment))
    listener = listen(alice)

    answers = [answer["status"] for answer in listener.ask_at_once("join", "services", 40)]
    moment += 1

    assert answers == ["ok"] * 20 + ["error"] * 20
    assert listener.ask("join", "services")["status"] == "ok"


class TestOtherOrigins:
    """Pages of origins that a setting names."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """One more origin."""
        return replace(settings, cors_origins="https://desk.example")

    def test_a_named_origin_may_connect(self, url: str, alice: Caller) -> None:
        """It and this server's own, no other."""
        for origin in ("https://desk.example", url):
            Listener(url, alice.token, origin).hang_up()
        with pytest.raises(socketio.exceptions.ConnectionError):
            Listener(url, alice.token, "https://evil.example")


def test_a_request_that_breaks_is_told_to_admins(
    app: Flask, alice: Caller, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What broke and the request's id, nothing of what was sent; the answer is 500 all the same."""

    def break_down(*_args: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr("daytrader.services.listings.stocks", break_down)

    answer = alice.get("/stocks")

    assert app.extensions["sockets"].count == 0
    assert answer.status_code == 500
    told = world.published[-1].event
    assert (told.name, told.rooms) == ("error", ("errors",))
    assert told.entity == {
        "source": "api",
        "code": "internal_error",
        "message": "RuntimeError",
        "reference": answer.get_json()["request_id"],
    }
