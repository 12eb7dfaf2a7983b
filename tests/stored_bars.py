"""Bars that are there already: stored as a provider's are, from rows by the model's column names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy.orm import Session

from daytrader.models import Stock
from daytrader.models.enums import PriceSource
from daytrader.services.price_upsert import BarTable, OnConflict, upsert
from daytrader.services.session_manager import SessionManager
from daytrader.utils.constants import DAILY
from daytrader.utils.days import days_since_epoch

_DAY: Final = 86_400
_COLUMNS: Final = ("open_price", "high_price", "low_price", "close_price", "volume", "adj_close")


def store_daily(session: Session, stock_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store daily bars; a stored date is updated."""
    times = [days_since_epoch(row["price_date"]) * _DAY for row in rows]
    upsert(session, _table(stock_id, times, rows, DAILY), source=PriceSource.HISTORICAL, on_conflict=OnConflict.UPDATE)


def store_random_walk(symbol: str, seed: int, days: int) -> Stock:
    """Persist a stock whose closes wander for *days* days from 2020-01-01 on, the same ones for a *seed*."""
    rng = np.random.default_rng(seed)
    closes = np.round(100 * np.exp(np.cumsum(rng.normal(0.0005, 0.02, days))), 2).tolist()
    rows = [
        {
            "price_date": date(2020, 1, 1) + timedelta(days=day),
            "open_price": close,
            "high_price": round(close * 1.01, 2),
            "low_price": round(close * 0.99, 2),
            "close_price": close,
        }
        for day, close in enumerate(closes)
    ]
    with SessionManager() as session:
        stock = Stock(symbol=symbol)
        session.add(stock)
        session.flush()
        store_daily(session, stock.id, rows)
    return stock


def flat_day(day: date, price: float) -> dict[str, Any]:
    """Return the row of a day on which nothing moved."""
    return {"price_date": day} | dict.fromkeys(("open_price", "high_price", "low_price", "close_price"), price)


def store_intraday(session: Session, stock_id: int, interval: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store bars of *interval* minutes; a stored one is updated."""
    times = [int(row["timestamp"].timestamp()) for row in rows]
    upsert(session, _table(stock_id, times, rows, interval), source=PriceSource.DELAYED, on_conflict=OnConflict.UPDATE)


def _table(stock_id: int, times: Sequence[int], rows: Sequence[Mapping[str, Any]], interval: int) -> BarTable:
    opened, high, low, close, volume, adj_close = np.array(
        [[row.get(name) for row in rows] for name in _COLUMNS], np.float64
    )
    stock = np.full(len(rows), stock_id, np.int64)
    return BarTable(stock, np.array(times, np.int64), opened, high, low, close, volume, adj_close, interval)
