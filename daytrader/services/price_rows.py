"""Stored bars as numbers. Each statement is made once: to make one takes several times as long as to run it."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from functools import cache
from itertools import chain
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, Integer, Select, String, bindparam, cast, extract, func, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from daytrader.core.arrays import FloatArray, IntArray
from daytrader.models import StockDailyPrice, StockIntradayPrice
from daytrader.utils.constants import DAILY

_HAS_UNIXEPOCH: Final = sqlite3.sqlite_version_info >= (3, 38)  # what older ones have takes a fifth of the time more


def read(
    session: Session,
    stock_id: int,
    interval: int,
    first: datetime | date | None,
    last: datetime | date | None,
    *,
    with_adj_close: bool,
) -> tuple[IntArray, FloatArray]:
    """
    Return a stock's bars of *interval* minutes (0: daily) by time.

    Args:
        session: Where to read.
        stock_id: Whose.
        interval: Minutes.
        first: The first label, a date for daily bars, None for the oldest.
        last: The last one, likewise.
        with_adj_close: Of daily bars, the adjusted close, too. Each column is a seventh of the time.

    Returns:
        Their times, epoch seconds, shape (n,), and OHLC, volume and what was asked for, shape (c, n); unknown is NaN.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    statement, width = _statement(interval == DAILY, is_sqlite, first is not None, last is not None, with_adj_close)
    asked = {"stock_id": stock_id, "interval": interval, "first": first, "last": last}
    with session.connection().execute(statement, asked) as result:
        rows: Any = result.cursor  # the type does not say that it yields them
        # The driver's numbers go into one array as they come: no row is kept, and nobody processes it. NULL is NaN.
        numbers = np.fromiter(chain.from_iterable(rows), np.float64)
    table = numbers.reshape(-1, width).T
    return table[-1].astype(np.int64), np.ascontiguousarray(table[:-1])


@cache
def _statement(
    is_daily: bool, is_sqlite: bool, has_first: bool, has_last: bool, with_adj_close: bool
) -> tuple[Select[Any], int]:
    """Return the statement, and how many columns it gives."""
    model = StockDailyPrice if is_daily else StockIntradayPrice
    label: InstrumentedAttribute[Any] = StockDailyPrice.price_date if is_daily else StockIntradayPrice.timestamp
    columns: list[ColumnElement[Any] | InstrumentedAttribute[Any]]
    columns = [model.open_price, model.high_price, model.low_price, model.close_price, model.volume]
    if with_adj_close:
        columns.append(StockDailyPrice.adj_close)
    columns.append(_seconds(label, is_sqlite))
    statement = select(*columns).where(model.stock_id == bindparam("stock_id"))
    if not is_daily:
        statement = statement.where(StockIntradayPrice.interval == bindparam("interval"))
    if has_first:
        statement = statement.where(label >= bindparam("first"))
    if has_last:
        statement = statement.where(label <= bindparam("last"))
    return statement.order_by(label), len(columns)


def _seconds(label: InstrumentedAttribute[Any], is_sqlite: bool) -> ColumnElement[int]:
    """Return the seconds since the epoch of a *label*, as the database counts them."""
    if not is_sqlite:
        return cast(func.floor(extract("epoch", label)), Integer)
    stored = type_coerce(label, String)
    return func.unixepoch(stored) if _HAS_UNIXEPOCH else cast(func.strftime("%s", stored), Integer)
