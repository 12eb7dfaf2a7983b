"""
Pings of all sockets by one thread.

Engine.IO starts a thread for each ping, which sleeps until it is due: with hundreds of sockets that is hundreds of
threads at any time, and as many new ones each interval.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from engineio import packet
from engineio.exceptions import SocketIsClosedError
from engineio.socket import Socket

logger = structlog.get_logger(__name__)


class Pings:
    """Sends each socket its next ping an interval after it was asked for: the thread ends when none is due."""

    def __init__(self, seconds: float) -> None:
        """Ping *seconds* after each `schedule`."""
        self._seconds = seconds
        self._due: deque[tuple[float, Any]] = deque()  # all wait equally long: the first that came is the first due
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def schedule(self, held: Any) -> None:
        """Ping a socket of Engine.IO once, unless it has ended by then."""
        with self._lock:
            self._due.append((time.monotonic() + self._seconds, held))
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="socket-pings", daemon=True)
                thread.start()
                self._thread = thread  # none where none could be started: the next socket tries again

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._due:
                    self._thread = None
                    return
                at, held = self._due.popleft()
            time.sleep(max(0.0, at - time.monotonic()))
            try:
                _ping(held)
            except Exception:  # one that cannot be pinged must silence no other
                logger.exception("a socket could not be pinged")


def _ping(held: Any) -> None:
    if not held.closing and not held.closed:
        held.last_ping = time.time()  # by which Engine.IO knows for how long there has been no answer
        with suppress(SocketIsClosedError):
            held.send(packet.Packet(packet.PING))


def install(engine: Any) -> None:
    """Have the sockets of an Engine.IO server pinged by one thread."""
    start, pings = engine.start_background_task, Pings(engine.ping_interval)

    def start_unless_ping(target: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if getattr(target, "__func__", None) is Socket._send_ping:
            return pings.schedule(target.__self__)  # type: ignore[attr-defined]  # a method of the socket
        return start(target, *args, **options)

    engine.start_background_task = start_unless_ping
