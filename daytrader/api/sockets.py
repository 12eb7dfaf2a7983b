"""Socket.IO: who connects, which rooms they are in, and what they are sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

import structlog
from flask import Flask, request
from flask_socketio import ConnectionRefusedError, SocketIO, join_room, leave_room

from daytrader.api import rooms
from daytrader.api.encoding import SocketJson
from daytrader.services import token_service
from daytrader.services.events import PublishedEvent
from daytrader.services.session_manager import SessionManager
from daytrader.services.token_service import Identity
from daytrader.utils.auth import TokenRules
from daytrader.utils.errors import DayTraderError, UnauthenticatedError

logger = structlog.get_logger(__name__)

MAX_MESSAGE: Final = 8192
"""Bytes that a client may send at once."""
_LOOK_EVERY: Final = 2.0
"""Seconds between two looks at whether the connected logins still stand: closed within 5."""


class Sockets:
    """The connected sockets of one application, by whom they speak for."""

    def __init__(self, app: Flask, rules: TokenRules) -> None:
        self._rules = rules
        self._identities: dict[str, Identity] = {}
        self._lock = threading.Lock()
        self._guard: threading.Thread | None = None
        # No CORS setting: engineio then refuses every Origin but this server's own.
        self.io = SocketIO(app, async_mode="threading", json=SocketJson, max_http_buffer_size=MAX_MESSAGE)
        self._listen()

    def publish(self, event: PublishedEvent) -> None:
        """Send *event* to whoever may hear it: once a socket, however many of its rooms the event goes to."""
        # Given all rooms at once, the server encodes the event once and sends everyone the same bytes.
        self.io.server.emit(event.event.name, event.payload(), to=rooms.audience(event.event), namespace="/")

    def _listen(self) -> None:
        on = self.io.on
        on("connect")(self._connect)
        on("disconnect")(self._disconnect)
        on("join")(lambda data=None: self._enter(_field(data, "room")))
        on("leave")(lambda data=None: self._exit(_field(data, "room")))
        on("service_watch")(lambda data=None: self._enter(f"service_{_field(data, 'service_id')}"))
        on("stock_watch")(lambda data=None: self._enter(f"stock_{_field(data, 'symbol')}"))
        on("user_watch")(lambda data=None: self._enter(f"user_{_field(data, 'user_id')}"))
        for room in ("services", "price_updates", "transactions"):
            on(f"join_{room}")(lambda _data=None, room=room: self._enter(room))
        on("join_system")(self._enter_system)

    def _connect(self, auth: Any = None) -> None:
        token = auth.get("token") if isinstance(auth, dict) else None
        if not isinstance(token, str):
            raise ConnectionRefusedError("sign in first: auth must be {token}")
        try:
            with SessionManager(read_only=True) as session:
                identity = token_service.identify(session, token, self._rules)
        except DayTraderError as error:
            raise ConnectionRefusedError(str(error)) from None
        with self._lock:
            self._identities[_socket_id()] = identity
            if self._guard is None:
                self._guard = threading.Thread(target=self._watch_logins, name="socket-logins", daemon=True)
                self._guard.start()

    def _disconnect(self, _reason: object = None) -> None:
        with self._lock:
            self._identities.pop(_socket_id(), None)

    def _enter_system(self, data: Any = None) -> dict[str, str]:
        severity = data.get("severity") if isinstance(data, dict) else None
        return self._enter("system" if severity is None else f"system_{severity}")

    def _enter(self, room: object) -> dict[str, str]:
        return self._acknowledged(room, "joined", join_room)

    def _exit(self, room: object) -> dict[str, str]:
        return self._acknowledged(room, "left", leave_room)

    def _acknowledged(self, room: object, done: str, act: Callable[[str], None]) -> dict[str, str]:
        try:
            identity = self._identities.get(_socket_id())
            if identity is None:
                raise UnauthenticatedError("the login has ended")
            name, internal = rooms.admit(identity.actor, room)
            act(internal)
        except DayTraderError as error:
            return {"status": "error", "room": room if isinstance(room, str) else "", "message": str(error)}
        return {"status": "ok", "room": name, "message": done}

    def _watch_logins(self) -> None:
        """Close the sockets whose login, account or role is no longer what it was; end when none is left."""
        pause = threading.Event()
        while True:
            pause.wait(_LOOK_EVERY)
            with self._lock:
                held = dict(self._identities)
                if not held:
                    self._guard = None
                    return
            try:
                with SessionManager(read_only=True) as session:
                    good = token_service.still_good(session, set(held.values()))
                for socket_id, identity in held.items():
                    if identity not in good:
                        self.io.server.disconnect(socket_id)
            except Exception:  # the watch must outlive a database that is down for a while
                logger.exception("could not check the logins of sockets")


def _socket_id() -> str:
    socket_id: str = request.sid  # type: ignore[attr-defined]  # Flask-SocketIO puts it there
    return socket_id


def _field(data: Any, name: str) -> Any:
    """Return what *data* names: ``{name: value}``, or the bare value."""
    value = data.get(name) if isinstance(data, dict) else data
    return value if isinstance(value, str | int) and not isinstance(value, bool) else ""
