"""What a source of prices offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from daytrader.core.arrays import FloatArray, IntArray
from daytrader.core.bars import Bars, CorporateEvent
from daytrader.models.enums import PriceSource
from daytrader.utils.constants import DAILY


@dataclass(frozen=True, eq=False)
class PriceSeries:
    """
    One stock's bars as a provider gives them, ascending and unique, with its dividends and splits.

    Attributes:
        time: Bar start, epoch seconds UTC, shape (n,); midnight of the date for daily bars.
        open, high, low, close: Raw prices, shape (n,).
        volume: Shares, NaN where unknown, shape (n,).
        adj_close: The provider's adjusted close, NaN where unknown, shape (n,).
        events: Dividends and splits, by date.
        provider: Who gave them.
        interval: Minutes of a bar, 0 for daily bars.
    """

    symbol: str
    time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    adj_close: FloatArray
    events: tuple[CorporateEvent, ...]
    provider: str
    source: PriceSource = PriceSource.HISTORICAL
    interval: int = DAILY
    name: str | None = None
    sector: str | None = None

    def bars(self) -> Bars:
        """
        Return them as the core reads them.

        Raises:
            InvalidBarsError: At the first bar that is not sound.
        """
        return Bars.build(
            self.time,
            self.open,
            self.high,
            self.low,
            self.close,
            self.volume,
            interval_minutes=self.interval,
            events=self.events,
        )


class DataProvider(Protocol):
    """A source of prices. Whatever it has to wait for, it waits for outside transactions."""

    name: str

    def symbols(self) -> tuple[str, ...]:
        """Return what it can give without being asked for a symbol; empty where that is everything there is."""
        ...

    def fetch(self, symbol: str, start: date | None = None, end: date | None = None) -> PriceSeries:
        """
        Return the daily bars from *start* to *end*, both included.

        Raises:
            NotFoundError: If it does not know *symbol*.
        """
        ...
