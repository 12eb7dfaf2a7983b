"""
Keeps tests apart: what one has set for the whole process is not there when the next one begins.

What the product names once in a process, such as its database and its listener, is put back. What nobody has
business to leave otherwise fails the test that has; so does a thread of the product that still runs: it would work on
the database of the next test.
"""

from __future__ import annotations

import copy
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
import structlog

from daytrader.services import column_cache
from daytrader.services.events import events
from daytrader.services.session_manager import session_factory
from daytrader.utils import sealing

_PUT_BACK: Final[tuple[tuple[Any, str], ...]] = (
    (session_factory, "kw"),
    (events, "publish"),
    (column_cache._Installed, "cache"),
    (sealing._Keys, "named"),
    (sealing._Keys, "file"),
    (sys, "unraisablehook"),  # a command keeps Ctrl-C for its whole process
)
_LIVES_ON: Final = ("jobs-", "engine", "order-pump", "feed", "notifier", "event-tail", "watch", "bells-")
"""How the names of threads begin that go on until they are stopped."""
_WORKS_ON: Final = ("live-metrics",)
"""Of those that end by themselves, once they have done what is due: it is of their own test's database."""
_ENDING_SECONDS: Final = 60.0
"""What a thread may need that has been told to stop, or has nothing left to do."""


@pytest.fixture(autouse=True)
def process_as_found() -> Iterator[None]:
    """Put back what a test has set for the process; fail it for what it should have put back itself."""
    kept = [(place, name, copy.copy(getattr(place, name))) for place, name in _PUT_BACK]
    logs = _logs()
    interrupt = signal.getsignal(signal.SIGINT)  # a client of Socket.IO takes it, too
    before, threads = _untouched(), set(threading.enumerate())
    yield
    running = _still_running(threads)  # on the database of its test, not on the one that is put back
    for place, name, value in kept:
        setattr(place, name, value)
    signal.signal(signal.SIGINT, interrupt)
    if _logs() != logs:
        structlog.reset_defaults()
        if logs is not None:
            structlog.configure(**logs)
    after = _untouched()
    assert [f"{what}: {after[what]}" for what in before if after[what] != before[what]] == []
    assert running == []


def _logs() -> dict[str, Any] | None:
    """Return how this process logs, None where nobody has said so yet."""
    return structlog.get_config() if structlog.is_configured() else None


def _untouched() -> dict[str, Any]:
    return {
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "folder": os.getcwd(),
        "path of imports": list(sys.path),
        "handler of SIGTERM": signal.getsignal(signal.SIGTERM),
        "hook of exceptions": sys.excepthook,
        "hook of threads": threading.excepthook,
        "turns of threads": sys.getswitchinterval(),
    }


def _still_running(others: set[threading.Thread]) -> list[str]:
    deadline = time.monotonic() + _ENDING_SECONDS
    names = _LIVES_ON + _WORKS_ON
    started = [thread for thread in threading.enumerate() if thread not in others and thread.name.startswith(names)]
    for thread in started:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [thread.name for thread in started if thread.is_alive()]
