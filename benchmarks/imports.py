"""A CSV of a million daily rows: parsed, validated and upserted, beside SQLite's own limit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from benchmarks.run import Figure, median_seconds
from daytrader.jobs.import_prices import ImportOptions, import_prices
from daytrader.models import Base
from daytrader.services import database

_STOCKS, _DAYS, _REPEATS = 200, 5_000, 3
_TARGET = 1 / 3
_ROWS_A_STATEMENT = 1_000
_COLUMNS = (
    "stock_id, price_date, open_price, high_price, low_price, close_price, volume, source, created_at, updated_at"
)


def measure(folder: Path) -> list[Figure]:
    """Return the time of the import, and of multi-row VALUES of the same rows that need no parsing."""
    file = folder / "million.csv"
    with file.open("w", encoding="ascii") as out:
        out.write("symbol,date,open,high,low,close,volume\n")
        for stock, day, price in _rows():
            out.write(f"S{stock},{day},{price},{price + 1},{price - 1},{price + 0.5},{1000 + stock}\n")
    databases = (folder / f"{number}.db" for number in range(2 * _REPEATS))
    ours = median_seconds(lambda: _import(file, next(databases)), _REPEATS)
    peer = median_seconds(lambda: _insert(next(databases)), _REPEATS)
    work = f"CSV of {_STOCKS * _DAYS:,} daily rows, parse + validate + upsert, SQLite"
    version = sqlite3.sqlite_version
    return [
        Figure(
            "import", work, ours, peer, "sqlite3 multi-row VALUES", version, "s", peer / ours, _TARGET, None, _REPEATS
        )
    ]


def _rows() -> Iterator[tuple[int, date, float]]:
    first = date(2004, 1, 1)
    for stock in range(_STOCKS):
        for day in range(_DAYS):
            yield stock, first + timedelta(days=day), 50 + (stock * 7 + day * 13) % 400 / 4


def _empty(path: Path) -> None:
    engine = database.connect(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    engine.dispose()


def _import(file: Path, path: Path) -> None:
    _empty(path)
    engine = database.connect(f"sqlite:///{path}")
    report = import_prices(file, ImportOptions(creates_stocks=True))
    engine.dispose()
    if report.rows != _STOCKS * _DAYS or not report.is_written:
        raise AssertionError(f"only {report.rows} rows were imported")


def _insert(path: Path) -> None:
    _empty(path)
    now = "2024-01-01 00:00:00.000000"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        stocks = ((number + 1, f"S{number}", True, now, now) for number in range(_STOCKS))
        connection.executemany(
            "INSERT INTO stocks (id, symbol, is_active, created_at, updated_at) VALUES (?, ?, ?, ?, ?)", stocks
        )
        one = "(?, ?, ?, ?, ?, ?, ?, 'HISTORICAL', ?, ?)"
        rows = _rows()
        while chunk := list(islice(rows, _ROWS_A_STATEMENT)):
            values = [
                value
                for stock, day, price in chunk
                for value in (
                    stock + 1,
                    day.isoformat(),
                    price,
                    price + 1,
                    price - 1,
                    price + 0.5,
                    1000 + stock,
                    now,
                    now,
                )
            ]
            places = ", ".join([one] * len(chunk))
            connection.execute(f"INSERT INTO stock_daily_prices ({_COLUMNS}) VALUES {places}", values)
        connection.commit()
