"""How long a person waits."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.run import Figure, absolute, median_seconds
from tests.e2e.server import RunningServer

_HELP_TARGET, _START_TARGET = 0.3, 3.0
_STARTS = 3


def measure(folder: Path) -> list[Figure]:
    """Return the time of `daytrader --help`, and from a second `daytrader run --demo` to ready."""
    command = [sys.executable, "-c", "from daytrader.cli import main; main(['--help'])"]
    shown = median_seconds(lambda: subprocess.run(command, check=True, capture_output=True), 10)
    return [
        absolute("help", "daytrader --help", shown, _HELP_TARGET, 10),
        absolute("start", "second start of the demo until it is ready", _start(folder), _START_TARGET, _STARTS),
    ]


def _start(folder: Path) -> float:
    taken = []
    for _ in range(_STARTS + 1):  # the first one makes the database
        began = time.perf_counter()
        with RunningServer(folder / "instance", "--demo") as server:
            taken.append(time.perf_counter() - began)
            server.stop()
    return sorted(taken[1:])[_STARTS // 2]
