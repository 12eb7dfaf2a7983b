"""Sockets that ask once a second and wait for the answer, by the wire protocol: three hundred in one thread."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import time
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

_QUESTION = b'["join",{"room":"services"}]'
_PATIENCE = 5.0
_PING, _PONG, _ANSWER = "2", "3", "43"


class Sockets:
    """Asks over many sockets until it is told to stop; *latencies* are seconds from question to answer."""

    def __init__(self, address: str, token: str, count: int) -> None:
        """Connect *count* sockets to the server at *address* as whoever *token* is of."""
        self.latencies: list[float] = []
        self.failures: list[str] = []
        self._url = f"ws://{urlsplit(address).netloc}/socket.io/?EIO=4&transport=websocket"
        self._token = token
        self._count = count
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the last answers."""
        self._is_over.set()
        self._thread.join()

    async def _run(self) -> None:
        await asyncio.gather(*(self._one(number) for number in range(self._count)))

    async def _one(self, number: int) -> None:
        await asyncio.sleep(random.Random(number).random() * 5)  # not all in the same moment
        try:
            async with connect(self._url, max_size=None) as socket:
                await socket.recv()
                await socket.send("40" + orjson.dumps({"token": self._token}).decode())
                await self._ask(socket)
        except (WebSocketException, OSError, ValueError) as error:  # one socket's end is a finding, not the others'
            self.failures.append(f"{type(error).__name__}: {error}")

    async def _ask(self, socket: ClientConnection) -> None:
        asked: dict[int, float] = {}
        listener = asyncio.create_task(self._listen(socket, asked))
        for question in itertools.count():
            if self._is_over.is_set() or listener.done():
                break
            asked[question] = time.perf_counter()
            await socket.send(f"42{question}{_QUESTION.decode()}")
            await asyncio.sleep(1)
        if listener.done():
            listener.result()
        listener.cancel()
        if asked and time.perf_counter() - min(asked.values()) > _PATIENCE:
            self.failures.append("a question was not answered")

    async def _listen(self, socket: ClientConnection, asked: dict[int, float]) -> None:
        async for message in socket:
            text = message if isinstance(message, str) else message.decode()
            if text == _PING:
                await socket.send(_PONG)
            elif text.startswith(_ANSWER):
                question = int(text[2 : text.index("[")])
                self.latencies.append(time.perf_counter() - asked.pop(question))
