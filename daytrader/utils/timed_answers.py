"""HTTP whose answers have an end: the time to read is that of a whole answer, however slowly its bytes come."""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import IncompleteRead, ProtocolError, ReadTimeoutError


class _Clocked(io.RawIOBase):
    """What a socket sends, until its timeout has passed since this was made."""

    def __init__(self, sent: io.RawIOBase, sock: socket.socket) -> None:
        self._sent = sent
        self._sock = sock
        seconds = sock.gettimeout()
        self._until = None if seconds is None else time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer does not end")
            self._sock.settimeout(left)
        return self._sent.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._sent.close()
        super().close()


class _TimedAnswer(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Clocked(self.fp.detach(), sock))


class TimedHttp(HTTPConnection):
    """A connection each of whose answers is whole, head included, within its time to read."""

    response_class = _TimedAnswer


class TimedHttps(HTTPSConnection):
    """`TimedHttp` by TLS."""

    response_class = _TimedAnswer


class TimedAdapter(HTTPAdapter):
    """Asks once, by connections of the classes *http* and *https*."""

    http: type[HTTPConnection] = TimedHttp
    https: type[HTTPSConnection] = TimedHttps

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("TimedHttpPool", (HTTPConnectionPool,), {"ConnectionCls": self.http}),
            "https": type("TimedHttpsPool", (HTTPSConnectionPool,), {"ConnectionCls": self.https}),
        }


def why(error: Exception) -> str:
    """Return in words why there is no answer; nothing of the address, which may hold keys."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted: {cause.verify_message}"
    if any(isinstance(cause, requests.exceptions.ReadTimeout | ReadTimeoutError) for cause in causes):
        return "its answer takes too long"
    if any(isinstance(cause, IncompleteRead | ConnectionResetError) for cause in causes):
        return "its answer is cut off"
    if any(isinstance(cause, ProtocolError) for cause in causes):
        return "it hangs up"
    return type(error).__name__


def _causes(error: object) -> Iterator[BaseException]:
    """Walk from *error* to what it was made of: urllib3 and requests keep that among arguments, too."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
