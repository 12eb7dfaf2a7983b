"""Gunicorn, configured from here: one worker process that serves REST and sockets by threads, and trades."""

from __future__ import annotations

import errno
import logging
import os
import select
import selectors
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import gunicorn.http.wsgi
import gunicorn.util
import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.errors import AppImportError
from gunicorn.glogging import Logger
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.workers.gthread import PollableMethodQueue, ThreadWorker

from daytrader.api.headers import ASKED_BY
from daytrader.api.turns import turns
from daytrader.cli import bad_requests
from daytrader.cli.connections import Head, PatientConnection
from daytrader.cli.node import Node
from daytrader.cli.patience import Patience
from daytrader.cli.socket_limit import REQUEST_THREADS, Environ, SocketLimit, Wsgi, room_for_sockets
from daytrader.config import Settings
from daytrader.utils import processors
from daytrader.utils.errors import DayTraderError

STOP_SECONDS: Final = 9
"""Ten are promised; then the worker is killed, and the bar in hand is taken again at the next start."""
_FOLLOWS_MILLISECONDS: Final = 5
_SILENCE_SECONDS: Final = 60  # a first start compiles
_NAME: Final = "DayTrader"

logger = structlog.get_logger("daytrader.server")


class _Finished(PollableMethodQueue):  # type: ignore[misc]
    """
    Where threads say that they have answered, for as long as there are threads.

    Gunicorn closes its pipe before the last of them has ended, which then writes a byte to whatever has been opened
    under the same number since: a database.
    """

    def close(self) -> None:
        """Leave the pipe to the end of the process, which is near."""


class TradingWorker(ThreadWorker):  # type: ignore[misc]
    """A worker whose sockets, engine and jobs end with it: the unit of work in hand is finished first."""

    _ending: threading.Thread | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.method_queue = _Finished()

    def accept(self, listener: Any) -> None:
        """
        Let a visitor in, who gets a thread once a whole head is there.

        Where there are too many, whoever has said nothing for longest goes: who has something to say is not kept out.
        """
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        patience = Patience(self.app.head_seconds, self.app.stalled_seconds)
        self._await_head(PatientConnection(self.cfg, sock, client, listener.getsockname(), patience))
        if self.nr_conns >= self.worker_connections:
            for silent in (self.pending_conns, self.keepalived_conns):
                if silent:
                    self._let_go(silent[0], silent)
                    return

    def handle(self, conn: PatientConnection) -> bool | None:
        """
        Answer a request, and by the same thread those that follow it at once over its connection.

        To hand a connection back to the thread that waits for all of them, and to be handed it again, is a large part
        of what a short request costs. Whoever waits for a thread goes first. None: the next head is not whole yet.
        """
        is_kept = self._answer(conn)
        while is_kept and self.alive and self._is_followed(conn):
            is_kept = self._answer(conn)
        if is_kept is False:
            conn.hang_up()
        return is_kept

    def _answer(self, conn: PatientConnection) -> bool | None:
        try:
            head = conn.gather_head()
        except LimitRequestHeaders as error:
            self.handle_error(None, conn.sock, conn.client, error)
            return False
        if head is not Head.WHOLE:
            return None if head is Head.UNFINISHED else False
        with turns.taken():
            return bool(super().handle(conn))

    def handle_request(self, req: Any, conn: PatientConnection) -> Any:
        """Let the application answer, and read a body for as long as it goes on."""
        conn.begin_body(req)
        try:
            return super().handle_request(req, conn)
        except BlockingIOError:  # the kernel's word for a client that reads nothing for too long
            raise ConnectionResetError(errno.ECONNRESET, "the answer was not read") from None

    def _is_followed(self, conn: PatientConnection) -> bool:
        if not self.tpool._work_queue.empty():
            return False
        if conn.has_sent:  # it came with the request before it
            return True
        return _is_readable(conn.sock, _FOLLOWS_MILLISECONDS)

    def murder_keepalived(self, force: bool = False) -> None:
        """
        Close the connections that have been idle for too long, but none whose next request has just come.

        Between a look at all of them and this one it may have: whoever asks every few seconds would be reset now and
        then, with the request unread.
        """
        now = time.monotonic()
        for conn in [] if force else list(self.keepalived_conns):
            if conn.timeout > now:
                break
            if _is_readable(conn.sock, 0):
                self.keepalived_conns.remove(conn)
                conn.set_timeout()
                self.keepalived_conns.append(conn)
        super().murder_keepalived(force)

    def finish_request(self, conn: PatientConnection, fs: Any) -> None:
        """Wait for what comes next over a connection, its next request or the rest of it; else close."""
        if self.alive and not fs.cancelled() and fs.exception() is None and fs.result() is None:
            self._await_head(conn)
        else:
            super().finish_request(conn, fs)

    def _await_head(self, conn: PatientConnection) -> None:
        conn.timeout = conn.patience.deadline
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def murder_pending(self) -> None:
        """Hang up on those whose head is not whole in time; who comes back with more of it has kept its deadline."""
        now = time.monotonic()
        for conn in [conn for conn in self.pending_conns if conn.timeout <= now]:
            self._let_go(conn, self.pending_conns)

    def _let_go(self, conn: PatientConnection, those: deque[PatientConnection]) -> None:
        those.remove(conn)
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        if conn.has_sent:
            logger.info("a head has not come in time", address=conn.client[0])
            conn.refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            conn.close()

    def handle_exit(self, sig: int, frame: object) -> None:
        """End on SIGTERM."""
        super().handle_exit(sig, frame)
        self.method_queue.defer(self._end_trading)  # not from within a signal

    def handle_quit(self, sig: int, frame: object) -> None:
        """End likewise on Ctrl-C, which the terminal sends to every process."""
        self.handle_exit(sig, frame)

    def is_parent_alive(self) -> bool:
        """End likewise when the process that watches this one has gone without a word: its connections end by that."""
        is_alive: bool = super().is_parent_alive()
        if not is_alive:
            self._end_trading()
        return is_alive

    def run(self) -> None:
        """Serve until the end, and see it through; never returns."""
        super().run()
        self._end_trading()  # told to end before it had begun
        assert self._ending is not None
        self._ending.join()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # Python itself would wait for what is still being compiled in the background

    def _end_trading(self) -> None:
        if self._ending is None:
            self._ending = threading.Thread(target=self.app.end, name="ending")
            self._ending.start()


def _is_readable(connection: socket.socket, milliseconds: int) -> bool:
    waiting = select.poll()
    waiting.register(connection, select.POLLIN)
    return bool(waiting.poll(milliseconds))


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


class StructuredLog(Logger):  # type: ignore[misc]
    """Gunicorn's words and one line a request, in the form of every other line."""

    def __init__(self, cfg: Any) -> None:
        super().__init__(cfg)
        self._requests = logger.bind()  # by now it is settled how this process logs

    def access(self, resp: Any, req: Any, environ: Environ, request_time: timedelta) -> None:
        """Tell of a request; not its query, which may hold what is nobody's business."""
        self._requests.info(
            "request",
            method=req.method,
            path=environ.get("PATH_INFO", req.path),
            status=int(str(resp.status).split(" ", maxsplit=1)[0]),
            bytes=resp.sent,
            milliseconds=round(request_time.total_seconds() * 1000, 1),
            address=environ.get("REMOTE_ADDR", ""),
            request_id=dict(resp.headers).get("X-Request-ID"),
            user_id=environ.get(ASKED_BY),
        )

    def critical(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._pass_on(logging.CRITICAL, msg, args, kwargs)

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._pass_on(logging.ERROR, msg, args, kwargs)

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._pass_on(logging.WARNING, msg, args, kwargs)

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on, as details."""
        self._pass_on(logging.DEBUG, msg, args, kwargs)

    def debug(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._pass_on(logging.DEBUG, msg, args, kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on, with the trace."""
        self._pass_on(logging.ERROR, msg, args, {"exc_info": True} | kwargs)

    def _pass_on(self, level: int, message: str, args: tuple[Any, ...], more: dict[str, Any]) -> None:
        told = {"exc_info": more["exc_info"]} if more.get("exc_info") else {}
        logger.log(level, message % args if args else message, **told)


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
