"""Five public-domain daily series that come with the package (see daytrader/data/README.md)."""

from __future__ import annotations

import gzip
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np

from daytrader.core.arrays import FloatArray
from daytrader.core.bars import CorporateEvent, EventKind
from daytrader.services.data_providers.base import Capabilities, PriceSeries
from daytrader.utils.constants import DAILY
from daytrader.utils.days import days_since_epoch
from daytrader.utils.errors import InvalidInputError, NotFoundError

_DAY: Final = 86_400


class _Listing(NamedTuple):
    name: str
    sector: str
    splits: tuple[date, ...] = ()  # each two new shares for one


_LISTINGS: Final = {
    "AAPL": _Listing("Apple Inc.", "Technology", (date(2000, 6, 21), date(2005, 2, 28))),
    "FB": _Listing("Facebook, Inc.", "Communication Services"),
    "GOOG": _Listing("Google Inc.", "Communication Services"),
    "IBM": _Listing("International Business Machines Corporation", "Technology"),
    "MSFT": _Listing("Microsoft Corporation", "Technology", (date(2003, 2, 18),)),
}
# The source keeps its adjusted close to a dozen digits, which leaves an error of 1e-11 in a dividend: a tenth of a cent
# tells a dividend from noise, and four decimals restore what was declared.
_SMALLEST_DIVIDEND: Final = 0.001
_DIVIDEND_DECIMALS: Final = 4


class SampleProvider:
    """Apple, Facebook, Google, IBM and Microsoft until March 2013."""

    name = "sample"
    capabilities = Capabilities((DAILY,))

    def symbols(self) -> tuple[str, ...]:
        """Return the five symbols."""
        return tuple(_LISTINGS)

    def fetch(self, symbol: str, start: date | None = None, end: date | None = None) -> PriceSeries:
        """
        Return the daily bars from *start* to *end*, both included, with their dividends and splits.

        Raises:
            NotFoundError: If it is none of the five.
        """
        listing = _LISTINGS.get(symbol.strip().upper())
        if listing is None:
            raise NotFoundError(f"sample symbol (there are {', '.join(_LISTINGS)})")
        ticker = symbol.strip().upper()
        days, prices = _read(ticker)
        splits = [CorporateEvent(days_since_epoch(day), EventKind.SPLIT, 2, 1) for day in listing.splits]
        events = derive_dividends(days, prices[3], prices[4], splits) + splits
        first = days[0] if start is None else days_since_epoch(start)
        last = days[-1] if end is None else days_since_epoch(end)
        kept = (days >= first) & (days <= last)
        opened, high, low, close, adj_close, volume = (column[kept] for column in prices)
        return PriceSeries(
            ticker,
            days[kept] * _DAY,
            opened,
            high,
            low,
            close,
            volume,
            adj_close,
            tuple(sorted((e for e in events if first <= e.session <= last), key=lambda e: (e.session, e.kind))),
            self.name,
            name=listing.name,
            sector=listing.sector,
        )

    def history(
        self, symbol: str, interval: int = DAILY, start: date | None = None, end: date | None = None
    ) -> PriceSeries:
        """
        Return what `fetch` returns.

        Raises:
            NotFoundError: If it is none of the five.
            InvalidInputError: If *interval* is not daily.
        """
        if interval != DAILY:
            raise InvalidInputError({"interval": [f"{self.name} has daily bars only"]})
        return self.fetch(symbol, start, end)

    def latest(self, symbol: str, interval: int, since: datetime) -> PriceSeries:
        """Return the bars at or after *since*, of which there will be none since 2013."""
        return self.history(symbol, interval, since.date())

    def clock_skew(self) -> timedelta | None:
        """Return None: no clock is involved."""
        return None


def derive_dividends(
    days: np.ndarray, close: FloatArray, adj_close: FloatArray, splits: list[CorporateEvent]
) -> list[CorporateEvent]:
    """
    Return the dividends that *adj_close* implies, each at the first bar that trades without it.

    Quandl WIKI and Alpha Vantage multiply every earlier close by 1 / (split x (1 + dividend / close on the ex-date));
    the rule holds for all but one of 28,191 events of their data.

    Args:
        days: Dates as days since the epoch, ascending, shape (n,).
        close: Raw close, shape (n,).
        adj_close: Adjusted close to at least nine significant digits, shape (n,).
        splits: The splits of the period.
    """
    ratio = np.ones(days.size)
    for split in splits:
        ratio[np.searchsorted(days, split.session)] *= split.numerator / split.denominator
    factor = adj_close / close
    dividend = close[1:] * (factor[1:] / (factor[:-1] * ratio[1:]) - 1)
    return [
        CorporateEvent(
            int(days[row + 1]), EventKind.DIVIDEND, amount=Decimal(f"{dividend[row]:.{_DIVIDEND_DECIMALS}f}")
        )
        for row in np.flatnonzero(dividend > _SMALLEST_DIVIDEND).tolist()
    ]


def _read(symbol: str) -> tuple[np.ndarray, tuple[FloatArray, ...]]:
    """Return the dates and, in the file's order, open, high, low, close, adjusted close and volume."""
    packed = files("daytrader").joinpath("data", f"{symbol}.csv.gz").read_bytes()
    rows = [line.split(",") for line in gzip.decompress(packed).decode().splitlines()[1:]]
    dates, *numbers = zip(*rows, strict=True)
    days = np.array(dates, "datetime64[D]").astype(np.int64)
    return days, tuple(np.array(column, np.float64) for column in numbers)
