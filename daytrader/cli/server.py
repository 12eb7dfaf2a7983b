"""The web server of ``daytrader run``: threads in this process, one a request."""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import RequestTimeout
from werkzeug.serving import WSGIRequestHandler, make_server

from daytrader.cli import bad_requests
from daytrader.cli.listening import address_of
from daytrader.cli.patience import Patience
from daytrader.config import Settings

READY_PATH: Final = "/api/v1/system/ready"
_POLL_SECONDS: Final = 0.02


class _PatientReader(io.RawIOBase):
    """What a connection sends, while there is patience; afterwards nothing more."""

    def __init__(self, connection: socket.socket, patience: Patience) -> None:
        self._connection = connection
        self._patience = patience
        self._has_ended = False
        self.has_read = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill *buffer* as far as something has come; raises what `Patience.receive` does, once."""
        if self._has_ended:
            return 0
        try:
            found = self._patience.receive(self._connection, len(buffer))
        except RequestTimeout:
            self._has_ended = True
            raise
        self.has_read = self.has_read or bool(found)
        buffer[: len(found)] = found
        return len(found)


class _QuietHandler(WSGIRequestHandler):
    """No line per request, nor per visitor who sends what is no HTTP: the console belongs to the trades."""

    server: Any

    def setup(self) -> None:
        """Read with patience that ends."""
        super().setup()
        settings: Settings = self.server.app.extensions["settings"]
        self._patience = Patience(settings.limit_head_seconds, settings.limit_stalled_seconds)
        self._reader = _PatientReader(self.connection, self._patience)
        self.rfile = io.BufferedReader(self._reader)

    def handle_one_request(self) -> None:
        """Answer a request, or whoever is too slow with one."""
        self._patience.begin_head()
        try:
            super().handle_one_request()
        except RequestTimeout:
            self.close_connection = True
            if self._reader.has_read:
                bad_requests.refuse(self.connection, HTTPStatus.REQUEST_TIMEOUT, "", "")

    def run_wsgi(self) -> None:
        """Let the application answer, and read a body for as long as it goes on."""
        self._patience.begin_body()
        super().run_wsgi()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def log_error(self, format: str, *args: Any) -> None:
        """Say nothing: whoever sent it was answered. What breaks on our side is told by the server itself."""

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """Read no further request from it: what is left of a websocket that ended is none."""
        super().connection_dropped(error, environ)
        self.close_connection = True


class Server:
    """A server on a socket that listens already; whoever connects before `start` waits in its queue."""

    def __init__(self, app: Flask, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        self._server = make_server(host, port, app, threaded=True, request_handler=_QuietHandler, fd=listener.fileno())
        self._thread = threading.Thread(target=self._server.serve_forever, name="server", daemon=True)
        self.address = address_of(listener)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more; requests in hand end with the process."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def wait_until_ready(address: str, settings: Settings, told_to_stop: threading.Event, seconds: float) -> bool:
    """Return whether the server says within *seconds* that it is ready, asked as anyone would ask it."""
    deadline = time.monotonic() + seconds
    while not told_to_stop.is_set() and time.monotonic() < deadline:
        if _answers(address, settings):
            return True
        told_to_stop.wait(_POLL_SECONDS)
    return False


def _answers(address: str, settings: Settings) -> bool:
    place = urlsplit(address)
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    host = str(place.hostname)
    connection = http.client.HTTPConnection(anywhere.get(host, host), place.port, timeout=5)
    trusted = settings.trusted_hosts.replace(",", " ").split()
    try:
        connection.request("GET", READY_PATH, headers={"Host": trusted[0]} if trusted else {})
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def hold_backtests(app: Flask) -> Callable[[], None]:
    """
    Let no request backtest before what runs backtests is loaded; return what loads it, in the background.

    The first backtest of the day is then as fast as the second, and on a first start no request compiles.
    """
    is_compiled: threading.Event = app.extensions["backtesting"].is_compiled
    is_compiled.clear()

    def load() -> None:
        from daytrader.core.warmup import warm_up

        try:
            warm_up()
        finally:
            is_compiled.set()

    return lambda: threading.Thread(target=load, name="warm-up", daemon=True).start()
