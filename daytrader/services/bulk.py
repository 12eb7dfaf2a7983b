"""Many rows at once: ids reserved before, values as the driver takes them, one statement run for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Connection, Table
from sqlalchemy.orm import Session

from daytrader.models.base import Base
from daytrader.services import known_ahead

_SEQUENCES: Final = "sqlite_sequence"
"""Where SQLite keeps the highest id that each table ever gave."""
_RESERVED: Final = "ids that are reserved"


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


def reserve(session: Session, model: type[Base], count: int) -> None:
    """
    Reserve *count* ids of *model* in place of those that are left: rows that have theirs are stored many at once.

    One that is not used is never given again.
    """
    ids = reserve_ids(session.connection(), cast("Table", model.__table__), count) if count else ()
    known_ahead.of(session, _RESERVED)[model] = iter(ids)


def next_id(session: Session, model: type[Base]) -> int | None:
    """Return an id that was reserved for *model*, None when there is none left: the database gives one, then."""
    ids: Iterator[int] = known_ahead.of(session, _RESERVED).get(model, iter(()))
    return next(ids, None)


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
