"""Tests of daytrader.api.socket_ends: threads that find a socket open which another one has closed."""

from __future__ import annotations

from collections.abc import Callable

import engineio
import pytest
import requests
import socketio
from flask import Flask
from structlog.testing import capture_logs

from daytrader.services.events import Event, events
from daytrader.services.session_manager import SessionManager

from .conftest import Caller
from .socket_client import WAIT, Listener


def test_who_is_gone_once_an_event_is_sent_is_no_failure(
    app: Flask, url: str, alice: Caller, listen: Callable[[Caller], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long poll that ends between the last look whether it is open and the sending; everyone else hears it."""
    leaving: list[engineio.socket.Socket] = []
    send = engineio.socket.Socket.send

    def sending(held: engineio.socket.Socket, packet: object) -> None:
        held.closed = held in leaving  # as its own thread does
        send(held, packet)

    monkeypatch.setattr(engineio.socket.Socket, "send", sending)
    polling = socketio.Client(reconnection=False)
    polling.connect(url, auth={"token": alice.token}, transports=["polling"], wait_timeout=WAIT)
    assert polling.call("join_system")["status"] == "ok"
    leaving += app.extensions["socketio"].server.eio.sockets.values()
    listener = listen(alice)
    listener.ask("join_system")

    with capture_logs() as logged:
        with SessionManager() as session:
            events.record(session, Event("system:notification", "created", ("system",), {"severity": "info"}))
        assert listener.names(1) == ["system:notification"]
    assert logged == []
    polling.eio.disconnect(abort=True)
    leaving[0].queue.put(None)  # as its own thread does: the poll that waits ends


def test_what_is_said_to_a_session_that_has_just_ended_is_refused(app: Flask, url: str) -> None:
    """Like what is said to one that never was, and no failure of ours."""
    address = f"{url}/socket.io/?EIO=4&transport=polling"
    engine = app.extensions["socketio"].server.eio
    opened = requests.get(address, timeout=WAIT).text
    ((name, held),) = engine.sockets.items()
    assert name in opened

    held.closed = True  # and not forgotten yet

    said = requests.post(f"{address}&sid={name}", data="3", timeout=WAIT)
    never_was = requests.post(f"{address}&sid=nobody", data="3", timeout=WAIT)
    assert said.status_code == never_was.status_code == 400
    del engine.sockets[name]  # as the thread does that had it open


def test_a_socket_is_hung_up_on_once(
    app: Flask, alice: Caller, listen: Callable[[Caller], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever is first: the server that stops, or the thread that reads the client's goodbye."""
    closed: list[object] = []
    engine, close = app.extensions["socketio"].server.eio, engineio.socket.Socket.close

    def closing(held: engineio.socket.Socket, **options: object) -> None:
        if held.server is engine:
            closed.append(held)
        close(held, **options)

    monkeypatch.setattr(engineio.socket.Socket, "close", closing)
    listen(alice)
    (held,) = engine.sockets.values()

    app.extensions["sockets"].hang_up()
    held.close(wait=False)

    assert closed == [held]
