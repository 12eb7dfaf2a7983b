"""What a source of prices offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from daytrader.core.arrays import FloatArray, IntArray
from daytrader.core.bars import Bars, CorporateEvent, EventKind
from daytrader.models.enums import PriceSource
from daytrader.utils.constants import DAILY
from daytrader.utils.errors import BrokenRuleError

_DAY: Final = 86_400


class Adjustment(StrEnum):
    """What a vendor has done to its prices for what happened after them."""

    RAW = "raw"  # as traded; splits and dividends are events beside them
    SPLITS = "splits"  # earlier prices divided by later splits
    FULL = "full"  # for splits and dividends: nobody ever paid these prices


@dataclass(frozen=True, slots=True)
class Capabilities:
    """
    What a provider has.

    Attributes:
        intervals: Minutes of the bars that it has, 0 for daily ones; coarser ones are made from finer ones.
        vendor_adjustment: How the vendor gives its prices; `PriceSeries.adjustment` says what became of them.
        has_events: Whether dividends and splits come with the daily bars.
        source: What is stored of where the prices come from.
    """

    intervals: tuple[int, ...]
    vendor_adjustment: Adjustment = Adjustment.RAW
    has_events: bool = True
    source: PriceSource = PriceSource.HISTORICAL


@dataclass(frozen=True, eq=False)
class PriceSeries:
    """
    One stock's bars as a provider gives them, ascending and unique, with its dividends and splits.

    Attributes:
        time: Bar start, epoch seconds UTC, shape (n,); midnight of the date for daily bars.
        open, high, low, close: Prices as *adjustment* says, raw unless it says otherwise, shape (n,).
        volume: Shares, NaN where unknown, shape (n,).
        adj_close: The provider's adjusted close, NaN where unknown, shape (n,).
        events: Dividends and splits, by date.
        provider: Who gave them.
        interval: Minutes of a bar, 0 for daily bars.
        adjustment: Only raw prices are ever stored or traded.
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
    adjustment: Adjustment = Adjustment.RAW

    @classmethod
    def of(
        cls,
        symbol: str,
        time: npt.ArrayLike,
        prices: Sequence[npt.ArrayLike],
        *,
        provider: str,
        events: Sequence[CorporateEvent] = (),
        adj_close: npt.ArrayLike | None = None,
        **more: Any,
    ) -> PriceSeries:
        """
        Return a series of rows in any order: sorted, and of several of one time the last.

        Args:
            symbol: Whose they are.
            time: Bar start, epoch seconds UTC, shape (n,).
            prices: Opens, highs, lows, closes and volumes, each of shape (n,); NaN where unknown.
            provider: Who gave them.
            events: Dividends and splits, in any order.
            adj_close: The provider's adjusted close, shape (n,).
            more: Other attributes by name.
        """
        times = np.asarray(time, np.int64)
        # The first of the reversed is the last that was given: a vendor's correction comes after what it corrects.
        unique, place = np.unique(times[::-1], return_index=True)
        chosen = times.size - 1 - place
        columns = [np.asarray(column, np.float64)[chosen] for column in prices]
        adjusted = np.full(unique.size, np.nan) if adj_close is None else np.asarray(adj_close, np.float64)[chosen]
        ordered = tuple(sorted(events, key=lambda event: (event.session, event.kind)))
        opened, high, low, close, volume = columns
        return cls(symbol, unique, opened, high, low, close, volume, adjusted, ordered, provider, **more)

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

    def where(self, kept: npt.ArrayLike | slice) -> PriceSeries:
        """Return the bars that *kept* (a mask, rows or a slice) names, with all events."""
        chosen = kept if isinstance(kept, slice) else np.asarray(kept)
        columns = ("time", "open", "high", "low", "close", "volume", "adj_close")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    def since(self, moment: datetime) -> PriceSeries:
        """Return the bars that start at or after *moment*, with all events."""
        return self.where(self.time >= int(moment.timestamp()))


def unsplit(series: PriceSeries) -> PriceSeries:
    """
    Return raw prices of a series that its vendor has adjusted for splits, as Yahoo does.

    Every price, and every dividend, before a split is multiplied by its ratio, the volume divided. All splits since
    the first bar must be in the series, also those after its last bar. The inverse is exact but for the vendor's own
    rounding, which the six decimals of a stored price hide.

    Raises:
        BrokenRuleError: If the prices are adjusted for dividends too: what was paid cannot be told from them.
    """
    if series.adjustment is Adjustment.FULL:
        raise BrokenRuleError("prices adjusted for dividends cannot be made raw")
    if series.adjustment is Adjustment.RAW:
        return series
    splits = [event for event in series.events if event.kind is EventKind.SPLIT]
    session = series.time // _DAY
    factor = np.ones(series.time.size)
    for split in splits:
        factor[session < split.session] *= split.numerator / split.denominator
    return replace(
        series,
        open=_cents(series.open * factor),
        high=_cents(series.high * factor),
        low=_cents(series.low * factor),
        close=_cents(series.close * factor),
        volume=np.round(series.volume / factor),
        events=tuple(_unsplit_dividend(event, splits) for event in series.events),
        adjustment=Adjustment.RAW,
    )


def _cents(prices: FloatArray) -> FloatArray:
    """Return *prices* to four decimals, the finest that an exchange quotes: the vendor's floats end in noise."""
    rounded: FloatArray = np.round(prices, 4)
    return rounded


def _unsplit_dividend(event: CorporateEvent, splits: Sequence[CorporateEvent]) -> CorporateEvent:
    if event.kind is not EventKind.DIVIDEND:
        return event
    amount = event.amount
    for split in splits:
        if split.session > event.session:
            amount = amount * split.numerator / split.denominator
    return replace(event, amount=round(amount, 6))


@runtime_checkable
class DataProvider(Protocol):
    """
    A source of prices. Whatever it has to wait for, it waits for outside transactions, and never without a timeout.

    A package makes its own known by an entry point of the group ``daytrader.data_providers``: a class, or whatever
    else makes one from the installation's settings (see `daytrader.services.data_providers.get_provider`).
    """

    name: str
    capabilities: Capabilities

    def symbols(self) -> tuple[str, ...]:
        """Return what it can give without being asked for a symbol; empty where that is everything there is."""
        ...

    def history(
        self, symbol: str, interval: int = DAILY, start: date | None = None, end: date | None = None
    ) -> PriceSeries:
        """
        Return the bars of the sessions from *start* to *end*, both included, with their dividends and splits.

        Raises:
            UnknownSymbolError: If it does not know *symbol*.
            InvalidInputError: If it has no bars of *interval*.
            ProviderError: If it could not be asked, or what it said cannot be used.
        """
        ...

    def latest(self, symbol: str, interval: int, since: datetime) -> PriceSeries:
        """
        Return the bars that start at or after *since*; the last may still be growing. Errors as of `history`.
        """
        ...

    def clock_skew(self) -> timedelta | None:
        """Return how far this machine's clock is ahead of the vendor's, None where the vendor shows no clock."""
        ...
