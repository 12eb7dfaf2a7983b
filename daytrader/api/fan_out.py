"""
Events to many sockets: encoded once, framed once, written by the thread that publishes them.

Engine.IO hands each packet to a writer thread of each socket, which frames it anew: for hundreds of sockets that is
hundreds of wake-ups of threads that share one interpreter. Frames of a server are the same bytes for everyone, so here
they are written straight to the connections, those that have come together by one call. What a slow connection does not
take at once waits for it alone.

What a client asks is read, answered and written by one thread likewise: each thread that hands it to another one would
wait for the interpreter anew, and hundreds of them wait for each other.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial, wraps
from typing import Any, Final

import simple_websocket
from engineio import packet as engineio_packet
from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI
from socketio import Manager
from socketio import packet as socketio_packet
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from daytrader.api import encoding

MOST_WAITING: Final = 1_000_000
"""Bytes that may wait for one connection; beyond, it is closed, and its client resumes when it is back."""

Message = tuple[bytes, Sequence[str | None]]
"""A `packed` event and the internal rooms that it is for, None for everyone."""

_FLUSH_SECONDS: Final = 0.01
_DEFAULT: Final = "/"
_EVENT: Final = f"{engineio_packet.MESSAGE}{socketio_packet.EVENT}".encode()
_FINAL_TEXT: Final = 0x81
_SHORT: Final = 126  # RFC 6455, 5.2: lengths below stand in the second byte
_MEDIUM: Final = 127
_LONGEST_MEDIUM: Final = 0xFFFF


class Wire:
    """A connection whose writers never wait and never mix: whole frames, in the order in which they were written."""

    def __init__(self, connection: socket.socket, flusher: Flusher) -> None:
        self._connection = connection
        self._flusher = flusher
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)  # all but writing is the connection's own

    def send(self, frame: bytes) -> int:
        """
        Write a whole frame, or several, now or as soon as the other side takes it.

        Raises:
            OSError: If the connection is gone.
        """
        with self._lock:
            if isinstance(self._connection, ssl.SSLSocket):  # knows no writing without waiting
                self._connection.sendall(frame)
                return len(frame)
            written = 0 if self._waiting else self._write(frame)
            if written < len(frame):
                self._wait(frame[written:])
        return len(frame)

    def flush(self) -> bool:
        """Write what waits, as far as it goes; return whether anything is left."""
        with self._lock:
            while self._waiting:
                frame = self._waiting.popleft()
                try:
                    written = self._write(frame)
                except OSError:
                    self._waiting.clear()  # nobody is there any more: whoever reads notices
                    break
                self._size -= written
                if written < len(frame):
                    self._waiting.appendleft(frame[written:])
                    return True
            self._size = 0
            return False

    def _write(self, frame: bytes) -> int:
        try:
            return self._connection.send(frame, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def _wait(self, rest: bytes) -> None:
        self._size += len(rest)
        if self._size > MOST_WAITING:
            self._connection.shutdown(socket.SHUT_RDWR)
            raise OSError("the other side does not read")
        self._waiting.append(rest)
        self._flusher.watch(self)


class Flusher:
    """Writes what waits, in a thread that ends when nothing does."""

    def __init__(self) -> None:
        self._wires: set[Wire] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, wire: Wire) -> None:
        """Try again for *wire* until nothing waits."""
        with self._lock:
            self._wires.add(wire)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="socket-flusher", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            time.sleep(_FLUSH_SECONDS)
            with self._lock:
                wires, self._wires = self._wires, set()
            # Not under the lock: writers take it while they hold their wire.
            unfinished = {wire for wire in wires if wire.flush()}
            with self._lock:
                self._wires |= unfinished
                if not self._wires:
                    self._thread = None
                    return


class _NoThread:
    """In the place of the thread that would read a connection for the one that waits for what it has read."""

    name = ""

    def __init__(self, target: Callable[[], None]) -> None:
        """Take what a thread takes."""

    def start(self) -> None:
        """Do nothing."""


class _WebSocket(simple_websocket.Server):  # type: ignore[misc]
    """A websocket that writes to a `Wire`, and is read by the thread that wants to know what it says."""

    sock: Any

    def __init__(self, environ: dict[str, Any], flusher: Flusher, **options: Any) -> None:
        self._flusher = flusher
        super().__init__(environ, thread_class=_NoThread, **options)

    def receive(self, timeout: float | None = None) -> str | bytes:  # noqa: ARG002 (the signature of what it replaces)
        """
        Return the next message, however long it takes.

        Raises:
            ConnectionClosed: If there is none any more.
        """
        while self.connected and not self.input_buffer:
            self._read()
        if not self.input_buffer:
            self.sock.close()
            raise simple_websocket.ConnectionClosed(self.close_reason, self.close_message)
        message: str | bytes = self.input_buffer.pop(0)
        return message

    def _read(self) -> None:
        try:
            received = self.sock.recv(self.receive_bytes)
            if received:
                self.ws.receive_data(received)
            self.connected = bool(received) and self._handle_events()
        except (OSError, LocalProtocolError, RemoteProtocolError):
            self.connected = False

    def close(self, reason: int | None = None, message: str | None = None) -> None:
        """Say goodbye, unless the other side went between the look at the connection and the word."""
        with suppress(simple_websocket.ConnectionClosed, LocalProtocolError, OSError):
            super().close(reason, message)

    def handshake(self) -> None:
        """Put the wire in front of the connection before the first byte."""
        self.sock = Wire(self.sock, self._flusher)
        super().handshake()


class WebSockets:
    """Makes the websockets of one server, none of which takes a message beyond *most_bytes*."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._flusher = Flusher()

    def __call__(self, handler: Callable[..., Any], server: object) -> Callable[..., Any]:
        """Return the application that turns a request into a websocket, as Engine.IO asks for it."""

        def run(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            held: Any = handler.__self__  # type: ignore[attr-defined]  # the Engine.IO socket that asks
            claim = object()
            if held.__dict__.setdefault("websocket", claim) is not claim:
                return _refused(start_response, b"this connection has a websocket")
            wrapper = SimpleWebSocketWSGI(handler, server)
            try:
                wrapper.ws = _WebSocket(environ, self._flusher, max_message_size=self._most_bytes)
            except RemoteProtocolError:
                held.close(wait=False, abort=True)
                return _refused(start_response, b"no websocket handshake")
            held.wire = wrapper.ws.sock
            held.send = partial(_send_or_queue, held, held.send)
            answer = handler(wrapper)
            if wrapper.ws.mode == "gunicorn":
                raise StopIteration
            if wrapper.ws.mode == "werkzeug":
                raise ConnectionError
            return answer

        return run


def _alone(act: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(act)
    def run(self: FanOut, *args: Any, **options: Any) -> Any:
        with self.looked_at:
            return act(self, *args, **options)

    return run


def _refused(start_response: Callable[..., Any], why: bytes) -> tuple[bytes]:
    start_response("400 BAD REQUEST", [("Content-Type", "text/plain")])
    return (why,)  # no list: Engine.IO would take that for packets


class FanOut(Manager):  # type: ignore[misc]
    """
    Socket.IO's rooms, whose events go straight to the connections.

    Socket.IO looks whether a room is there and then takes it, while the threads of other sockets leave it: the event
    would be lost for everyone, or whoever comes would be in a room that nobody looks into. So one thread at a time.
    """

    pre_connect = _alone(Manager.pre_connect)
    connect = _alone(Manager.connect)
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
        frames = [_frame(body) for body, _ in told]
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
    """Write to a connected websocket; return False where there is none yet, or older packets wait for it."""
    if not held.upgraded or held.upgrading or not held.queue.empty():
        return False
    try:
        held.wire.send(frames)
    except OSError:
        return True  # gone: its reader closes it
    return True


def _send_or_queue(held: Any, queue: Callable[[engineio_packet.Packet], None], packet: engineio_packet.Packet) -> None:
    """Write a text at once where that is possible; anything else is left to the writer of the connection."""
    is_text = packet.packet_type == engineio_packet.MESSAGE and not packet.binary
    if held.closed or not is_text or not _send(held, _frame(packet.encode().encode())):
        queue(packet)


def _frame(body: bytes) -> bytes:
    """Return *body*, UTF-8, as one text frame of a server: final, not masked, not compressed."""
    if len(body) < _SHORT:
        head = bytes((_FINAL_TEXT, len(body)))
    elif len(body) <= _LONGEST_MEDIUM:
        head = struct.pack(">BBH", _FINAL_TEXT, _SHORT, len(body))
    else:
        head = struct.pack(">BBQ", _FINAL_TEXT, _MEDIUM, len(body))
    return head + body
