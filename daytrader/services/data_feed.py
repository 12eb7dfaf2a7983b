"""The consolidated feed: all bars of one time and interval in one message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.models import Stock, StockDailyPrice, StockIntradayPrice
from daytrader.services.event_payloads import DELETED, UPDATED, price_update
from daytrader.services.events import Event, events
from daytrader.utils.constants import DAILY

ROOM: Final = "data_feeds"
_LEFT: Final = "bars are announced to the feed later"


def gather(session: Session) -> None:
    """Announce the bars that this unit of work has told of to the feed, unless it is to `leave` that to another."""
    if not session.info.get(_LEFT):
        told = [event for event in events.recorded(session) if event.name == "price:update"]
        _record(session, [event.entity for event in told if event.action != DELETED and ROOM not in event.rooms])


def leave(session: Session) -> None:
    """Leave the bars that this unit of work tells of to a later `announce`: others of the same time are to come."""
    session.info[_LEFT] = True


def announce(session: Session, bar_time: datetime, stocks: Iterable[tuple[int, int]]) -> None:
    """Announce the bars at *bar_time* of *stocks* (stock id, interval) to the feed once the caller commits."""
    by_interval: dict[int, list[int]] = {}
    for stock_id, interval in stocks:
        by_interval.setdefault(interval, []).append(stock_id)
    for interval, stock_ids in by_interval.items():
        found = _bars(session, interval, bar_time, stock_ids)
        _record(session, [price_update(stock, price).entity for price, stock in found])


def _bars(
    session: Session, interval: int, bar_time: datetime, stock_ids: Sequence[int]
) -> list[tuple[StockDailyPrice | StockIntradayPrice, Stock]]:
    if interval == DAILY:
        daily = select(StockDailyPrice, Stock).join(Stock).order_by(Stock.symbol)
        daily = daily.where(StockDailyPrice.price_date == bar_time.date(), StockDailyPrice.stock_id.in_(stock_ids))
        return [(price, stock) for price, stock in session.execute(daily)]
    intraday = select(StockIntradayPrice, Stock).join(Stock).order_by(Stock.symbol)
    intraday = intraday.where(StockIntradayPrice.timestamp == bar_time, StockIntradayPrice.interval == interval)
    intraday = intraday.where(StockIntradayPrice.stock_id.in_(stock_ids))
    return [(price, stock) for price, stock in session.execute(intraday)]


def _record(session: Session, prices: Sequence[Mapping[str, Any]]) -> None:
    by_time: dict[tuple[int, Any], list[Mapping[str, Any]]] = {}
    for price in prices:
        by_time.setdefault((price.get("interval", DAILY), _label(price)), []).append(price)
    for (interval, moment), together in by_time.items():
        entity = {"timestamp": moment, "interval": interval, "prices": together}
        events.record(session, Event("price:update", UPDATED, (ROOM,), entity))


def _label(price: Mapping[str, Any]) -> datetime:
    """Return the label of a bar; a daily one's is midnight UTC."""
    if "interval" not in price:
        return datetime.combine(price["price_date"], time(), UTC)
    moment: datetime = price["timestamp"]
    return moment
