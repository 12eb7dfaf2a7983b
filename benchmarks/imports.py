"""A CSV of a million daily rows: parsed, validated and upserted, beside each database's own limit and pandas."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from benchmarks.peers import Peer
from benchmarks.run import Figure
from daytrader.jobs.import_prices import ImportOptions, import_prices
from daytrader.models import Base
from daytrader.services import database
from tests.postgres import PostgresServer, running_postgres

_STOCKS, _DAYS, _REPEATS = 200, 5_000, 3
_TARGET, _PANDAS_TARGET, _COPY_TARGET = 1 / 3, 4.0, 1 / 1.5
_ROWS_A_STATEMENT = 1_000
_COLUMNS = (
    "stock_id, price_date, open_price, high_price, low_price, close_price, volume, source, created_at, updated_at"
)
_PANDAS, _PANDAS_NEEDS = "2.3.3", ("sqlalchemy==2.1.9",)
_Taken = tuple[float, float]
"""Seconds by the clock, and of the processor."""


def measure(folder: Path) -> list[Figure]:
    """Return the time of the import in turns with that of peers, on SQLite and on PostgreSQL."""
    file = folder / "million.csv"
    with file.open("w", encoding="ascii") as out:
        out.write("symbol,date,open,high,low,close,volume\n")
        for stock, day, price in _rows():
            out.write(f"S{stock},{day},{price},{price + 1},{price - 1},{price + 0.5},{1000 + stock}\n")
    with running_postgres() as server:
        return [*_on_sqlite(folder, file), *_on_postgresql(server, file)]


def _on_sqlite(folder: Path, file: Path) -> list[Figure]:
    numbers = count()

    def empty() -> Path:
        path = folder / f"{next(numbers)}.db"
        _make_tables(database.connect(f"sqlite:///{path}"))
        return path

    ours: list[_Taken] = []
    limit: list[_Taken] = []
    pandas: list[_Taken] = []
    with Peer("pandas", _PANDAS, "pandas_import.py", str(file), needs=_PANDAS_NEEDS) as peer:
        for _ in range(_REPEATS):
            path = empty()
            ours.append(_taken(_import, file, f"sqlite:///{path}"))
            _remove(path)
            path = empty()
            limit.append(_taken(_insert, path))
            _remove(path)
            path = empty()
            answer = peer.work(str(path))
            pandas.append((answer["seconds"], answer["cpu"]))
            if _kept(path) != _STOCKS * _DAYS:
                raise AssertionError("pandas did not store every row")
            _remove(path)
    work = f"CSV of {_STOCKS * _DAYS:,} daily rows, parse + validate + upsert, SQLite"
    limit_name, pandas_name = "sqlite3 multi-row VALUES", "pandas read_csv + to_sql, same tables"
    return [
        *_figures("import", work, ours, limit, (limit_name, sqlite3.sqlite_version), _TARGET),
        *_figures("import-pandas", work, ours, pandas, (pandas_name, _PANDAS), _PANDAS_TARGET),
    ]


def _on_postgresql(server: PostgresServer, file: Path) -> list[Figure]:
    ours: list[_Taken] = []
    copy: list[_Taken] = []
    for number in range(_REPEATS):
        for times, work in ((ours, partial(_import, file)), (copy, _copy)):
            with server.database(f"import_{number}") as url:
                _make_tables(database.connect(url))
                times.append(_taken(work, url))
    about = f"CSV of {_STOCKS * _DAYS:,} daily rows, parse + validate + upsert, PostgreSQL"
    by_the_clock, _ = _figures("import-postgresql", about, ours, copy, ("COPY BINARY + ON CONFLICT", ""), _COPY_TARGET)
    return [by_the_clock]  # the server's processor time is not ours to read


def _figures(
    name: str, work: str, ours: list[_Taken], theirs: list[_Taken], peer: tuple[str, str], target: float
) -> list[Figure]:
    """Return a comparison as two figures: by the clock, and by processor time."""
    found = []
    for place, (suffix, more) in enumerate((("", ""), ("-cpu", "; processor time"))):
        mine, other = (statistics.median(taken[place] for taken in times) for times in (ours, theirs))
        found.append(Figure(name + suffix, work + more, mine, other, *peer, "s", other / mine, target, None, _REPEATS))
    return found


def _taken(work: Callable[..., object], *arguments: object) -> _Taken:
    began, used = time.perf_counter(), time.process_time()
    work(*arguments)
    return time.perf_counter() - began, time.process_time() - used


def _rows() -> Iterator[tuple[int, date, float]]:
    first = date(2004, 1, 1)
    for stock in range(_STOCKS):
        for day in range(_DAYS):
            yield stock, first + timedelta(days=day), 50 + (stock * 7 + day * 13) % 400 / 4


def _make_tables(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    engine.dispose()


def _remove(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def _kept(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        found: int = connection.execute("SELECT count(*) FROM stock_daily_prices").fetchone()[0]
    return found


def _import(file: Path, url: str) -> None:
    engine = database.connect(url)
    report = import_prices(file, ImportOptions(creates_stocks=True))
    engine.dispose()
    if report.rows != _STOCKS * _DAYS or not report.is_written:
        raise AssertionError(f"only {report.rows} rows were imported")


def _copy(url: str) -> None:
    """Store the rows by COPY in the binary format and an upsert, in one transaction; they need no parsing."""
    now = "2024-01-01 00:00:00+00"
    given = "stock_id, price_date, open_price, high_price, low_price, close_price, volume"
    kinds = ["int4", "date", *["float8"] * 4, "int8"]
    places = ", ".join(f"{name} {kind}" for name, kind in zip(given.split(", "), kinds, strict=True))
    changes = ", ".join(f"{name} = excluded.{name}" for name in given.split(", ")[2:])
    with psycopg.connect(url.replace("+psycopg", "")) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO stocks (id, symbol, is_active, created_at, updated_at) VALUES (%s, %s, true, %s, %s)",
            [(number + 1, f"S{number}", now, now) for number in range(_STOCKS)],
        )
        cursor.execute(f"CREATE TEMPORARY TABLE copied ({places}) ON COMMIT DROP")
        with cursor.copy("COPY copied FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(kinds)
            for stock, day, price in _rows():
                copy.write_row((stock + 1, day, price, price + 1, price - 1, price + 0.5, 1000 + stock))
        cursor.execute(
            f"INSERT INTO stock_daily_prices ({_COLUMNS}) SELECT {given}, 'HISTORICAL', '{now}', '{now}' FROM copied "
            f"ON CONFLICT (stock_id, price_date) DO UPDATE SET {changes}"
        )


def _insert(path: Path) -> None:
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
