"""How often is too often."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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

    @classmethod
    def of(cls, rules: Mapping[str, str], redis_url: str = "") -> RateLimits:
        """
        Return limits by *rules*, kind to text such as ``5/minute`` or ``5/minute;50/day``.

        Raises:
            ConfigurationError: If a text is no limit, or *redis_url* no address of a Redis.
        """
        own = FixedWindowRateLimiter(MemoryStorage())
        try:
            parsed = {kind: tuple(parse_many(text)) for kind, text in rules.items()}
        except ValueError:
            raise ConfigurationError("a limit must look like 5/minute or 60/hour") from None
        if not redis_url:
            return cls(parsed, own, own)
        try:
            return cls(parsed, FixedWindowRateLimiter(storage_from_string(redis_url, wrap_exceptions=True)), own)
        except (WrongStorageError, ValueError):
            raise ConfigurationError("DAYTRADER_REDIS_URL must be an address such as redis://host:6379/0") from None

    def take(self, kind: str, who: str) -> None:
        """
        Count a request of *kind* by *who*.

        Raises:
            TooManyRequestsError: If it is one too many.
        """
        for rule in self.rules[kind]:
            try:
                limiter, is_allowed = self.shared, self.shared.hit(rule, kind, who)
            except StorageError:
                logger.warning("the shared counts do not answer", exc_info=True)
                limiter, is_allowed = self.own, self.own.hit(rule, kind, who)
            if not is_allowed:
                logger.warning("too many requests", kind=kind)
                raise TooManyRequestsError(_seconds_until(limiter, rule, kind, who))

    def forget(self, kind: str, who: str) -> None:
        """Begin to count anew."""
        for rule in self.rules[kind]:
            for limiter in (self.shared, self.own):
                try:
                    limiter.clear(rule, kind, who)
                except StorageError:
                    logger.warning("the shared counts do not answer", exc_info=True)


def _seconds_until(limiter: FixedWindowRateLimiter, rule: RateLimitItem, kind: str, who: str) -> int:
    try:
        return max(1, math.ceil(limiter.get_window_stats(rule, kind, who).reset_time - time.time()))
    except StorageError:
        return rule.get_expiry()
