"""Alpaca in a process of its own, and the market there as a test moves it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[3]
_EPOCH: Final = "2024-01-02T00:00:00+00:00"  # until a test begins


class RemoteAlpaca:
    """What happens to the market and on the line: every method of `alpaca_api.Alpaca`, by ``POST /control``."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._connection = HTTPConnection(address.removeprefix("http://"))

    def do(self, what: str, *args: Any, **kwargs: Any) -> Any:
        """Let *what* happen, and return what came of it."""
        body = json.dumps({"do": what, "args": args, "kwargs": kwargs})
        self._connection.request("POST", "/control", body)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise AssertionError(f"the server cannot {what}: {answer.status}")
        return json.loads(said)


@contextmanager
def alpaca_process() -> Iterator[RemoteAlpaca]:
    """Yield a broker that outlives whatever happens to who trades with it."""
    command = [sys.executable, "-m", "tests.brokers.alpaca_server", _EPOCH]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield RemoteAlpaca(process.stdout.readline().strip())
        process.stdin.close()
