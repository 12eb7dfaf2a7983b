"""What technical analysts ask of a stock: its analysis by timeframe, and any indicator by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from daytrader.core import named_indicators
from daytrader.core.analysis import Figures, analyse
from daytrader.core.bars import Bars
from daytrader.core.named_indicators import Series
from daytrader.core.resample import Period, last_session, resample
from daytrader.models.enums import AnalysisTimeframe
from daytrader.services import intraday_price_service, price_history, price_service, stock_service
from daytrader.utils.constants import DAILY, INTRADAY_INTERVALS
from daytrader.utils.errors import InsufficientDataError, InvalidInputError

_PERIODS: Final = {
    AnalysisTimeframe.DAILY: Period.SESSION,
    AnalysisTimeframe.WEEKLY: Period.WEEK,
    AnalysisTimeframe.MONTHLY: Period.MONTH,
    AnalysisTimeframe.QUARTERLY: Period.QUARTER,
    AnalysisTimeframe.YEARLY: Period.YEAR,
}
# The longest the exchange was closed since 1933 is a week, in 2001: within it is the last session.
_LAST_SESSIONS: Final = timedelta(days=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis(Figures):
    """
    The figures of a stock's last bar at one timeframe.

    Attributes:
        symbol: Of the stock.
        timeframe: What a bar is.
        as_of: The last stored bar that was read: a session's date at midnight UTC, or an intraday bar's start.
    """

    symbol: str
    timeframe: AnalysisTimeframe
    as_of: datetime


@dataclass(frozen=True, slots=True)
class IndicatorTable:
    """Indicators in columns, row for row those of the history; NaN while warming up or undefined."""

    symbol: str
    interval: int
    timestamps: Sequence[str]
    series: Mapping[str, Series]


def analysis(session: Session, symbol: str, timeframe: AnalysisTimeframe) -> Analysis:
    """
    Return the analysis of the last bar that the market knows; the current week, month and so on count as far as known.

    INTRADAY reads the last session's bars of the finest stored interval and nothing before them; the others read
    `known_sessions`, the longer ones resampled. What the history is too short for is None.

    Raises:
        NotFoundError: If the symbol is unknown.
        InsufficientDataError: If no bar is known.
    """
    stock = stock_service.by_symbol(session, symbol)
    if timeframe is AnalysisTimeframe.INTRADAY:
        read = last_session(_finest_bars(session, stock.id, _LAST_SESSIONS))
        bars = read
    else:
        read = known_sessions(session, stock.id)
        bars = resample(read, _PERIODS[timeframe])
    if not bars.n:
        kind = "intraday prices" if timeframe is AnalysisTimeframe.INTRADAY else "prices"
        raise InsufficientDataError(f"no {kind} of {stock.symbol} are known")
    figures = analyse(bars)
    return Analysis(
        symbol=stock.symbol,
        timeframe=timeframe,
        as_of=datetime.fromtimestamp(int(read.time[-1]), UTC),
        **{field.name: getattr(figures, field.name) for field in fields(figures)},
    )


def known_sessions(session: Session, stock_id: int) -> Bars:
    """Return the daily bars that the market knows; where none are stored, those made of the finest intraday bars."""
    daily = price_service.known_bars(session, stock_id, DAILY)
    return daily if daily.n else resample(_finest_bars(session, stock_id), Period.SESSION)


def indicators(
    session: Session, symbol: str, names: str, interval: int = DAILY, start: date | None = None, end: date | None = None
) -> IndicatorTable:
    """
    Return indicators for the sessions from *start* to *end*, both included, computed from the first stored bar on.

    Args:
        session: The unit of work.
        symbol: Of the stock.
        names: As `core.named_indicators.parse` reads them: ``sma:20,rsi:14,bbands:20:2``.
        interval: Minutes of a bar, 0 for daily.
        start: The first session, None for the first there is.
        end: The last session, None for the last there is.

    Raises:
        NotFoundError: If the symbol is unknown.
        InvalidInputError: Naming the function or parameter that is wrong and what is allowed, or the dates.
    """
    wanted = named_indicators.parse(names)
    if start is not None and end is not None and start > end:
        raise InvalidInputError({"start": ["must not be after the end"]})
    stock = stock_service.by_symbol(session, symbol)
    bars = price_service.load_bars(session, stock.id, interval)
    rows = price_history.rows_between(bars, start, end)
    seen = bars.head(rows.stop)  # no row depends on later ones
    return IndicatorTable(
        symbol=stock.symbol,
        interval=interval,
        timestamps=price_history.timestamps(bars.time[rows]),
        series={one.key: _cut(named_indicators.compute(one, seen), rows.start) for one in wanted},
    )


def _cut(series: Series, first: int) -> Series:
    if isinstance(series, Mapping):
        return {name: values[first:] for name, values in series.items()}
    return series[first:]


def _finest_bars(session: Session, stock_id: int, span: timedelta | None = None) -> Bars:
    """
    Return the known bars of the shortest interval that has any in a regular session, none where there are none.

    With *span* only the last ones, so far back from the last bar: a year of minutes takes a second to read.
    """
    until = price_service.market_time(session)
    for interval in INTRADAY_INTERVALS:
        latest = intraday_price_service.latest(session, stock_id, interval, until)
        if latest is not None:
            since = None if span is None else latest.timestamp - span
            bars = price_service.known_bars(session, stock_id, interval, since=since)
            if bars.n:
                return bars
    return Bars.build([], [], [], [], [])
