"""Tests of daytrader.api.socket_visitors: connections over which nobody signs in."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket
from engineio.socket import Socket
from flask import Flask

from daytrader.api import socket_visitors
from daytrader.config import Settings
from daytrader.services import token_service
from tests.waiting import eventually

from .conftest import SECRET, Caller
from .socket_client import WAIT, Listener

_SECONDS, _MOST = 1, 3
_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
_CLOSE, _PONG, _SIGN_IN, _SIGNED_OUT = "1", "3", "40", "41"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Little patience."""
    return replace(
        Settings(instance=tmp_path, secret_key=SECRET, limit_writes="1000/second", proxies=1),
        limit_unsigned_seconds=_SECONDS,
        limit_unsigned_sockets=_MOST,
    )


class Clock:
    """What visitors are watched by: it stands, for a busy machine may need all of their time to let them in."""

    def __init__(self) -> None:
        self._now = time.monotonic()

    def monotonic(self) -> float:
        """Return what it shows."""
        return self._now

    def pass_on(self) -> None:
        """Let pass more than the time in which one has to sign in."""
        self._now += 2 * _SECONDS


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """In force from the first visitor on."""
    made = Clock()
    monkeypatch.setattr(socket_visitors, "time", made)
    return made


@pytest.fixture
def polls(url: str) -> str:
    """Where whoever polls asks."""
    return f"{url}/socket.io/?EIO=4&transport=polling"


@pytest.fixture
def raw(url: str) -> Iterator[Callable[[], websocket.WebSocket]]:
    """Open websockets that say nothing by themselves; closed at the end."""
    with ExitStack() as opened:

        def open_one() -> websocket.WebSocket:
            address = f"{url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket"
            made = websocket.create_connection(address, timeout=WAIT)
            opened.callback(made.shutdown)
            return made

        yield open_one


def _open_poll(polls: str, address: str = "192.0.2.1") -> requests.Response:
    return requests.get(polls, headers={"X-Forwarded-For": address}, timeout=WAIT)


def _id_of(answer: requests.Response) -> str:
    return str(json.loads(answer.text[1:])["sid"])


def _hear(made: websocket.WebSocket, begins: str) -> None:
    """Wait until the server says what *begins* so."""
    while not (said := str(made.recv())).startswith(begins):
        assert said, "it has hung up"


def _heard_until_the_end(made: websocket.WebSocket) -> list[str]:
    """Return what the server still says; it takes it no longer than `WAIT`, whatever it is answered."""
    heard = []
    deadline = time.monotonic() + WAIT
    with suppress(websocket.WebSocketConnectionClosedException, ConnectionError):
        while said := str(made.recv()):
            assert time.monotonic() < deadline, "nobody hung up"
            heard.append(said)
            made.send(_PONG)
    return heard


def test_a_websocket_over_which_nobody_signs_in_is_closed(
    raw: Callable[[], websocket.WebSocket], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However lively it is; not before its time."""
    monkeypatch.setattr(socket_visitors, "_LOOK_EVERY", 0.05)
    made = raw()
    _hear(made, "0{")
    made.settimeout(0.5)
    made.send(_PONG)
    with pytest.raises(websocket.WebSocketTimeoutException):
        made.recv()

    clock.pass_on()
    made.settimeout(WAIT)
    _heard_until_the_end(made)


def test_a_refused_token_gains_no_time(raw: Callable[[], websocket.WebSocket], clock: Clock) -> None:
    """What is refused is no sign-in."""
    made = raw()
    made.send(_SIGN_IN + '{"token":"nonsense"}')
    _hear(made, "44")

    clock.pass_on()
    _heard_until_the_end(made)


def test_who_signed_in_stays(
    alice: Caller, listen: Callable[[Caller], Listener], raw: Callable[[], websocket.WebSocket], clock: Clock
) -> None:
    """Beyond the time in which another, who came later, did not."""
    listener, other = listen(alice), raw()

    clock.pass_on()
    _heard_until_the_end(other)

    assert listener.ask("join_services")["status"] == "ok"


def test_who_signed_out_must_go(
    app: Flask, alice: Caller, raw: Callable[[], websocket.WebSocket], clock: Clock
) -> None:
    """Also a client that does not hang up when it is told that its login has ended."""
    made = raw()
    made.send(_SIGN_IN + json.dumps({"token": alice.token}))
    assert str(made.recv()).startswith("0{")
    assert str(made.recv()).startswith(_SIGN_IN + "{")
    assert alice.post("/auth/logout").status_code == 204

    _hear(made, _SIGNED_OUT)
    eventually(lambda: app.extensions["sockets"].count == 0)

    clock.pass_on()
    _heard_until_the_end(made)


def test_a_poll_that_waits_for_nobody_is_answered(polls: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the end of its connection, of which nothing is left."""
    session = _id_of(_open_poll(polls))
    poll, waits = Socket.poll, threading.Event()

    def polling(held: Socket) -> Any:
        waits.set()
        return poll(held)

    monkeypatch.setattr(Socket, "poll", polling)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(requests.get, f"{polls}&sid={session}", timeout=WAIT)
        assert waits.wait(WAIT)
        clock.pass_on()

    assert answer.result().text == _CLOSE
    assert requests.get(f"{polls}&sid={session}", timeout=WAIT).status_code == 400


def test_few_come_from_one_address(
    polls: str, alice: Caller, listen: Callable[[Caller], Listener], clock: Clock
) -> None:
    """One too many is refused until the others have gone; who has signed in does not count, nor who is elsewhere."""
    listener = listen(alice)
    here = [_open_poll(polls) for _ in range(_MOST + 1)]
    elsewhere = _open_poll(polls, "192.0.2.2")

    assert [answer.status_code for answer in (*here, elsewhere)] == [200] * _MOST + [401, 200]
    clock.pass_on()
    eventually(lambda: _open_poll(polls).status_code == 200)
    assert listener.ask("join_services")["status"] == "ok"


@pytest.mark.parametrize("signs_in", [False, True])
def test_an_upgrade_that_does_not_go_on_ends_the_connection(
    url: str, polls: str, alice: Caller, clock: Clock, *, signs_in: bool
) -> None:
    """Whoever began it. Nor is there a second one beside it: each would hold a thread."""
    session = _id_of(_open_poll(polls))
    if signs_in:
        said = _SIGN_IN + json.dumps({"token": alice.token})
        assert requests.post(f"{polls}&sid={session}", data=said, timeout=WAIT).status_code == 200
        assert requests.get(f"{polls}&sid={session}", timeout=WAIT).text.startswith(_SIGN_IN + "{")
    path = f"/socket.io/?EIO=4&transport=websocket&sid={session}"
    headers = "".join(f"{name}: {value}\r\n" for name, value in _UPGRADE.items())
    host, port = url.removeprefix("http://").split(":")

    with socket.create_connection((host, int(port)), timeout=WAIT) as first:
        first.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{headers}\r\n".encode())
        assert first.recv(1000).startswith(b"HTTP/1.1 101")
        assert requests.get(url + path, headers=_UPGRADE, timeout=WAIT).status_code == 400
        clock.pass_on()
        while first.recv(1000):  # until the server hangs up
            pass


def test_one_request_waits_for_news(polls: str) -> None:
    """A second one at once ends the connection, as Engine.IO has it."""
    session = _id_of(_open_poll(polls))

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: requests.get(f"{polls}&sid={session}", timeout=WAIT), range(2)))

    assert sorted(answer.status_code for answer in answers) == [200, 400]


def test_what_ends_a_connection_waits_for_nobody(polls: str) -> None:
    """What is no Socket.IO ends it at once, though its client never asks for what is left for it."""
    session = _id_of(_open_poll(polls))

    began = time.monotonic()
    assert requests.post(f"{polls}&sid={session}", data="4nonsense", timeout=WAIT).status_code in (200, 400)
    assert time.monotonic() - began < WAIT
    assert requests.get(f"{polls}&sid={session}", timeout=WAIT).status_code == 400


def test_half_a_handshake_holds_no_socket(url: str, polls: str) -> None:
    """Who hangs up is forgotten."""
    host, port = url.removeprefix("http://").split(":")
    for _ in range(_MOST * 2):
        with socket.create_connection((host, int(port)), timeout=WAIT) as connection:
            connection.sendall(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n")
    assert _open_poll(polls).status_code == 200


def test_who_is_hung_up_on_while_the_token_is_judged_is_not_counted(
    app: Flask, alice: Caller, raw: Callable[[], websocket.WebSocket], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that answers late takes none of a user's sockets from them."""
    is_judged, hung_up, identify = threading.Event(), threading.Event(), token_service.identify

    def late(*asked: Any) -> token_service.Identity:
        is_judged.set()
        assert hung_up.wait(WAIT)
        return identify(*asked)

    monkeypatch.setattr(token_service, "identify", late)
    made = raw()
    assert str(made.recv()).startswith("0{")
    made.send(_SIGN_IN + json.dumps({"token": alice.token}))
    assert is_judged.wait(WAIT)
    clock.pass_on()
    _heard_until_the_end(made)
    hung_up.set()

    sockets = app.extensions["sockets"]
    sockets._websockets.wait_until_closed(WAIT)  # the token has been judged by then: by the thread that closes it
    assert len(sockets._websockets._readers) == 0
    assert sockets.count == 0
    assert sockets.io.server.manager.rooms == {}
