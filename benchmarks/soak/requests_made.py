"""Requests at a steady rate, whatever the answers take."""

from __future__ import annotations

import threading
import time

import requests

_PATHS = ("/services?page_size=20", "/orders?page_size=20", "/prices/AAPL/history?start=2012-01-01", "/transactions")
_THREADS = 20


class Requests:
    """Asks *rate* times a second; *latencies* are seconds from when a request was due to its answer."""

    def __init__(self, address: str, token: str, rate: float) -> None:
        """Ask the server at *address* as whoever *token* is of."""
        self.latencies: list[float] = []
        self.failures: list[str] = []
        self._base = f"{address}/api/v1"
        self._headers = {"Authorization": f"Bearer {token}"}
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
        path = self._base + _PATHS[number % len(_PATHS)]
        due = time.perf_counter() + self._every * number / _THREADS
        with requests.Session() as session:
            session.headers.update(self._headers)
            while not self._is_over.wait(max(0.0, due - time.perf_counter())):
                try:
                    answer = session.get(path, timeout=30)
                except requests.RequestException as error:
                    self.failures.append(f"{path}: {error}")
                else:
                    if not answer.ok:
                        self.failures.append(f"{path}: {answer.status_code}")
                self.latencies.append(time.perf_counter() - due)  # one that is late makes the next ones late, too
                due += self._every
