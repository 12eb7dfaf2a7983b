"""Tests of daytrader.services.rate_limits: the counts of one process."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from daytrader.services.rate_limits import LOGIN, WRITES, RateLimits
from daytrader.utils.errors import ConfigurationError, TooManyRequestsError


@pytest.fixture
def hurry() -> Iterator[None]:
    """Threads that take the interpreter from each other all the time."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hurry")
def test_none_of_those_that_come_at_once_is_missed() -> None:
    """Eight threads: each is counted, and none is counted twice."""
    limits = RateLimits.of({WRITES: "1600/hour"})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: limits.take(WRITES, "7"), range(1600)))
    with pytest.raises(TooManyRequestsError):
        limits.take(WRITES, "7")


def test_counting_needs_no_thread() -> None:
    """Of one that drops what has expired nobody hears but by its trace, when it meets what is forgotten meanwhile."""
    before = set(threading.enumerate())
    RateLimits.of({WRITES: "8/second"}).take(WRITES, "7")
    assert set(threading.enumerate()) <= before  # those of other tests' servers may end at any moment


def test_a_window_begins_with_the_first_and_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two a minute: the third waits for the rest of the minute; who is forgotten does not."""
    limits = RateLimits.of({LOGIN: "2/minute"})
    now = time.time()
    for seconds in (0, 20):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: now + seconds)
        limits.take(LOGIN, "7")
    with pytest.raises(TooManyRequestsError) as refused:
        limits.take(LOGIN, "7")
    assert refused.value.retry_after == 40
    limits.take(LOGIN, "8")
    limits.forget(LOGIN, "7")
    limits.take(LOGIN, "7")
    monkeypatch.setattr(time, "time", lambda: now + 81)
    for _ in range(2):
        limits.take(LOGIN, "8")


def test_what_has_expired_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million addresses that came once are no million counts."""
    limits = RateLimits.of({LOGIN: "2/minute"})
    now = time.time()
    for number in range(5000):
        monkeypatch.setattr(time, "time", lambda number=number: now + number)
        limits.take(LOGIN, str(number))
    held = limits.own.storage.reset()
    assert held is not None
    assert held <= 1000


def test_what_is_no_limit_is_refused_by_name() -> None:
    """Whoever set five of them must know which."""
    with pytest.raises(ConfigurationError, match="the limit of writes must look like 5/minute"):
        RateLimits.of({LOGIN: "5/minute", WRITES: "1000"})
