"""Many bars into the database at once: the fastest upsert that each database has, below the ORM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import numpy as np
from sqlalchemy.orm import Session

from daytrader.core.arrays import FloatArray, IntArray
from daytrader.models import StockDailyPrice, StockIntradayPrice
from daytrader.models.enums import PriceSource
from daytrader.services import price_copy, price_revisions
from daytrader.utils.constants import DAILY
from daytrader.utils.current_datetime import get_current_datetime

_PRICES: Final = ("open_price", "high_price", "low_price", "close_price")
# Larger statements are no faster, and every one is compiled once for its number of rows.
_ROWS_PER_STATEMENT: Final = 500
_ROWS_PER_ARRAY: Final = 20_000
_ROWS_PER_COPY: Final = 100_000
_DAILY_CONSTANTS: Final = 2
MANY_ROWS: Final = 2_000
"""From here on a temporary table of PostgreSQL's costs less than it saves."""


class OnConflict(StrEnum):
    """What happens to a bar that is stored already."""

    UPDATE = "update"
    SKIP = "skip"


@dataclass(frozen=True, eq=False)
class BarTable:
    """
    Checked bars of one interval as columns, each of shape (n,), of one stock or of many.

    Attributes:
        stock_id: Whose bar it is.
        time: Bar start, epoch seconds UTC; midnight of the date for daily bars.
        open, high, low, close: Raw prices.
        volume: Shares, NaN where unknown.
        adj_close: The vendor's adjusted close, NaN where unknown; daily bars only.
        interval: Minutes, 0 for daily bars.
    """

    stock_id: IntArray
    time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    adj_close: FloatArray
    interval: int = DAILY


def upsert(session: Session, bars: BarTable, *, source: PriceSource, on_conflict: OnConflict) -> None:
    """
    Write *bars*, which must be checked and unique, into the session's transaction.

    On update an unknown volume or adjusted close leaves what is stored; the session's loaded objects are not refreshed.
    """
    dialect = session.get_bind().dialect.name
    write = _PostgresWriter if dialect == "postgresql" else _SqliteWriter
    writer = write(bars.interval, source, on_conflict)
    session.flush()
    writer.write(session, bars)
    price_revisions.draw(session, np.unique(bars.stock_id).tolist(), bars.interval)


def table_name(interval: int) -> str:
    """Return the table of bars of *interval* minutes, 0 for daily bars."""
    return (StockDailyPrice if interval == DAILY else StockIntradayPrice).__tablename__


def _columns(bars: BarTable, rows: slice) -> list[list[Any]]:
    times = bars.time[rows].astype("datetime64[s]")
    if bars.interval == DAILY:
        days, place = np.unique(times, return_inverse=True)  # many stocks share few dates
        moments = days.astype("datetime64[D]").astype(str).astype(object)[place].tolist()
    else:
        moments = times.astype("datetime64[us]").astype(str).tolist()
    prices = [_nullable(column[rows]) for column in (bars.open, bars.high, bars.low, bars.close)]
    volume = _nullable(bars.volume[rows], whole=True)
    columns = [bars.stock_id[rows].tolist(), moments, *prices, volume]
    if bars.interval == DAILY:
        columns.append(_nullable(bars.adj_close[rows]))
    return columns


def _nullable(column: FloatArray, *, whole: bool = False) -> list[float | None]:
    unknown = np.isnan(column)
    if unknown.all():
        return [None] * column.size
    known = np.where(unknown, 0, column) if unknown.any() else column
    values: list[float | None] = (known.astype(np.int64) if whole else known).tolist()
    for row in np.flatnonzero(unknown).tolist():
        values[row] = None
    return values


class _Writer:
    """What both databases have in common: the columns and what a conflict does."""

    def __init__(self, interval: int, source: PriceSource, on_conflict: OnConflict) -> None:
        self.interval = interval
        self.source = source
        self.now = get_current_datetime().astimezone(UTC)
        is_daily = interval == DAILY
        self.table = table_name(interval)
        moment = "price_date" if is_daily else "timestamp"
        self.given = ["stock_id", moment, *_PRICES, "volume", *(["adj_close"] if is_daily else [])]
        self.constant = ["source", "created_at", "updated_at", *([] if is_daily else ["interval"])]
        identity = f"stock_id, {moment}" + ("" if is_daily else ", interval")
        self.conflict = f"ON CONFLICT ({identity}) DO " + self._resolution(on_conflict)

    def _resolution(self, on_conflict: OnConflict) -> str:
        if on_conflict is OnConflict.SKIP:
            return "NOTHING"
        changes = [f"{name} = excluded.{name}" for name in (*_PRICES, "source", "updated_at")]
        # A file without these columns says nothing about them.
        kept = [name for name in ("volume", "adj_close") if name in self.given]
        changes += [f"{name} = COALESCE(excluded.{name}, {self.table}.{name})" for name in kept]
        return "UPDATE SET " + ", ".join(changes)

    @property
    def into(self) -> str:
        return f"INSERT INTO {self.table} ({', '.join([*self.given, *self.constant])})"


class _SqliteWriter(_Writer):
    """Rows of VALUES, the constants bound once per statement."""

    def write(self, session: Session, bars: BarTable) -> None:
        for start in range(0, bars.time.size, _ROWS_PER_ARRAY):
            self._write(session, _columns(bars, slice(start, start + _ROWS_PER_ARRAY)))

    def _write(self, session: Session, columns: Sequence[list[Any]]) -> None:
        now = self.now.replace(tzinfo=None).isoformat(" ", "microseconds")
        constants: tuple[Any, ...] = (self.source.value, now)
        if self.interval != DAILY:
            constants += (self.interval,)
            # SQLAlchemy's own form of a moment, which comparisons as text rely on.
            columns = [columns[0], [f"{moment[:10]} {moment[11:]}" for moment in columns[1]], *columns[2:]]
        width = len(columns)
        cells: list[Any] = [None] * (width * len(columns[0]))
        for place, column in enumerate(columns):
            cells[place::width] = column  # row by row: half the time of making rows first
        connection = session.connection()
        for start in range(0, len(cells), _ROWS_PER_STATEMENT * width):
            part = cells[start : start + _ROWS_PER_STATEMENT * width]
            rows = len(part) // width
            statement = _values_statement(self.into, self.conflict, width, len(constants), rows)
            connection.exec_driver_sql(statement, (*constants, *part))


@lru_cache(maxsize=64)
def _values_statement(into: str, conflict: str, width: int, constants: int, rows: int) -> str:
    """Return an INSERT of *rows* rows; its first parameters are the constants: source, moment and, if any, interval."""
    shared = "?1, ?2, ?2" + (", ?3" if constants > _DAILY_CONSTANTS else "")
    values = (
        "(" + ", ".join(f"?{constants + 1 + row * width + column}" for column in range(width)) + f", {shared})"
        for row in range(rows)
    )
    return f"{into} VALUES {', '.join(values)} {conflict}"


class _PostgresWriter(_Writer):
    """Columns as arrays, unnested by the server; many rows by its binary COPY."""

    def write(self, session: Session, bars: BarTable) -> None:
        if bars.time.size < MANY_ROWS:
            self._unnest(session, _columns(bars, slice(None)))
        else:
            self._copy(session, bars)

    def _copy(self, session: Session, bars: BarTable) -> None:
        columns = (bars.stock_id, bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume, bars.adj_close)
        is_daily = self.interval == DAILY
        selected, source = price_copy.selected(is_daily=is_daily), price_copy.table(is_daily=is_daily)
        statement = f"{self.into} SELECT {selected}, {self._markers} FROM {source} {self.conflict}"
        connection = session.connection()
        for start in range(0, bars.time.size, _ROWS_PER_COPY):
            rows = slice(start, start + _ROWS_PER_COPY)
            price_copy.copy_in(connection, [column[rows] for column in columns], is_daily=is_daily)
            connection.exec_driver_sql(statement, self._constants)

    def _unnest(self, session: Session, columns: Sequence[list[Any]]) -> None:
        moment = "date" if self.interval == DAILY else "timestamp"
        types = ["int", moment, *["float8"] * len(_PRICES), "bigint", *(["float8"] if self.interval == DAILY else [])]
        names = ", ".join(f"c{place}" for place in range(len(types)))
        selected = names if self.interval == DAILY else names.replace("c1", "c1 AT TIME ZONE 'UTC'", 1)
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        source = f"unnest({arrays}) AS bars({names})"
        statement = f"{self.into} SELECT {selected}, {self._markers} FROM {source} {self.conflict}"
        session.connection().exec_driver_sql(statement, (*self._constants, *columns))

    @property
    def _constants(self) -> tuple[Any, ...]:
        shared = (self.source.value, self.now, self.now)
        return shared if self.interval == DAILY else (*shared, self.interval)

    @property
    def _markers(self) -> str:
        return "%s, %s::timestamptz, %s::timestamptz" + ("" if self.interval == DAILY else ", %s::int")
