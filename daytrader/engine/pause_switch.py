"""The stored switch that pauses all trading, as one engine heeds it."""

from __future__ import annotations

import threading

from daytrader.services import engine_control, system_events
from daytrader.services.events import events
from daytrader.services.session_manager import SessionManager
from daytrader.services.system_events import Severity


class PauseSwitch:
    """
    Whether this engine takes bars: as the switch said when it was last looked at, and not before.

    The switch is the database's: whoever turns it turns it for every engine, and over a restart.
    """

    def __init__(self) -> None:
        self._going = threading.Event()

    @property
    def is_paused(self) -> bool:
        """Whether no bar is to be taken."""
        return not self._going.is_set()

    def look(self) -> None:
        """Do as the switch says, without a word: an engine that starts."""
        self._obey(is_paused=_is_stored_as_paused())

    def turn(self, *, is_paused: bool) -> None:
        """Store the switch, and do as it says."""
        with SessionManager() as session:
            engine_control.turn(session, is_paused=is_paused)
        self._obey(is_paused=is_paused)

    def heed(self) -> None:
        """Do as the switch says now, and tell of it where somebody else has turned it."""
        is_paused = _is_stored_as_paused()
        if is_paused == self.is_paused:
            return
        self._obey(is_paused=is_paused)
        with SessionManager() as session:
            message = f"All trading was {'paused' if is_paused else 'resumed'} by an administrator"
            events.record(session, system_events.notification(Severity.WARNING, "engine", message))

    def wait(self, seconds: float) -> None:
        """Wait until trading goes on, *seconds* at most."""
        self._going.wait(seconds)

    def _obey(self, *, is_paused: bool) -> None:
        if is_paused:
            self._going.clear()
        else:
            self._going.set()


def _is_stored_as_paused() -> bool:
    with SessionManager(read_only=True) as session:
        return engine_control.is_paused(session)
