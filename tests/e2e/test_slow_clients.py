"""Clients that dawdle, against real servers: they hold nothing that others wait for, and not for long."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any, Final
from urllib.parse import urlsplit

import psutil
import pytest
import websocket

from daytrader.api.socket_readers import MOST_THREADS

from .server import RunningServer, wait_for

_HEAD_SECONDS: Final = 12  # far more than an answer takes, however busy the machine
_STALLED_SECONDS: Final = 3
_SLACK: Final = 60  # of a machine that does other things as well
_SLOW: Final = 50
_SILENT: Final = 10  # together fewer than there may be connections
_THREADS: Final = 32
_CROWD: Final = 300
_LIMITS: Final = {
    "DAYTRADER_SECRET_KEY": "5b1e7c0f9a3d4e628870c1f2ad93b6e4",
    "DAYTRADER_LIMIT_HEAD_SECONDS": str(_HEAD_SECONDS),
    "DAYTRADER_LIMIT_STALLED_SECONDS": str(_STALLED_SECONDS),
    "DAYTRADER_LIMIT_UNSIGNED_SOCKETS": str(_CROWD),
    "DAYTRADER_LIMIT_UNSIGNED_SECONDS": "600",
}
_BEGUN: Final = b"GET /api/v1/system/health HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
_WHOLE: Final = b"GET /api/v1/system/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
_BODY: Final = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """`daytrader serve` with as few threads as there can be, fewer than there are slow clients."""
    instance = tmp_path_factory.mktemp("slow") / "instance"
    with RunningServer(instance, "--threads", str(_THREADS), command="serve", **_LIMITS) as server:
        yield server.when_ready()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """`daytrader run`, the server of the first steps."""
    with RunningServer(tmp_path_factory.mktemp("slow") / "instance", **_LIMITS) as server:
        yield server.when_ready()


@pytest.fixture(params=["served", "run"])
def server(request: pytest.FixtureRequest) -> RunningServer:
    """Both servers, one after the other."""
    found: RunningServer = request.getfixturevalue(request.param)
    return found


def _connect(server: RunningServer) -> socket.socket:
    place = urlsplit(server.address)
    return socket.create_connection((str(place.hostname), place.port), timeout=_HEAD_SECONDS + _SLACK)


def _until_closed(connection: socket.socket) -> bytes:
    found = b""
    while True:
        try:
            more = connection.recv(65_536)
        except ConnectionError:
            return found
        if not more:
            return found
        found += more


def test_fifty_slow_heads_delay_nobody_and_end(served: RunningServer) -> None:
    """A byte now and then, by more clients than there are threads: a request is answered at once meanwhile."""
    with ExitStack() as stack:
        slow = [stack.enter_context(_connect(served)) for _ in range(_SLOW)]
        silent = [stack.enter_context(_connect(served)) for _ in range(_SILENT)]
        began = time.monotonic()
        for connection in slow:
            connection.sendall(_BEGUN)
        waited = []
        while time.monotonic() < began + 2:
            for connection in slow:
                with suppress(ConnectionError):  # its time may be over already on a machine that is busy
                    connection.sendall(b"a")
            asked = time.monotonic()
            assert served.get("/system/health").ok
            waited.append(time.monotonic() - asked)
            time.sleep(0.2)
        assert min(waited) < _HEAD_SECONDS / 2  # held threads would let it wait for the deadline
        answers = [_until_closed(connection) for connection in slow]
        assert time.monotonic() - began < _HEAD_SECONDS + _SLACK
        told = [answer for answer in answers if answer]  # what is sent to whoever has hung up meanwhile is lost
        assert told
        assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in told)
        body = json.loads(told[0].partition(b"\r\n\r\n")[2])
        assert (body["error"], body["status_code"], body["code"]) == (True, 408, "request_timeout")
        assert {_until_closed(connection) for connection in silent} == {b""}


def test_a_head_that_trickles_ends_on_either_server(server: RunningServer) -> None:
    """The deadline is the head's: each byte on its own is in time."""
    with _connect(server) as connection:
        connection.sendall(_BEGUN)
        began = time.monotonic()
        while not select.select([connection], [], [], 0.5)[0]:
            connection.sendall(b"a")
            assert time.monotonic() - began < _HEAD_SECONDS + _SLACK
        assert _until_closed(connection)[:13] in {b"", b"HTTP/1.1 408 "}


def test_a_head_in_pieces_is_answered(server: RunningServer) -> None:
    """Cut anywhere, and two at once: as long as it is whole in time."""
    with _connect(server) as connection:
        for piece in (_WHOLE[:10], _WHOLE[10:-3], _WHOLE[-3:-1]):
            connection.sendall(piece)
            time.sleep(0.3)
        connection.sendall(_WHOLE[-1:])
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_two_requests_in_one_piece_are_answered(served: RunningServer) -> None:
    """And what has come of a third waits for its rest."""
    with _connect(served) as connection:
        connection.sendall(_WHOLE + _WHOLE + _WHOLE[:20])
        found = b""
        while found.count(b"HTTP/1.1 200 ") < 2:
            found += connection.recv(65_536)
        connection.sendall(_WHOLE[20:])
        while found.count(b"HTTP/1.1 200 ") < 3:
            found += connection.recv(65_536)


def test_a_body_that_stalls_is_refused(server: RunningServer) -> None:
    """By the application, in the envelope of every error; the connection takes nothing more."""
    with _connect(server) as connection:
        connection.sendall(_BODY + b'Content-Length: 100\r\n\r\n{"username"')
        began = time.monotonic()
        answer = _until_closed(connection)
        assert time.monotonic() - began < _STALLED_SECONDS + _SLACK
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.split(b" ")[1] == b"408"
        assert b"connection: close" in head.lower()
        assert json.loads(body)["code"] == "request_timeout"


def test_a_body_that_goes_on_is_read_to_its_end(server: RunningServer) -> None:
    """Longer than it may pause, and no faster than a poor line is."""
    body = b'{"username": "nobody", "password": "' + b"x" * 3000 + b'"}'
    with _connect(server) as connection:
        connection.sendall(_BODY + f"Content-Length: {len(body)}\r\n\r\n".encode())
        began, place = time.monotonic(), 0
        while place < len(body):
            connection.sendall(body[place : place + 300])
            place += 300
            time.sleep(0.4)
        assert time.monotonic() - began > _STALLED_SECONDS
        assert connection.recv(65_536).split(b" ")[1] in {b"400", b"401"}


def test_a_body_that_drips_is_refused(server: RunningServer) -> None:
    """A byte now and then is no pause, and no progress either."""
    with _connect(server) as connection:
        connection.sendall(_BODY + b"Content-Length: 1000\r\n\r\n")
        began = time.monotonic()
        while not select.select([connection], [], [], 0.5)[0]:
            connection.sendall(b" ")
            assert time.monotonic() - began < _STALLED_SECONDS + _SLACK
        assert connection.recv(65_536).split(b" ")[1] == b"408"


def test_whoever_is_silent_longest_makes_room(served: RunningServer) -> None:
    """More connections than are kept: the newest is served, and none has to wait for the others' end."""
    with ExitStack() as stack:
        silent = [stack.enter_context(_connect(served)) for _ in range(2 * _THREADS + 10)]
        began = time.monotonic()
        assert served.get("/system/health").ok
        assert silent[0].recv(1) == b""
        assert time.monotonic() - began < _HEAD_SECONDS / 2


def test_a_head_without_end_is_refused(served: RunningServer) -> None:
    """However fast it comes."""
    with _connect(served) as connection:
        connection.sendall(_BEGUN)
        with suppress(ConnectionError):
            for _ in range(10):
                connection.sendall(b"a" * 16_384)
        answer = _until_closed(connection)
        assert answer.split(b" ")[1:2] in ([b"431"], [])


def test_whoever_does_not_hang_up_holds_nobody_up(served: RunningServer) -> None:
    """A client that asked for the end of its connection, and keeps its own: others are answered meanwhile."""
    with ExitStack() as stack:
        for _ in range(5):
            connection = stack.enter_context(_connect(served))
            connection.sendall(_WHOLE[:-2] + b"Connection: close\r\n\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        began = time.monotonic()
        assert served.get("/system/health").ok
        assert time.monotonic() - began < 5 * 2  # each would be waited for two seconds


def test_three_hundred_websockets_take_a_few_threads(server: RunningServer) -> None:
    """On either server, though each of them stops within a frame; one that goes on is heard."""
    worker = psutil.Process(server.processes()[-1])
    before = worker.num_threads()
    with ExitStack() as stack:
        crowd: list[Any] = []
        for _ in range(_CROWD):
            crowd.append(websocket.create_connection(f"{_sockets(server)}&transport=websocket", timeout=_SLACK))
            stack.callback(crowd[-1].shutdown)
            crowd[-1].sock.sendall(b"\x81\x82\0\0")
        assert all(str(made.recv()).startswith("0{") for made in crowd)

        # All those of requests, those that read, and the few for pings, ends and logins.
        wait_for(lambda: worker.num_threads() < before + _THREADS + MOST_THREADS + 8)
        assert server.get("/system/health").ok
        crowd[0].sock.sendall(b"\0\x0040")  # the rest of it: to sign in, without a token
        while not (heard := str(crowd[0].recv())).startswith("44"):
            assert heard == "2"  # a ping


def _sockets(server: RunningServer) -> str:
    return server.address.replace("http", "ws") + "/socket.io/?EIO=4"
