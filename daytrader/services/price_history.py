"""Stored bars as charts read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np
from sqlalchemy.orm import Session

from daytrader.core.arrays import FloatArray, IntArray
from daytrader.core.bars import Bars
from daytrader.services import daily_price_service, intraday_price_service, price_service, stock_service
from daytrader.utils.constants import DAILY, INTRADAY_INTERVALS
from daytrader.utils.days import days_since_epoch


@dataclass(frozen=True, slots=True)
class History:
    """Bars in columns, oldest first; volume is NaN where it is unknown."""

    symbol: str
    interval: int
    adjusted: bool
    timestamps: Sequence[str]
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray


@dataclass(frozen=True, slots=True)
class LatestBar:
    """The last stored bar of one interval, 0 for daily."""

    interval: int
    timestamp: datetime
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None


def history(
    session: Session, symbol: str, interval: int, start: date | None, end: date | None, *, adjusted: bool
) -> History:
    """
    Return the bars of the sessions from *start* to *end*, both included.

    Raises:
        NotFoundError: If the symbol is unknown.
        InsufficientDataError: If adjusted prices are asked for and there are none.
    """
    stock = stock_service.by_symbol(session, symbol)
    bars = price_service.load_bars(session, stock.id, interval, prices="adjusted" if adjusted else "raw")
    rows = rows_between(bars, start, end)
    return History(
        symbol=stock.symbol,
        interval=interval,
        adjusted=adjusted,
        timestamps=timestamps(bars.time[rows]),
        open=np.ascontiguousarray(bars.open[rows]),
        high=np.ascontiguousarray(bars.high[rows]),
        low=np.ascontiguousarray(bars.low[rows]),
        close=np.ascontiguousarray(bars.close[rows]),
        volume=np.ascontiguousarray(bars.volume[rows]),
    )


def rows_between(bars: Bars, start: date | None, end: date | None) -> slice:
    """Return the rows of the sessions from *start* to *end*, both included; None is the first or the last."""
    first = 0 if start is None else int(np.searchsorted(bars.session, days_since_epoch(start)))
    last = bars.n if end is None else int(np.searchsorted(bars.session, days_since_epoch(end), side="right"))
    return slice(first, last)


def timestamps(times: IntArray) -> Sequence[str]:
    """Return *times*, epoch seconds UTC, as every answer shows them."""
    return list(np.datetime_as_string(times.astype("datetime64[s]"), timezone="UTC").tolist())


def latest(session: Session, symbol: str) -> tuple[str, list[LatestBar]]:
    """
    Return the symbol and the last bar of each interval that has one.

    In a replay these are the last ones that the market knows.

    Raises:
        NotFoundError: If the symbol is unknown.
    """
    stock = stock_service.by_symbol(session, symbol)
    until = price_service.market_time(session)
    found = []
    daily = daily_price_service.latest(session, stock.id, None if until is None else until.date())
    if daily is not None:
        midnight = datetime.combine(daily.price_date, time(), UTC)
        found.append((DAILY, midnight, daily))
    for interval in INTRADAY_INTERVALS:
        bar = intraday_price_service.latest(session, stock.id, interval, until)
        if bar is not None:
            found.append((interval, bar.timestamp, bar))  # type: ignore[arg-type]  # both kinds have the columns below
    return stock.symbol, [
        LatestBar(interval, moment, p.open_price, p.high_price, p.low_price, p.close_price, p.volume)
        for interval, moment, p in found
    ]
