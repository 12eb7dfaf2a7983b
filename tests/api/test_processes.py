"""Several API processes on one PostgreSQL: every socket hears everything that it may hear, once and in order."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask

from daytrader.api import live_metrics
from daytrader.api.sockets import Sockets
from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.engine.elsewhere import EngineElsewhere
from daytrader.engine.lease import HeldLease
from daytrader.engine.supervisor import EngineSupervisor
from daytrader.services import database, event_payloads, token_service
from daytrader.services.bells import Bells
from daytrader.services.events import Event, events
from daytrader.services.session_manager import SessionManager
from tests.redis import RedisServer
from tests.waiting import eventually

from ..conftest import World
from .conftest import Caller
from .serving import served
from .socket_client import Listener


@pytest.fixture
def world(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An empty PostgreSQL, made by the migrations."""
    engine = database.connect(postgres_url)
    monkeypatch.setattr(events, "publish", lambda _event: None)
    yield World(engine)
    engine.dispose()


@pytest.fixture
def settings(settings: Settings, postgres_url: str) -> Settings:
    """As of a process that serves on PostgreSQL."""
    return replace(settings, database_url=postgres_url)


@pytest.fixture
def urls(world: World, settings: Settings, redis_server: RedisServer, alice: Caller) -> Iterator[list[str]]:
    """Two applications that follow the outbox, each at its address; what is committed here rings the second one."""
    with ExitStack() as stack:
        addresses = []
        for _ in range(2):
            app = create_app(settings)
            app.extensions["engine"] = EngineElsewhere(settings.instance)
            rings = app.extensions["bells"] = Bells(redis_server.url)
            stack.callback(rings.stop)
            sockets: Sockets = app.extensions["sockets"]
            sockets.follow(rings)
            stack.callback(sockets.stop_following)
            rings.start()
            addresses.append(stack.enter_context(served(app)))
        assert (world.engine.dialect.name, alice.user.id) == ("postgresql", 1)
        yield addresses


@pytest.fixture
def listen_at(alice: Caller) -> Iterator[Callable[[str], Listener]]:
    """Connect alice's sockets; hung up at the end."""
    listeners: list[Listener] = []

    def connect(url: str) -> Listener:
        listeners.append(Listener(url, alice.token))
        return listeners[-1]

    yield connect
    for listener in listeners:
        listener.hang_up()


def tell(number: int) -> None:
    """Commit one event for everybody."""
    with SessionManager() as session:
        events.record(session, Event("stock:update", "updated", ("stocks",), {"symbol": "ACME", "number": number}))


def numbers(listener: Listener) -> list[Any]:
    """Return what was heard of `tell`."""
    return [body["entity"]["number"] for _, body in list(listener.heard)]


def test_sockets_of_both_processes_hear_every_event_once_and_in_order(
    urls: list[str], listen_at: Callable[[str], Listener]
) -> None:
    """Whoever commits it: neither process is the one that does."""
    listeners = [listen_at(url) for url in urls]
    for listener in listeners:
        assert listener.ask("join", {"room": "stocks"})["status"] == "ok"
    threads = [threading.Thread(target=tell, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: all(len(listener.heard) >= 100 for listener in listeners))
    time.sleep(0.1)  # for one too many

    first, second = ([body for _, body in listener.heard] for listener in listeners)
    assert first == second
    sequences = [body["sequence"] for body in first]
    assert sequences == sorted(set(sequences))
    assert sorted(numbers(listeners[0])) == list(range(100))


def test_who_resumes_amid_the_stream_misses_nothing_and_hears_nothing_twice(
    urls: list[str], listen_at: Callable[[str], Listener]
) -> None:
    """What happens while the missed events are sent again comes after them."""
    for number in range(300):
        tell(number)
    stopping = threading.Event()
    last = 300

    def go_on() -> None:
        nonlocal last
        while not stopping.is_set():
            tell(last)
            last += 1

    talking = threading.Thread(target=go_on)
    talking.start()
    listener = listen_at(urls[1])
    assert listener.ask("resume", {"after": 0})["status"] == "ok"
    # Counted before the room: what is heard live in it comes after a gap, as who is in none hears only what is its own.
    resumed = len(listener.heard)
    told = numbers(listener)[resumed - 1]
    listener.ask("join", {"room": "stocks"})
    answer = listener.ask("resume", {"after": listener.heard[resumed - 1][1]["sequence"]})
    begun = last
    eventually(lambda: last > begun + 20 and told + 1 in numbers(listener))
    stopping.set()
    talking.join()
    eventually(lambda: numbers(listener)[-1] == last - 1)

    assert answer["status"] == "ok"
    assert resumed >= 300
    heard = numbers(listener)
    # What was heard live, between the room and the request, comes once more: the request did not know of it.
    begins = len(heard) - 1 - heard[::-1].index(told + 1)
    assert heard[begins:] == list(range(told + 1, last))
    assert set(heard) == set(range(last))


def test_redis_may_go_away_and_come_back(
    urls: list[str], listen_at: Callable[[str], Listener], redis_server: RedisServer
) -> None:
    """Meanwhile events come a second later, and none is lost."""
    listener = listen_at(urls[1])
    listener.ask("join", {"room": "stocks"})
    tell(1)
    eventually(lambda: numbers(listener) == [1])
    redis_server.stop()
    tell(2)
    eventually(lambda: numbers(listener) == [1, 2])
    redis_server.start()
    tell(3)
    eventually(lambda: numbers(listener) == [1, 2, 3])


def test_the_figures_of_a_service_are_told_once_however_many_processes_notice(
    urls: list[str], listen_at: Callable[[str], Listener], world: World, alice: Caller
) -> None:
    """And not more often than once a second, whoever tells."""
    stock = world.stock("ACME")
    world.prices(stock, [10.0, 20.0])
    service = world.service(alice.user, stock)
    listeners = [listen_at(url) for url in urls]
    for listener in listeners:
        listener.ask("join", {"room": "metrics"})

    def decide() -> None:
        decision = {"service_id": service.id}
        with SessionManager() as session:
            events.record(session, event_payloads.decision_new(alice.user.id, decision, json.dumps(decision)))

    def updates(listener: Listener) -> list[dict[str, Any]]:
        return [body for _, body in list(listener.heard) if body["event"] == "metrics:update"]

    decide()
    eventually(lambda: updates(listeners[0]))
    decide()
    decide()
    eventually(lambda: len(updates(listeners[0])) == 2)
    time.sleep(1.5 * live_metrics.SPACING)  # for one too many

    heard = updates(listeners[0])
    assert 2 <= len(heard) <= 3
    moments = [datetime.fromisoformat(body["timestamp"]) for body in heard]
    assert all(later - one >= timedelta(seconds=live_metrics.SPACING) for one, later in pairwise(moments))
    eventually(lambda: updates(listeners[1]) == heard)


def test_a_process_without_an_engine_shows_and_switches_the_one_that_trades(
    world: World, settings: Settings, app: Flask
) -> None:
    """State and holder as the engine last said them, with each renewal of its lease; stopped where nobody trades."""
    app.extensions["engine"] = EngineElsewhere(settings.instance)
    admin_user = world.user("root", is_admin=True)
    with SessionManager() as session:
        pair = token_service.open_login(session, admin_user, app.extensions["token_rules"])
    admin = Caller(app.test_client(), admin_user, pair.access_token)

    def status() -> dict[str, Any]:
        answer = admin.get("/system/engine")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    assert (status()["state"], status()["holder"]) == ("stopped", None)
    lease = HeldLease(1.5, 0.0)
    supervisor = EngineSupervisor(database_is_sqlite=False, instance_path=settings.instance, lease=lease)
    supervisor.start()
    try:
        eventually(lambda: status()["state"] == "idle")
        assert status()["holder"] == lease.holder
        assert status()["is_ready"] is True
        assert admin.post("/system/engine/pause").get_json()["state"] == "paused"
        eventually(lambda: supervisor.is_paused)
        assert admin.post("/system/engine/resume").status_code == 200
        eventually(lambda: not supervisor.is_paused)
        assert admin.get("/system/ready").status_code == 200
    finally:
        assert supervisor.stop()
    assert status()["state"] == "stopped"


def test_health_says_whether_redis_answers(urls: list[str], world: World, redis_server: RedisServer) -> None:
    """To admins; a Redis that is away makes nothing unhealthy."""
    assert urls
    app = create_app(Settings(secret_key="a secret that only the tests know, long enough"))
    admin_user = world.user("root", is_admin=True)
    with SessionManager() as session:
        pair = token_service.open_login(session, admin_user, app.extensions["token_rules"])
    admin = Caller(app.test_client(), admin_user, pair.access_token)
    bells = app.extensions["bells"] = Bells(redis_server.url)
    bells.start()
    eventually(lambda: admin.get("/system/health").get_json()["parts"]["redis"] == "ok")
    redis_server.stop()
    eventually(lambda: admin.get("/system/health").get_json()["parts"]["redis"] == "does not answer")
    assert "daytrader_redis_up 0.0" in admin.get("/system/metrics").text
    assert admin.get("/system/health").get_json()["status"] == "ok"
    bells.stop()
