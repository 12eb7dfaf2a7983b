"""Bars into PostgreSQL by COPY in its binary format: whole columns become bytes, no row is ever a Python object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection

_EPOCH: Final = 946_684_800  # PostgreSQL counts from 2000-01-01
_DAY: Final = 86_400
_MICROSECONDS: Final = 1_000_000
# https://www.postgresql.org/docs/current/sql-copy.html, binary format: signature, flags, length of an extension.
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_NUMBERS: Final = ("open_price", "high_price", "low_price", "close_price", "volume", "adj_close")


def copy_in(connection: Connection, columns: Sequence[Any], *, is_daily: bool) -> None:
    """
    Put rows into the temporary `table` and nothing else; it is gone when the transaction ends.

    Args:
        connection: In a transaction, through psycopg.
        columns: Stock id, epoch seconds UTC, opens, highs, lows, closes, volumes and adjusted closes, each of shape
            (n,); of the last two NaN where unknown.
        is_daily: Whether the times are dates.
    """
    name = table(is_daily=is_daily)
    kinds = "stock_id int, moment " + ("date" if is_daily else "timestamptz")
    numbers = ", ".join(f"{column} float8" for column in _NUMBERS)
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({kinds}, {numbers}) ON COMMIT DROP")
    connection.exec_driver_sql(f"TRUNCATE {name}")
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN (FORMAT binary)") as copy:
        copy.write(_HEADER + _packed(columns, is_daily=is_daily) + _TRAILER)


def table(*, is_daily: bool) -> str:
    """Return the temporary table that holds the rows of the last `copy_in` of a transaction."""
    return "daily_bars_copied" if is_daily else "intraday_bars_copied"


def selected(*, is_daily: bool) -> str:
    """Return what of the `table` is stored, in the models' order: NaN stands for null, which is of another width."""
    prices = ", ".join(_NUMBERS[:4])
    adj_close = ", NULLIF(adj_close, 'NaN')" if is_daily else ""
    return f"stock_id, moment, {prices}, NULLIF(volume, 'NaN')::bigint{adj_close}"


def _packed(columns: Sequence[Any], *, is_daily: bool) -> bytes:
    """Return the rows as the server reads them: the number of fields, then each with its length before it."""
    kinds = (">i4", ">i4" if is_daily else ">i8", *[">f8"] * len(_NUMBERS))
    fields = [("fields", ">i2")]
    for place, kind in enumerate(kinds):
        fields += [(f"length{place}", ">i4"), (f"value{place}", kind)]
    rows = np.empty(len(columns[0]), fields)
    rows["fields"] = len(kinds)
    since = columns[1] - _EPOCH
    values = (columns[0], since // _DAY if is_daily else since * _MICROSECONDS, *columns[2:])
    for place, column in enumerate(values):
        rows[f"length{place}"] = rows.dtype[f"value{place}"].itemsize
        rows[f"value{place}"] = column
    return rows.tobytes()
