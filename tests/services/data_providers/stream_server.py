"""A server that speaks the documented protocol of Alpaca's stream, and who listens to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from daytrader.services.data_providers.alpaca_stream import AlpacaStream
from daytrader.services.data_providers.base import PriceSeries
from daytrader.services.data_providers.errors import ProviderError
from tests.waiting import PATIENCE

BAR = {"T": "b", "S": "ACME", "o": 10, "h": 12, "l": 9, "c": 11, "v": 100, "t": "2024-01-02T14:35:00Z", "n": 1}


def greet(connection: ServerConnection) -> list[Any]:
    """Speak as Alpaca does until the first subscription; return what the client said."""
    said: list[Any] = []
    connection.send(json.dumps([{"T": "success", "msg": "connected"}]))
    said.append(json.loads(connection.recv(timeout=PATIENCE)))
    if said[0].get("secret") != "secret":
        connection.send(json.dumps([{"T": "error", "code": 402, "msg": "auth failed"}]))
        return said
    connection.send(json.dumps([{"T": "success", "msg": "authenticated"}]))
    said.append(json.loads(connection.recv(timeout=PATIENCE)))
    connection.send(json.dumps([{"T": "subscription", "bars": said[1].get("bars", [])}]))
    return said


@contextmanager
def speaking(script: Callable[[ServerConnection], object]) -> Iterator[str]:
    """Yield the address of a server that does *script* with each connection."""

    def handle(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed, TimeoutError):
            script(connection)

    with serve(handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


class Ear:
    """Listens until enough was heard."""

    def __init__(self, enough: int) -> None:
        self.bars: list[PriceSeries] = []
        self.connections = 0
        self.failures: list[ProviderError] = []
        self.symbols = ["ACME"]
        self._enough = enough
        self._stopping = threading.Event()

    def listen(self, stream: AlpacaStream) -> None:
        """Listen, but not for ever."""
        timer = threading.Timer(PATIENCE, self._stopping.set)
        timer.start()
        stream.listen(lambda: self.symbols, self._connected, self._bar, self._failed, self._stopping)
        timer.cancel()

    def _connected(self) -> None:
        self.connections += 1

    def _bar(self, bar: PriceSeries) -> None:
        self.bars.append(bar)
        self._look()

    def _failed(self, failure: ProviderError) -> None:
        self.failures.append(failure)
        self._look()

    def _look(self) -> None:
        if len(self.bars) + len(self.failures) >= self._enough:
            self._stopping.set()


def stream(address: str, secret: str = "secret") -> AlpacaStream:
    """Return the stream of *address*."""
    return AlpacaStream("key", secret, address=address, allows_private=True)
