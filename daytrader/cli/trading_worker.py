"""The process that serves: a thread for each whole request, and an end that sees engine, jobs and sockets through."""

from __future__ import annotations

import errno
import os
import select
import selectors
import socket
import sys
import threading
import time
from collections import deque
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import structlog
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.workers.gthread import PollableMethodQueue, ThreadWorker

from daytrader.api.turns import turns
from daytrader.cli.connections import Head, PatientConnection
from daytrader.cli.patience import Patience

logger = structlog.get_logger("daytrader.server")
_FOLLOWS_MILLISECONDS: Final = 5


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
