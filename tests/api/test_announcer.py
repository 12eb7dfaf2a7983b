"""Tests of daytrader.api.announcer: who commits waits for nobody who listens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest
from flask import Flask

from daytrader.api import announcer
from daytrader.api.announcer import Announcer
from daytrader.services.events import Event, PublishedEvent, events
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime

from ..conftest import World
from .conftest import Caller
from .socket_client import Listener

_PATIENCE = 60.0


def _event(sequence: int) -> PublishedEvent:
    return PublishedEvent(Event("job:update", "updated", (), {}), sequence, get_current_datetime())


def _wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_unit_of_work_ends_before_its_events_are_told(
    app: Flask, alice: Caller, listen: Callable[[Caller], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long that takes: a bar never waits for the sockets that hear of it."""
    listener = listen(alice)
    listener.ask("join_system")
    sockets, is_heard = app.extensions["sockets"], threading.Event()
    send = sockets._send
    monkeypatch.setattr(sockets, "_send", lambda together: (is_heard.wait(_PATIENCE), send(together)))
    began = time.monotonic()

    for number in range(3):
        with SessionManager() as session:
            body = {"severity": "info", "number": number}
            events.record(session, Event("system:notification", "created", ("system",), body))

    assert time.monotonic() - began < _PATIENCE / 2
    assert listener.heard == []
    is_heard.set()
    assert listener.names(3) == ["system:notification"] * 3
    assert [body["entity"]["number"] for _, body in listener.heard] == [0, 1, 2]


def test_what_has_come_together_is_told_together_and_in_order() -> None:
    """While one is told, the others gather; one that cannot be told silences no other."""
    told: list[list[int]] = []
    is_open = threading.Event()

    def tell(together: Sequence[PublishedEvent]) -> None:
        is_open.wait(_PATIENCE)
        told.append([one.sequence for one in together])
        if len(told) == 1:
            raise ValueError

    tells = Announcer(tell)
    for sequence in range(100):
        tells.publish(_event(sequence))
    assert not tells.drain(0)
    is_open.set()

    assert tells.drain(_PATIENCE)
    assert [sequence for together in told for sequence in together] == list(range(100))
    assert len(told) < 4


def test_who_commits_too_much_waits_until_some_of_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits has a bound."""
    monkeypatch.setattr(announcer, "MOST_WAITING", 10)
    is_open, most = threading.Event(), 0

    def tell(together: Sequence[PublishedEvent]) -> None:
        nonlocal most
        is_open.wait(_PATIENCE)
        most = max(most, len(together))

    tells = Announcer(tell)

    def commit() -> None:
        for sequence in range(50):
            tells.publish(_event(sequence))

    committer = threading.Thread(target=commit)
    committer.start()
    _wait_until(lambda: len(tells._waiting) == announcer.MOST_WAITING)
    committer.join(0.2)
    assert committer.is_alive()
    is_open.set()
    committer.join(_PATIENCE)

    assert tells.drain(_PATIENCE)
    assert most == 10


def test_the_thread_ends_when_there_is_nothing_to_tell_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost by that."""
    monkeypatch.setattr(announcer, "_IDLE_SECONDS", 0.01)
    told: list[int] = []
    tells = Announcer(lambda together: told.extend(one.sequence for one in together))

    for sequence in range(3):
        tells.publish(_event(sequence))
        assert tells.drain(_PATIENCE)
        _wait_until(lambda: tells._thread is None)

    assert told == [0, 1, 2]


def test_who_is_connected_hears_the_last_of_it(
    app: Flask, world: World, alice: Caller, listen: Callable[[Caller], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that stops tells what was committed, then hangs up."""
    listener = listen(alice)
    listener.ask("join", {"room": "stocks"})
    sockets = app.extensions["sockets"]
    send = sockets._send

    def send_late(together: Sequence[PublishedEvent]) -> None:
        time.sleep(0.2)
        send(together)

    monkeypatch.setattr(sockets, "_send", send_late)
    monkeypatch.setattr("daytrader.api.sockets._LAST_WORDS_SECONDS", _PATIENCE)  # a busy machine is later still

    world.stock("ACME")
    with SessionManager() as session:
        events.record(session, Event("stock:update", "created", ("stocks",), {"symbol": "ACME"}))
    sockets.hang_up()

    assert listener.names(1)[-1] == "stock:update"
