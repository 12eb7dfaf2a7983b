"""A real Socket.IO client."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import engineio
import socketio
import websocket

from tests.waiting import eventually

WAIT = 60.0
"""What a busy machine may take for what takes a moment."""


class _Connection(websocket.WebSocket):
    """Does not wait three seconds for the closing frame, which the thread that reads has taken already."""

    def close(
        self, status: int = websocket.STATUS_NORMAL, reason: str | bytes = b"", timeout: float | None = 0.01
    ) -> None:
        super().close(status, reason, timeout)


def connecting(origin: str | None = None) -> dict[str, Any]:
    """Return how the client's library is to connect, as a page of *origin*."""
    return {"class_": _Connection} | ({"origin": origin} if origin else {})


class _InOrder(engineio.Client):  # type: ignore[misc]
    """Hears messages as they come: the library has a thread for each, of which any may be first."""

    def _trigger_event(self, event: str, *args: Any, **options: Any) -> Any:
        return super()._trigger_event(event, *args, **options | ({"run_async": False} if event == "message" else {}))


class Client(socketio.Client):  # type: ignore[misc]
    """Hears events in the order in which the server sent them."""

    def _engineio_client_class(self) -> type[engineio.Client]:
        return _InOrder


class Listener:
    """One connected client and what it was sent."""

    def __init__(self, url: str, token: Any, origin: str | None = None) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.client = Client(reconnection=False, websocket_extra_options=connecting(origin))
        self.client.on("*", lambda name, body: self.heard.append((name, body)))
        self.client.connect(url, auth={"token": token}, transports=["websocket"], wait_timeout=WAIT)

    def hang_up(self) -> None:
        """Close without the three seconds that the client's library waits for a closing frame."""
        connection = self.client.eio.ws.sock if self.client.connected else None
        if connection is not None:  # else the server has hung up at this moment
            connection.close()

    def ask(self, name: str, body: Any = None) -> dict[str, Any]:
        """Send an event and return its acknowledgement."""
        answer: dict[str, Any] = self.client.call(name, body, timeout=WAIT)
        return answer

    def ask_at_once(self, name: str, body: Any, count: int) -> list[dict[str, Any]]:
        """Send an event *count* times without waiting in between; return the acknowledgements in order."""
        answers: dict[int, dict[str, Any]] = {}
        for number in range(count):
            self.client.emit(name, body, callback=partial(answers.__setitem__, number))
        deadline = time.monotonic() + WAIT
        while len(answers) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return [answers[number] for number in range(count)]

    def names(self, count: int) -> list[str]:
        """Wait until *count* events were heard, and a moment longer for one too many; return their names."""
        deadline = time.monotonic() + WAIT
        while len(self.heard) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        return [name for name, _ in self.heard]

    def wait_for_end(self) -> None:
        """Wait until the server has hung up."""
        eventually(lambda: not self.client.connected, seconds=WAIT)
