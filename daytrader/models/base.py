"""The declarative base every table inherits."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Final, Self

from sqlalchemy import JSON, DateTime, Dialect, Enum, Float, Integer, MetaData, Numeric, Table, TypeDecorator
from sqlalchemy.engine.processors import to_float
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from daytrader.utils.current_datetime import get_current_datetime, iso_utc
from daytrader.utils.errors import InvalidInputError


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware and UTC in Python on every database. SQLite would otherwise forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; a moment without a zone is refused, never guessed."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise InvalidInputError({"datetime": ["must say its time zone"]})
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002 (SQLAlchemy's signature)
        """Return what makes an aware moment of a stored value: SQLite's text, or a moment in the session's zone."""
        return _of_text if dialect.name == "sqlite" else _of_moment


def moment_of(text: str) -> datetime:
    """
    Return the moment that SQLite keeps as *text*, in UTC and without a zone.

    Raises:
        ValueError: If it is none. One that says its zone is refused, too: texts are compared and sorted as they stand.
    """
    # Read with its zone at once: to give it one afterwards takes five times as long, and a page has sixty.
    return datetime.fromisoformat(text + "Z")


def _of_text(value: str | None) -> datetime | None:
    return None if value is None else moment_of(value)


def _of_moment(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


class Nearest(TypeDecorator[float]):
    """What JSON shows of an `Exact` column: the double nearest to its decimal; only read, never written."""

    impl = Float
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], float | None]:  # noqa: ARG002 (SQLAlchemy's signature)
        """Return what makes that double of a stored value: SQLite has whole numbers as integers."""
        convert: Callable[[Any], float | None] = to_float
        return convert


class Measured(Float[float]):
    """A number that is read as one: SQLite keeps any text in its place, and Float would hand it on."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], float | None]:  # noqa: ARG002 (SQLAlchemy's signature)
        """Return what makes a float of a stored value."""
        return lambda value: None if value is None else float(value)


class Exact(TypeDecorator[Decimal]):
    """
    A decimal of fixed scale, exact on every database.

    SQLite stores numbers as IEEE doubles; below 2**53 units of the scale (the bounds in ``utils.constants`` see to
    that) the nearest double reads back as the same decimal.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale
        self.nearest = Nearest(53)
        self._quantum = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Read plain doubles from SQLite: its driver knows no decimal."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Numeric(self.precision, self.scale, asdecimal=False))
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Round half up to the scale, the one rounding of this project."""
        if value is None:
            return None
        exact = Decimal(value).quantize(self._quantum, ROUND_HALF_UP)
        return float(exact) if dialect.name == "sqlite" else exact

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Decimal | None]:  # noqa: ARG002 (SQLAlchemy's signature)
        """Return what makes the decimal at the column's scale of a stored value; a page of a list has hundreds."""
        quantum = self._quantum

        def read(value: Any) -> Decimal | None:
            return None if value is None else _decimal(value + 0, quantum)  # no sign on a zero

        return read


@lru_cache(maxsize=65_536)
def _decimal(value: float | Decimal, quantum: Decimal) -> Decimal:
    # Rows repeat their limits, fees and round sums: most are read from here, and a decimal never changes.
    return Decimal(str(value)).quantize(quantum, ROUND_HALF_UP)


Money = Annotated[Decimal, mapped_column(Exact(18, 2))]
"""Cash in exact cents, and the specification's other Numeric(18,2) columns."""

Price = Annotated[Decimal, mapped_column(Exact(18, 6))]
"""A fill or a level, to a millionth of the currency unit."""


class Base(DeclarativeBase):
    """Primary key, timestamps and conversion from and to plain dictionaries."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        Decimal: Exact(18, 2),
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        # VARCHAR(20) holding the value, read back as the enum member.
        enum.StrEnum: Enum(
            enum.StrEnum,
            native_enum=False,
            create_constraint=False,
            length=20,
            values_callable=lambda members: [member.value for member in members],
        ),
    }
    private_columns: ClassVar[frozenset[str]] = frozenset()
    """Columns that never leave the model: secrets."""
    read_only_columns: ClassVar[frozenset[str]] = frozenset({"id", "created_at", "updated_at"})
    """Columns that ``update_from_dict`` and ``from_dict`` refuse."""

    @classmethod
    def __table_cls__(cls, *arguments: Any, **options: Any) -> Table:
        """
        Make the table of a model, with ids that are never given twice.

        SQLite alone would give a new row the id of a deleted one: whoever still knows the old one by its id, a socket
        or a link, would meet the new one.
        """
        return Table(*arguments, sqlite_autoincrement=True, **options)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(default=get_current_datetime, sort_order=100)
    updated_at: Mapped[datetime] = mapped_column(
        default=get_current_datetime, onupdate=get_current_datetime, sort_order=101
    )

    def to_dict(self) -> dict[str, Any]:
        """Return the public columns by name, as Python values; secrets are left out."""
        return {
            attribute.key: getattr(self, attribute.key)
            for attribute in self.__mapper__.column_attrs
            if attribute.key not in self.private_columns
        }

    def to_json(self) -> str:
        """Return ``to_dict`` as JSON: money as numbers, moments as ISO 8601 UTC."""
        return json.dumps(json_ready(self.to_dict()))

    def update_from_dict(self, values: Mapping[str, Any]) -> Self:
        """
        Set the given columns, each through its validator.

        Raises:
            InvalidInputError: If a name is unknown or read-only, before anything is set, or if a value is refused.
        """
        writable = {a.key for a in self.__mapper__.column_attrs} - self.read_only_columns - self.private_columns
        refused = {name: ["is read-only or unknown"] for name in values if name not in writable}
        if refused:
            raise InvalidInputError(refused)
        for name, value in values.items():
            setattr(self, name, value)
        return self

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """
        Return a new instance with the given columns.

        Raises:
            InvalidInputError: As ``update_from_dict`` does.
        """
        return cls().update_from_dict(values)


def json_ready(value: Any) -> Any:
    """Return *value* with money as numbers, moments as ISO 8601 UTC and everything else as JSON has it."""
    if isinstance(value, Mapping):
        return {key: json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    for kind, convert in _JSON_FORMS:
        if isinstance(value, kind):
            return convert(value)
    return value


_JSON_FORMS: Final[tuple[tuple[type, Callable[[Any], Any]], ...]] = (
    (Decimal, float),
    (datetime, iso_utc),  # before date, which a datetime is too
    (date, date.isoformat),
    (enum.Enum, lambda member: member.value),
)
