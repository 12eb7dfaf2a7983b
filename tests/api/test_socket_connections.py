"""Tests of daytrader.api.sockets and socket_logins: how a connection begins, what it takes, and what ends it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import socketio
from flask import Flask

from daytrader.api import socket_logins
from daytrader.cli.node import Node
from daytrader.models import TradingService, User
from daytrader.services.bells import Bells
from daytrader.services.events import Event
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from .conftest import Caller, activate, tell
from .socket_client import Listener


@pytest.mark.parametrize("token", [None, "nonsense", 7])
def test_nobody_connects_without_a_token(url: str, token: Any) -> None:
    """The handshake is refused."""
    with pytest.raises(socketio.exceptions.ConnectionError):
        Listener(url, token)


def test_who_cannot_be_watched_is_refused_and_not_counted(
    app: Flask, url: str, alice: Caller, listen: Callable[[Caller], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket whose login could end unseen is none; the next one comes in once the system has threads again."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "socket-logins":
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(socketio.exceptions.ConnectionError):
            Listener(url, alice.token)

    assert app.extensions["sockets"].count == 0
    assert listen(alice).ask("join_services")["status"] == "ok"


def test_a_foreign_page_cannot_connect(url: str, alice: Caller) -> None:
    """Another Origin is refused, this server's own is not."""
    with pytest.raises(socketio.exceptions.ConnectionError):
        Listener(url, alice.token, "https://evil.example")
    Listener(url, alice.token, url).hang_up()


@pytest.mark.parametrize("name", ["nonsense", "*", "connect", "disconnect", "message", ["join"], None])
def test_an_event_that_is_none_is_acknowledged_as_such(
    service: TradingService, alice: Caller, listen: Callable[[Caller], Listener], name: Any
) -> None:
    """By any name, those of the library's own included, which change nothing: it is heard on, until the login ends."""
    listener = listen(alice)
    assert listener.ask("join_services")["status"] == "ok"

    refused = listener.ask(name, {"room": "stocks", "token": alice.token})

    assert refused == {"status": "error", "room": "", "code": "not_found", "message": "event not found"}
    activate(service)
    assert len(listener.names(2)) == 2
    assert alice.post("/auth/logout").status_code == 204
    listener.wait_for_end()


@pytest.mark.parametrize(
    "text", ["2{", "9", "x", "4", '51-["join",{"_placeholder":true,"num":0}]', b"\x00", "2" + "[" * 5000]
)
def test_what_is_no_socket_io_ends_the_connection(
    alice: Caller, listen: Callable[[Caller], Listener], capfd: pytest.CaptureFixture[str], text: str | bytes
) -> None:
    """Attachments, which nothing here takes, included; and the operator reads no trace of it."""
    listener = listen(alice)

    listener.client.eio.send(text)

    listener.wait_for_end()
    assert "Traceback" not in "".join(capfd.readouterr())


def test_who_connects_twice_is_one(
    service: TradingService, alice: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """The second handshake over the same socket is refused, and nothing is heard twice."""
    listener = listen(alice)
    assert listener.ask("join_services")["status"] == "ok"

    listener.client.eio.send('0{"token":"' + alice.token + '"}')

    assert listener.ask("join_services")["status"] == "ok"
    activate(service)
    assert len(listener.names(2)) == 2


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
    monkeypatch.setattr(socket_logins, "_LOOK_EVERY", socket_logins._LOOK_EVERY / 10)
    leaving, staying = listen(admin), listen(alice)
    if end == "logout":
        assert admin.post("/auth/logout").status_code == 204
    else:
        with SessionManager() as session:
            setattr(session.get_one(User, admin.user.id), "is_active" if end == "deactivate" else "is_admin", False)

    leaving.wait_for_end()
    assert staying.client.connected
    assert staying.ask("join_services")["status"] == "ok"


def test_a_large_message_ends_the_connection(alice: Caller, listen: Callable[[Caller], Listener]) -> None:
    """Nobody makes the server hold megabytes."""
    listener = listen(alice)
    listener.client.emit("join", {"room": "x" * 1_000_000})

    listener.wait_for_end()


class _LastBar:
    """An engine that has a bar in hand when it is stopped."""

    def stop(self, _timeout: float) -> bool:
        tell(Event("system:notification", "created", ("system",), {"message": "the last bar"}))
        return True


def test_who_is_connected_hears_the_last_of_a_server_that_stops(
    app: Flask, world: World, alice: Caller, listen: Callable[[Caller], Listener]
) -> None:
    """The bar in hand is finished first, then the server hangs up."""
    listener = listen(alice)
    listener.ask("join_system")
    node = Node(app, _LastBar(), world.engine, Bells(), False)  # type: ignore[arg-type]  # all that `stop` asks of it

    assert node.stop()

    listener.wait_for_end()
    assert [body["entity"]["message"] for _, body in listener.heard] == ["the last bar"]
