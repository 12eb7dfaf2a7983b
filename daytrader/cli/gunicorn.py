"""Gunicorn, configured from here: one worker process that serves REST and sockets by threads, and trades."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import gunicorn.http.wsgi
import gunicorn.util
import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.errors import AppImportError

from daytrader.cli import bad_requests
from daytrader.cli.node import Node
from daytrader.cli.server_log import StructuredLog
from daytrader.cli.socket_limit import REQUEST_THREADS, SocketLimit, Wsgi, room_for_sockets
from daytrader.cli.trading_worker import TradingWorker
from daytrader.config import Settings
from daytrader.utils import processors
from daytrader.utils.errors import DayTraderError

STOP_SECONDS: Final = 9
"""Ten are promised; then the worker is killed, and the bar in hand is taken again at the next start."""
_SILENCE_SECONDS: Final = 60  # a first start compiles
_NAME: Final = "DayTrader"

logger = structlog.get_logger("daytrader.server")


class WholeResponse(gunicorn.http.wsgi.Response):  # type: ignore[misc]
    """A response whose head leaves with the first piece of its body: a call of its own costs both ends, for nothing."""

    def write(self, arg: bytes) -> None:
        """Send a piece."""
        if self.headers_sent:
            super().write(arg)
            return
        connection, gathered = self.sock, _Gathered()
        self.sock: Any = gathered
        try:
            super().write(arg)
        finally:
            self.sock = connection
        connection.sendall(b"".join(gathered.pieces))


class _Gathered:
    """Takes what a connection would send."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.sendall = self.pieces.append


class Production(BaseApplication):  # type: ignore[misc]
    """
    The server of ``daytrader serve``.

    The process that is started listens and watches; the worker that it forks builds the node: threads and connections
    do not survive a fork.
    """

    def __init__(
        self, build: Callable[[], Node], listener: int, settings: Settings, *, threads: int, sockets: int
    ) -> None:
        self._build = build
        self._listener = listener
        self.head_seconds = settings.limit_head_seconds
        self.stalled_seconds = settings.limit_stalled_seconds
        self._threads = threads
        self._sockets = sockets
        self._node: Node | None = None
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        settings = {
            "bind": f"fd://{self._listener}",
            "workers": 1,
            "worker_class": TradingWorker,
            "threads": self._threads,
            "worker_connections": 2 * self._threads,  # those without a thread wait, or are kept alive
            "timeout": _SILENCE_SECONDS,
            "graceful_timeout": STOP_SECONDS,
            "logger_class": StructuredLog,
            "accesslog": "-",
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)
        # Asked for twenty times a request, each time by way of an object that converts what it is asked for.
        self.cfg.__dict__.update({name: setting.get() for name, setting in self.cfg.settings.items()})
        gunicorn.http.wsgi.SERVER = _NAME
        gunicorn.http.wsgi.Response = WholeResponse
        gunicorn.util.write_error = bad_requests.refuse

    def load(self) -> Wsgi:
        """Build the node in the worker's process and begin to trade."""
        from daytrader.cli.server import hold_backtests

        processors.share_one()
        try:
            node = self._build()
            node.start()
        except DayTraderError as error:
            raise AppImportError(f"Error: {error}") from error
        self._node = node
        hold_backtests(node.app)()
        websockets = room_for_sockets(self._sockets, self.cfg.worker_connections)
        if websockets < self._sockets:
            logger.warning("fewer websockets than asked for: the limit of open files", websockets=websockets)
        return SocketLimit(node.app, websockets=websockets, polls=self._threads - REQUEST_THREADS)

    def end(self) -> None:
        """Finish the bar in hand, hang up, stop."""
        if self._node is None:
            return
        if not self._node.stop():
            logger.warning("the bar in hand was not finished: it will be taken again at the next start")
        self._node.close()
