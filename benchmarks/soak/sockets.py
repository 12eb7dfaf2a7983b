"""
Sockets that listen to one room each and ask once a second, by the wire protocol: three hundred in one thread.

Each is somebody who has the page of one service open. It is told what the service does, and once a second it asks to
join the service's room, which the server judges anew each time: whose service that is, and whether the caller may.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from benchmarks.soak.tally import Failures, Waits

_PATIENCE: Final = 5.0
"""Seconds after which a question counts as not answered."""
_CONNECT_SECONDS: Final = 60.0
_SPREAD_SECONDS: Final = 5.0
_PING, _PONG, _EVENT, _ANSWER = "2", "3", "42", "43"
_TIMESTAMP: Final = '"timestamp":"'
_OK: Final = '"status":"ok"'


class Sockets:
    """
    Asks and listens until it is told to stop.

    *latencies* are from question to answer; *delays* from the timestamp that an event was stored with,
    before its commit, to where it was read, by the clock of one machine; *heard* is how many events each socket had.
    """

    def __init__(self, address: str, token: str, rooms: Sequence[str], failures: Failures) -> None:
        """Connect one socket for each of *rooms* to the server at *address*, as whoever *token* is of."""
        self.latencies = Waits()
        self.delays = Waits()
        self.heard = [0] * len(rooms)
        self.connected = 0
        self._failures = failures
        self._url = f"ws://{urlsplit(address).netloc}/socket.io/?EIO=4&transport=websocket"
        self._greeting = "40" + orjson.dumps({"token": token}).decode()
        self._rooms = rooms
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
        await asyncio.gather(*(self._one(number) for number in range(len(self._rooms))))

    async def _one(self, number: int) -> None:
        await asyncio.sleep(random.Random(number).random() * _SPREAD_SECONDS)  # not all in the same moment
        try:
            # No pings of its own: a browser sends none. Those of the server are answered.
            async with connect(
                self._url, max_size=None, compression=None, ping_interval=None, open_timeout=_CONNECT_SECONDS
            ) as socket:
                await socket.recv()
                await socket.send(self._greeting)
                await self._talk(socket, number)
        except (WebSocketException, OSError, ValueError) as error:  # one socket's end is a finding, not the others'
            self._failures.add(error)

    async def _talk(self, socket: ClientConnection, number: int) -> None:
        asked: dict[int, float] = {}
        asking = asyncio.create_task(self._ask(socket, self._rooms[number], asked))
        self.connected += 1
        try:
            await self._listen(socket, number, asked)
        finally:
            self.connected -= 1
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)  # why it ended, the listener knows
        if not self._is_over.is_set():
            self._failures.add("the server hung up")

    async def _ask(self, socket: ClientConnection, room: str, asked: dict[int, float]) -> None:
        question = orjson.dumps(["join", {"room": room}]).decode()
        due = time.perf_counter()
        for number in itertools.count():
            if self._is_over.is_set():
                break
            asked[number] = time.perf_counter()
            await socket.send(f"{_EVENT}{number}{question}")
            self._give_up(asked)
            due += 1
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        until = time.perf_counter() + _PATIENCE
        while asked and time.perf_counter() < until:
            await asyncio.sleep(0.05)
        self._give_up(asked)
        await socket.close()

    def _give_up(self, asked: dict[int, float]) -> None:
        """Count what has not been answered for too long, once; it is among the latencies when it comes."""
        long_ago = time.perf_counter() - _PATIENCE
        for at in asked.values():
            if long_ago - 1 < at <= long_ago:
                self._failures.add(f"a question was not answered within {_PATIENCE:g} s")

    async def _listen(self, socket: ClientConnection, number: int, asked: dict[int, float]) -> None:
        try:
            while True:
                message = await socket.recv(decode=True)
                if message.startswith(_ANSWER):
                    self._hear_answer(message, asked)
                elif message.startswith(_EVENT):
                    self.heard[number] += 1
                    self.delays.add(time.time() - _stored_at(message))
                elif message == _PING:
                    await socket.send(_PONG)
        except ConnectionClosed as end:
            if not self._is_over.is_set():
                self._failures.add(end)

    def _hear_answer(self, message: str, asked: dict[int, float]) -> None:
        question = int(message[2 : message.index("[")])
        self.latencies.add(time.perf_counter() - asked.pop(question))
        if _OK not in message:
            self._failures.add(f"refused: {message[message.index('[') :]}")


def _stored_at(message: str) -> float:
    """Return when the event in *message* was stored; its own timestamp comes after its entity."""
    at = message.rindex(_TIMESTAMP) + len(_TIMESTAMP)
    return datetime.fromisoformat(message[at : message.index('"', at)]).timestamp()
