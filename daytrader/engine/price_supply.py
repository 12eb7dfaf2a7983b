"""How the asking for each stock's prices goes: when it may be asked again, and what users are told of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from daytrader.engine.live_feed import Key
from daytrader.services import system_events
from daytrader.services.data_providers.backoff import LONGEST, delay
from daytrader.services.data_providers.errors import ProviderError, RateLimitError
from daytrader.services.events import events
from daytrader.services.session_manager import in_unit
from daytrader.services.system_events import Severity

logger = structlog.get_logger(__name__)

_PATIENCE: Final = 3  # failures in a row before somebody is told


@dataclass(slots=True)
class _Asking:
    """How often in a row it went wrong, when to ask again, whether somebody was told, and what is wrong now."""

    failures: int = 0
    not_before: float = 0.0
    is_told: bool = False
    words: str | None = None  # also of answers in which the bars are missing


class PriceSupply:
    """
    What came of asking *provider* for each stock, at each interval.

    That no prices come is told once, and once that they come again; in between it is counted and shown.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._askings: dict[Key, _Asking] = {}
        self._closed_until = 0.0  # a limit is on all questions

    @property
    def stale(self) -> int:
        """How many stocks, at each interval, have no prices that are current: none come, or only errors."""
        return sum(each.words is not None for each in list(self._askings.values()))

    @property
    def words(self) -> str | None:
        """What is wrong with one of them, None where nothing is."""
        return next((each.words for each in list(self._askings.values()) if each.words is not None), None)

    def may_ask(self, key: Key, now: datetime) -> bool:
        """Return whether the pause after what came of the last question is over."""
        asking = self._askings.get(key)
        return asking is None or now.timestamp() >= asking.not_before

    def is_closed(self, now: datetime) -> bool:
        """Return whether the provider takes no question at all yet."""
        return now.timestamp() < self._closed_until

    def is_failing(self, key: Key) -> bool:
        """Return whether the last question went wrong."""
        asking = self._askings.get(key)
        return asking is not None and asking.failures > 0

    def forget_all_but(self, keys: Collection[Key]) -> bool:
        """Say no more of stocks that nobody trades any more; return whether there were any."""
        gone = self._askings.keys() - keys
        for key in gone:
            self._askings.pop(key, None)
        return bool(gone)

    def failed(self, key: Key, error: Exception, now: datetime) -> str:
        """Note that a question ended in *error*, tell of it if asking again does not help, and return it in words."""
        asking = self._askings.setdefault(key, _Asking())
        asking.failures += 1
        wait = delay(asking.failures, error)
        asking.not_before = now.timestamp() + wait
        if isinstance(error, RateLimitError):
            self._closed_until = asking.not_before
        asking.words = words = f"{key.symbol}: {error}"
        logger.warning("no bars", provider=self._provider, symbol=key.symbol, why=str(error), failures=asking.failures)
        is_hopeless = wait > LONGEST or not (isinstance(error, ProviderError) and error.is_transient)
        if not asking.is_told and (asking.failures >= _PATIENCE or is_hopeless):
            asking.is_told = True
            _tell_of_none(key, str(error))
        return words

    def answered(self, key: Key, *, not_before: float, silence: str | None) -> None:
        """
        Note an answer, and that nothing is asked before *not_before*, Unix seconds.

        With *silence* it was one of those in which the bars have been missing for long: why, in words.
        """
        before = self._askings.get(key, _Asking())
        words = None if silence is None else f"{key.symbol}: {silence}"
        self._askings[key] = _Asking(0, not_before, silence is not None, words)
        if silence is not None and not before.is_told:
            logger.warning("no bars", provider=self._provider, symbol=key.symbol, why=silence)
            _tell_of_none(key, silence)
        elif silence is None and before.is_told:
            told = system_events.notification(Severity.INFO, "feed", f"Prices of {key.symbol} come again")
            in_unit(lambda session: events.record(session, told))


def _tell_of_none(key: Key, why: str) -> None:
    message = f"No prices of {key.symbol}: {why}. Nothing is decided on it until they come"
    told = system_events.notification(Severity.WARNING, "feed", message)
    in_unit(lambda session: events.record(session, told))
