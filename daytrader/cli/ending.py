"""How a command that goes on ends: Ctrl-C and SIGTERM are asked for, not thrown."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def until_told_to_stop() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C and SIGTERM set; a second Ctrl-C ends the process at once."""
    told = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        if told.is_set():
            signal.default_int_handler(signal.SIGINT, None)
        told.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        gc.freeze()  # the interpreter's end would look through all that is loaded, for seconds where others compute
        for number, handler in before.items():
            signal.signal(number, handler)
