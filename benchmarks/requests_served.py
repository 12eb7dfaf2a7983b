"""Requests over HTTP: a list of services beside FastAPI with SQLAlchemy's ORM, and a history of prices."""

from __future__ import annotations

import gzip
import json
import secrets
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import psutil

from benchmarks.peers import environment
from benchmarks.run import Figure, absolute
from daytrader.models import User
from daytrader.services import database, price_revisions
from daytrader.services.session_manager import SessionManager
from daytrader.utils.constants import DAILY
from tests.conftest import PASSWORD, World
from tests.e2e.server import RunningServer, daytrader, wait_for, wait_until_idle

_SERVICES, _CONNECTIONS, _REQUESTS, _REPEATS = 60, 4, 100, 7
_BARS = 5_000
_WORK = f"GET of 20 of {_SERVICES} services, JWT, {_CONNECTIONS} connections, gzip"
_THEIRS = {
    "list": "uvicorn, ORM, pydantic",
    "list-like-for-like": "the same with request ids, metrics, security headers and a query judged as ours is",
}
_LIST_TARGET, _HISTORY_TARGET = 3.0, 0.03
_PEER, _PEER_VERSION = "fastapi", "0.116.1"
_PEERS_NEEDS = (
    *("uvicorn[standard]==0.54.0", "sqlalchemy==2.1.9", "pyjwt==2.15.1"),
    *("asgi-correlation-id==5.0.1", "prometheus-fastapi-instrumentator==7.1.0", "secure==2.0.1"),
)


def measure(folder: Path) -> list[Figure]:
    """Return the time of a request for 20 services, of ours and of the peers' in turns, and for 5,000 bars."""
    instance = folder / "instance"
    words = ("user", "create", "carol", "--email", "carol@example.com", "--password-stdin")
    if daytrader(instance, *words, given=PASSWORD).returncode:
        raise RuntimeError("no account could be made")
    _fill(instance)
    secret = secrets.token_hex(32)
    peer = (instance / "daytrader.db", secret)
    with (
        RunningServer(instance, command="serve", DAYTRADER_SECRET_KEY=secret) as server,
        (folder / "peer.log").open("w") as log,
        _peer(*peer, log) as plain,
        _peer(*peer, log, "checked") as checked,
    ):
        wait_for(lambda: server.get("/system/health").ok, 60)
        server.sign_in("carol", PASSWORD)
        token = str(server.token)
        ours = _Server(_Asked(server.address, "/api/v1/services?page_size=20", token), server.cpu_seconds)
        peers = {
            name: _Server(_Asked(address, "/services?page_size=20", token), partial(_cpu_seconds, process))
            for name, (address, process) in {"list": plain, "list-like-for-like": checked}.items()
        }
        wait_until_idle(server)
        for each in peers.values():
            wait_for(each.asked.is_answered, 30)
        shown = _shown(ours.asked.once())
        is_equal = {name: _shown(each.asked.once()) == shown for name, each in peers.items()}
        own, *others = _in_turns(ours, *peers.values())
        history = _Asked(server.address, "/api/v1/prices/ACME/history", token)
        bars = len(json.loads(history.once())["close"])
        reads = statistics.median(_timed(history) for _ in range(21))
    if bars != _BARS:
        raise AssertionError(f"{bars} bars were shown")
    return [
        *(
            Figure(
                name + suffix,
                f"{_WORK}; theirs: {_THEIRS[name]}{more}",
                mine,
                other,
                "FastAPI + ORM",
                _PEER_VERSION,
                "s",
                other / mine,
                _LIST_TARGET,
                is_equal[name],
                _REPEATS,
            )
            for name, theirs in zip(peers, others, strict=True)
            for suffix, more, mine, other in zip(
                ("", "-cpu"), ("", "; processor time of the server"), own, theirs, strict=True
            )
        ),
        absolute("history", f"GET of {_BARS:,} daily bars, columns cached, gzip", reads, _HISTORY_TARGET, 21),
    ]


@dataclass(frozen=True, slots=True)
class _Server:
    """A server, as it is asked, and the processor time that it has taken so far."""

    asked: _Asked
    cpu: Callable[[], float]


def _cpu_seconds(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


def _in_turns(*servers: _Server) -> list[tuple[float, float]]:
    """Return for each server the median time of a request, and its processor time for one."""
    clock: list[list[float]] = [[] for _ in servers]
    used = [0.0] * len(servers)
    for server in servers:
        server.asked.seconds()  # warm
    for _ in range(_REPEATS):
        for place, server in enumerate(servers):
            before = server.cpu()
            clock[place].append(server.asked.seconds())
            used[place] += server.cpu() - before
    asked = _REPEATS * _CONNECTIONS * _REQUESTS
    return [(statistics.median(each), cpu / asked) for each, cpu in zip(clock, used, strict=True)]


def _fill(instance: Path) -> None:
    engine = database.connect(f"sqlite:///{instance / 'daytrader.db'}")
    world = World(engine)
    with SessionManager(read_only=True) as session:
        owner = session.query(User).one()
    stock = world.stock("ACME")
    world.prices(stock, [50 + day % 400 / 4 for day in range(_BARS)], date(2024, 1, 1) - timedelta(days=_BARS))
    with SessionManager() as session:
        price_revisions.draw(session, [stock.id], DAILY)  # as each door to the prices does at its end
    for number in range(_SERVICES):
        world.service(owner, stock, name=f"service {number}")
    engine.dispose()


@contextmanager
def _peer(path: Path, secret: str, log: IO[str], *checks: str) -> Iterator[tuple[str, psutil.Process]]:
    """Serve *path* by the peer, which takes our tokens, with its *checks*; yield its address and its process."""
    python = environment(_PEER, _PEER_VERSION, *_PEERS_NEEDS)
    worker = str(Path(__file__).parent / "workers" / "fastapi_list.py")
    process = subprocess.Popen(
        [python, worker, str(path), secret, *checks], stdout=subprocess.PIPE, stderr=log, text=True
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


class _Asked:
    """
    One address, asked again and again over connections that stay open.

    The client writes the same bytes each time and looks for nothing but status and length: what it costs, on the same
    cores, is a small part of what is measured.
    """

    def __init__(self, server: str, path: str, token: str) -> None:
        self._address = (str(urlsplit(server).hostname), urlsplit(server).port)
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {urlsplit(server).netloc}\r\n"
            f"Authorization: Bearer {token}\r\nAccept-Encoding: gzip\r\n\r\n"
        ).encode()

    def is_answered(self) -> bool:
        try:
            self.once()
        except OSError:
            return False
        return True

    def once(self) -> bytes:
        with socket.create_connection(self._address) as connection:
            head, body = self._ask(connection)
        return gzip.decompress(body) if b"content-encoding: gzip" in head else body

    def seconds(self) -> float:
        """Return the time of one request, of many at once."""
        began = time.perf_counter()
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            list(pool.map(lambda _: self._many(), range(_CONNECTIONS)))
        return (time.perf_counter() - began) / (_CONNECTIONS * _REQUESTS)

    def _many(self) -> None:
        with socket.create_connection(self._address) as connection:
            for _ in range(_REQUESTS):
                self._ask(connection)

    def _ask(self, connection: socket.socket) -> tuple[bytes, bytes]:
        connection.sendall(self._request)
        read = b""
        while b"\r\n\r\n" not in read:
            read += self._more(connection)
        head, _, body = read.partition(b"\r\n\r\n")
        head = head.lower()
        if not head.startswith(b"http/1.1 200"):
            raise AssertionError(f"answered {head[:40]!r}")
        length = int(head.partition(b"content-length: ")[2].partition(b"\r")[0])
        while len(body) < length:
            body += self._more(connection)
        return head, body

    def _more(self, connection: socket.socket) -> bytes:
        found = connection.recv(65_536)
        if not found:
            raise ConnectionError("the server has hung up")
        return found


def _timed(asked: _Asked) -> float:
    began = time.perf_counter()
    asked.once()
    return time.perf_counter() - began


def _shown(body: bytes) -> list[tuple[object, ...]]:
    names = ("id", "name", "state", "can_buy", "can_sell", "is_profitable", "has_dependencies")
    return [
        (*(item[name] for name in names), float(item["current_balance"]), len(item))
        for item in json.loads(body)["items"]
    ]
