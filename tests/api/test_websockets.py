"""Tests of daytrader.api.websockets: a few threads read everybody, and every end is one end."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket
from flask import Flask
from structlog.testing import capture_logs

from daytrader.api import rooms, socket_readers, wires
from daytrader.api.socket_readers import MOST_THREADS, Readers
from daytrader.api.websockets import PLACE, Place
from daytrader.config import Settings
from daytrader.services.actor import Actor
from tests.waiting import eventually

from .conftest import SECRET, Caller
from .socket_client import WAIT

_CLOSE, _PONG, _TOO_BIG, _NORMAL, _WRONG = 8, 10, 1009, 1000, 1002

Open = Callable[[], Any]
"""Opens a websocket, of a library that is typed by half."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """As many sockets as anybody likes."""
    return replace(
        Settings(instance=tmp_path, secret_key=SECRET, limit_writes="1000/second"),
        limit_unsigned_sockets=1000,
        limit_sockets=1000,
    )


@pytest.fixture
def raw(url: str) -> Iterator[Open]:
    """Open websockets that say nothing by themselves; closed at the end."""
    with ExitStack() as opened:

        def open_one() -> Any:
            made = _opened(url)
            opened.callback(made.shutdown)
            return made

        yield open_one


@pytest.fixture
def ended(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect whose end was told."""
    found: list[str] = []
    handlers = app.extensions["socketio"].server.eio.handlers
    pass_on = handlers["disconnect"]

    def telling(engine_id: str, reason: str) -> None:
        found.append(engine_id)
        pass_on(engine_id, reason)

    monkeypatch.setitem(handlers, "disconnect", telling)
    return found


def _opened(url: str) -> Any:
    made = websocket.create_connection(
        url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket", timeout=WAIT
    )
    assert str(made.recv()).startswith("0{")
    return made


def _signed_in(made: Any, caller: Caller) -> Any:
    made.send("40" + json.dumps({"token": caller.token}))
    assert str(made.recv()).startswith("40{")
    return made


def _readers(app: Flask) -> Readers:
    found: Readers = app.extensions["sockets"]._websockets._readers
    return found


def _is_answered(made: Any) -> bool:
    made.send('420["join",{"room":"system"}]')
    while not (heard := str(made.recv())).startswith("430["):
        assert heard == "2"  # a ping
    return '"ok"' in heard


def test_three_hundred_sockets_are_read_by_a_few_threads(url: str, alice: Caller, app: Flask, raw: Open) -> None:
    """However many there are, and each is answered."""
    before = threading.active_count()  # with those of other tests' servers, whose clients have not all hung up
    first = _signed_in(raw(), alice)
    assert _is_answered(first)

    crowd = [_signed_in(raw(), alice) for _ in range(299)]
    assert all(_is_answered(made) for made in crowd)

    assert len(_readers(app)) == 300
    eventually(lambda: 1 <= _readers(app)._threads <= MOST_THREADS)  # one that was spare for a moment has gone
    assert requests.get(f"{url}/api/v1/system/health", timeout=WAIT).ok
    assert threading.active_count() < before + 50
    began = time.monotonic()
    app.extensions["sockets"].hang_up()  # nobody answers the goodbye: bounded
    assert time.monotonic() - began < 10
    eventually(lambda: len(_readers(app)) == 0)


def _sockets_of_process() -> int:
    """Return how many sockets are open: of databases, whoever works in the background may open some more."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found += os.readlink(descriptor).startswith("socket:")
    return found


def test_no_descriptor_is_left_of_five_hundred(url: str, app: Flask, ended: list[str]) -> None:
    """Whether they say goodbye or just go; nor a thread, nor anything of Engine.IO's."""
    _opened(url).shutdown()
    eventually(lambda: len(ended) == 1)
    eventually(lambda: len(_readers(app)) == 0)
    before = _sockets_of_process()

    for number in range(500):
        made = _opened(url)
        if number % 2:
            made.close(timeout=0.01)
        else:
            made.shutdown()

    eventually(lambda: len(ended) == 501)
    eventually(lambda: len(_readers(app)) == 0)
    assert len(set(ended)) == 501
    eventually(lambda: _sockets_of_process() <= before)
    assert not app.extensions["socketio"].server.eio.sockets


def _frame_of(text: str, *, code: int = 0x81) -> bytes:
    body = text.encode("latin-1")
    length = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack(">H", len(body))
    return bytes([code]) + length + b"\0\0\0\0" + body


def test_frames_in_pieces_hold_nobody(alice: Caller, raw: Open) -> None:
    """More clients than threads stop within a frame; what they said is heard when the rest of it comes."""
    frame = _frame_of('420["join",{"room":"system"}]')
    slow = [_signed_in(raw(), alice) for _ in range(MOST_THREADS + 2)]
    for made in slow:
        made.sock.sendall(frame[:5])

    assert _is_answered(_signed_in(raw(), alice))
    for byte in frame[5:]:
        slow[0].sock.sendall(bytes([byte]))
    for made in slow[1:]:
        made.sock.sendall(frame[5:])

    assert all(str(made.recv()).startswith("430[") for made in slow)


def test_fragments_are_one_message_and_pings_within_are_answered(alice: Caller, raw: Open) -> None:
    made = _signed_in(raw(), alice)

    made.sock.sendall(_frame_of('420["join",', code=0x01) + _frame_of("there?", code=0x89))
    code, pong = made.recv_data(control_frame=True)
    assert (code, pong) == (_PONG, b"there?")
    made.sock.sendall(_frame_of('{"room":"system"}]', code=0x80))

    assert str(made.recv()).startswith("430[")


def test_many_messages_in_one_piece_are_answered_in_order(alice: Caller, raw: Open) -> None:
    """One a turn, though nothing more comes that would bring the next turn."""
    made = _signed_in(raw(), alice)

    made.sock.sendall(b"".join(_frame_of(f'42{number}["join",{{"room":"system"}}]') for number in range(15)))

    heard = [str(made.recv()) for _ in range(15)]
    assert [text.partition("[")[0] for text in heard] == [f"43{number}" for number in range(15)]


@pytest.mark.parametrize("number", [MOST_THREADS - 1, MOST_THREADS + 3])
def test_what_takes_long_holds_up_nobody_else(
    app: Flask, alice: Caller, raw: Open, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A database that does not answer some, of several users: others are served, and those as well when it does."""
    answers, admit = threading.Event(), rooms.admit

    def admitting(actor: Actor, name: object) -> tuple[str, str]:
        if name == "stocks":
            assert answers.wait(WAIT)
        return admit(actor, name)

    monkeypatch.setattr(rooms, "admit", admitting)
    waiting = [_signed_in(raw(), alice) for _ in range(number)]
    for made in waiting:
        made.send('420["join",{"room":"stocks"}]')

    assert all(_is_answered(_signed_in(raw(), alice)) for _ in range(5))
    answers.set()
    assert all(str(made.recv()).startswith("430[") for made in waiting)
    eventually(lambda: _readers(app)._free == _readers(app)._threads <= MOST_THREADS)  # none is spare any more


@pytest.mark.parametrize(
    ("said", "code"),
    [
        pytest.param(_frame_of("1"), _NORMAL, id="goodbye of Engine.IO"),
        pytest.param(_frame_of("\x03\xe8", code=0x88), _NORMAL, id="goodbye"),
        pytest.param(b"\x81\xff" + struct.pack(">Q", 100_000) + b"\0\0\0\0" + b"4" * 100_000, _TOO_BIG, id="too big"),
        pytest.param(_frame_of("x", code=0xB1), _WRONG, id="no websocket"),
        pytest.param(_frame_of("nonsense"), _NORMAL, id="no Engine.IO"),
        pytest.param(_frame_of("4nonsense"), _NORMAL, id="no Socket.IO"),
    ],
)
def test_who_ends_it_is_told_so_and_it_ends_once(
    app: Flask, raw: Open, ended: list[str], said: bytes, code: int
) -> None:
    """By a frame that says why, as a rule; then the connection is closed, and nothing is left of it."""
    made = raw()
    with capture_logs() as logged:
        made.sock.sendall(said)

        told, body = made.recv_data(control_frame=True)
        if told == 1:  # Engine.IO's own goodbye comes first
            assert body == b"1"
            told, body = made.recv_data(control_frame=True)
        assert (told, *struct.unpack(">H", body[:2])) == (_CLOSE, code)
        assert made.sock.recv(1) == b""
        made.shutdown()
        eventually(lambda: len(_readers(app)) == 0)
    assert len(ended) == 1
    assert logged == []
    assert not app.extensions["socketio"].server.eio.sockets


@pytest.mark.parametrize("way", ["disconnect", "silence", "stop", "reset"])
def test_the_server_ends_it_once(
    app: Flask, raw: Open, ended: list[str], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself, for a client that answers no ping, because it stops; or it sees that the client has gone."""
    monkeypatch.setattr(socket_readers, "LINGER_SECONDS", 0.1)
    made = raw()
    engine = app.extensions["socketio"].server.eio
    ((name, held),) = engine.sockets.items()
    eventually(lambda: len(_readers(app)) == 1)

    if way == "disconnect":
        engine.disconnect(name)
    elif way == "silence":
        held.last_ping = 1.0
        held.check_ping_timeout()
    elif way == "stop":
        app.extensions["sockets"].hang_up()
    else:
        made.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        made.sock.close()

    eventually(lambda: len(_readers(app)) == 0)  # though the client never hangs up
    assert ended == [name]
    eventually(lambda: held.connection.fileno() == -1)


def test_who_does_not_read_is_let_go_of(app: Flask, alice: Caller, raw: Open, ended: list[str]) -> None:
    """What waits for it is too much: its place is free, and it is told of as gone."""
    made = _signed_in(raw(), alice)
    (held,) = app.extensions["socketio"].server.eio.sockets.values()

    with suppress(OSError):
        for _ in range(100):
            held.wire.send(wires.frame(b"x" * 100_000))

    eventually(lambda: len(_readers(app)) == 0)
    assert ended == [held.sid]
    made.shutdown()


def test_a_place_is_free_again_at_the_end(app: Flask, url: str, raw: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when the request ends, which became a websocket."""
    freed: list[object] = []
    places: list[Place] = []
    serve = app.wsgi_app

    def giving(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        environ[PLACE] = place = Place(lambda: freed.append(place))
        places.append(place)
        return serve(environ, start_response)

    monkeypatch.setattr(app, "wsgi_app", giving)
    made = raw()
    requests.get(f"{url}/socket.io/?EIO=4&transport=polling", timeout=WAIT)

    assert [place.is_kept for place in places] == [True, False]
    assert freed == []
    made.shutdown()
    eventually(lambda: freed)
    assert freed == places[:1]


def test_what_was_said_before_an_upgrade_comes_first(app: Flask, url: str, alice: Caller) -> None:
    """In order, though one thread upgrades while another one speaks."""
    polls = f"{url}/socket.io/?EIO=4&transport=polling"
    session = json.loads(requests.get(polls, timeout=WAIT).text[1:])["sid"]
    address = url.replace("http", "ws") + f"/socket.io/?EIO=4&transport=websocket&sid={session}"
    requests.post(f"{polls}&sid={session}", data="40" + json.dumps({"token": alice.token}), timeout=WAIT)
    assert requests.get(f"{polls}&sid={session}", timeout=WAIT).text.startswith("40{")
    engine = app.extensions["socketio"].server.eio
    made: Any = websocket.create_connection(address, timeout=WAIT)
    made.send("2probe")
    assert made.recv() == "3probe"
    assert requests.get(f"{polls}&sid={session}", timeout=WAIT).text == "6"

    def speak() -> None:
        for number in range(300):
            engine.send(session, f"2{number}")

    speaking = threading.Thread(target=speak)
    speaking.start()
    made.send("5")
    heard: list[str] = []
    while len(heard) < 300:
        heard += [text for text in [str(made.recv())] if text.startswith("42")]
    speaking.join()

    assert heard == [f"42{number}" for number in range(300)]
    made.shutdown()


def test_an_upgrade_that_fails_leaves_the_polls(app: Flask, url: str, ended: list[str]) -> None:
    """The client goes on as before, without a websocket."""
    polls = f"{url}/socket.io/?EIO=4&transport=polling"
    session = json.loads(requests.get(polls, timeout=WAIT).text[1:])["sid"]
    address = url.replace("http", "ws") + f"/socket.io/?EIO=4&transport=websocket&sid={session}"
    made: Any = websocket.create_connection(address, timeout=WAIT)
    made.send("2no probe")
    assert made.recv_data(control_frame=True)[0] == _CLOSE
    made.shutdown()
    eventually(lambda: len(_readers(app)) == 0)

    assert ended == []
    held = app.extensions["socketio"].server.eio.sockets[session]
    assert not held.upgrading
    app.extensions["socketio"].server.eio.send(session, "hello")
    assert requests.get(f"{polls}&sid={session}", timeout=WAIT).text == "4hello"


def test_without_epoll_each_is_read_all_the_same(
    app: Flask, alice: Caller, raw: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS."""
    monkeypatch.setattr(_readers(app), "_poller", None)

    made = [_signed_in(raw(), alice) for _ in range(3)]
    assert all(_is_answered(each) for each in made)
    assert len(_readers(app)) == 3
    for each in made:
        each.shutdown()
    eventually(lambda: len(_readers(app)) == 0)


def test_threads_end_when_nobody_is_left(app: Flask, alice: Caller, raw: Open) -> None:
    """And others begin with the next one."""
    for _ in range(2):
        made = _signed_in(raw(), alice)
        assert _is_answered(made)
        made.shutdown()
        eventually(lambda: _readers(app)._threads == 0)
