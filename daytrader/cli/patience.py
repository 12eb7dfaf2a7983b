"""How long a connection may take to say something: whoever dawdles holds what others wait for."""

from __future__ import annotations

import select
import socket
import time
from dataclasses import dataclass, field
from typing import Final

from werkzeug.exceptions import RequestTimeout

SLOWEST: Final = 500
"""Bytes a second that a body must come with, on average."""


@dataclass(slots=True)
class Patience:
    """
    With one connection: its head must be whole within *head_seconds*, however many pieces it comes in.

    A body may take as long as it takes while it goes on: something comes every *stalled_seconds*, and on average
    `SLOWEST` bytes a second.
    """

    head_seconds: float
    stalled_seconds: float
    deadline: float = field(init=False)
    """When it ends, on the monotonic clock."""
    _is_of_body: bool = field(init=False, default=False)
    _body_began: float = field(init=False, default=0.0)
    _body_bytes: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.begin_head()

    def begin_head(self) -> None:
        """Wait for a head from now on."""
        self._is_of_body = False
        self.deadline = time.monotonic() + self.head_seconds

    def begin_body(self) -> None:
        """Wait for a body from now on."""
        self._is_of_body = True
        self._body_began, self._body_bytes = time.monotonic(), 0
        self.deadline = self._body_began + self.stalled_seconds

    def receive(self, sock: socket.socket, size: int) -> bytes:
        """
        Return up to *size* bytes that come over *sock*, waiting for the first; none when the client has hung up.

        Raises:
            RequestTimeout: If it does not come in time.
        """
        while True:
            try:
                found = sock.recv(size, socket.MSG_DONTWAIT)  # what is there already is not waited for
            except BlockingIOError:
                waiting = select.poll()
                waiting.register(sock, select.POLLIN)
                if not waiting.poll(max(0.0, self.deadline - time.monotonic()) * 1000):
                    raise RequestTimeout from None
            else:
                self._came(len(found))
                return found

    def _came(self, count: int) -> None:
        if not self._is_of_body:
            return
        self._body_bytes += count
        credit = self._body_began + self.stalled_seconds + self._body_bytes / SLOWEST
        self.deadline = min(credit, time.monotonic() + self.stalled_seconds)
