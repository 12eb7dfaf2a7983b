"""
Connections over which nobody has signed in yet, or any more: few from one address, and none for long.

A connection of Engine.IO comes before the token that Socket.IO sends over it, and stays when that is refused or its
login has ended. Each holds a place, or a thread for each request that waits for news: nobody may have many for nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from engineio.exceptions import EngineIOError

from daytrader.api.socket_ends import hang_up
from daytrader.api.websockets import asks_for_websocket

_LOOK_EVERY: Final = 0.5
"""Seconds between two looks at who has overstayed."""
_TOO_MANY: Final = "too many connections from this address that have not signed in"


@dataclass(slots=True)
class _Visitor:
    """One connection: where it comes from, and since when nobody has been signed in over it, or its upgrade lasts."""

    address: str
    since: float


class Visitors:
    """Lets connections in, and ends those that do not sign in."""

    def __init__(self, engine: Any, is_signed_in: Callable[[str], bool], *, most: int, seconds: float) -> None:
        """
        Watch an Engine.IO server.

        Args:
            engine: The server.
            is_signed_in: Says of the id of a connection whether somebody is, now.
            most: Connections of one address over which nobody is.
            seconds: How long nobody may be, and an upgrade to a websocket may last.
        """
        self._engine = engine
        self._is_signed_in = is_signed_in
        self._most = most
        self._seconds = seconds
        self._visitors: dict[str, _Visitor] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pass_on = engine.handlers["connect"]
        engine.on("connect", self._admit)

    def _admit(self, engine_id: str, environ: dict[str, Any]) -> Any:
        address = str(environ.get("REMOTE_ADDR", ""))
        with self._lock:
            if sum(self._is_counted(one, visitor, address) for one, visitor in self._visitors.items()) >= self._most:
                return _TOO_MANY  # 401
            self._visitors[engine_id] = _Visitor(address, time.monotonic())
            if self._thread is None:
                thread = threading.Thread(target=self._watch, name="socket-visitors", daemon=True)
                thread.start()
                self._thread = thread  # none where none could be started: the next visitor tries again
        held = self._engine.sockets[engine_id]
        held.handle_get_request = partial(_one_at_a_time, held.handle_get_request, threading.Lock())
        return self._pass_on(engine_id, environ)

    def _is_counted(self, engine_id: str, visitor: _Visitor, address: str) -> bool:
        is_open = visitor.address == address and engine_id in self._engine.sockets
        return is_open and not self._is_signed_in(engine_id)

    def _watch(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(_LOOK_EVERY)
            with self._lock:
                held = self._engine.sockets.copy()
                self._visitors = {one: visitor for one, visitor in self._visitors.items() if one in held}
                if not self._visitors:
                    self._thread = None
                    return
                overdue = [held[one] for one, visitor in self._visitors.items() if self._is_overdue(held[one], visitor)]
            for one in overdue:
                hang_up(one)
                self._engine.sockets.pop(one.sid, None)

    def _is_overdue(self, held: Any, visitor: _Visitor) -> bool:
        if self._is_signed_in(held.sid) and not held.upgrading:
            visitor.since = time.monotonic()
        return time.monotonic() - visitor.since > self._seconds


def _one_at_a_time(
    answer: Callable[..., Any], turn: threading.Lock, environ: dict[str, Any], start_response: Callable[..., Any]
) -> Any:
    """Let one request of a connection wait for news, and no second one: each would hold a thread."""
    if asks_for_websocket(environ):
        return answer(environ, start_response)
    if not turn.acquire(blocking=False):
        raise EngineIOError
    try:
        return answer(environ, start_response)
    finally:
        turn.release()
