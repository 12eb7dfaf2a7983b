"""
Processes by the hundred: everything is imported once, and each process is a fork of that.

``python -m tests.crash.nursery ADDRESS`` forks one process for each job that it is sent; what a job opens, it opens
itself. A fork is a process like any other: SIGKILL ends it without a word.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
_START_SECONDS: Final = 120.0


class Nursery:
    """A way to start processes."""

    def __init__(self, address: Path) -> None:
        self._connection = reach(address)

    def start(self, work: str, *arguments: Any) -> int:
        """Start a process that calls ``module:function`` *work*, and return its id."""
        self._connection.send(("start", work, arguments))
        process_id: int = self._connection.recv()
        return process_id

    def wait(self, process_id: int) -> int:
        """Wait for the end of a process: 0, its exit code, or minus the signal that ended it."""
        self._connection.send(("wait", process_id))
        code: int = self._connection.recv()
        return code

    def has_ended(self, process_id: int) -> bool:
        """Return whether a process has ended, without waiting; it is still to be waited for."""
        return not Path(f"/proc/{process_id}/status").exists() or "Z (zombie)" in Path(
            f"/proc/{process_id}/status"
        ).read_text(encoding="ascii")


def reach(address: Path) -> Connection:
    """Connect to a process that has just begun: its address is there a moment before it listens."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return Client(str(address), "AF_UNIX")
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """Yield a nursery whose address is in *folder*; whatever it started has ended with the block."""
    address = folder / "nursery"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.nursery", str(address)], cwd=ROOT, start_new_session=True
    )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not address.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        yield Nursery(address)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
        process.wait()


def main(address: str) -> None:
    """Fork on demand."""
    from tests.crash import work  # noqa: F401 - this is what costs time, and what forks share

    with Listener(address, "AF_UNIX") as listener, listener.accept() as connection:
        while True:
            try:
                verb, *rest = connection.recv()
            except EOFError:
                return
            if verb == "wait":
                connection.send(os.waitstatus_to_exitcode(os.waitpid(rest[0], 0)[1]))
                continue
            child = os.fork()
            if child == 0:
                listener.close()
                connection.close()
                _run(*rest)
            connection.send(child)


def _run(work: str, arguments: tuple[Any, ...]) -> None:
    """Do the work in the forked process, and end it: nothing of the nursery's own is run in it."""
    code = 1
    try:
        module, _, function = work.partition(":")
        getattr(import_module(module), function)(*arguments)
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1])
