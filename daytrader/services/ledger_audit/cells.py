"""Cells of the database as they are: read into exact integers, moments and enum members, or refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Enum,
    Float,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    select,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from daytrader.models.base import Exact, UtcDateTime, moment_of

Read = Callable[[Any], Any]

_LARGEST_EXACT: Final = 2**53
_DRIFT: Final = 1e-3
"""How far from a whole unit of its scale an exact decimal may be as SQLite stores it."""


class _MomentText(FunctionElement[Any]):
    """The text of a moment as SQLite keeps it: in UTC, without a zone."""

    inherit_cache = True
    type = NullType()


@compiles(_MomentText)
def _as_it_stands(element: _MomentText, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS TEXT)"


@compiles(_MomentText, "postgresql")
def _in_utc(element: _MomentText, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC' AS TEXT)"


def raw(table: Table, names: Mapping[str, Read]) -> Select[Any]:
    """Return the query of these columns as the driver gives them: no type of ours reads, and so none refuses."""
    return select(*(as_given(table.c[name]).label(name) for name in names))


def as_given(column: Any) -> Any:
    """Return *column* as the driver gives it; moments as text, for PostgreSQL has some that no driver can read."""
    return _MomentText(column) if isinstance(column.type, UtcDateTime) else type_coerce(column, NullType())


def readers(table: Table, left_out: frozenset[str]) -> dict[str, Read]:
    """Return how each column of *table* is read; a reader raises `ValueError` in words."""
    return {column.name: _reader(column) for column in table.columns if column.name not in left_out}


def _reader(column: Column[Any]) -> Read:
    read = _by_type(column.type)
    is_nullable = column.nullable

    def reader(value: Any) -> Any:
        if value is None:
            if is_nullable:
                return None
            raise ValueError("is missing")
        return read(value)

    return reader


def _by_type(kind: Any) -> Read:
    if isinstance(kind, Exact):
        return _exact(kind.scale)
    if isinstance(kind, Enum):
        return _member({member.value: member for member in kind.enum_class or ()})
    for of, read in _READ.items():
        if isinstance(kind, of):
            return read
    raise TypeError(f"{kind!r} has no reader")


def _exact(scale: int) -> Read:
    factor = 10**scale

    def read(value: Any) -> int:
        """Return whole units of the scale: cents of money, micros of prices."""
        try:
            is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
            exact = value * factor if is_number else None
            units: int | None = None if exact is None else round(exact)
        except (ValueError, OverflowError, InvalidOperation):  # not finite
            units = None
        if exact is None or units is None or abs(units) > _LARGEST_EXACT:
            raise ValueError("is no number")
        if abs(float(exact) - units) > _DRIFT:
            raise ValueError(f"has more than {scale} decimals")
        return units

    return read


def _member(members: Mapping[str, Any]) -> Read:
    def read(value: Any) -> Any:
        found = members.get(value) if isinstance(value, str) else None
        if found is None:
            raise ValueError(f"is none of {', '.join(members)}")
        return found

    return read


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("is no whole number")
    return value


def _measure(value: Any) -> float:
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
        raise ValueError("is no number")
    return float(value)


def _content(value: Any) -> bytes:
    if not isinstance(value, bytes | memoryview):
        raise ValueError("is no content")
    return bytes(value)


def _truth(value: Any) -> bool:
    if value not in (0, 1) or not isinstance(value, int):
        raise ValueError("is neither true nor false")
    return bool(value)


def _words(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is no text")
    return value


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("is no moment")
    try:
        return moment_of(value)
    except ValueError:
        pass
    try:
        zone = datetime.fromisoformat(value).tzinfo
    except ValueError:
        zone = None
    raise ValueError("is no moment" if zone is None else "is no moment in UTC without a zone")


def _day(value: Any) -> date:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise ValueError("is no date") from None
    if not isinstance(value, date):
        raise ValueError("is no date")
    return value


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("is no JSON") from None


_READ: Final[Mapping[type, Read]] = {
    UtcDateTime: _moment,
    Date: _day,
    Boolean: _truth,
    Integer: _whole,
    Float: _measure,
    LargeBinary: _content,
    JSON: _json,
    String: _words,
}
