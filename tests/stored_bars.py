"""Bars that are there already: stored as a provider's are, from rows by the model's column names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy.orm import Session

from daytrader.models.enums import PriceSource
from daytrader.services.price_upsert import BarTable, OnConflict, upsert
from daytrader.utils.constants import DAILY
from daytrader.utils.days import days_since_epoch

_DAY: Final = 86_400
_COLUMNS: Final = ("open_price", "high_price", "low_price", "close_price", "volume", "adj_close")


def store_daily(session: Session, stock_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store daily bars; a stored date is updated."""
    times = [days_since_epoch(row["price_date"]) * _DAY for row in rows]
    upsert(session, _table(stock_id, times, rows, DAILY), source=PriceSource.HISTORICAL, on_conflict=OnConflict.UPDATE)


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
