"""
Load for half an hour, everything at once: `python -m benchmarks.soak [--minutes 30]`.

300 sockets ask once a second, 100 requests a second, 200 services decide on a bar a second. Writes
`benchmarks/results/soak.json` and ends with 1 where a promise is not kept.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.soak.requests_made import Requests
from benchmarks.soak.sockets import Sockets
from tests.conftest import PASSWORD
from tests.e2e.crowd import open_crowd
from tests.e2e.server import RunningServer, daytrader, wait_for

_SOCKETS, _RATE, _SERVICES, _SPEED = 300, 100.0, 200, 1.0
_PROMISED = {"socket_p99_ms": 250.0, "request_p99_ms": 300.0, "bar_seconds": 5.0, "memory_growth_percent": 5.0}
_RESULT = Path(__file__).parents[1] / "results" / "soak.json"
_TOKEN_MINUTES = 12 * 60
_THREADS = 400  # each socket holds one


def main() -> int:
    """Run, write what came of it, and return 0 where all that is promised was kept."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=30.0)
    minutes = options.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "instance"
        open_crowd(instance, _SERVICES)
        found = _measured(instance, minutes)
        audit = daytrader(instance, "audit")
    kept = {name: float(str(found[name])) <= most for name, most in _PROMISED.items()}
    kept |= {"failures": found["failures"] == [], "audit": audit.returncode == 0}
    told = {"at": datetime.now(UTC).isoformat(), "minutes": minutes, "promised": _PROMISED, **found, "kept": kept}
    _RESULT.write_text(json.dumps(told, indent=2) + "\n")
    sys.stdout.write(_RESULT.read_text())
    return 0 if all(kept.values()) else 1


def _measured(instance: Path, minutes: float) -> dict[str, object]:
    environment = {
        "DAYTRADER_SECRET_KEY": secrets.token_hex(32),
        "DAYTRADER_LIMIT_SOCKETS": str(_SOCKETS + 10),
        "DAYTRADER_LIMIT_UNSIGNED_SOCKETS": str(_SOCKETS),  # they come at once, from one address
        "DAYTRADER_ACCESS_TOKEN_MINUTES": str(_TOKEN_MINUTES),
    }
    with RunningServer(
        instance, "--speed", str(_SPEED), "--threads", str(_THREADS), command="serve", **environment
    ) as server:
        wait_for(lambda: server.get("/system/health").ok, 60)
        server.sign_in("carol", PASSWORD)
        wait_for(lambda: server.get("/system/ready").ok, 60)
        token = str(server.token)
        sockets, asked = Sockets(server.address, token, _SOCKETS), Requests(server.address, token, _RATE)
        sockets.start()
        asked.start()
        bars, warm, last = _watch(server, minutes * 60)
        sockets.stop()
        asked.stop()
        server.stop()
    return {
        "socket_p99_ms": _p99(sockets.latencies) * 1000,
        "request_p99_ms": _p99(asked.latencies) * 1000,
        "bar_seconds": max(bars),
        "memory_growth_percent": (last / warm - 1) * 100,
        "socket_messages": len(sockets.latencies),
        "requests": len(asked.latencies),
        "bars": len(bars),
        "memory_mb": last / 2**20,
        "failures": sorted({*sockets.failures, *asked.failures}),
    }


def _watch(server: RunningServer, seconds: float) -> tuple[list[float], int, int]:
    """Return how long each bar took, and the memory in bytes after a fifth of the time and at the end."""
    began = changed = time.perf_counter()
    position, bars, warm = None, list[float](), 0
    while (now := time.perf_counter()) - began < seconds:
        if not warm and now - began > seconds / 5:
            warm = _memory(server)
        found = server.get("/system/engine").json()["position"]
        if found != position:
            if position is not None:
                bars.append(max(0.0, now - changed - 1 / _SPEED))  # the engine rests between two bars
            position, changed = found, now
        time.sleep(0.1)
    return bars, warm, _memory(server)


def _memory(server: RunningServer) -> int:
    return sum(psutil.Process(process).memory_info().rss for process in server.processes())


def _p99(latencies: list[float]) -> float:
    return sorted(latencies)[int(len(latencies) * 0.99)]


if __name__ == "__main__":
    sys.exit(main())
