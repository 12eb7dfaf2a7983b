"""Socket.IO: who connects, which rooms they are in, and what they are sent."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import structlog
from flask import Flask
from flask_socketio import SocketIO

from daytrader.api import rooms, socket_ends, socket_guard, socket_pings
from daytrader.api.announcer import Announcer
from daytrader.api.encoding import SocketJson
from daytrader.api.fan_out import FanOut, Message, packed
from daytrader.api.live_metrics import LiveMetrics
from daytrader.api.socket_logins import SocketLogins
from daytrader.api.socket_protocol import WATCHES, Named, field, left_room, no_room
from daytrader.api.socket_visitors import Visitors
from daytrader.api.websockets import WebSockets
from daytrader.config import Settings
from daytrader.services import event_log
from daytrader.services.bells import EVENTS, Bells
from daytrader.services.event_tail import EventTail
from daytrader.services.events import PublishedEvent, events
from daytrader.services.session_manager import SessionManager
from daytrader.services.token_service import Identity
from daytrader.utils.auth import TokenRules
from daytrader.utils.errors import BrokenRuleError, DayTraderError, NotFoundError

logger = structlog.get_logger(__name__)

Answer = Mapping[str, Any]
_Act = Callable[[str, Identity, Any], Answer]
"""What comes of an event: of the socket's id, whom it speaks for, and what was sent."""

_Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

SOCKETS_PATH: Final = "/socket.io"
"""How the addresses of sockets begin."""
_NAMESPACE: Final = "/"
_MOST_TOGETHER: Final = 64
"""Events that are written to a socket by one call: far below what may wait for it."""
_REPLAY_CHUNK: Final = 500
_REPLAY_MOST: Final = 5000
"""Events that one `resume` sends at most; it says that there are more."""
_LAST_WORDS_SECONDS: Final = 1.0
"""How long an end waits for what is still to be told."""
_GOODBYE_SECONDS: Final = 1.0
"""How long an end waits for clients to hang up: what they have not read by then may be lost."""
_OF_A_CLIENT: Final = "(further occurrences of this error will be logged with level INFO)"
"""How Engine.IO ends what it says of a bad request."""
_HIGHEST_SEQUENCE: Final = 2**63 - 1


class _Fork:
    """Sends what is meant for sockets to their server, and nothing else: it makes a class of each request it sees."""

    def __init__(self, sockets: _Wsgi, requests: _Wsgi) -> None:
        self._sockets = sockets
        self._requests = requests

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request."""
        is_socket = environ["PATH_INFO"].startswith(SOCKETS_PATH)
        return (self._sockets if is_socket else self._requests)(environ, start_response)


def _engine_logger() -> logging.Logger:
    """Return what Engine.IO says our mistakes to; those of clients, whom it answers, are no news to the operator."""
    told = logging.getLogger("daytrader.sockets")
    told.setLevel(logging.ERROR)
    told.addFilter(_is_ours)
    return told


def _is_ours(record: logging.LogRecord) -> bool:
    return not record.getMessage().endswith(_OF_A_CLIENT)


class Sockets:
    """The connected sockets of one application, by whom they speak for."""

    def __init__(self, app: Flask, rules: TokenRules) -> None:
        self._settings: Settings = app.extensions["settings"]
        self._order = threading.Lock()  # held while one event is sent: resuming sockets look what was told before
        self._told = 0
        self._resumed: dict[str, int] = {}  # socket to the sequence up to which `resume` sends, or has sent
        self._tail: EventTail | None = None
        self._fan_out = FanOut()
        self._announcer = Announcer(self.publish_all)
        requests = app.wsgi_app
        self.io = SocketIO(
            app,
            cors_allowed_origins=self._is_allowed,
            async_mode="threading",
            json=SocketJson,
            max_http_buffer_size=self._settings.limit_event_bytes,
            async_handlers=False,  # in the order in which a client sends them, and no thread for each
            client_manager=self._fan_out,
            engineio_logger=_engine_logger(),
        )
        self._logins = SocketLogins(rules, self._settings, self.io.server.disconnect)
        engine = self.io.server.eio
        self._websockets = WebSockets(self._settings.limit_event_bytes)
        engine._async = {**engine._async, "websocket": self._websockets}
        socket_ends.install(engine)
        socket_pings.install(engine)
        most, seconds = self._settings.limit_unsigned_sockets, self._settings.limit_unsigned_seconds
        Visitors(engine, self._is_signed_in, most=most, seconds=seconds)
        app.wsgi_app = _Fork(app.wsgi_app, requests)  # type: ignore[method-assign]  # Flask's own way
        self._metrics = LiveMetrics(self._is_heard)
        app.extensions["sockets"] = self
        self._listen()

    @property
    def count(self) -> int:
        """Return how many sockets are connected."""
        return len(self._logins)

    def publish(self, event: PublishedEvent) -> None:
        """Send *event*, as `publish_all` does, soon and by another thread: whoever commits has other things to do."""
        self._announcer.publish(event)

    def publish_all(self, told: Sequence[PublishedEvent]) -> None:
        """
        Send events to whoever may hear them: once a socket, however many of its rooms they go to.

        What a socket hears of those that have come together is written together. After the last event of an object its
        rooms are emptied: whoever stays must hear nothing of the next one.
        """
        for together in _parted(told):
            with self._order:
                self._send(together)
                for room in rooms.ended(together[-1].event):
                    self.io.server.close_room(room, namespace=_NAMESPACE)
                self._told = max(self._told, together[-1].sequence)
        for event in told:
            self._metrics.notice(event)

    def _send(self, together: Sequence[PublishedEvent]) -> None:
        heard = [(event, audience) for event in together if self._is_heard(audience := rooms.audience(event.event))]
        # While sockets resume, each event has its own that have heard it already.
        for part in [[one] for one in heard] if self._resumed else [heard]:
            if part:  # a bar of ten thousand services is told to nobody mostly: never encoded
                first = part[0][0].sequence
                self._resumed = {one: last for one, last in self._resumed.items() if first <= last}
                self._fan_out.send(list(_packed(part)), _NAMESPACE, self._resumed)

    def follow(self, bells: Bells) -> None:
        """
        Tell of what every process commits, this one included, from the outbox in its order.

        Until then the sockets hear their own process, at once.
        """
        self._tail = EventTail(self.publish_all)
        bells.listen(EVENTS, self._tail.ring)
        events.publish = lambda _published: bells.ring(EVENTS)
        self._tail.start()
        self._told = max(self._told, self._tail.cursor)

    def stop_following(self) -> None:
        """Tell of nothing more."""
        if self._tail is not None:
            self._tail.stop()

    @property
    def told(self) -> int:
        """Return the sequence of the last event that was told, 0 before the first."""
        return self._told

    def hang_up(self) -> None:
        """Close every connection, because the server stops: clients hear the last of it, come back and resume."""
        self._announcer.drain(_LAST_WORDS_SECONDS)
        for held in list(self.io.server.eio.sockets.values()):
            socket_ends.hang_up(held)
        self._websockets.wait_until_closed(_GOODBYE_SECONDS)

    def _is_allowed(self, origin: str, environ: Mapping[str, Any]) -> bool:
        """Return whether pages of *origin* may connect: this server's own, and those that a setting names."""
        own = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}"
        return origin == own or origin in re.findall(r"[^,\s]+", self._settings.cors_origins)

    def _is_signed_in(self, engine_id: str) -> bool:
        return self.io.server.manager.sid_from_eio_sid(engine_id, _NAMESPACE) in self._logins

    def _is_heard(self, internal_rooms: list[str]) -> bool:
        held = self.io.server.manager.rooms.get(_NAMESPACE, {})
        return any(room in held for room in internal_rooms)

    def _listen(self) -> None:
        # Of Socket.IO itself: Flask-SocketIO would make a request of each event, which nothing here looks at.
        server = self.io.server
        acts: dict[str, tuple[_Act, Named]] = {w.name: (partial(self._enter, w.room), w.room) for w in WATCHES}
        acts |= {"leave": (self._exit, left_room), "resume": (self._resume, no_room)}
        acts |= {socket_guard.UNKNOWN: (_refuse, no_room)}
        for name, (act, named) in acts.items():
            server.on(name, partial(self._answer, act, named))
        server.on("connect", self._connect)
        server.on("disconnect", self._disconnect)
        socket_guard.install(server, acts)

    def _connect(self, socket_id: str, _environ: Mapping[str, Any], auth: Any = None) -> None:
        identity = self._logins.admit(socket_id, auth)
        self.io.server.enter_room(socket_id, rooms.own(identity.actor))

    def _disconnect(self, socket_id: str, _reason: str) -> None:
        self._logins.forget(socket_id)
        with self._order:
            self._resumed.pop(socket_id, None)

    def _answer(self, act: _Act, named: Named, socket_id: str, data: Any = None, *_more: Any) -> Answer:
        """Acknowledge what *act* makes of what a client sent; whoever sends too much is refused."""
        try:
            return {"status": "ok", **act(socket_id, self._logins.heard_from(socket_id), data)}
        except DayTraderError as error:
            room = named(data)
            told = {"room": room if isinstance(room, str) else "", "code": error.code, "message": str(error)}
            return {"status": "error", **told}

    def _enter(self, named: Named, socket_id: str, identity: Identity, data: Any) -> Answer:
        name, internal = rooms.admit(identity.actor, named(data))
        if not self._fan_out.is_in(socket_id, _NAMESPACE, internal):  # a page that comes back asks for all of its rooms
            self.io.server.enter_room(socket_id, internal)
        return {"room": name, "message": "joined"}

    def _exit(self, socket_id: str, identity: Identity, data: Any) -> Answer:
        name, internal = rooms.admit(identity.actor, left_room(data))
        self.io.server.leave_room(socket_id, internal)
        return {"room": name, "message": "left"}

    def _resume(self, socket_id: str, identity: Identity, data: Any) -> Answer:
        """Send again what this socket may hear of what came after a sequence."""
        after = field(data, "after")
        if not isinstance(after, int) or not 0 <= after <= _HIGHEST_SEQUENCE:
            raise BrokenRuleError("after must be the sequence of an event, or 0")
        replayed = 0
        joined = set(self.io.server.rooms(socket_id, _NAMESPACE)) - {socket_id}  # each is in a room of its own
        with self._order:
            self._resumed[socket_id] = _HIGHEST_SEQUENCE  # what happens meanwhile comes after what was missed
        try:
            while True:
                told = self._told
                with SessionManager(read_only=True) as session:
                    found = event_log.missed(session, identity.actor, after, _REPLAY_CHUNK)
                heard = [event for event in found if rooms.hears(identity.actor, event.event, joined)]
                heard = heard[: _REPLAY_MOST - replayed]
                for first in range(0, len(heard), _MOST_TOGETHER):
                    together = heard[first : first + _MOST_TOGETHER]
                    self._fan_out.send(list(_packed([(event, [socket_id]) for event in together])), _NAMESPACE)
                    after, replayed = together[-1].sequence, replayed + len(together)
                if replayed == _REPLAY_MOST:
                    return {"replayed": replayed, "more": True}
                if found:
                    after = found[-1].sequence
                if socket_id not in self._logins:
                    return {"replayed": replayed}  # it has gone, and nobody hears the rest
                if len(found) < _REPLAY_CHUNK:
                    with self._order:
                        if self._told == told:  # else others were told of something since, and this one was not
                            self._resumed[socket_id] = after = max(after, told)
                            return {"replayed": replayed}
        finally:
            with self._order:
                if socket_id in self._resumed:  # else it has gone meanwhile
                    self._resumed[socket_id] = after


def _parted(told: Sequence[PublishedEvent]) -> Iterator[Sequence[PublishedEvent]]:
    """Yield what may be told together: not too much, and nothing after the end of a room."""
    first = 0
    for place, event in enumerate(told, 1):
        if place - first == _MOST_TOGETHER or place == len(told) or rooms.ended(event.event):
            yield told[first:place]
            first = place


def _packed(told: Sequence[tuple[PublishedEvent, list[str]]]) -> Iterator[Message]:
    for event, audience in told:
        try:
            # Encoded once: everyone is sent the same bytes.
            yield packed(event.event.name, event.payload(), _NAMESPACE), audience
        except Exception:  # one event that cannot be told silences no other
            logger.exception("event not published", event_name=event.event.name, sequence=event.sequence)


def _refuse(_socket_id: str, _identity: Identity, _data: Any) -> Answer:
    raise NotFoundError("event")
