"""Many rows at once: ids reserved before, values as the driver takes them, one statement run for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Table

_SEQUENCES: Final = "sqlite_sequence"
"""Where SQLite keeps the highest id that each table ever gave."""


def reserve_ids(connection: Connection, table: Table, count: int) -> Sequence[int]:
    """Return *count* rising ids of *table* that nobody else is given: for rows that are told of as they are stored."""
    if connection.dialect.name != "sqlite":
        query = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
        return sorted(connection.exec_driver_sql(query, (table.name, count)).scalars())
    # The transaction holds the only write lock there is.
    raise_ = f"UPDATE {_SEQUENCES} SET seq = seq + ? WHERE name = ? RETURNING seq"
    last = connection.exec_driver_sql(raise_, (count, table.name)).scalar()
    if last is None:
        connection.exec_driver_sql(f"INSERT INTO {_SEQUENCES} (name, seq) VALUES (?, ?)", (table.name, count))
        last = count
    return range(last - count + 1, last + 1)


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert *rows*, whose values are in the order of *columns* and as `driver_value` gives them."""
    connection.exec_driver_sql(_statement(table, tuple(columns), connection.dialect.name), [tuple(row) for row in rows])


def driver_value(connection: Connection, table: Table, column: str, value: object) -> Any:
    """Return *value* as the driver takes it for *column*."""
    kind = table.c[column].type.dialect_impl(connection.dialect)
    process = kind.bind_processor(connection.dialect)
    return value if process is None else process(value)


@cache
def _statement(table: Table, columns: tuple[str, ...], dialect: str) -> str:
    place = "?" if dialect == "sqlite" else "%s"
    names = ", ".join(columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join([place] * len(columns))})"
