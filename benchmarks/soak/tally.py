"""What is seen under load: how long things took and when, and what went wrong."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Final

_LONGEST: Final = 200
_WINDOW_SECONDS: Final = 10


class Failures:
    """Counts failures by what they say, from any thread."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, what: object) -> None:
        """Count a failure: an exception, by its class and words, or words."""
        said = f"{type(what).__name__}: {what}" if isinstance(what, BaseException) else str(what)
        with self._lock:
            self._counts[said[:_LONGEST]] += 1

    def counts(self) -> dict[str, int]:
        """Return how often each happened, the most frequent first."""
        with self._lock:
            return dict(self._counts.most_common())


class Waits:
    """How many seconds each of many things took, and when it ended, by `time.perf_counter`; for one thread or many."""

    def __init__(self) -> None:
        self._taken: list[tuple[float, float]] = []

    def __len__(self) -> int:
        """Return how many there were."""
        return len(self._taken)

    def add(self, seconds: float) -> None:
        """Add one that has just ended."""
        self._taken.append((time.perf_counter(), seconds))

    def percentile(self, share: float) -> float | None:
        """Return the seconds that *share* of them did not exceed, None where there were none."""
        return percentile([seconds for _, seconds in self._taken], share)

    def late(self, most: float, since: float) -> dict[int, float]:
        """Return the longest of each ten seconds after *since* in which any took more than *most*."""
        windows: dict[int, float] = {}
        for at, seconds in list(self._taken):
            if seconds > most:
                window = int((at - since) // _WINDOW_SECONDS) * _WINDOW_SECONDS
                windows[window] = max(seconds, windows.get(window, 0.0))
        return windows


def percentile(values: list[float], share: float) -> float | None:
    """Return the value that *share* of *values* do not exceed, None where there are none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else None
