"""What went wrong under load: each kind once, with its count."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

_LONGEST: Final = 200


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


def percentile(values: list[float], share: float) -> float | None:
    """Return the value that *share* of *values* do not exceed, None where there are none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else None
