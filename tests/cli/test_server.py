"""Tests of daytrader.cli.server: what reaches the console, and what does not."""

from __future__ import annotations

import logging
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from simple_websocket import ConnectionClosed
from simple_websocket import Server as WebSocket

from daytrader.api.backtesting import Backtesting
from daytrader.cli.listening import listening
from daytrader.cli.server import Server, hold_backtests
from daytrader.config import Settings
from daytrader.core import warmup
from tests.e2e.server import wait_for
from tests.waiting import PATIENCE

UPGRADE = (
    b"GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MASKED_CLOSE = b"\x88\x82\x00\x00\x00\x00\x03\xe8"


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    """A server whose websocket ends as soon as it is told something, and whose /broken is a mistake of ours."""
    app = Flask(__name__)
    app.extensions["settings"] = Settings()
    requests = app.wsgi_app

    def websocket(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] != "/socket":
            return requests(environ, start_response)
        with suppress(ConnectionClosed):
            WebSocket(environ).receive(PATIENCE)
        raise ConnectionError  # as Engine.IO ends one, whoever ended it

    app.wsgi_app = websocket  # type: ignore[method-assign]  # Flask's own way

    @app.get("/broken")
    def broken() -> str:
        raise KeyError

    with listening("127.0.0.1", 0) as listener:
        server = Server(app, listener)
        server.start()
        yield listener.getsockname()[:2]
        server.stop()


def _exchange(address: tuple[str, int], *sent: bytes, is_reset: bool = False) -> bytes:
    """Send one after the other, return what comes until the server ends the connection."""
    with socket.create_connection(address, timeout=PATIENCE) as client:
        client.sendall(sent[0])
        heard = client.recv(4096)
        for more in sent[1:]:
            client.sendall(more)
        if is_reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return heard
        with suppress(ConnectionResetError):  # what was sent after the end is not read: a reset is an end, too
            while more := client.recv(4096):
                heard += more
        return heard


def _are_all_answered() -> bool:
    return not any("process_request_thread" in thread.name for thread in threading.enumerate())


def test_nothing_is_said_of_websockets_that_end(
    address: tuple[str, int], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """What a client still sends after its websocket ended is read as no request, and answered by the end alone."""
    rest = b"\x81\x82\xe9\xc2\xf6\xaa\xdd\xf3\r\n\r\n"
    heard = _exchange(address, UPGRADE, b"\x81\x81\x00\x00\x00\x001" + rest, MASKED_CLOSE)
    assert heard.count(b"HTTP/1.1") == 1
    _exchange(address, UPGRADE, is_reset=True)
    wait_for(_are_all_answered, PATIENCE, lambda: "a connection is still being answered")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert capsys.readouterr().err == ""


def test_what_is_no_http_is_answered_and_not_told(address: tuple[str, int], caplog: pytest.LogCaptureFixture) -> None:
    """A TLS greeting on the plain port, for one."""
    assert b"400" in _exchange(address, b"\x16\x03\x01garbage\r\n\r\n")
    assert caplog.records == []


def test_our_own_mistakes_are_told(address: tuple[str, int], caplog: pytest.LogCaptureFixture) -> None:
    """Quiet is not deaf."""
    assert b" 500 " in _exchange(address, b"GET /broken HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("is_broken", [False, True])
def test_backtests_are_held_until_what_runs_them_is_loaded(monkeypatch: pytest.MonkeyPatch, *, is_broken: bool) -> None:
    """From before the server answers; where the warm-up fails, each backtest tells why by itself."""
    app = Flask(__name__)
    running = app.extensions["backtesting"] = Backtesting(1)
    begun, go_on = threading.Event(), threading.Event()

    def load() -> None:
        begun.set()
        go_on.wait(PATIENCE)
        if is_broken:
            raise MemoryError

    monkeypatch.setattr(warmup, "warm_up", load)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    begin = hold_backtests(app)
    assert not running.is_compiled.is_set()
    begin()
    assert begun.wait(PATIENCE)
    assert not running.is_compiled.is_set()
    go_on.set()
    assert running.is_compiled.wait(PATIENCE)
