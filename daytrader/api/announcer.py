"""Events on their way from those who commit to the sockets: in order, and nobody who commits waits for who listens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from daytrader.services.events import PublishedEvent

logger = structlog.get_logger(__name__)

MOST_WAITING: Final = 50_000
"""Events that may wait to be told; who commits more waits until some are: memory has a bound."""
_IDLE_SECONDS: Final = 5.0
"""How long the thread stays when nothing happens."""


class Announcer:
    """
    Tells of events by a thread of its own, which ends when there has been nothing to tell for a while.

    A bar is told to hundreds of sockets: the engine, whose bar it is, goes on meanwhile, and so does whoever waits for
    a turn to commit. What has come together meanwhile is told together.
    """

    def __init__(self, tell: Callable[[Sequence[PublishedEvent]], None]) -> None:
        """*tell* is given all that has come together, in order; one that cannot be told must silence no other."""
        self._tell = tell
        self._changed = threading.Condition()
        self._waiting: list[PublishedEvent] = []
        self._thread: threading.Thread | None = None
        self._is_telling = False

    def publish(self, event: PublishedEvent) -> None:
        """Tell of *event* after all that were published before it."""
        with self._changed:
            while len(self._waiting) >= MOST_WAITING and self._thread is not None:
                self._changed.wait()
            self._waiting.append(event)
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="announcer", daemon=True)
                thread.start()
                self._thread = thread  # none where none could be started: the next event tries again
            elif len(self._waiting) == 1:
                self._changed.notify_all()

    def drain(self, timeout: float) -> bool:
        """Wait until all that was published is told; return whether it was within *timeout* seconds."""
        until = time.monotonic() + timeout
        with self._changed:
            while self._waiting or self._is_telling:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def _work(self) -> None:
        while True:
            with self._changed:
                self._is_telling = False
                self._changed.notify_all()
                if not self._waiting:
                    self._changed.wait(_IDLE_SECONDS)
                if not self._waiting:
                    self._thread = None
                    return
                told, self._waiting = self._waiting, []
                self._is_telling = True
                self._changed.notify_all()  # there is room again
            try:
                self._tell(told)
            except Exception:  # the publish edge: the commits stand, and who cannot hear now hears what comes
                logger.exception("events not published", first=told[0].sequence, last=told[-1].sequence)
