"""How many sockets a server of gunicorn's takes: what each of them holds belongs to requests, too."""

from __future__ import annotations

import resource
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

from daytrader.api.turns import turns
from daytrader.api.websockets import PLACE, Place, asks_for_websocket
from daytrader.cli import bad_requests

REQUEST_THREADS: Final = 16
"""Threads that sockets which poll leave to requests."""
OTHER_FILES: Final = 256
"""Files that may be open beside connections: the database's, logs, those of imports and jobs."""

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class SocketLimit:
    """
    Lets so many websockets be open, and so many requests of sockets be answered at once, and no more.

    A socket that polls holds a thread while it waits for news, and requests need theirs. A websocket holds none.
    """

    def __init__(self, app: Wsgi, *, websockets: int, polls: int) -> None:
        self._app = app
        self._websockets = threading.BoundedSemaphore(websockets)
        self._polls = threading.BoundedSemaphore(polls)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request, or refuse a socket when there are too many."""
        environ["wsgi.input"] = bad_requests.Body(environ["wsgi.input"])
        if not environ["PATH_INFO"].startswith("/socket.io"):
            return self._app(environ, start_response)
        turns.end()  # a socket is served for hours
        places = self._websockets if asks_for_websocket(environ) else self._polls
        if not places.acquire(blocking=False):
            status = HTTPStatus.SERVICE_UNAVAILABLE
            start_response(f"{status.value} {status.phrase}", [("Retry-After", "5"), ("Content-Length", "0")])
            return []
        environ[PLACE] = place = Place(places.release)
        try:
            return self._app(environ, start_response)
        finally:
            if not place.is_kept:
                place.free()


def room_for_sockets(asked: int, connections: int) -> int:
    """
    Return how many of the websockets *asked* for may be open beside so many connections of requests.

    The system's limit of open files is raised as far as this process may, and bounds what is left.
    """
    needed = asked + connections + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return asked
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(asked, soft - connections - OTHER_FILES))
