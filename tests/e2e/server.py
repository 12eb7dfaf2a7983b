"""A real ``daytrader run`` in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import psutil
import requests

T = TypeVar("T")

START_SECONDS: Final = 240  # what a first start may take, everything compiled included
_IDLE: Final = 0.1
_SHORT, _LONG = 0.1, 0.5  # seconds between two questions
PATIENCE: Final = 240.0  # what a loaded machine may take for what usually takes no time
_ADDRESS: Final = re.compile(r"(?:answers|serves) at (http://\S+)")
_ACCOUNT: Final = re.compile(r"Account (\S+), password (\S+)")
_DAYTRADER: Final = (sys.executable, "-c", "from daytrader.cli import main; main()")


def daytrader(instance: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run another command on *instance* to its end, *given* being what it reads."""
    return subprocess.run(
        [*_DAYTRADER, *words],
        env=environment(instance),
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


class RunningServer:
    """``daytrader run`` with what it printed, who may sign in, and an API client."""

    def __init__(self, instance: Path, *options: str, command: str = "run", **variables: str) -> None:
        self.lines: list[str] = []
        self._token: str | None = None
        self._began = time.monotonic() - _waited_seconds(os.getpid())
        self._process = subprocess.Popen(
            [*_DAYTRADER, command, "--port", "0", *options],
            env=environment(instance) | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.address = self.printed(_ADDRESS, START_SECONDS).group(1)
        self.own_seconds_to_address = self.own_seconds()
        self.cpu_seconds_to_ready = sum(psutil.Process(self._process.pid).cpu_times()[:2])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()

    def when_ready(self) -> Self:
        """Wait until the server says that it is ready; it prints its address before that."""
        wait_for(self._is_ready, why=lambda: "\n".join(self.lines))
        return self

    @property
    def account(self) -> tuple[str, str]:
        """The demo account's name and password, as printed."""
        found = self.printed(_ACCOUNT, PATIENCE)
        return found.group(1), found.group(2)

    def get(self, path: str, **params: object) -> requests.Response:
        """Ask the API; signed in as the demo account once `sign_in` was called."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return requests.get(
            f"{self.address}/api/v1{path}", params={k: str(v) for k, v in params.items()}, headers=headers, timeout=60
        )

    def items(self, path: str, **params: object) -> list[dict[str, Any]]:
        """Return the items of a list of the signed-in account."""
        answer = self.get(path, page_size=100, **params)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def post(self, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        """Tell the API something, signed in."""
        headers = {"Authorization": f"Bearer {self._token}"}
        return requests.post(f"{self.address}/api/v1{path}", json=body or {}, headers=headers, timeout=60)

    def put(self, path: str, body: dict[str, Any]) -> requests.Response:
        """Change something, signed in."""
        headers = {"Authorization": f"Bearer {self._token}"}
        return requests.put(f"{self.address}/api/v1{path}", json=body, headers=headers, timeout=60)

    @property
    def token(self) -> str | None:
        """What `sign_in` has got."""
        return self._token

    def sign_in(self, username: str = "", password: str = "") -> None:
        """Sign in, as the demo account unless another is given."""
        if not username:
            username, password = self.account
        body = {"username": username, "password": password}
        answer = requests.post(f"{self.address}/api/v1/auth/login", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        self._token = answer.json()["access_token"]

    def printed(self, pattern: re.Pattern[str], seconds: float) -> re.Match[str]:
        """Wait until a line matches *pattern*."""

        def find() -> re.Match[str] | None:
            is_over = self._process.poll() is not None and not self._reader.is_alive()
            found = next(filter(None, map(pattern.search, list(self.lines))), None)
            assert found or not is_over, self._why()
            return found

        return wait_for(find, seconds, self._why, _SHORT)

    def processes(self) -> list[int]:
        """Return the ids of the server's processes."""
        process = psutil.Process(self._process.pid)
        return [process.pid, *(child.pid for child in process.children(recursive=True))]

    def cpu_seconds(self) -> float:
        """Return what the server's processes have computed so far."""
        return sum(sum(psutil.Process(process).cpu_times()[:2]) for process in self.processes())

    def own_seconds(self) -> float:
        """
        Return the seconds since it was started, less those in which a processor was wanted and others had it.

        What it waited for itself, locks, leases, disks and pauses, is in them; what else the machine does is not.
        """
        waited = sum(map(_waited_seconds, (os.getpid(), *self.processes())))
        return time.monotonic() - self._began - waited

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Tell the process to stop and return its exit code; it has ten seconds."""
        self._process.send_signal(how)
        code = self._process.wait(timeout=60)
        self._reader.join(timeout=5)
        return code

    def _is_ready(self) -> bool:
        try:
            return self.get("/system/ready").status_code == 200
        except requests.RequestException:  # it may still be loading
            return False

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))

    def _why(self) -> str:
        return f"exit code {self._process.poll()}, printed:\n" + "\n".join(self.lines)


def _waited_seconds(process: int) -> float:
    """Return for how long the threads of a process have waited for a processor, 0 where the system does not say."""
    return sum(int(each.read_text().split()[1]) for each in Path(f"/proc/{process}/task").glob("*/schedstat")) / 1e9


def wait_for(
    find: Callable[[], T | None],
    seconds: float = PATIENCE,
    why: Callable[[], str] = lambda: "",
    longest_pause: float = _LONG,
) -> T:
    """Return what *find* finds, asked again until *seconds* have passed; the longer it takes the less often."""
    began = time.monotonic()
    while True:
        found = find()
        if found:
            return found
        waited = time.monotonic() - began
        assert waited < seconds, f"not within {seconds:g} s: {why()}"
        time.sleep(min(max(_SHORT, waited / 10), longest_pause))


def wait_until_idle(server: RunningServer) -> None:
    """Wait until what the server compiles at its start is compiled: less than a tenth of a core within a second."""

    def is_idle() -> bool:
        before = server.cpu_seconds()
        time.sleep(1)
        return server.cpu_seconds() - before < _IDLE

    wait_for(is_idle, START_SECONDS)


def environment(instance: Path) -> dict[str, str]:
    """Return the variables of a process whose only DayTrader setting is *instance*."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DAYTRADER_")}
    return kept | {"DAYTRADER_INSTANCE": str(instance), "COLUMNS": "200"}
