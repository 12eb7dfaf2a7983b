"""
Connections that are written to by many threads, none of which waits.

What a slow connection does not take at once waits for it alone.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from collections import deque
from contextlib import suppress
from typing import Final

MOST_WAITING: Final = 1_000_000
"""Bytes that may wait for one connection; beyond, it is closed, and its client resumes when it is back."""
GOODBYE: Final = b"\x88\x02\x03\xe8"
"""The frame that ends a websocket normally: close, 1000."""

_LOOK_EVERY: Final = 0.5
"""Seconds between two looks whether anything waits at all."""
_FINAL_TEXT: Final = 0x81
_FINAL_BINARY: Final = 0x82
_SHORT: Final = 126  # RFC 6455, 5.2: lengths below stand in the second byte
_MEDIUM: Final = 127
_LONGEST_MEDIUM: Final = 0xFFFF


class Wire:
    """
    A connection whose writers never wait and never mix: whole frames, in the order in which they were written.

    It is closed under the same lock under which it is written to: no writer meets another connection that has got its
    number meanwhile.
    """

    def __init__(self, connection: socket.socket, flusher: Flusher) -> None:
        self._connection = connection
        self._flusher = flusher
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._is_finished = False

    def fileno(self) -> int:
        """Return the number of the connection, -1 once it is closed."""
        return self._connection.fileno()

    def recv(self, size: int) -> bytes:
        """
        Return up to *size* bytes that have come, none at the end. For the one who closes it.

        Raises:
            BlockingIOError: If nothing has come.
            OSError: If the connection is gone.
        """
        return self._connection.recv(size, socket.MSG_DONTWAIT)

    def send(self, frames: bytes) -> int:
        """
        Write a whole frame, or several, now or as soon as the other side takes it.

        Raises:
            OSError: If the connection is gone, or `finish` was called.
        """
        with self._lock:
            if self._is_finished:
                raise BrokenPipeError("nothing is said after the end")
            written = 0 if self._waiting else self._write(frames)
            if written < len(frames):
                self._wait(frames[written:])
        return len(frames)

    def finish(self) -> None:
        """Write nothing more than what waits already, and say so to the other side, which may answer that."""
        with self._lock:
            self._is_finished = True
            if not self._waiting:
                self._shut(socket.SHUT_WR)

    def cut(self) -> None:
        """End the connection, whatever waits for it: whoever reads from it sees its end."""
        with self._lock:
            self._shut(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._is_finished = True
            self._wait_no_more()
            self._connection.close()

    def flush(self) -> None:
        """Write what waits, as far as it goes."""
        with self._lock:
            if not self._waiting:  # it has ended meanwhile, and its number may be another one's
                return
            while self._waiting:
                frames = self._waiting.popleft()
                try:
                    written = self._write(frames)
                except OSError:
                    break  # nobody is there any more: whoever reads notices
                self._size -= written
                if written < len(frames):
                    self._waiting.appendleft(frames[written:])
                    return
            self._wait_no_more()
            if self._is_finished:
                self._shut(socket.SHUT_WR)

    def _write(self, frames: bytes) -> int:
        try:
            return self._connection.send(frames, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def _wait(self, rest: bytes) -> None:
        self._size += len(rest)
        try:
            if self._size > MOST_WAITING:
                raise OSError("the other side does not read")
            self._flusher.watch(self)
        except OSError:
            self._shut(socket.SHUT_RDWR)
            raise
        self._waiting.append(rest)

    def _wait_no_more(self) -> None:
        self._waiting.clear()
        self._size = 0
        self._flusher.forget(self)

    def _shut(self, how: int) -> None:
        with suppress(OSError):  # it has ended already
            self._connection.shutdown(how)


class Flusher:
    """Writes what waits as soon as the other side takes it, in a thread that ends when nothing waits."""

    def __init__(self) -> None:
        self._stalled = selectors.DefaultSelector()  # of which each may be told while the thread waits for all
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, wire: Wire) -> None:
        """
        Flush *wire*, whose lock the caller holds, whenever it can be written to, until it is forgotten.

        Raises:
            OSError: If the system watches no more of them.
        """
        with self._lock:
            with suppress(KeyError):  # it is watched already
                self._stalled.register(wire.fileno(), selectors.EVENT_WRITE, wire)
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="socket-flusher", daemon=True)
                with suppress(RuntimeError):  # none could be started: the next writer tries again, a ping at the latest
                    thread.start()
                    self._thread = thread

    def forget(self, wire: Wire) -> None:
        """Look no more at *wire*, whose lock the caller holds: nothing waits, or nobody is there."""
        with self._lock, suppress(KeyError, ValueError):  # it was not watched, or is closed already
            self._stalled.unregister(wire.fileno())

    def _work(self) -> None:
        while True:
            for stalled, _ in self._stalled.select(_LOOK_EVERY):
                stalled.data.flush()  # not under the lock: writers take it while they hold their wire
            with self._lock:
                if not self._stalled.get_map():
                    self._thread = None
                    return


def frame(body: bytes, *, is_text: bool = True) -> bytes:
    """Return *body*, UTF-8 where it is text, as one frame of a server: final, not masked, not compressed."""
    kind = _FINAL_TEXT if is_text else _FINAL_BINARY
    if len(body) < _SHORT:
        head = bytes((kind, len(body)))
    elif len(body) <= _LONGEST_MEDIUM:
        head = struct.pack(">BBH", kind, _SHORT, len(body))
    else:
        head = struct.pack(">BBQ", kind, _MEDIUM, len(body))
    return head + body
