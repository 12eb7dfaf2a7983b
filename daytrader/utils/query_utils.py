"""Lists that can be filtered, sorted and paged by what their columns are."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Float, TypeDecorator, and_, literal, or_, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from daytrader.utils import query_values, validators
from daytrader.utils.errors import BrokenRuleError, InvalidInputError
from daytrader.utils.list_pages import ListQuery, Page, Reader, read_cursor

__all__ = ["DEFAULT_PAGE_SIZE", "MAX_PAGE_SIZE", "PAGING", "ListQuery", "Listing", "Page"]

DEFAULT_PAGE_SIZE: Final = 20
MAX_PAGE_SIZE: Final = 100
_MAX_PAGE: Final = 10**15
PAGING: Final = ("page", "page_size", "sort", "order", "cursor")

_SUFFIXES: Final[Mapping[type, tuple[str, ...]]] = {
    bool: (),
    int: ("_min", "_max"),
    float: ("_min", "_max"),
    Decimal: ("_min", "_max"),
    datetime: ("_after", "_before"),
    date: ("_after", "_before"),
    str: ("_like",),
    Enum: (),
}
_ALL_SUFFIXES: Final = ("", "_min", "_max", "_after", "_before", "_like")
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "": operator.eq,
    "_min": operator.ge,
    "_after": operator.ge,
    "_max": operator.le,
    "_before": operator.le,
    "_until": operator.lt,
}


@dataclass(frozen=True)
class Listing:
    """
    What one kind of list shows and what may be asked of it.

    Attributes:
        model: The table whose rows are listed.
        columns: What is shown and may be filtered and sorted by, by name.
        shown: Expressions that are shown only: derived in SQL, or no single value.
        derived: Properties of the model that are computed from the columns.
        aliases: Other names of a column, or of a whole filter (``start`` for ``price_date_after``).
        joins: Tables that the columns need beside the model's, each by foreign key.
        is_computing: Whether *derived* properties compute with the columns; where they compare at most, exact decimals
            are read as what JSON shows of them, the nearest doubles.
        uppercase: Text columns whose values are stored in capitals.
        constants: Filters that no column stands behind, as every row has the same: the words for it, by name.
    """

    model: type[Any]
    columns: Mapping[str, InstrumentedAttribute[Any]]
    shown: Mapping[str, Any] = field(default_factory=dict)
    derived: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    joins: tuple[type[Any], ...] = ()
    is_computing: bool = True
    uppercase: frozenset[str] = frozenset({"symbol", "stock_symbol"})
    constants: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        model: type[Any],
        *,
        extra: Mapping[str, InstrumentedAttribute[Any]] | None = None,
        shown: Mapping[str, Any] | None = None,
        derived: Iterable[str] = (),
        aliases: Mapping[str, str] | None = None,
        joins: tuple[type[Any], ...] = (),
        is_computing: bool = True,
        constants: Mapping[str, Sequence[str]] | None = None,
    ) -> Listing:
        """Return a listing of every public column of *model*; what SQL derives (*shown*) is not computed again."""
        names = [a.key for a in model.__mapper__.column_attrs if a.key not in model.private_columns]
        single = {name: getattr(model, name) for name in names if _kind_of(getattr(model, name)) is not None}
        several = {name: getattr(model, name) for name in names if name not in single}
        shown = several | dict(shown or {})
        return cls(
            model=model,
            columns=single | dict(extra or {}),
            shown=shown,
            derived=tuple(name for name in derived if name not in shown),
            aliases=aliases or {},
            joins=joins,
            is_computing=is_computing,
            constants=constants or {},
        )

    @cached_property
    def filters(self) -> dict[str, type]:
        """Return every filter there is, aliases included, with the type of its value."""
        found: dict[str, type] = dict.fromkeys(self.constants, str)
        for name, column in self.columns.items():
            kind = _kind_of(column)
            assert kind is not None  # `of` keeps only columns of a kind
            found |= dict.fromkeys([name, *(name + suffix for suffix in _SUFFIXES[_family(kind)])], kind)
        for alias, target in self.aliases.items():
            found |= {alias + suffix: found[target + suffix] for suffix in _ALL_SUFFIXES if target + suffix in found}
        return found

    def parse(self, arguments: Mapping[str, str]) -> ListQuery:
        """
        Return the query that the *arguments* of an address spell.

        Raises:
            InvalidInputError: Naming each unknown argument with what is allowed, and each value that does not fit.
        """
        wrong: dict[str, list[str]] = {}
        known = self.filters
        conditions = []
        for name, value in arguments.items():
            if name in PAGING:
                continue
            if name not in known:
                wrong[name] = [f"unknown filter, allowed: {', '.join(sorted(known))}"]
                continue
            try:
                conditions.append(self._condition(name, known[name], value))
            except BrokenRuleError as error:
                wrong[name] = [str(error)]
        values: dict[str, Any] = {}
        for name, rule in self._paging_rules().items():
            try:
                values[name] = rule(arguments[name]) if name in arguments else None
            except BrokenRuleError as error:
                wrong[name] = [str(error)]
        cursor = arguments.get("cursor")
        if cursor is not None and "page" in arguments:
            wrong["cursor"] = ["a page is asked for by number or by cursor, not both"]
        if wrong:
            raise InvalidInputError(wrong)
        sort, order = values["sort"] or "id", values["order"] or "asc"
        return ListQuery(
            tuple(conditions),
            sort,
            order,
            self._order_by(sort, order),
            values["page"] or 1,
            values["page_size"] or DEFAULT_PAGE_SIZE,
            cursor,
            validators.checked("cursor", lambda text: self._after(sort, order, text), cursor) if cursor else None,
        )

    def fetch(self, session: Session, query: ListQuery, *scope: ColumnElement[bool], **bound: object) -> Page:
        """
        Return the page of *query* among the rows within *scope*.

        With *bound*, values of the parameters in *scope*, the scope's expressions must be the same objects each time:
        statements without conditions are then built once and kept.
        """
        return self._reader.fetch(session, query, scope, bound)

    def following(self, query: ListQuery, page: Page) -> ListQuery | None:
        """Return the query of what follows *page*, which *query* asked for by cursor; None after the last."""
        if page.next_cursor is None:
            return None
        after = self._after(query.sort, query.order, page.next_cursor)
        return replace(query, cursor=page.next_cursor, after=after)

    def _after(self, sort: str, order: str, cursor: str) -> ColumnElement[bool]:
        """Return the condition of the rows behind *cursor*: the order's own, with nulls last and ties broken on id."""
        try:
            of_sort, of_order, text, last_id = read_cursor(cursor)
            column: ColumnElement[Any] = self.columns[sort].expression
            kind = _kind_of(self.columns[sort])
            assert kind is not None
            value = None if text is None else self._bound(kind, query_values.parse(kind, text))
            if (of_sort, of_order) != (sort, order) or type(last_id) is not int or not 0 <= last_id < 2**31:
                raise BrokenRuleError("is of another list")
        except (ValueError, TypeError, AttributeError, RecursionError, BrokenRuleError):
            raise BrokenRuleError("must be the next_cursor of the same list in the same order") from None
        later = self.columns["id"] > last_id
        if value is None:
            return and_(column.is_(None), later)
        beyond: ColumnElement[bool] = column > value if order == "asc" else column < value
        return or_(beyond, and_(column == value, later), column.is_(None))

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self.model, self.columns, self.shown, self.derived, self.joins, is_computing=self.is_computing)

    def resolve(self, name: str) -> tuple[str, str]:
        """Return the column's name and the suffix of the filter *name*, an alias or not."""
        for alias, target in self.aliases.items():
            if name.startswith(alias) and name.removeprefix(alias) in _ALL_SUFFIXES:
                name = target + name.removeprefix(alias)
                break
        if name in self.columns or name in self.constants:
            return name, ""
        base, _, suffix = name.rpartition("_")
        return base, f"_{suffix}"

    def _condition(self, name: str, kind: type, text: str) -> ColumnElement[bool]:
        column_name, suffix = self.resolve(name)
        if name in self.constants:
            query_values.choice(text, self.constants[name])
            return true()
        column: ColumnElement[Any] = self.columns[column_name].expression
        if suffix == "_like":
            return column.icontains(query_values.text(text), autoescape=True)
        value = query_values.parse(kind, text)
        if suffix == "_before" and kind is datetime and query_values.is_date(text):
            suffix, value = "_until", value + timedelta(days=1)  # a day is included to its end
        if isinstance(value, str) and column_name in self.uppercase:
            value = value.upper()
        compare = _COMPARISONS[suffix]
        condition: ColumnElement[bool] = compare(column, self._bound(kind, value))
        return condition

    @staticmethod
    def _bound(kind: type, value: Any) -> Any:
        """Return *value* bound as what it is: the column's type would round it to its scale, or find it too large."""
        if isinstance(value, float | Decimal):
            return literal(float(value), Float(53))
        if isinstance(value, bool):
            return literal(value)
        return literal(value, BigInteger()) if kind is int else value

    def _paging_rules(self) -> dict[str, Callable[[str], Any]]:
        return {
            "page": lambda text: query_values.whole(text, 1, _MAX_PAGE),
            "page_size": lambda text: query_values.whole(text, 1, MAX_PAGE_SIZE),
            "sort": lambda text: query_values.choice(self.aliases.get(text, text), self.columns),
            "order": lambda text: query_values.choice(text.lower(), ("asc", "desc")),
        }

    def _order_by(self, name: str, order: str) -> tuple[ColumnElement[Any], ...]:
        known = self._orders.get((name, order))
        if known is None:
            wanted = self.columns[name]
            # Ties break on id, so pages never overlap; nulls stand last on every database.
            first = wanted.desc() if order == "desc" else wanted.asc()
            known = self._orders[name, order] = (
                first.nulls_last() if wanted.expression.nullable else first,  # an index has no such order on SQLite
                self.columns["id"].asc(),
            )
        return known

    @cached_property
    def _orders(self) -> dict[tuple[str, str], tuple[ColumnElement[Any], ...]]:
        return {}


def _kind_of(column: InstrumentedAttribute[Any]) -> type | None:
    """Return the Python type of the column's values, None if they are no single comparable value."""
    enum_class: type[Enum] | None = getattr(column.type, "enum_class", None)
    if enum_class is not None:
        return enum_class
    plain = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    kind = plain.python_type
    return kind if _family(kind) in _SUFFIXES else None


def _family(kind: type) -> type:
    return Enum if issubclass(kind, Enum) else kind
