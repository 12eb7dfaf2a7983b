"""Requests one after the other, as far as they are short: they share one interpreter anyway."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MOMENT: Final = 0.005
"""Seconds that others wait for whoever has the turn; who takes longer goes on beside them."""


class Turns:
    """
    Whose turn it is among the threads of a server.

    Threads that run at once take the interpreter from each other wherever one lets go of it, at every row that is read
    of a database and every byte that is sent, and each time a core is woken that slept: twice the processor time of a
    request, and more. A thread that waits for its turn wakes up once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[threading.Lock] = deque()  # of those who wait, each with a bell of its own
        self._holder: int | None = None
        self._since = 0.0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait until it is nobody's turn, or somebody has had it for longer than a moment; then have it."""
        self._take()
        try:
            yield
        finally:
            self.end()

    def _take(self) -> None:
        bell = threading.Lock()
        bell.acquire()
        with self._lock:
            self._queue.append(bell)
        while (patience := self._enter(bell)) > 0:
            bell.acquire(timeout=patience)

    def _enter(self, bell: threading.Lock) -> float:
        """Have the turn and return 0, or return for how long to wait at most."""
        with self._lock:
            place = self._queue.index(bell)
            left = 0.0 if self._holder is None else self._since + MOMENT - time.monotonic()
            if place == 0 and left <= 0:
                self._queue.popleft()
                self._holder, self._since = threading.get_ident(), time.monotonic()
                return 0.0
            # Where all looked after a moment, hundreds would wake up together, again and again, on a busy machine.
            return max(left, 0.0) + place * MOMENT

    def end(self) -> None:
        """Let the next one in, if it is this thread's turn: it is at its end, or about to wait for something."""
        with self._lock:
            if self._holder == threading.get_ident():
                self._holder = None
                if self._queue and self._queue[0].locked():
                    self._queue[0].release()


turns: Final = Turns()
