"""Made-up prices for trying things out: a random walk on the exchange's own calendar, the same for everybody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Self

import numpy as np

from daytrader.config import Settings
from daytrader.core.arrays import FloatArray
from daytrader.models.enums import PriceSource
from daytrader.services import market_calendar
from daytrader.services.data_providers.base import Capabilities, PriceSeries
from daytrader.services.data_providers.errors import UnknownSymbolError
from daytrader.services.data_providers.resampled import resampled
from daytrader.utils import validators
from daytrader.utils.constants import DAILY, INTRADAY_INTERVALS
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.days import days_since_epoch
from daytrader.utils.errors import BrokenRuleError

FIRST: Final = date(2020, 1, 2)
"""The first session there is."""

_DAY: Final = 86_400
_DRIFT: Final = 0.07  # a year
_SESSIONS_A_YEAR: Final = 252
_MINUTES: Final = 390
_OVERNIGHT: Final = 0.2  # of a session's variance falls between two sessions
_LOWEST: Final = 0.01
_PATH_STEPS: Final = 6  # of the walk within a minute, which make its high and low


class SimulatedProvider:
    """
    Geometric Brownian motion, drawn from a seed and the symbol: any symbol has prices since 2020.

    A session's volatility and volume are U-shaped: high at the open, low at noon, high at the close. Every session is
    drawn by itself, so that a part of the history is what the whole would have there, on every machine; daily and
    coarser bars are those of the minutes. There are no dividends and no splits.

    Args:
        seed: Another seed, another market.
        clock: Tells how far the market has come: what lies ahead is not given.
    """

    name = "simulated"
    capabilities = Capabilities((DAILY, *INTRADAY_INTERVALS), has_events=False, source=PriceSource.SIMULATED)

    def __init__(self, seed: int = 0, clock: Callable[[], datetime] = get_current_datetime) -> None:
        self._seed = seed
        self._clock = clock

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the market of the installation's seed."""
        return cls(settings.simulated_seed)

    def symbols(self) -> tuple[str, ...]:
        """Return nothing: there is no symbol without prices."""
        return ()

    def history(
        self, symbol: str, interval: int = DAILY, start: date | None = None, end: date | None = None
    ) -> PriceSeries:
        """
        Return the bars from *start* to *end*, both included, up to now; the last may still be growing.

        Raises:
            UnknownSymbolError: If *symbol* cannot be one.
        """
        try:
            ticker = validators.symbol(symbol)
        except BrokenRuleError:
            raise UnknownSymbolError(self.name, symbol[:20]) from None
        now = self._clock()
        first, last = max(start or FIRST, FIRST), min(end or now.date(), now.date())
        minutes = self._minutes(ticker, first, last, int(now.timestamp()))
        if interval != DAILY:
            return resampled(minutes, interval)
        return _sessions(minutes)

    def latest(self, symbol: str, interval: int, since: datetime) -> PriceSeries:
        """Return the bars that start at or after *since*; the last may still be growing."""
        return self.history(symbol, interval, since.date()).since(since)

    def clock_skew(self) -> timedelta | None:
        """Return nought: the market goes by this machine's clock."""
        return timedelta()

    def _minutes(self, symbol: str, first: date, last: date, now: int) -> PriceSeries:
        starts = market_calendar.bar_starts(FIRST, last, 1) if first <= last else np.empty(0, np.int64)
        sessions = market_calendar.session_dates(starts)
        level, volatility = _character(self._seed, symbol)
        kept: list[tuple[np.ndarray, ...]] = []
        days, places = np.unique(sessions, return_index=True)
        ends = np.append(places[1:], sessions.size)
        for day, begin, end in zip(days.tolist(), places.tolist(), ends.tolist(), strict=True):
            if day >= days_since_epoch(first):
                *prices, volume = _draw(self._seed, symbol, day, end - begin, volatility)
                quoted = (np.maximum(np.round(level * column, 2), _LOWEST) for column in prices)
                kept.append((starts[begin:end], *quoted, volume))
            level *= _move(self._seed, symbol, day, end - begin, volatility)
        time, *columns = (np.concatenate(parts) for parts in zip(*kept, strict=True)) if kept else [starts[:0]] * 6
        series = PriceSeries.of(symbol, time, columns, provider=self.name, interval=1, source=PriceSource.SIMULATED)
        return series.where(series.time < now)


def _character(seed: int, symbol: str) -> tuple[float, float]:
    """Return the first price of a symbol and its volatility over a year."""
    draw = _generator(seed, symbol, 0)
    return float(np.exp(draw.uniform(np.log(15), np.log(300)))), float(draw.uniform(0.15, 0.45))


def _generator(seed: int, symbol: str, day: int) -> np.random.Generator:
    digest = hashlib.blake2b(f"{seed}/{symbol}/{day}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest)))


@lru_cache(maxsize=100_000)
def _move(seed: int, symbol: str, day: int, length: int, volatility: float) -> float:
    """Return what a session multiplies the price by."""
    return float(_draw(seed, symbol, day, length, volatility)[3][-1])


def _draw(seed: int, symbol: str, day: int, length: int, volatility: float) -> tuple[FloatArray, ...]:
    """Return a session's open, high, low and close of each minute, of a price of 1 the evening before, and volume."""
    draw = _generator(seed, symbol, day)
    sigma = volatility / np.sqrt(_SESSIONS_A_YEAR)
    shape = _smile(length)
    gap = draw.normal(0, sigma * np.sqrt(_OVERNIGHT))
    steps = draw.normal(0, 1, (length, _PATH_STEPS)) * np.sqrt(shape[:, None] / _PATH_STEPS)
    steps *= sigma * np.sqrt((1 - _OVERNIGHT) * length / _MINUTES)
    drift = (_DRIFT / _SESSIONS_A_YEAR - sigma**2 / 2) / steps.size
    path = np.exp(gap + np.cumsum(steps.ravel() + drift)).reshape(steps.shape)
    close = path[:, -1]
    opened = np.append(np.exp(gap), close[:-1])
    high, low = np.maximum(opened, path.max(axis=1)), np.minimum(opened, path.min(axis=1))
    volume = np.round(draw.lognormal(np.log(2_000_000), 0.3) * shape * draw.lognormal(0, 0.4, length)) + 1
    return opened, high, low, close, volume


def _smile(length: int) -> FloatArray:
    """Return each minute's share of a session, U-shaped, shape (length,), summing to 1."""
    place = np.linspace(-1, 1, length)
    weight: FloatArray = 0.5 + 1.5 * place**2 + np.where(place < 0, 0.4, 0) * place**2
    share: FloatArray = weight / weight.sum()
    return share


def _sessions(minutes: PriceSeries) -> PriceSeries:
    days = market_calendar.session_dates(minutes.time).astype(np.int64)
    if not days.size:
        return PriceSeries.of(minutes.symbol, [], [[]] * 5, provider=minutes.provider, source=minutes.source)
    first = np.flatnonzero(np.append(True, days[1:] != days[:-1]))
    last = np.append(first[1:], days.size) - 1
    columns = [
        minutes.open[first],
        np.maximum.reduceat(minutes.high, first),
        np.minimum.reduceat(minutes.low, first),
        minutes.close[last],
        np.add.reduceat(minutes.volume, first),
    ]
    return PriceSeries.of(minutes.symbol, days[first] * _DAY, columns, provider=minutes.provider, source=minutes.source)
