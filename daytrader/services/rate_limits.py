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
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from daytrader.utils.errors import ConfigurationError, TooManyRequestsError

logger = structlog.get_logger(__name__)

LOGIN: Final = "login"
LOGIN_ADDRESS: Final = "login_address"
WRITES: Final = "writes"
IMPORTS: Final = "imports"
NOTIFICATIONS: Final = "notifications"

_SILENT_SECONDS: Final = 10.0


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
        own = _OwnLimiter(MemoryStorage())
        try:
            parsed = {kind: tuple(parse_many(text)) for kind, text in rules.items()}
        except ValueError:
            raise ConfigurationError("a limit must look like 5/minute or 60/hour") from None
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


class _OwnLimiter(FixedWindowRateLimiter):
    """Counts in this process. The storage starts its timer under no lock: of two that find none, one would fail."""

    def __init__(self, storage: MemoryStorage) -> None:
        super().__init__(storage)
        self._lock = threading.Lock()

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        with self._lock:
            return super().hit(item, *identifiers, cost=cost)


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
