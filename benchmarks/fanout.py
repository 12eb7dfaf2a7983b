"""Events of one room to five hundred sockets: how many deliveries a second there are, and how late the last ones."""

from __future__ import annotations

import json
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from benchmarks.run import Figure, absolute
from tests.conftest import PASSWORD
from tests.e2e.crowd import open_crowd
from tests.e2e.server import RunningServer, wait_for, wait_until_idle

_SOCKETS: Final = 500
_DELIVERIES: Final = 15_000
_EVERY: Final = _SOCKETS / _DELIVERIES
_LATEST: Final = 0.1
_EVENTS: Final = 150
_CALLERS: Final = 3
_REPEATS: Final = 5
_PATIENCE: Final = 60.0
_WORKER: Final = Path(__file__).parent / "workers" / "room_listeners.py"

_Round = Callable[[float], dict[str, Any]]
"""Has the events told, so many seconds from one to the next, and returns what the sockets heard of them."""


def measure(folder: Path) -> list[Figure]:
    """Return the time of 15,000 deliveries at full speed, and the 99th percentile of latency at that many a second."""
    instance = folder / "instance"
    open_crowd(instance, 0)
    variables = {
        "DAYTRADER_SECRET_KEY": secrets.token_hex(32),
        "DAYTRADER_LIMIT_SOCKETS": str(_SOCKETS),
        "DAYTRADER_LIMIT_UNSIGNED_SOCKETS": str(_SOCKETS),  # they come at once, from one address
        "DAYTRADER_LIMIT_WRITES": "1000000/hour",
    }
    with RunningServer(instance, command="serve", **variables) as server:
        wait_for(lambda: server.get("/system/health").ok, 60)
        server.sign_in("carol", PASSWORD)
        server.post("/system/engine/pause")  # what is heard is ours alone
        with _listening(server) as hear:
            wait_until_idle(server)
            hear(0)  # warm
            fast = [hear(0) for _ in range(_REPEATS)]
            steady = [hear(_EVERY) for _ in range(_REPEATS)]
    each, kept = (statistics.median(heard["seconds"] / heard["heard"] for heard in turn) for turn in (fast, steady))
    middle, late = (statistics.median(_share(heard["latencies"], part) for heard in steady) for part in (0.5, 0.99))
    told = f"events of one room to {_SOCKETS} sockets"
    return [
        absolute(
            "fanout",
            f"{_DELIVERIES:,} deliveries, {told}, as fast as they are made: {1 / each:,.0f} a second",
            each * _DELIVERIES,
            1.0,
            _REPEATS,
        ),
        absolute(
            "fanout-p99",
            f"{told}, {1 / kept:,.0f} deliveries a second: 99th percentile from before the commit to where it is read; "
            f"median {middle * 1000:.0f} ms",
            late,
            _LATEST,
            _REPEATS,
        ),
    ]


@contextmanager
def _listening(server: RunningServer) -> Iterator[_Round]:
    """Join the sockets, and yield what tells them something."""
    made = server.post("/services", {"name": "loud", "stock_symbol": "AAPL", "initial_balance": 10_000})
    assert made.status_code == HTTPStatus.CREATED, made.text
    place = f"{server.address}/api/v1/services/{made.json()['id']}"
    at = urlsplit(server.address)
    words = [sys.executable, str(_WORKER), str(at.hostname), str(at.port), str(server.token), str(_SOCKETS)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as listeners:
        assert listeners.stdin is not None
        assert listeners.stdout is not None
        answers = listeners.stdout

        def hear(every: float) -> dict[str, Any]:
            print(_EVENTS, _PATIENCE, file=listeners.stdin, flush=True)
            _tell(place, str(server.token), every)
            heard: dict[str, Any] = json.loads(answers.readline())
            if heard["heard"] != _EVENTS * _SOCKETS:
                raise AssertionError(f"only {heard['heard']} of {_EVENTS * _SOCKETS} events were heard")
            return heard

        assert answers.readline() == "joined\n"
        yield hear
        listeners.stdin.close()


def _tell(place: str, token: str, every: float) -> None:
    """Change a service again and again, each change being an event, one each *every* seconds."""
    began = time.perf_counter()

    def change(first: int) -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {token}"
            for number in range(first, _EVENTS, _CALLERS):
                time.sleep(max(0.0, began + number * every - time.perf_counter()))
                session.patch(place, json={"name": f"loud {number}"}, timeout=_PATIENCE).raise_for_status()

    with ThreadPoolExecutor(_CALLERS) as pool:
        list(pool.map(change, range(_CALLERS)))


def _share(values: list[float], part: float) -> float:
    """Return the value that *part* of the sorted *values* do not exceed."""
    return values[int(len(values) * part)]
