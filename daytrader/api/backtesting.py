"""
When a caller's backtests may run: once what runs them is compiled, so many at a time; of previews the newest wins.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from flask import current_app

from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError, TooManyRequestsError, UnavailableError

T = TypeVar("T")
R = TypeVar("R")

_RETRY_SECONDS: Final = 1
_COMPILED_SECONDS: Final = 5.0  # loading takes a fraction of one; compiling, after an installation, minutes


class SupersededError(ConflictError):
    """The same caller has asked for another preview meanwhile."""

    code = "superseded"


class Backtesting:
    """
    The backtests that run in this process, by user.

    Args:
        most: How many of one user's may run at once, jobs included.
    """

    def __init__(self, most: int) -> None:
        self.is_compiled = threading.Event()
        """Cleared while this process loads, or compiles, what runs backtests: no request does, and none waits long."""
        self.is_compiled.set()
        self._most = most
        self._lock = threading.Lock()
        self._running: Counter[int] = Counter()
        self._arrived = 0
        self._previews: dict[int, _Previews] = {}

    @contextmanager
    def slot(self, user_id: int, jobs: int) -> Iterator[None]:
        """
        Hold one of the user's places, of which *jobs* are taken by jobs.

        Raises:
            UnavailableError: If what runs backtests is being compiled.
            TooManyRequestsError: If none is free.
        """
        self._check_compiled()
        with self._lock:
            if self._running[user_id] + jobs >= self._most:
                raise TooManyRequestsError(_RETRY_SECONDS)
            self._running[user_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[user_id] -= 1
                if not self._running[user_id]:
                    del self._running[user_id]

    def preview(self, user_id: int, asked_at: int | None, load: Callable[[], T], run: Callable[[T], R]) -> R:
        """
        Return ``run(load())`` unless the user asks for something newer; of one user's previews one runs at a time.

        Args:
            user_id: Whose previews they are.
            asked_at: When it was asked for, in milliseconds by the caller's clock: requests overtake each other on
                their way, one that its caller has given up may be the last to arrive. None takes the time of arrival.
            load: Reads what is needed.
            run: Runs what was loaded.

        Raises:
            UnavailableError: If what runs backtests is being compiled.
            SupersededError: As soon as a newer one is asked for, before whatever is still to be done.
        """
        self._check_compiled()
        with self._lock:
            self._arrived += 1
            mine = (asked_at if asked_at is not None else _milliseconds(), self._arrived)
            previews = self._previews.setdefault(user_id, _Previews())
            previews.newest = max(previews.newest, mine)
            previews.in_flight += 1
        try:
            with previews.turn:
                previews.check(mine)
                loaded = load()
                previews.check(mine)
                return run(loaded)
        finally:
            with self._lock:
                previews.in_flight -= 1
                if not previews.in_flight:
                    del self._previews[user_id]

    def _check_compiled(self) -> None:
        if not self.is_compiled.wait(_COMPILED_SECONDS):
            raise UnavailableError("the first start after an installation compiles the backtester: it takes a minute")


class _Previews:
    """One user's previews that have not been answered."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.newest = (0, 0)
        self.in_flight = 0

    def check(self, mine: tuple[int, int]) -> None:
        if self.newest != mine:
            raise SupersededError("a newer preview was asked for")


def _milliseconds() -> int:
    return int(get_current_datetime().timestamp() * 1000)


def backtesting() -> Backtesting:
    """Return the application's count."""
    found: Backtesting = current_app.extensions["backtesting"]
    return found
