"""
Events to many sockets: encoded once, framed once, written by the thread that publishes them.

Engine.IO hands each packet to a writer thread of each socket, which frames it anew: for hundreds of sockets that is
hundreds of wake-ups of threads that share one interpreter. Frames of a server are the same bytes for everyone, so here
they are written straight to the connections, those that have come together by one call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, Final

from engineio import packet as engineio_packet
from socketio import Manager
from socketio import packet as socketio_packet

from daytrader.api import encoding
from daytrader.api.wires import frame

Message = tuple[bytes, Sequence[str | None]]
"""A `packed` event and the internal rooms that it is for, None for everyone."""

_DEFAULT: Final = "/"
_EVENT: Final = f"{engineio_packet.MESSAGE}{socketio_packet.EVENT}".encode()


def _alone(act: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(act)
    def run(self: FanOut, *args: Any, **options: Any) -> Any:
        with self.looked_at:
            return act(self, *args, **options)

    return run


class FanOut(Manager):  # type: ignore[misc]
    """
    Socket.IO's rooms, whose events go straight to the connections.

    Socket.IO looks whether a room is there and then takes it, while the threads of other sockets leave it: the event
    would be lost for everyone, or whoever comes would be in a room that nobody looks into. So one thread at a time.
    """

    pre_connect = _alone(Manager.pre_connect)
    is_connected = _alone(Manager.is_connected)
    pre_disconnect = _alone(Manager.pre_disconnect)
    basic_disconnect = _alone(Manager.basic_disconnect)
    basic_enter_room = _alone(Manager.basic_enter_room)
    basic_leave_room = _alone(Manager.basic_leave_room)
    basic_close_room = _alone(Manager.basic_close_room)
    get_rooms = _alone(Manager.get_rooms)

    def __init__(self) -> None:
        super().__init__()
        self.looked_at = threading.RLock()

    def connect(self, sid: str, namespace: str) -> str:
        """
        Let a socket be one that is connected, and end it at once where its connection has ended meanwhile.

        Socket.IO tells nobody of the end of a socket that is still judged: it would be counted for ever.
        """
        with self.looked_at:
            socket_id: str = super().connect(sid, namespace)
            engine_id = self.eio_sid_from_sid(socket_id, namespace)
        held = self.server.eio.sockets.get(engine_id)
        if held is None or held.closing or held.closed:  # else its end is told from now on
            self.server._handle_disconnect(engine_id, namespace)
        return socket_id

    def get_participants(self, namespace: str, room: Any) -> list[tuple[str, str]]:
        """Return the sockets of a room, or of several, as they are now: Socket.IO's id and Engine.IO's."""
        with self.looked_at:
            return list(super().get_participants(namespace, room))

    def is_in(self, socket_id: str, namespace: str, room: str) -> bool:
        """Return whether a socket is in a room, without waiting for those who are looked at meanwhile."""
        return socket_id in self.rooms.get(namespace, {}).get(room, ())

    def emit(self, event: str, data: Any, namespace: str, room: Any = None, **options: Any) -> None:
        """Send an event to everyone in a room, or in several, but not to those of ``skip_sid``: once to each."""
        to = options.pop("to", None) or room
        if options.get("callback"):
            super().emit(event, data, namespace, room=to, **options)
            return
        rooms = [to] if to is None or isinstance(to, str) else list(to)
        self.send([(packed(event, data, namespace), rooms)], namespace, options.get("skip_sid") or ())

    def send(self, told: Sequence[Message], namespace: str, skipped: Collection[str] = ()) -> None:
        """
        Send events to everyone in their rooms but the *skipped*: each socket is written to once, in order.

        Whoever is in several rooms of an event is sent it once.
        """
        frames = [frame(body) for body, _ in told]
        sockets = self.server.eio.sockets
        for places, hearers in self._hearers(told, namespace, skipped).items():
            together = b"".join([frames[place] for place in places])
            for engine_id in hearers:
                held = sockets.get(engine_id)
                if held is not None and not _send(held, together):
                    for place in places:
                        text = told[place][0][1:].decode()
                        self.server._send_eio_packet(engine_id, engineio_packet.Packet(engineio_packet.MESSAGE, text))

    def _hearers(
        self, told: Sequence[Message], namespace: str, skipped: Collection[str]
    ) -> Mapping[tuple[int, ...], Sequence[str]]:
        """Return the sockets (Engine.IO's ids) that are sent the same of *told*, by its places in there."""
        places: dict[str | None, list[int]] = {}
        for place, (_, rooms) in enumerate(told):
            for room in rooms:
                places.setdefault(room, []).append(place)
        # Which of the rooms a socket is in, before which events these have: a bar tells hundreds of events to hundreds.
        joined: dict[str, list[str | None]] = {}
        engine_ids: dict[str, str] = {}
        with self.looked_at:
            for room in places:
                for socket_id, engine_id in self.get_participants(namespace, room):
                    if socket_id not in skipped:
                        joined.setdefault(socket_id, []).append(room)
                        engine_ids[socket_id] = engine_id
        alike: dict[tuple[str | None, ...], list[str]] = {}
        for socket_id, rooms in joined.items():
            alike.setdefault(tuple(rooms), []).append(engine_ids[socket_id])
        return _merged(alike, places)


def _merged(
    alike: Mapping[tuple[str | None, ...], Sequence[str]], places: Mapping[str | None, Sequence[int]]
) -> Mapping[tuple[int, ...], Sequence[str]]:
    """Return who hears what, of who is in which rooms and what these have."""
    found: dict[tuple[int, ...], list[str]] = {}
    for rooms, hearers in alike.items():
        heard = tuple(sorted({place for room in rooms for place in places[room]}))
        found.setdefault(heard, []).extend(hearers)
    return found


def packed(event: str, data: Any, namespace: str) -> bytes:
    """Return an event as it travels, the same bytes for everyone: Socket.IO would look for binary data in it first."""
    place = b"" if namespace == _DEFAULT else f"{namespace},".encode()
    return _EVENT + place + encoding.encode([event, data])


def _send(held: Any, frames: bytes) -> bool:
    """Write to a websocket; return False where there is none, or none yet."""
    if not held.upgraded:
        return False
    with suppress(OSError):  # gone: its reader closes it
        held.wire.send(frames)
    return True
