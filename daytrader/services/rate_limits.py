"""How often is too often."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from limits import RateLimitItem, parse_many
from limits.errors import ConfigurationError as WrongStorageError
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from daytrader.utils.errors import ConfigurationError, TooManyRequestsError

logger = structlog.get_logger(__name__)

LOGIN: Final = "login"
LOGIN_ADDRESS: Final = "login_address"
WRITES: Final = "writes"
IMPORTS: Final = "imports"
NOTIFICATIONS: Final = "notifications"

_SILENT_SECONDS: Final = 10.0
_FEWEST_COUNTS: Final = 1000
"""Counts that are held before those that have expired are looked for."""


class _Silence:
    """For how long the shared counts are not asked any more: who waits for them is a user."""

    def __init__(self) -> None:
        self._until = -math.inf

    @property
    def is_on(self) -> bool:
        """Whether they did not answer a moment ago."""
        return time.monotonic() < self._until

    def begin(self) -> None:
        """Note that they do not answer."""
        self._until = time.monotonic() + _SILENT_SECONDS
        logger.warning("the shared counts do not answer: this process counts for itself")


@dataclass(frozen=True, slots=True)
class RateLimits:
    """
    The counts of one installation: whatever is asked counts, refused or not.

    Attributes:
        rules: What each kind of request may be asked how often.
        shared: Counts of all processes.
        own: Counts of this process, used while the shared ones do not answer: a limit never fails a request.
    """

    rules: Mapping[str, tuple[RateLimitItem, ...]]
    shared: FixedWindowRateLimiter
    own: FixedWindowRateLimiter
    _silence: _Silence = field(default_factory=_Silence)

    @classmethod
    def of(cls, rules: Mapping[str, str], redis_url: str = "") -> RateLimits:
        """
        Return limits by *rules*, kind to text such as ``5/minute`` or ``5/minute;50/day``.

        Raises:
            ConfigurationError: If a text is no limit, or *redis_url* no address of a Redis.
        """
        own = FixedWindowRateLimiter(_OwnCounts())
        parsed = {kind: _parsed(kind, text) for kind, text in rules.items()}
        if not redis_url:
            return cls(parsed, own, own)
        try:
            shared = storage_from_string(redis_url, wrap_exceptions=True, **_patience(redis_url))
            return cls(parsed, FixedWindowRateLimiter(shared), own)
        except (WrongStorageError, ValueError):
            raise ConfigurationError("DAYTRADER_REDIS_URL must be an address such as redis://host:6379/0") from None

    def take(self, kind: str, who: str) -> None:
        """
        Count a request of *kind* by *who*.

        Raises:
            TooManyRequestsError: If it is one too many.
        """
        for rule in self.rules[kind]:
            limiter, is_allowed = self._hit(rule, kind, who)
            if not is_allowed:
                logger.warning("too many requests", kind=kind)
                raise TooManyRequestsError(_seconds_until(limiter, rule, kind, who))

    def forget(self, kind: str, who: str) -> None:
        """Begin to count anew."""
        for rule in self.rules[kind]:
            self.own.clear(rule, kind, who)
            if self.shared is self.own or self._silence.is_on:
                continue
            try:
                self.shared.clear(rule, kind, who)
            except StorageError:
                self._silence.begin()

    def _hit(self, rule: RateLimitItem, kind: str, who: str) -> tuple[FixedWindowRateLimiter, bool]:
        """Count, and return by whose counts, and whether it was none too many."""
        if not self._silence.is_on:
            try:
                return self.shared, self.shared.hit(rule, kind, who)
            except StorageError:
                self._silence.begin()
        return self.own, self.own.hit(rule, kind, who)


class _OwnCounts(Storage):
    """
    Counts of this process.

    Those of the library expire in a thread of their own, which stumbles over whatever is forgotten meanwhile.
    """

    STORAGE_SCHEME = None
    base_exceptions = StorageError

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}  # how many, and until when they count
        self._most = _FEWEST_COUNTS

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, and return how many that makes; the first one counts, like all that follow, for *expiry* seconds."""
        now = time.time()
        with self._lock:
            if len(self._counts) >= self._most:
                self._counts = {each: held for each, held in self._counts.items() if held[1] > now}
                self._most = max(_FEWEST_COUNTS, 2 * len(self._counts))
            count, until = self._counts.get(key, (0, now))
            if until <= now:
                count, until = 0, now + expiry
            self._counts[key] = count + amount, until
            return count + amount

    def get(self, key: str) -> int:
        """Return how many there are."""
        count, until = self._counts.get(key, (0, 0.0))
        return count if until > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """Return until when they count, in seconds since 1970."""
        return max(self._counts.get(key, (0, 0.0))[1], time.time())

    def check(self) -> bool:
        """Return that it is there."""
        return True

    def reset(self) -> int:
        """Forget all, and return how many kinds of counts that were."""
        with self._lock:
            count = len(self._counts)
            self._counts.clear()
            return count

    def clear(self, key: str) -> None:
        """Forget one."""
        with self._lock:
            self._counts.pop(key, None)


def _parsed(kind: str, text: str) -> tuple[RateLimitItem, ...]:
    try:
        return tuple(parse_many(text))
    except ValueError:
        raise ConfigurationError(f"the limit of {kind} must look like 5/minute or 60/hour") from None


def _patience(redis_url: str) -> dict[str, Any]:
    """Return how long to wait for the storage at *redis_url*: a second, and no second try."""
    if not redis_url.startswith("redis"):
        return {}
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {"socket_timeout": 1.0, "socket_connect_timeout": 1.0, "retry": Retry(NoBackoff(), 0)}


def _seconds_until(limiter: FixedWindowRateLimiter, rule: RateLimitItem, kind: str, who: str) -> int:
    try:
        return max(1, math.ceil(limiter.get_window_stats(rule, kind, who).reset_time - time.time()))
    except StorageError:
        return rule.get_expiry()
