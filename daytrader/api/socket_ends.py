"""
Sockets that end while other threads have to do with them.

Whoever writes to a socket or hangs up, and whoever reads what its client says last, are threads that do not wait for
each other: what one of them has found open, another one has closed. Engine.IO takes that for a failure of ours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from engineio.exceptions import SocketIsClosedError
from engineio.packet import Packet


class _Sockets(dict[str, Any]):
    """Sockets by their ids, which two threads may remove."""

    def __delitem__(self, engine_id: str) -> None:
        self.pop(engine_id, None)


class _GoneError(KeyError):
    """The socket that is asked for has ended."""


def install(engine: Any) -> None:
    """Have each socket of an Engine.IO server end once; what is said by it or to it afterwards falls silent."""
    pass_on, find, answer = engine.handlers["connect"], engine._get_socket, engine.handle_request

    def connect(engine_id: str, environ: dict[str, Any]) -> Any:
        held = engine.sockets[engine_id]
        held.send = partial(_send_if_open, held.send)
        held.close = partial(_close_once, held, held.close, threading.Lock())
        return pass_on(engine_id, environ)

    def find_open(engine_id: str) -> Any:
        try:
            return find(engine_id)
        except KeyError:
            raise _GoneError from None

    def answer_whoever_asks(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        try:
            return answer(environ, start_response)
        except _GoneError:
            refusal = engine._bad_request("Invalid session")
            start_response(refusal["status"], refusal["headers"])
            return [refusal["response"]]

    engine.sockets = _Sockets()
    engine.on("connect", connect)
    engine._get_socket, engine.handle_request = find_open, answer_whoever_asks


def _send_if_open(send: Callable[[Packet], None], packet: Packet) -> None:
    with suppress(SocketIsClosedError):
        send(packet)


def _close_once(held: Any, close: Callable[..., None], turn: threading.Lock, *args: Any, **options: Any) -> None:
    if turn.acquire(blocking=False):  # and never let go of
        # Never waiting until the client has fetched what is left for it: one that does not would keep the thread.
        try:
            close(*args, **options | {"wait": False})
        finally:
            connection = held.__dict__.get("connection")  # none while it polls
            if connection is not None:
                connection.leave()


def hang_up(held: Any) -> None:
    """Close a socket of Engine.IO, whatever its client does."""
    with suppress(OSError):
        held.close()
