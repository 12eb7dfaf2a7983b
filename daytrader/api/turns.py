"""Requests one after the other, as far as they are short: they share one interpreter anyway."""

from __future__ import annotations

import threading
import time
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
        self._changed = threading.Condition()
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
        with self._changed:
            while self._holder is not None:
                left = self._since + MOMENT - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            self._holder, self._since = threading.get_ident(), time.monotonic()

    def end(self) -> None:
        """Let the next one in, if it is this thread's turn: it is at its end, or about to wait for something."""
        with self._changed:
            if self._holder == threading.get_ident():
                self._holder = None
                self._changed.notify()


turns: Final = Turns()
