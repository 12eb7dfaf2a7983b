"""A CSV of a million daily rows: parsed, validated and upserted, beside each database's own limit and pandas."""

from __future__ import annotations

import json
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from itertools import chain, count, islice
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from benchmarks.peers import Peer
from benchmarks.run import Figure, absolute
from daytrader.jobs.import_prices import import_prices
from daytrader.jobs.import_report import ImportOptions
from daytrader.models import Base
from daytrader.services import database
from tests.postgres import PostgresServer, running_postgres

_STOCKS, _DAYS, _REPEATS = 200, 5_000, 3
_FEW_STOCKS = 20
_TARGET, _PANDAS_TARGET, _COPY_TARGET = 1 / 3, 4.0, 1 / 1.5
_ROWS_A_STATEMENT = 1_000
_COLUMNS = (
    "stock_id, price_date, open_price, high_price, low_price, close_price, volume, source, created_at, updated_at"
)
_PANDAS, _PANDAS_NEEDS = "2.3.3", ("sqlalchemy==2.1.9",)
_NOW = "2024-01-01 00:00:00.000000"
_GROWTH: Sequence[tuple[int, float]] = ((2, 0.5), (20, 1.5), (200, 10.0))
"""Numbers of stocks, and in how many seconds their rows should be in."""
_IMPORT_ALONE = """
import json, sys, time
from pathlib import Path
from benchmarks.memory import peak
from daytrader.jobs.import_prices import import_prices
from daytrader.jobs.import_report import ImportOptions
from daytrader.services import database
engine = database.connect(sys.argv[2])
before = peak()
began = time.perf_counter()
rows = import_prices(Path(sys.argv[1]), ImportOptions(creates_stocks=True)).rows
seconds = time.perf_counter() - began
engine.dispose()
print(json.dumps(dict(seconds=seconds, rows=rows, base=before, peak=peak())))
"""
_Row = tuple[int, date, float, float, float, float, int]
"""Stock (from 0), day, open, high, low, close, volume."""
_Taken = tuple[float, float]
"""Seconds by the clock, and of the processor."""


def measure(folder: Path) -> list[Figure]:
    """Return the time of the import in turns with that of peers, on SQLite and on PostgreSQL, and how it grows."""
    file = _written(folder / "million.csv", _STOCKS)
    with running_postgres() as server:
        return [*_grown(folder), *_on_sqlite(folder, file), *_on_postgresql(server, file)]


def _written(file: Path, stocks: int) -> Path:
    with file.open("w", encoding="ascii") as out:
        out.write("symbol,date,open,high,low,close,volume\n")
        out.writelines(f"S{stock},{','.join(map(str, cells))}\n" for stock, *cells in _rows(stocks))
    return file


def _grown(folder: Path) -> list[Figure]:
    """Return the time of imports of several sizes, each in a process of its own whose memory is told."""
    figures = []
    for stocks, target in _GROWTH:
        file, path = _written(folder / "growing.csv", stocks), folder / "growing.db"
        _make_tables(database.connect(f"sqlite:///{path}"))
        words = [sys.executable, "-c", _IMPORT_ALONE, str(file), f"sqlite:///{path}"]
        told = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        _remove(path)
        if told["rows"] != stocks * _DAYS:
            raise AssertionError(f"only {told['rows']} rows were imported")
        work = (
            f"CSV of {told['rows']:,} daily rows into a new SQLite database; peak memory {told['peak']:,.0f} MiB, "
            f"{told['base']:,.0f} MiB before"
        )
        figures.append(absolute(f"import-{told['rows']}", work, told["seconds"], target, 1))
    return figures


def _on_sqlite(folder: Path, file: Path) -> list[Figure]:
    statements = [_values(chunk) for chunk in _chunks(_rows(_STOCKS))]
    numbers = count()

    def empty() -> Path:
        path = folder / f"{next(numbers)}.db"
        _make_tables(database.connect(f"sqlite:///{path}"))
        return path

    files = {_FEW_STOCKS: _written(folder / "few.csv", _FEW_STOCKS), _STOCKS: file}
    with Peer("pandas", _PANDAS, "pandas_import.py", needs=_PANDAS_NEEDS) as peer:

        def by_pandas(stocks: int, path: Path) -> _Taken:
            answer = peer.work(f"{files[stocks]}\t{path}")
            return answer["seconds"], answer["cpu"]

        ways: Mapping[str, Callable[[int, Path], _Taken]] = {
            "ours": lambda stocks, path: _taken(_import, files[stocks], stocks * _DAYS, f"sqlite:///{path}"),
            "limit": lambda stocks, path: _taken(_insert, path, statements[: stocks * _DAYS // _ROWS_A_STATEMENT]),
            "pandas": by_pandas,
        }
        taken: dict[str, list[_Taken]] = {name: [] for name in ways}
        for _ in range(_REPEATS):
            for name, store in ways.items():
                # A few before all: a virtual machine takes back the memory of who is idle while the others work.
                for stocks in (_FEW_STOCKS, _STOCKS):
                    path = empty()
                    found = store(stocks, path)
                    if _kept(path) != stocks * _DAYS:
                        raise AssertionError(f"{name} did not store every row")
                    _remove(path)
                taken[name].append(found)
    work = f"CSV of {_STOCKS * _DAYS:,} daily rows, parse + validate + upsert, SQLite"
    limit_name, pandas_name = "sqlite3 multi-row VALUES", "pandas read_csv + to_sql, same tables"
    return [
        *_figures("import", work, taken["ours"], taken["limit"], (limit_name, sqlite3.sqlite_version), _TARGET),
        *_figures("import-pandas", work, taken["ours"], taken["pandas"], (pandas_name, _PANDAS), _PANDAS_TARGET),
    ]


def _on_postgresql(server: PostgresServer, file: Path) -> list[Figure]:
    rows = list(_rows(_STOCKS))
    ours: list[_Taken] = []
    copy: list[_Taken] = []
    for number in range(_REPEATS):
        for times, work in ((ours, partial(_import, file, _STOCKS * _DAYS)), (copy, partial(_copy, rows))):
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


def _rows(stocks: int) -> Iterator[_Row]:
    first = date(2004, 1, 1)
    for stock in range(stocks):
        for day in range(_DAYS):
            price = 50 + (stock * 7 + day * 13) % 400 / 4
            yield stock, first + timedelta(days=day), price, price + 1, price - 1, price + 0.5, 1000 + stock


def _chunks(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    while chunk := list(islice(rows, _ROWS_A_STATEMENT)):
        yield chunk


def _values(chunk: list[_Row]) -> list[object]:
    """Return what one statement of many rows is given."""
    return list(chain.from_iterable((stock + 1, str(day), *cells, _NOW, _NOW) for stock, day, *cells in chunk))


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


def _import(file: Path, rows: int, url: str) -> None:
    engine = database.connect(url)
    report = import_prices(file, ImportOptions(creates_stocks=True))
    engine.dispose()
    if report.rows != rows or not report.is_written:
        raise AssertionError(f"only {report.rows} rows were imported")


def _copy(rows: list[_Row], url: str) -> None:
    """Store *rows*, which need no parsing, by COPY in the binary format and an upsert, in one transaction."""
    now = f"{_NOW}+00"
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
            for stock, *cells in rows:
                copy.write_row((stock + 1, *cells))
        cursor.execute(
            f"INSERT INTO stock_daily_prices ({_COLUMNS}) SELECT {given}, 'HISTORICAL', '{now}', '{now}' FROM copied "
            f"ON CONFLICT (stock_id, price_date) DO UPDATE SET {changes}"
        )


def _insert(path: Path, statements: list[list[object]]) -> None:
    """Store rows, which need no parsing, by one statement for each part of *statements*, in one transaction."""
    one = "(?, ?, ?, ?, ?, ?, ?, 'HISTORICAL', ?, ?)"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        stocks = ((number + 1, f"S{number}", True, _NOW, _NOW) for number in range(_STOCKS))
        connection.executemany(
            "INSERT INTO stocks (id, symbol, is_active, created_at, updated_at) VALUES (?, ?, ?, ?, ?)", stocks
        )
        places = ", ".join([one] * _ROWS_A_STATEMENT)
        for values in statements:
            connection.execute(f"INSERT INTO stock_daily_prices ({_COLUMNS}) VALUES {places}", values)
        connection.commit()
