"""A server of its own under load, and what is seen of it."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from benchmarks.soak.requests_made import Requests
from benchmarks.soak.sockets import Sockets
from benchmarks.soak.tally import Failures, Waits
from tests.conftest import PASSWORD
from tests.e2e.crowd import open_crowd
from tests.e2e.server import RunningServer, wait_for

PROMISED: Final = {
    "socket_p99_ms": 250.0,
    "request_p99_ms": 300.0,
    "bar_seconds": 5.0,
    "memory_growth_percent": 5.0,
}
_SOCKETS: Final = 300
_RATE: Final = 100.0
_SERVICES: Final = 200
_SPEED: Final = 1.0
_TOKEN_MINUTES: Final = 12 * 60
_LOOK_EVERY: Final = 0.1


@dataclass
class _Watched:
    """What the server did meanwhile: seconds per bar, bytes when warm and at the end, processor seconds a second."""

    bars: Waits = field(default_factory=Waits)
    began: float = 0.0
    warm: int = 0
    last: int = 0
    server_cpu: float = 0.0
    generator_cpu: float = 0.0
    seconds: float = 0.0


def measured(instance: Path, seconds: float, *, is_crowd: bool) -> dict[str, object]:
    """
    Return what a server at *instance*, a folder that is made, did under load for so many seconds.

    With *is_crowd* every socket is in the room of all services, else in that of one.
    """
    open_crowd(instance, _SERVICES)
    environment = {
        "DAYTRADER_SECRET_KEY": secrets.token_hex(32),
        "DAYTRADER_LIMIT_SOCKETS": str(_SOCKETS + 10),
        "DAYTRADER_LIMIT_UNSIGNED_SOCKETS": str(_SOCKETS),  # they come at once, from one address
        "DAYTRADER_ACCESS_TOKEN_MINUTES": str(_TOKEN_MINUTES),
    }
    load = os.getloadavg()
    words = ("--speed", str(_SPEED))
    with RunningServer(instance, *words, command="serve", **environment) as server:
        wait_for(lambda: server.get("/system/health").ok, 60)
        server.sign_in("carol", PASSWORD)
        server.when_ready()
        wait_for(lambda: server.get("/system/engine").json()["position"])  # what is compiled at a start is no load
        failures = Failures()
        rooms = ["services"] * _SOCKETS if is_crowd else _rooms(server)
        sockets = Sockets(server.address, str(server.token), rooms, failures)
        asked = Requests(server.address, str(server.token), _RATE, failures)
        sockets.start()
        asked.start()
        watched = _watch(server, seconds)
        connected = sockets.connected
        sockets.stop()
        asked.stop()
        server.stop()
    if connected < _SOCKETS:
        failures.add(f"only {connected} of {_SOCKETS} sockets were connected at the end")
    return {
        "socket_p99_ms": _milliseconds(sockets.latencies.percentile(0.99)),
        "request_p99_ms": _milliseconds(asked.latencies.percentile(0.99)),
        "bar_seconds": watched.bars.percentile(1),
        "memory_growth_percent": (watched.last / watched.warm - 1) * 100,
        "socket_p50_ms": _milliseconds(sockets.latencies.percentile(0.5)),
        "request_p50_ms": _milliseconds(asked.latencies.percentile(0.5)),
        "event_p50_ms": _milliseconds(sockets.delays.percentile(0.5)),
        "event_p99_ms": _milliseconds(sockets.delays.percentile(0.99)),
        "bar_p50_seconds": watched.bars.percentile(0.5),
        "bars": len(watched.bars),
        "answers": len(sockets.latencies),
        "answers_a_second_per_socket": len(sockets.latencies) / watched.seconds / _SOCKETS,
        "events": sum(sockets.heard),
        "events_a_second_per_socket": sum(sockets.heard) / watched.seconds / _SOCKETS,
        "events_of_quietest_and_busiest_socket": [min(sockets.heard), max(sockets.heard)],
        "requests": len(asked.latencies),
        "requests_a_second": len(asked.latencies) / watched.seconds,
        "memory_mb": watched.last / 2**20,
        "server_cpu": watched.server_cpu,
        "generator_cpu": watched.generator_cpu,
        "load_before": load[0],
        "late": _late(watched, sockets, asked),
        "failures": failures.counts(),
    }


def _rooms(server: RunningServer) -> list[str]:
    """Return whose page each socket has open: the services one after the other."""
    total = server.get("/services", page_size=1).json()["pagination"]["total_items"]
    ids = [
        service["id"]
        for page in range(1, -(-total // 100) + 1)
        for service in server.items("/services", page=page, sort="id")
    ]
    return [f"service_{ids[number % len(ids)]}" for number in range(_SOCKETS)]


def _watch(server: RunningServer, seconds: float) -> _Watched:
    """Look at the engine ten times a second; memory is compared from a fifth of the time on."""
    seen = _Watched()
    began = changed = seen.began = time.perf_counter()
    computed, own = server.cpu_seconds(), time.process_time()
    position = None
    while (now := time.perf_counter()) - began < seconds:
        if not seen.warm and now - began > seconds / 5:
            seen.warm = _memory(server)
        found = server.get("/system/engine").json()["position"]
        if found != position:
            if position is not None:
                seen.bars.add(max(0.0, now - changed - 1 / _SPEED))  # the engine rests between two bars
            position, changed = found, now
        time.sleep(_LOOK_EVERY)
    seen.bars.add(max(0.0, time.perf_counter() - changed - 1 / _SPEED))  # the one that is not done, if it is late
    seen.seconds = time.perf_counter() - began
    seen.server_cpu = (server.cpu_seconds() - computed) / seen.seconds
    seen.generator_cpu = (time.process_time() - own) / seen.seconds
    seen.last = _memory(server)
    return seen


def _late(watched: _Watched, sockets: Sockets, asked: Requests) -> dict[int, dict[str, float]]:
    """Return the seconds of the load in which anything took longer than promised, and the longest then, in seconds."""
    seen = {
        "socket": sockets.latencies.late(PROMISED["socket_p99_ms"] / 1000, watched.began),
        "request": asked.latencies.late(PROMISED["request_p99_ms"] / 1000, watched.began),
        "bar": watched.bars.late(PROMISED["bar_seconds"], watched.began),
    }
    windows = sorted({window for late in seen.values() for window in late})
    return {at: {what: round(late[at], 2) for what, late in seen.items() if at in late} for at in windows}


def _memory(server: RunningServer) -> int:
    return sum(psutil.Process(process).memory_info().rss for process in server.processes())


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
