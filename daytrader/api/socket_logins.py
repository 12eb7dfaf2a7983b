"""Who speaks over which socket, how much each may send, and the end of a login while its socket is open."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from flask_socketio import ConnectionRefusedError

from daytrader.config import Settings
from daytrader.services import token_service
from daytrader.services.session_manager import SessionManager
from daytrader.services.token_service import Identity
from daytrader.utils.auth import TokenRules
from daytrader.utils.errors import DayTraderError, TooManyRequestsError, UnauthenticatedError

logger = structlog.get_logger(__name__)

_LOOK_EVERY: Final = 2.0
"""Seconds between two looks at whether the connected logins still stand: closed within 5."""


@dataclass(slots=True)
class _Connection:
    """One socket: whom it speaks for, and how many events it may still send now."""

    identity: Identity
    allowance: float
    counted_at: float


class SocketLogins:
    """
    The connected sockets, by whom they speak for.

    A socket whose login, account or role is no longer what it was is ended: *end* is called with its id.
    """

    def __init__(self, rules: TokenRules, settings: Settings, end: Callable[[str], object]) -> None:
        self._rules = rules
        self._settings = settings
        self._end = end
        self._connections: dict[str, _Connection] = {}
        self._lock = threading.Lock()
        self._guard: threading.Thread | None = None

    def __len__(self) -> int:
        """Return how many sockets are connected."""
        return len(self._connections)

    def __contains__(self, socket_id: object) -> bool:
        """Return whether somebody is signed in over the socket."""
        return socket_id in self._connections

    def admit(self, socket_id: str, auth: object) -> Identity:
        """
        Sign a socket in by what its client gave as ``auth``, and return whom it speaks for.

        Raises:
            ConnectionRefusedError: If that is no good token, its user has as many sockets as one may have, or nobody
                could watch over its login.
        """
        token = auth.get("token") if isinstance(auth, dict) else None
        if not isinstance(token, str):
            raise ConnectionRefusedError("sign in first: auth must be {token}")
        try:
            with SessionManager(read_only=True) as session:
                identity = token_service.identify(session, token, self._rules)
        except DayTraderError as error:
            raise ConnectionRefusedError(str(error)) from None
        with self._lock:
            mine = sum(held.identity.actor.user_id == identity.actor.user_id for held in self._connections.values())
            if mine >= self._settings.limit_sockets:
                raise ConnectionRefusedError(f"at most {self._settings.limit_sockets} sockets per user")
            if self._guard is None:
                self._guard = _started(self._watch)
            self._connections[socket_id] = _Connection(identity, self._settings.limit_events, time.monotonic())
        return identity

    def forget(self, socket_id: str) -> None:
        """Note that a socket has gone."""
        with self._lock:
            self._connections.pop(socket_id, None)

    def heard_from(self, socket_id: str) -> Identity:
        """
        Count an event that a client sent, and return whom the socket speaks for.

        Raises:
            UnauthenticatedError: If the login has ended.
            TooManyRequestsError: If it sends more than one may.
        """
        held = self._connections.get(socket_id)
        if held is None:
            raise UnauthenticatedError("the login has ended")
        most, now = self._settings.limit_events, time.monotonic()
        held.allowance = min(most, held.allowance + (now - held.counted_at) * most)
        held.counted_at = now
        if held.allowance < 1:
            raise TooManyRequestsError(1)
        held.allowance -= 1
        return held.identity

    def _watch(self) -> None:
        """End the sockets whose login, account or role is no longer what it was; return when none is left."""
        pause = threading.Event()
        while True:
            pause.wait(_LOOK_EVERY)
            with self._lock:
                held = {socket_id: connection.identity for socket_id, connection in self._connections.items()}
                if not held:
                    self._guard = None
                    return
            try:
                with SessionManager(read_only=True) as session:
                    good = token_service.still_good(session, set(held.values()))
                for socket_id, identity in held.items():
                    if identity not in good:
                        self._end(socket_id)
            except Exception:  # the watch must outlive a database that is down for a while
                logger.exception("could not check the logins of sockets")


def _started(watch: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=watch, name="socket-logins", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the system gives no more: whoever comes next tries again
        raise ConnectionRefusedError("the server is busy, try again shortly") from None
    return thread
