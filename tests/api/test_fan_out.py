"""Tests of daytrader.api.fan_out: what is written to connections, fast and slow ones."""

from __future__ import annotations

import errno
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
import websocket
from flask import Flask

from daytrader.api import rooms, wires
from daytrader.api.fan_out import FanOut
from daytrader.api.wires import Flusher, Wire
from daytrader.services.actor import Actor
from daytrader.services.events import Event, PublishedEvent, events
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime
from tests.waiting import eventually

from ..conftest import World
from .conftest import Caller
from .socket_client import WAIT, Listener


@pytest.fixture
def pair() -> Iterator[tuple[Wire, socket.socket]]:
    """A wire and its other end."""
    near, far = socket.socketpair()
    wire = Wire(near, Flusher())
    with far:
        yield wire, far
    wire.close()


def _read(far: socket.socket, size: int) -> bytes:
    far.settimeout(WAIT)
    read = bytearray()
    while len(read) < size:
        read += far.recv(65536)
    return bytes(read)


def test_frames_stay_whole_and_in_order(pair: tuple[Wire, socket.socket]) -> None:
    """Whatever the other side takes at once, and however many write."""
    wire, far = pair
    frames = [bytes([65 + number]) * 30_000 for number in range(20)]

    writers = [threading.Thread(target=wire.send, args=(frame,)) for frame in frames]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    read = _read(far, 600_000)

    assert sorted(read[start : start + 30_000] for start in range(0, 600_000, 30_000)) == frames


def test_a_writer_never_waits(pair: tuple[Wire, socket.socket]) -> None:
    """A connection that nobody reads takes what fits, the rest waits; what was sent before stays before."""
    wire, far = pair

    for number in range(9):
        wire.send(bytes([65 + number]) * 100_000)  # who waited here would wait for ever: it is read below

    read = _read(far, 900_000)
    assert [read[start] for start in range(0, 900_000, 100_000)] == list(b"ABCDEFGHI")


def test_who_never_reads_is_cut_off(pair: tuple[Wire, socket.socket]) -> None:
    """Memory is bounded: the connection ends, and its client resumes when it is back."""
    wire, far = pair

    with pytest.raises(OSError, match=r"does not read|Broken pipe"):
        for _ in range(100):
            wire.send(b"x" * 100_000)

    far.settimeout(WAIT)
    while far.recv(1_000_000):
        pass  # what had been taken, then the end


def test_what_waits_is_written_once_the_system_has_threads_again(
    pair: tuple[Wire, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer who tells hundreds of connections does not stop at the one for which no thread could be started."""
    wire, far = pair

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        wire.send(b"a" * 600_000)
    wire.send(b"b")

    assert _read(far, 600_001) == b"a" * 600_000 + b"b"


def test_whoever_does_not_read_is_not_looked_at(
    pair: tuple[Wire, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of stalled connections cost nothing; what waits is written as soon as it is taken."""
    wire, far = pair
    looked: list[Wire] = []
    flush = Wire.flush

    def looking(one: Wire) -> None:
        looked.append(one)
        flush(one)

    monkeypatch.setattr(Wire, "flush", looking)
    wire.send(b"a" * 600_000)
    time.sleep(0.5)
    assert looked == []

    assert _read(far, 600_000) == b"a" * 600_000
    assert looked != []


def test_a_stalled_connection_that_is_closed_is_forgotten() -> None:
    """Its number may be another one's soon, which waits for itself; nobody looks at what is gone."""
    flusher = Flusher()
    near, far = socket.socketpair()
    with far:
        wire = Wire(near, flusher)
        wire.send(b"a" * 600_000)
        wire.close()
        wire.flush()  # by a thread that has heard of it meanwhile
        assert not flusher._stalled.get_map()
        again, other = socket.socketpair()
        with other:
            second = Wire(again, flusher)
            second.send(b"b" * 600_000)
            wire.flush()
            assert _read(other, 600_000) == b"b" * 600_000
            second.close()
    eventually(lambda: flusher._thread is None)


def test_whom_the_system_watches_no_more_is_let_go_of(
    pair: tuple[Wire, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would write what waits for it: the connection ends."""
    wire, far = pair

    def refuse(_flusher: Flusher, _wire: Wire) -> None:
        raise OSError("no room to watch it")

    monkeypatch.setattr(Flusher, "watch", refuse)
    with pytest.raises(OSError, match="no room"):
        wire.send(b"x" * 600_000)

    far.settimeout(WAIT)
    while far.recv(1_000_000):
        pass  # what had been taken, then the end


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
@pytest.mark.usefixtures("world")
def test_a_frame_of_any_length_is_read_by_a_client(
    alice: Caller, listen: Callable[[Caller], Listener], length: int
) -> None:
    """One, two or eight bytes of length; text of any alphabet."""
    listener = listen(alice)
    listener.ask("join_system")
    told = Event("system:notification", "created", ("system",), {"severity": "info", "message": "ü" + "x" * length})

    with SessionManager() as session:
        events.record(session, told)

    assert listener.names(1) == ["system:notification"]
    assert listener.heard[0][1]["entity"] == told.entity


def test_a_slow_client_delays_nobody(url: str, alice: Caller, listen: Callable[[Caller], Listener]) -> None:
    """One that stops reading waits for itself alone."""
    quick, slow = listen(alice), _silent(url, alice)
    quick.ask("join_system")

    for number in range(50):
        with SessionManager() as session:
            body = {"severity": "info", "number": number, "message": "x" * 15_000}
            events.record(session, Event("system:notification", "created", ("system",), body))

    assert quick.names(50) == ["system:notification"] * 50
    assert [body["entity"]["number"] for _, body in quick.heard] == list(range(50))
    slow.close()


def _connected(url: str, caller: Caller) -> Any:
    """Return a signed-in websocket that says and reads nothing by itself, of a library that is typed by half."""
    client = websocket.create_connection(
        url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket", timeout=WAIT
    )
    client.recv()
    client.send(f'40{{"token":"{caller.token}"}}')
    client.recv()
    return client


def _silent(url: str, caller: Caller) -> socket.socket:
    """Return a connection in the room `system` that reads nothing from then on."""
    client = _connected(url, caller)
    client.send('420["join",{"room":"system"}]')
    client.recv()
    connection: socket.socket = client.sock
    return connection


def test_one_thread_reads_judges_and_answers(
    alice: Caller, listen: Callable[[Caller], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thread more would wait for the interpreter anew, and hundreds of sockets ask at once."""
    listener = listen(alice)
    told: list[tuple[str, int]] = []
    admit, send = rooms.admit, Wire.send

    def judging(actor: Actor, name: object) -> tuple[str, str]:
        told.append(("judged", threading.get_ident()))
        return admit(actor, name)

    def writing(wire: Wire, frame: bytes) -> int:
        if b"joined" in frame:
            told.append(("answered", threading.get_ident()))
        return send(wire, frame)

    monkeypatch.setattr(rooms, "admit", judging)
    monkeypatch.setattr(Wire, "send", writing)
    assert listener.ask("join_services")["status"] == "ok"

    assert [word for word, _ in told] == ["judged", "answered"]
    assert len({thread for _, thread in told}) == 1


def test_a_message_beyond_the_limit_is_never_held(url: str, alice: Caller) -> None:
    """The connection ends while it is still being sent."""
    client = _connected(url, alice)

    with pytest.raises((ConnectionError, websocket.WebSocketConnectionClosedException)):
        client.send("42" + "x" * 100_000)
        while True:
            client.recv()

    assert wires.MOST_WAITING > 100_000


@pytest.mark.parametrize(
    "asked",
    [
        "/socket.io/?EIO=4&transport=websocket&sid=nosuch",
        "/socket.io/?EIO=3&transport=websocket",
        "/socket.io/?EIO=4&transport=websocket",  # without a key
        "/socket.io/?EIO=4&transport=carrier-pigeon",
    ],
)
def test_what_a_client_gets_wrong_is_answered_and_not_told(
    app: Flask, url: str, asked: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """400, no trace of it on the operator's console, and nothing is kept of it."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    before = len(app.extensions["socketio"].server.eio.sockets)
    answer = requests.get(url + asked, headers=upgrade, timeout=WAIT)
    assert answer.status_code == 400
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert "occurrences" not in capfd.readouterr().err
    assert len(app.extensions["socketio"].server.eio.sockets) == before


def test_an_extension_in_nonsense_is_refused_like_any_other_handshake(
    app: Flask, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """400, no traceback for the operator, and nothing is kept of it."""
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits=x",
    }
    before = len(app.extensions["socketio"].server.eio.sockets)
    answer = requests.get(f"{url}/socket.io/?EIO=4&transport=websocket", headers=handshake, timeout=WAIT)
    assert answer.status_code == 400
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert len(app.extensions["socketio"].server.eio.sockets) == before


def test_what_has_come_together_is_written_together(
    app: Flask, world: World, alice: Caller, listen: Callable[[Caller], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a socket, each event to whom it is for, in order, unless it cannot be told; nobody after a room's end."""
    world.stock("ACME")
    both, one = listen(alice), listen(alice)
    for listener, joined in ((both, ("stock_ACME", "price_updates")), (one, ("stock_ACME",))):
        assert [listener.ask("join", {"room": name})["status"] for name in joined] == ["ok"] * len(joined)
    written: list[int] = []
    send = Wire.send

    def counting(wire: Wire, frames: bytes) -> int:
        if b'"told"' in frames:  # neither pings nor goodbyes, of sockets of other tests neither
            written.append(frames.count(b'"told"'))
        return send(wire, frames)

    monkeypatch.setattr(Wire, "send", counting)
    rooms_of = {"price:update": ("stock_ACME", "price_updates"), "stock:update": ("stock_ACME",)}
    names = ["price:update"] * 3 + ["stock:update"] * 2 + ["price:update"]
    told = [
        Event(name, "updated", rooms_of[name], {"told": number, "symbol": "ACME"}) for number, name in enumerate(names)
    ]
    told[1] = replace(told[1], entity={"told": object()})
    told[4] = replace(told[4], action="deleted")

    now = get_current_datetime()
    app.extensions["sockets"].publish_all(
        [PublishedEvent(event, number, now) for number, event in enumerate(told, 100)]
    )

    assert both.names(5) == ["price:update"] * 2 + ["stock:update"] * 2 + ["price:update"]
    assert one.names(4) == ["price:update"] * 2 + ["stock:update"] * 2
    assert [body["sequence"] for _, body in both.heard] == [100, 102, 103, 104, 105]
    assert sorted(written) == [1, 4, 4]


class _Rooms(dict[object, object]):
    """Rooms that `_Rooms.leave` leaves as soon as one of them was found, if it is let."""

    leave: threading.Thread

    def __contains__(self, room: object) -> bool:
        is_there = super().__contains__(room)
        if room == "told" and is_there and not self.leave.ident:
            self.leave.start()
            self.leave.join(0.2)
        return is_there


@pytest.fixture
def fan_out_of_one() -> FanOut:
    """Two sockets, one of them in the room `told`, which it leaves while that is looked at."""
    manager = FanOut()
    for name in ("first", "second"):
        manager.basic_enter_room(name, "/", None, eio_sid=f"{name}'s")
    manager.basic_enter_room("first", "/", "told")
    rooms_found = manager.rooms["/"] = _Rooms(manager.rooms["/"])
    rooms_found.leave = threading.Thread(target=manager.basic_leave_room, args=("first", "/", "told"))
    return manager


def test_who_leaves_while_an_event_is_told_loses_it_for_nobody(fan_out_of_one: FanOut) -> None:
    """The last one to leave a room ends it."""
    assert fan_out_of_one.get_participants("/", ["told", "other"]) == [("first", "first's")]
    fan_out_of_one.rooms["/"].leave.join(WAIT)
    assert fan_out_of_one.get_participants("/", "told") == []


def test_who_joins_while_the_last_one_leaves_is_in_the_room(fan_out_of_one: FanOut) -> None:
    """Not in one that nobody looks into any more."""
    fan_out_of_one.basic_enter_room("second", "/", "told")
    fan_out_of_one.rooms["/"].leave.join(WAIT)
    assert fan_out_of_one.get_participants("/", "told") == [("second", "second's")]


def test_a_goodbye_to_who_has_gone_is_no_failure(
    app: Flask, alice: Caller, listen: Callable[[Caller], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread says goodbye while another one has read the end already."""
    said: list[bytes] = []

    def sending(_wire: Wire, frames: bytes) -> int:
        said.append(frames)
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    listen(alice)
    (held,) = app.extensions["socketio"].server.eio.sockets.values()
    monkeypatch.setattr(Wire, "send", sending)

    held.close()

    assert said[-1] == wires.GOODBYE
