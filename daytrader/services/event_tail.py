"""The outbox as it grows: what every process has committed, heard once and in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from daytrader.services import event_log
from daytrader.services.events import PublishedEvent
from daytrader.services.session_manager import SessionManager

logger = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
"""How long an event may go unheard where no bell tells of it."""
_CHUNK: Final = 500


class EventTail:
    """
    Reads the outbox on from where it was, in a thread of its own: whoever commits never waits for those who listen.

    Events commit in the order of their sequences (see `services.events`), so whatever was read up to one is complete.
    """

    def __init__(self, hear: Callable[[Sequence[PublishedEvent]], None]) -> None:
        """*hear* is told all that has come together, in order; one that cannot be told must silence no other."""
        self._hear = hear
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_failing = False
        self.cursor = 0
        """The sequence of the last event that was heard."""

    def start(self) -> None:
        """Hear whatever is committed from now on."""
        with SessionManager(read_only=True) as session:
            self.cursor = event_log.last_sequence(session)
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="event-tail", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Hear no more."""
        self._stopping.set()
        self._bell.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def ring(self) -> None:
        """Look now."""
        self._bell.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._bell.wait(LOOK_SECONDS)
            self._bell.clear()
            try:
                while self._look() == _CHUNK and not self._stopping.is_set():
                    pass
                self._is_failing = False
            except Exception:  # the tail must outlive a database that is down for a while: nothing is lost meanwhile
                if not self._is_failing:
                    logger.exception("the outbox cannot be read")
                self._is_failing = True

    def _look(self) -> int:
        with SessionManager(read_only=True) as session:
            found = event_log.after(session, self.cursor, _CHUNK)
        if found:
            try:
                self._hear(found)
            except Exception:  # who cannot hear now hears what comes
                logger.exception("events not published", first=found[0].sequence, last=found[-1].sequence)
            self.cursor = found[-1].sequence
        return len(found)
