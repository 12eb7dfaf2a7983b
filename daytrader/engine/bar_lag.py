"""How late decisions are: seconds from the end of a bar to the commit of what was decided on it, counted."""

from __future__ import annotations

import threading
from bisect import bisect_left
from datetime import datetime
from itertools import accumulate
from typing import Any, Final

from daytrader.utils.current_datetime import get_current_datetime

BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds in seconds, of a replay's milliseconds and of a provider that answers minutes later."""


class BarLag:
    """Counts bars by how late their decisions were, from any thread."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0
        self._lock = threading.Lock()
        self._since = get_current_datetime()

    def begin(self, complete_at: datetime | None) -> None:
        """Begin with the bars of one market time, complete at that moment, or now."""
        self._since = complete_at or get_current_datetime()

    def note(self) -> None:
        """Count one of them: what was decided on it is committed."""
        seconds = max(0.0, (get_current_datetime() - self._since).total_seconds())
        with self._lock:
            self._counts[bisect_left(BUCKETS, seconds)] += 1
            self._seconds += seconds

    def status(self) -> dict[str, Any]:
        """Return how many bars took at most as long as each of `BUCKETS`, all of them last, and their seconds added."""
        with self._lock:
            return {"counts": list(accumulate(self._counts)), "seconds": self._seconds}
