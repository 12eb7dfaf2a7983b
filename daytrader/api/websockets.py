"""
Websockets of Engine.IO without threads of their own.

Engine.IO reads each websocket by the thread that the request came to, and writes it by another one. Here that thread
answers the handshake, takes the connection out of the web server's hands and goes back to it. The connection is read by
a few threads for all (`socket_readers`), and written by whoever has something to say.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import simple_websocket
from engineio import packet
from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from engineio.packet import Packet
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from daytrader.api.socket_readers import Readers, Turn
from daytrader.api.wires import GOODBYE, Flusher, Wire, frame

PLACE: Final = "daytrader.place"
"""Where a request finds the `Place` that it holds, if it does."""


@dataclass(slots=True)
class Place:
    """One of so many that there may be: free again when its request ends, or what that has become."""

    free: Callable[[], None]
    is_kept: bool = False
    """Whether it is freed by another one than who gave it to the request."""


def asks_for_websocket(environ: Mapping[str, Any]) -> bool:
    """Return whether a request is one for a websocket, as Engine.IO judges it."""
    words = [word.strip() for word in environ.get("HTTP_CONNECTION", "").lower().split(",")]
    return "upgrade" in words and environ.get("HTTP_UPGRADE", "").lower() == "websocket"


class WebSockets:
    """Makes the websockets of one server, none of which takes a message beyond *most_bytes*."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._flusher = Flusher()
        self._readers = Readers()

    def __call__(self, handler: Callable[..., Any], _server: object) -> Callable[..., Any]:
        """Return the application that turns a request into a websocket, as Engine.IO asks for it."""
        return partial(self._answer, handler.__self__)  # type: ignore[attr-defined]  # the Engine.IO socket that asks

    def wait_until_closed(self, seconds: float) -> None:
        """Wait until every client has hung up, but no longer than that."""
        self._readers.wait_until_empty(seconds)

    def _answer(self, held: Any, environ: dict[str, Any], start_response: Callable[..., Any]) -> tuple[bytes]:
        claim = object()
        if held.__dict__.setdefault("websocket", claim) is not claim:
            return _refused(start_response, b"this connection has a websocket")
        try:
            websocket = _WebSocket(environ, self._most_bytes)
        except (RemoteProtocolError, ValueError):  # a value: of an extension's parameters
            held.close(wait=False, abort=True)
            return _refused(start_response, b"no websocket handshake")
        wire, place = websocket.take(self._flusher), environ.get(PLACE)
        if place is not None:
            place.is_kept = True
        _Connection(held, websocket, wire, self._readers, place).begin()
        # By which the two web servers know that this is not theirs any more.
        raise StopIteration if websocket.mode == "gunicorn" else ConnectionError


def _refused(start_response: Callable[..., Any], why: bytes) -> tuple[bytes]:
    start_response("400 BAD REQUEST", [("Content-Type", "text/plain")])
    return (why,)  # no list: Engine.IO would take that for packets


class _NoThread:
    """In the place of the thread that would read a connection."""

    name = ""

    def __init__(self, target: Callable[[], None]) -> None:
        """Take what a thread takes."""

    def start(self) -> None:
        """Do nothing."""


class _Reply:
    """Takes the answer to a handshake."""

    def __init__(self) -> None:
        self.said = b""

    def send(self, said: bytes) -> None:
        """Keep it."""
        self.said += said


class _WebSocket(simple_websocket.Server):  # type: ignore[misc]
    """What a client says, read without waiting."""

    sock: Any
    connected: bool

    def __init__(self, environ: dict[str, Any], most_bytes: int) -> None:
        super().__init__(environ, thread_class=_NoThread, max_message_size=most_bytes)

    def handshake(self) -> None:
        """Answer the handshake, but say nothing as long as that may fail."""
        self._connection, self.sock = self.sock, _Reply()
        super().handshake()

    def take(self, flusher: Flusher) -> Wire:
        """
        Take the connection away from the web server, which would shut it down when its request has ended.

        What it has instead, under the same number, is one that has ended: it may read, shut down and close that.
        """
        reply = self.sock.said
        self.sock = wire = Wire(self._connection.dup(), flusher)
        ended, other = socket.socketpair()
        with ended, other:
            os.dup2(ended.fileno(), self._connection.fileno(), inheritable=False)
        with suppress(OSError):  # gone: that is read
            wire.send(reply)
        return wire

    def read(self) -> bool:
        """Read what has come, messages into `input_buffer`; return whether the other side is still there."""
        try:
            received = self.sock.recv(self.receive_bytes)
        except BlockingIOError:
            return True
        except OSError:
            received = b""
        try:
            if received and self.connected:
                self.ws.receive_data(received)
                self.connected = self._handle_events()
        except (OSError, LocalProtocolError, RemoteProtocolError):
            self.connected = False
        self.connected = self.connected and bool(received)
        return bool(received)


class _Connection:
    """A websocket of an Engine.IO socket: what comes is given to that, what that has to say is written."""

    def __init__(self, held: Any, websocket: _WebSocket, wire: Wire, readers: Readers, place: Place | None) -> None:
        self._held = held
        self._websocket = websocket
        self._wire = wire
        self._readers = readers
        self._place = place
        self._order = threading.Lock()  # held while it is settled whether a packet is queued or written
        self._is_probed = False
        self._is_leaving = False
        self.fileno = wire.fileno
        self.cut = wire.cut

    def begin(self) -> None:
        """Speak, if the socket has not polled before, and be read from now on."""
        held = self._held
        held.wire, held.connection, held.send = self._wire, self, self._send
        if held.connected:
            held.upgrading = True
        else:
            held.connected = True
            self._open()
        if held.closed:  # by a thread that has not seen this connection
            self.leave()
        try:
            self._readers.add(self)
        except (RuntimeError, OSError):  # the system gives no more
            self.close()

    def take_turn(self) -> Turn:
        """Read, and hear one message: others have their turn before the next one."""
        told = self._websocket.input_buffer
        is_there = bool(told) or self._websocket.read()
        if told and not self._is_leaving:
            self._hear(told.pop(0))
        if self._is_leaving:
            told.clear()
        elif told:
            return Turn.UNDONE
        elif not self._websocket.connected:
            self._end()
        return Turn.READ if is_there else Turn.OVER

    def leave(self) -> None:
        """Say goodbye, and wait for the client to hang up, but not for long."""
        with self._order:
            if self._is_leaving:
                return
            self._is_leaving = True
        if self._websocket.connected:  # else there was a goodbye
            with suppress(OSError):
                self._wire.send(GOODBYE)
        self._wire.finish()
        self._readers.linger(self)

    def close(self) -> None:
        """Let go of the connection and its place."""
        try:
            self._end()
        finally:
            self._wire.close()
            if self._place is not None:
                self._place.free()
        if self._held.closed:
            self._held.server.sockets.pop(self._held.sid, None)

    def _end(self) -> None:
        held = self._held
        if held.upgraded:
            held.close(wait=False, abort=True, reason=held.server.reason.TRANSPORT_CLOSE)
        held.upgrading = False
        self.leave()

    def _hear(self, message: str | bytes) -> None:
        try:
            heard = Packet(encoded_packet=message)
            if self._held.upgraded:
                self._held.receive(heard)
            else:
                self._upgrade(heard)
        except UnknownPacketError:
            pass
        except (ValueError, RecursionError, SocketIsClosedError):  # no packet, or one too late
            self._end()

    def _upgrade(self, heard: Packet) -> None:
        """Take the socket over from polling: the client asks whether this works, and then says that it does."""
        if not self._is_probed and heard.packet_type == packet.PING and heard.data == "probe":
            self._is_probed = True
            self._write(Packet(packet.PONG, data="probe"))
            self._held.queue.put(Packet(packet.NOOP))  # which ends the request that waits for news
        elif self._is_probed and heard.packet_type == packet.UPGRADE:
            self._open()
        else:
            self._end()  # the socket goes on polling

    def _open(self) -> None:
        """Write what was said meanwhile, and from now on what is said."""
        held = self._held
        with self._order:
            with suppress(queue.Empty):
                while True:
                    waiting = held.queue.get_nowait()
                    if waiting is not None:
                        self._write(waiting)
            held.upgraded, held.upgrading = True, False

    def _send(self, said: Packet) -> None:
        if not self._held.upgraded and self._is_queued(said):
            return
        if not self._held.closed:
            self._write(said)

    def _is_queued(self, said: Packet) -> bool:
        held = self._held
        with suppress(SocketIsClosedError):
            if held.check_ping_timeout():
                with self._order:
                    if held.upgraded:  # meanwhile
                        return False
                    held.queue.put(said)
        return True

    def _write(self, said: Packet) -> None:
        encoded = said.encode()
        is_text = isinstance(encoded, str)
        with suppress(OSError):  # gone: that is read
            self._wire.send(frame(encoded.encode() if is_text else encoded, is_text=is_text))
