"""How many backtests a caller has running: stored ones are counted, of previews the newest wins."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from flask import current_app

from daytrader.utils.errors import ConflictError, TooManyRequestsError

T = TypeVar("T")
R = TypeVar("R")

_RETRY_SECONDS: Final = 1


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
        self._most = most
        self._lock = threading.Lock()
        self._running: Counter[int] = Counter()
        self._newest: Counter[int] = Counter()
        self._turns: dict[int, threading.Lock] = {}

    @contextmanager
    def slot(self, user_id: int, jobs: int) -> Iterator[None]:
        """
        Hold one of the user's places, of which *jobs* are taken by jobs.

        Raises:
            TooManyRequestsError: If none is free.
        """
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

    def preview(self, user_id: int, load: Callable[[], T], run: Callable[[T], R]) -> R:
        """
        Return ``run(load())`` unless the user asks for something newer; of one user's previews one runs at a time.

        Raises:
            SupersededError: As soon as a newer one is asked for, before whatever is still to be done.
        """
        with self._lock:
            self._newest[user_id] += 1
            mine = self._newest[user_id]
            turn = self._turns.setdefault(user_id, threading.Lock())
        with turn:
            self._check(user_id, mine)
            loaded = load()
            self._check(user_id, mine)
            found = run(loaded)
            self._check(user_id, mine)
            return found

    def _check(self, user_id: int, mine: int) -> None:
        if self._newest[user_id] != mine:
            raise SupersededError("a newer preview was asked for")


def backtesting() -> Backtesting:
    """Return the application's count."""
    found: Backtesting = current_app.extensions["backtesting"]
    return found
