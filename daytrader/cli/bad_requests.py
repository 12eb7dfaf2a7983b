"""What is no request: refused by the HTTP server before the application sees it, in the words of the application."""

from __future__ import annotations

import socket
import uuid
from http import HTTPStatus
from typing import Any, Final

import orjson
from gunicorn.http.errors import ParseException

from daytrader.api import errors, headers

_TYPE: Final = ("Content-Type", "application/json")


class Body:
    """
    The body of a request as the application reads it.

    What is no body, a chunk without its size for example, is a ValueError: werkzeug answers that with 400, while it
    knows nothing of gunicorn's own errors.
    """

    def __init__(self, body: Any) -> None:
        self._body = body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def read(self, size: int | None = None) -> bytes:
        """
        Return the next *size* bytes, or all.

        Raises:
            ValueError: If what was sent is not well-formed.
        """
        try:
            data: bytes = self._body.read(size)
        except ParseException:
            raise ValueError("the body is not well-formed") from None
        return data


def refuse(connection: socket.socket, status: int, _reason: str, _message: str) -> None:
    """Answer what gunicorn could not read; its own message quotes what was sent."""
    phrase = HTTPStatus(status).phrase
    identity = uuid.uuid4().hex
    code, message = errors.words(status)
    body = orjson.dumps(errors.envelope(status, code, message, identity=identity))
    fields = [
        ("Connection", "close"),
        _TYPE,
        ("Content-Length", str(len(body))),
        *headers.of_any_answer(identity),
        ("Cache-Control", "no-store"),
    ]
    head = f"HTTP/1.1 {status} {phrase}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
    connection.sendall(head.encode("ascii") + b"\r\n" + body)
