"""Prices for those who trade on them: bars for the core, the last price, what the market knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from daytrader.core.arrays import FloatArray
from daytrader.core.bars import Bars, adjusted
from daytrader.core.errors import InvalidBarsError
from daytrader.core.money import from_micros, to_micros
from daytrader.models import Stock, StockDailyPrice, StockIntradayPrice
from daytrader.models.enums import PriceSource
from daytrader.services import (
    column_cache,
    corporate_action_service,
    daily_price_service,
    event_payloads,
    feed_positions,
    intraday_price_service,
    market_calendar,
    price_revisions,
    price_rows,
    stock_service,
)
from daytrader.services.column_cache import Prices as PriceColumns
from daytrader.services.data_providers.base import Adjustment, PriceSeries
from daytrader.services.events import events
from daytrader.services.price_upsert import BarTable, OnConflict, upsert
from daytrader.utils.constants import DAILY
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.days import date_of, days_since_epoch
from daytrader.utils.errors import BrokenRuleError, InsufficientDataError

Prices = Literal["raw", "adjusted"]

_DAY: Final = 86_400
_SNAPSHOT_TRIES: Final = 3
_STOCKS_A_STATEMENT: Final = 500


class LastPrice(NamedTuple):
    """The close of the newest bar that the market knows."""

    bar_time: datetime
    price: Decimal


class _Table(NamedTuple):
    model: type[StockDailyPrice] | type[StockIntradayPrice]
    moment: InstrumentedAttribute[Any]


def load_bars(
    session: Session,
    stock_id: int,
    interval: int = DAILY,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    prices: Prices = "raw",
) -> Bars:
    """
    Return the stock's stored bars of *interval* minutes (0: daily) with its dividends and splits, oldest first.

    Intraday bars are those of the regular session only. Bars that the core refuses are left out and listed in
    ``refused``. With *since* older bars are left out, and with them their splits: not for strategies. With *until* the
    last bar is the one labelled at or before it. *prices* "adjusted" scales the bars by the stored adjusted close,
    without events.

    Raises:
        InsufficientDataError: If adjusted prices are asked for and a bar has no sound adjusted close.
    """
    session.flush()  # the revision, and so whatever is kept, is of what the session would read
    is_adjusted = prices == "adjusted" and interval == DAILY
    if since is None:
        whole, adj_close = _whole(session, stock_id, interval, is_adjusted)
        bars, adj_close = _up_to(whole, adj_close, interval, until)
    else:
        bars, adj_close = _read(session, stock_id, interval, is_adjusted, since, until)
    if prices == "raw":
        return bars
    if adj_close is None:
        raise InsufficientDataError("only daily bars have an adjusted close")
    return scaled(bars, adj_close)


def scaled(bars: Bars, adj_close: FloatArray) -> Bars:
    """
    Return *bars* scaled by *adj_close*, one value per bar, as the labelled approximation without events.

    Raises:
        InsufficientDataError: If a bar has no sound adjusted close.
    """
    try:
        return adjusted(bars, adj_close)
    except InvalidBarsError as error:
        day = date_of(int(bars.session[error.index]))
        raise InsufficientDataError(f"the bar of {day} has no sound adjusted close") from None


def load_final_bars(
    session: Session, stock_id: int, interval: int, now: datetime, *, since: datetime | None = None
) -> Bars:
    """Return the stored bars that can no longer change at *now*: settled sessions, complete intraday bars."""
    bars = load_bars(session, stock_id, interval, since=since)
    if interval != DAILY:
        ends = market_calendar.complete_at(bars.time, interval)
        return bars.head(int(np.searchsorted(ends, int(now.timestamp()), side="right")))
    rows = bars.n
    while rows and not market_calendar.is_final(date_of(int(bars.session[rows - 1])), now):
        rows -= 1
    return bars.head(rows)


def market_time(session: Session) -> datetime | None:
    """
    Return the last bar time that a replay has shown, or None when there is no replay: everything stored is known.

    Raises:
        UnreadablePositionError: If somebody wrote junk there.
    """
    return feed_positions.position_of(session, feed_positions.REPLAY_FEED)


def known_bars(session: Session, stock_id: int, interval: int = DAILY, *, since: datetime | None = None) -> Bars:
    """
    Return what may be decided on now: bars up to the replay's market time, or the final ones where none runs.

    *since* leaves out older ones, as in `load_bars`.
    """
    until = market_time(session)
    if until is not None:
        return load_bars(session, stock_id, interval, since=since, until=until)
    return load_final_bars(session, stock_id, interval, get_current_datetime(), since=since)


def last_price(
    session: Session, stock_id: int, interval: int = DAILY, as_of: datetime | None = None
) -> LastPrice | None:
    """
    Return the stock's last known price: the close of its last sound bar at or before *as_of*.

    Without *as_of* the market's time counts, and without a replay the last stored bar. Daily bars are labelled by
    midnight UTC of their date.
    """
    moment = as_of if as_of is not None else market_time(session)
    model, label = _table(interval)
    query = select(label, model.close_price).where(model.stock_id == stock_id, model.close_price > 0)
    if interval != DAILY:
        query = query.where(StockIntradayPrice.interval == interval)
    if moment is not None:
        query = query.where(label <= _bound(interval, moment))
    found = session.execute(query.order_by(label.desc()).limit(1)).first()
    if found is None:
        return None
    return LastPrice(_label(found[0]), from_micros(to_micros(found[1])))


def source_of(session: Session, stock_id: int, interval: int, bar_time: datetime) -> PriceSource | None:
    """Return where the stored bar at *bar_time* came from, None where there is none."""
    model, label = _table(interval)
    query = select(model.source).where(model.stock_id == stock_id, label == _bound(interval, bar_time))
    if interval != DAILY:
        query = query.where(StockIntradayPrice.interval == interval)
    return session.scalar(query)


def count_bars(session: Session, stock_id: int, interval: int = DAILY) -> int:
    """Return how many bars of *interval* minutes are stored for the stock."""
    return counts_of_bars(session, [stock_id], interval).get(stock_id, 0)


def counts_of_bars(session: Session, stock_ids: Sequence[int], interval: int = DAILY) -> dict[int, int]:
    """Return how many bars of *interval* minutes are stored for each of the stocks that has any."""
    model, _label_column = _table(interval)
    query = select(model.stock_id, func.count()).group_by(model.stock_id)
    if interval != DAILY:
        query = query.where(StockIntradayPrice.interval == interval)
    found: dict[int, int] = {}
    for start in range(0, len(stock_ids), _STOCKS_A_STATEMENT):
        some = model.stock_id.in_(stock_ids[start : start + _STOCKS_A_STATEMENT])
        found |= dict(session.execute(query.where(some)).all())
    return found


def bar_table(stock_id: int, series: PriceSeries) -> BarTable:
    """Return *series* as rows of the stock."""
    return BarTable(
        np.full(series.time.size, stock_id, np.int64),
        series.time,
        series.open,
        series.high,
        series.low,
        series.close,
        series.volume,
        series.adj_close,
        series.interval,
    )


def store_series(session: Session, series: PriceSeries, on_conflict: OnConflict = OnConflict.UPDATE) -> Stock:
    """
    Store what a provider gave, making the stock where there is none, and announce its newest bar.

    Raises:
        BrokenRuleError: If the prices are not raw: what is stored is traded, at prices that were paid.
    """
    if series.adjustment is not Adjustment.RAW:
        raise BrokenRuleError(f"{series.provider} gives prices that are adjusted ({series.adjustment}), not raw ones")
    stock, is_new = stock_service.ensure(session, series.symbol, name=series.name, sector=series.sector)
    table = bar_table(stock.id, series)
    upsert(session, table, source=series.source, on_conflict=on_conflict)
    corporate_action_service.record(session, stock.id, series.events, source=series.provider, on_conflict=on_conflict)
    price_events(session, stock, series.interval, action="created" if is_new else "updated")
    return stock


def price_events(
    session: Session, stock: Stock, interval: int = DAILY, *, bar_time: datetime | None = None, action: str = "updated"
) -> None:
    """Announce the stock's bar at *bar_time* (default: its newest) once the caller commits: one price:update."""
    price: StockDailyPrice | StockIntradayPrice | None
    if interval == DAILY:
        price = daily_price_service.latest(session, stock.id, None if bar_time is None else bar_time.date())
    else:
        price = intraday_price_service.latest(session, stock.id, interval, bar_time)
    if price is not None:
        events.record(session, event_payloads.price_update(stock, price, action))


def _table(interval: int) -> _Table:
    if interval == DAILY:
        return _Table(StockDailyPrice, StockDailyPrice.price_date)
    return _Table(StockIntradayPrice, StockIntradayPrice.timestamp)


def _bound(interval: int, moment: datetime) -> datetime | date:
    """Return the last label known at *moment*: a session's bar is labelled by midnight, but ends at the bell."""
    if interval != DAILY:
        return moment
    utc = moment.astimezone(UTC)
    is_label = utc.time() == time()
    if is_label or market_calendar.is_final(utc.date(), utc, settling=timedelta()):
        return utc.date()
    return utc.date() - timedelta(days=1)


def _label(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def _whole(session: Session, stock_id: int, interval: int, is_adjusted: bool) -> PriceColumns:
    """Return all of a stock's bars: from the column cache, else from the database and then into the cache."""
    cache = column_cache.installed()
    if cache is None:
        return _read(session, stock_id, interval, is_adjusted)
    for _ in range(_SNAPSHOT_TRIES):
        revision = price_revisions.revision(session, stock_id, interval)
        if revision is None:
            break
        kept = cache.get(stock_id, interval, revision)
        if kept is not None:
            return kept
        prices = _read(session, stock_id, interval, interval == DAILY)  # kept for all who will ask
        # PostgreSQL shows each statement what is committed by then: rows and events may be of two states.
        if price_revisions.revision(session, stock_id, interval) == revision:
            return cache.put(stock_id, interval, revision, prices)
    return _read(session, stock_id, interval, is_adjusted)


def _up_to(bars: Bars, adj_close: FloatArray | None, interval: int, until: datetime | None) -> PriceColumns:
    """Return the bars labelled at or before *until*."""
    if until is None:
        return PriceColumns(bars, adj_close)
    bound = _bound(interval, until)
    last = int(bound.timestamp()) if isinstance(bound, datetime) else days_since_epoch(bound) * _DAY
    rows = int(np.searchsorted(bars.time, last, side="right"))
    known = replace(bars.head(rows), refused=tuple(bar for bar in bars.refused if bar.time <= last))
    return PriceColumns(known, None if adj_close is None else adj_close[:rows])


def _read(
    session: Session,
    stock_id: int,
    interval: int,
    is_adjusted: bool,
    since: datetime | None = None,
    until: datetime | None = None,
) -> PriceColumns:
    """Return the stock's bars as the database has them, with the adjusted close of daily ones where it is asked for."""
    first: datetime | date | None = since
    if since is not None and interval == DAILY:
        first = since.astimezone(UTC).date()
    last = None if until is None else _bound(interval, until)
    times, columns = price_rows.read(session, stock_id, interval, first, last, with_adj_close=is_adjusted)
    session_day = None
    if interval != DAILY:
        is_inside = market_calendar.in_regular_session(times)
        times, columns = times[is_inside], columns[:, is_inside]
        session_day = market_calendar.session_dates(times)
    bars = Bars.sift(
        times,
        *columns[:5],
        interval_minutes=interval,
        session=session_day,
        events=corporate_action_service.events_of(session, stock_id),
    )
    return PriceColumns(bars, np.delete(columns[5], [bar.index for bar in bars.refused]) if is_adjusted else None)
