"""Connections as gunicorn serves them, read with patience that ends."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from enum import Enum, auto
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.util import close_graceful
from gunicorn.workers.gthread import TConn
from werkzeug.exceptions import RequestTimeout

from daytrader.cli import bad_requests
from daytrader.cli.patience import Patience

MOST_HEAD: Final = 65_536
"""Bytes of a head: so much is kept of each connection whose head is not whole yet."""


class Head(Enum):
    """What there is of the next request's head."""

    WHOLE = auto()
    """Or enough to see that it is none."""
    UNFINISHED = auto()
    NONE = auto()
    """The client has hung up."""


class PatientConnection(TConn):  # type: ignore[misc]
    """
    A connection whose heads are gathered without a thread that waits for them.

    A thread waits for bodies and for whoever reads an answer, and neither without end.
    """

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any, patience: Patience) -> None:
        super().__init__(cfg, sock, client, server)
        sock.setblocking(True)
        limit = struct.pack("ll", int(patience.stalled_seconds), 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)  # by the kernel: costs nothing for each answer
        self.patience = patience
        self.parser = _Parser(cfg, sock, client, patience)
        self.initialized = True
        self.is_closed = False
        self._is_begun = True  # by connecting

    def gather_head(self) -> Head:
        """
        Take what has come of the next head, waiting for nothing.

        Raises:
            LimitRequestHeaders: If it is too long.
        """
        unreader = self.parser.unreader
        gathered: bytes = unreader.buf.getvalue()
        while not _is_whole(gathered):
            if len(gathered) > MOST_HEAD:
                raise LimitRequestHeaders(f"more than {MOST_HEAD} bytes")
            try:
                found = self.sock.recv(unreader.mxchunk, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return Head.UNFINISHED
            except OSError:
                return Head.NONE
            if not found:
                return Head.NONE
            gathered = gathered + found if gathered else found
            unreader.buf = BytesIO(gathered)
            if not self._is_begun:  # what is kept alive may be silent for as long as it is kept
                self._is_begun = True
                self.patience.begin_head()
        self._is_begun = False
        return Head.WHOLE

    def hang_up(self) -> None:
        """Close it once the client has had time to read the last answer, as RFC 9112 section 9.6 has it."""
        self.is_closed = True
        close_graceful(self.sock)

    def refuse(self, status: HTTPStatus) -> None:
        """Answer with *status*, as far as that goes out at once, and close."""
        self.sock.setblocking(False)
        with suppress(OSError):
            bad_requests.refuse(self.sock, status, "", "")
        self.close()

    def close(self, graceful: bool = False) -> None:  # noqa: ARG002 (gunicorn's signature)
        """Close it, unless that is done: gunicorn would wait for the client here, in the thread that waits for all."""
        if not self.is_closed:
            self.is_closed = True
            super().close(graceful=False)

    @property
    def has_sent(self) -> bool:
        """Whether something has come that is not answered yet."""
        return bool(self.parser.unreader.buf.getvalue())

    def begin_body(self, request: Request) -> None:
        """Wait for the body of *request* from now on: a connection that stalls within it takes no other."""
        self.patience.begin_body()
        self.parser.unreader.request = request


def _is_whole(head: bytes) -> bool:
    # What has a line that ends with a bare LF never has that end, and is refused by the parser at once.
    return b"\r\n\r\n" in head or head.count(b"\n") != head.count(b"\r\n")


class _Unreader(SocketUnreader):  # type: ignore[misc]
    """What a connection sends, read ahead, while there is patience."""

    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        super().__init__(sock)
        self._patience = patience
        self.request: Request | None = None
        self.headers: tuple[bytes, list[tuple[str, str]], str, bool] | None = None

    def chunk(self, size_hint: int | None = None) -> bytes:
        """
        Return the next piece, waiting for it.

        Raises:
            RequestTimeout: If it does not come in time.
        """
        size = min(max(size_hint or 0, self.mxchunk), self.max_body_chunk)
        try:
            return self._patience.receive(self.sock, size)
        except RequestTimeout:
            if self.request is not None:
                self.request.force_close()
            raise


class _Request(Request):  # type: ignore[misc]
    """A request whose header block is judged once while a connection repeats it: most requests of one are alike."""

    def parse_headers(self, data: bytes, from_trailer: bool = False) -> list[tuple[str, str]]:
        """Return the fields; of *data* and the connection alone it depends what they are."""
        known = self.unreader.headers
        if known is not None and known[0] == data and not from_trailer:
            _, headers, self.scheme, self._expected_100_continue = known
            return list(headers)
        headers = super().parse_headers(data, from_trailer)
        if not from_trailer:
            self.unreader.headers = (data, list(headers), self.scheme, self._expected_100_continue)
        return list(headers)


class _Parser(RequestParser):  # type: ignore[misc]
    mesg_class = _Request

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, patience: Patience) -> None:
        super().__init__(cfg, sock, client)
        self.unreader = _Unreader(sock, patience)

    def finish_body(self, deadline: float | None = None, max_bytes: int | None = None) -> bool:
        """Discard what is left of a body; of none nothing is, which takes no limits of a socket to find out."""
        body = self.mesg.body if self.mesg else None
        if body is not None and not body.failed and type(body.reader) is LengthReader and not body.reader.length:
            return True
        is_finished: bool = super().finish_body(deadline, max_bytes)
        return is_finished
