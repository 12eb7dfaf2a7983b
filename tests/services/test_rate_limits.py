"""Counting requests, by many threads at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from limits.storage import MemoryStorage

from daytrader.services.rate_limits import WRITES, RateLimits
from daytrader.utils.errors import TooManyRequestsError


def test_threads_that_come_at_once_are_counted_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counts expire by a timer that the first of them starts; two that found none would both start it, and fail."""
    count = MemoryStorage.incr
    inside: list[int] = []
    most: list[int] = []

    def slow_count(self: MemoryStorage, *given: Any, **named: Any) -> int:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        try:
            return count(self, *given, **named)
        finally:
            inside.pop()

    monkeypatch.setattr(MemoryStorage, "incr", slow_count)
    limits = RateLimits.of({WRITES: "8/minute"})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: limits.take(WRITES, "7"), range(8)))
    with pytest.raises(TooManyRequestsError):
        limits.take(WRITES, "7")
    assert max(most) == 1
