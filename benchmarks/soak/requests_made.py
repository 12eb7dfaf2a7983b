"""Requests at a steady rate, whatever the answers take."""

from __future__ import annotations

import threading
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

from benchmarks.soak.tally import Failures, Waits

_PATHS: Final = (
    "/services?page_size=20",
    "/orders?page_size=20",
    "/prices/AAPL/history?start=2012-01-01",
    "/transactions",
)
_THREADS: Final = 20
_PATIENCE: Final = 30.0


class Requests:
    """Asks *rate* times a second; *latencies* are from when a request was due to its answer."""

    def __init__(self, address: str, token: str, rate: float, failures: Failures) -> None:
        """Ask the server at *address* as whoever *token* is of."""
        self.latencies = Waits()
        self._failures = failures
        self._place = urlsplit(address).netloc
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}  # as browsers do
        self._every = _THREADS / rate
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(n,), daemon=True) for n in range(_THREADS)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, and wait for the last answers."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        path = _PATHS[number % len(_PATHS)]
        due = time.perf_counter() + self._every * number / _THREADS
        # No library above it: what asks must not compute as much as what answers.
        connection = HTTPConnection(self._place, timeout=_PATIENCE)
        while not self._is_over.wait(max(0.0, due - time.perf_counter())):
            try:
                connection.request("GET", f"/api/v1{path}", headers=self._headers)
                answer = connection.getresponse()
                answer.read()
            except (HTTPException, OSError) as error:
                self._failures.add(f"{path}: {type(error).__name__}: {error}")
                connection.close()  # opened anew by the next one
            else:
                if answer.status != HTTPStatus.OK:
                    self._failures.add(f"{path}: {answer.status}")
            self.latencies.add(time.perf_counter() - due)  # one that is late makes the next ones late, too
            due += self._every
        connection.close()
