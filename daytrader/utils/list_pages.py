"""Pages of lists, read as columns and never as models; a cursor says behind which item a page begins."""

from __future__ import annotations

import base64
import inspect
import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from daytrader.utils.kept_statements import KeptStatement

Judge = Callable[[Session, type[Any], Sequence[int]], Mapping[int, str]]
"""Returns those of a model's rows, by id, that cannot be read, each with what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Page:
    """
    Some items of a list, and where they stand in it.

    Attributes:
        page: From 1, None for a page that was asked for by cursor; *total_items* is then not counted either.
        next_cursor: Of such a page: asks for the items that follow, None after the last.
        unreadable: Of a page that was judged: what would stand on it but cannot be read, by id, with what is wrong.
    """

    items: Sequence[Any]
    page: int | None
    page_size: int
    total_items: int | None
    next_cursor: str | None = None
    unreadable: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """
    What a caller asks of a list: conditions, an order that never ties, and a page (from 1).

    With a *cursor* the page is the one after the item that it names, however long the list is; an empty one asks for
    the first page. *after* is what it says of that item: the rows that come behind it. A *judge* is asked first which
    rows can be read, once reading them without has failed.
    """

    conditions: tuple[ColumnElement[bool], ...]
    sort: str
    order: str
    order_by: tuple[ColumnElement[Any], ...]
    page: int
    page_size: int
    cursor: str | None = None
    after: ColumnElement[bool] | None = None
    judge: Judge | None = None


class Reader:
    """Reads the pages of one kind of list, whose parts `Listing` explains; each statement is built once."""

    def __init__(
        self,
        model: type[Any],
        columns: Mapping[str, InstrumentedAttribute[Any]],
        shown: Mapping[str, Any],
        derived: Sequence[str],
        joins: Sequence[type[Any]],
        *,
        is_computing: bool,
    ) -> None:
        self._model = model
        self._columns = columns
        self._shown = shown
        self._derived = derived
        self._joins = joins
        self._is_computing = is_computing

    def fetch(
        self, session: Session, query: ListQuery, scope: tuple[ColumnElement[bool], ...], bound: Mapping[str, object]
    ) -> Page:
        """Return the page of *query* among the rows within *scope*, as `Listing.fetch` promises."""
        where = (*scope, *query.conditions)
        if query.judge is not None:
            return self._fetch_judged(session, query, query.judge, where, bound)
        if query.cursor is not None:
            return self._fetch_after(session, query, where, bound)
        if query.page == 1 and not query.conditions and bound:
            return self._fetch_first(session, query, scope, bound)
        total = session.scalar(self._counted.where(*where), bound) or 0
        offset = (query.page - 1) * query.page_size
        if offset >= total:
            return Page([], query.page, query.page_size, total)
        page = self._selected.where(*where).order_by(*query.order_by).limit(query.page_size).offset(offset)
        return Page([self._view(row) for row in session.execute(page, bound)], query.page, query.page_size, total)

    def _fetch_first(
        self, session: Session, query: ListQuery, scope: tuple[ColumnElement[bool], ...], bound: Mapping[str, object]
    ) -> Page:
        """Return the first page with the number of all rows, by one statement that is built once."""
        key = (*map(id, scope), query.sort, query.order)
        found = self._first_pages.get(key)
        if found is None:
            total = self._counted.where(*scope).scalar_subquery()
            page = self._selected.add_columns(total).where(*scope).order_by(*query.order_by)
            page = page.limit(bindparam("page_size", type_=Integer))
            found = self._first_pages[key] = (scope, KeptStatement(page))
        rows = found[1].rows(session, {**bound, "page_size": query.page_size})
        return Page([self._view(row[:-1]) for row in rows], 1, query.page_size, rows[0][-1] if rows else 0)

    def _fetch_after(
        self, session: Session, query: ListQuery, where: tuple[ColumnElement[bool], ...], bound: Mapping[str, object]
    ) -> Page:
        """Return the page behind the cursor: its cost does not grow with what lies before it."""
        where = where if query.after is None else (*where, query.after)
        page = self._selected.where(*where).order_by(*query.order_by).limit(query.page_size + 1)
        rows = session.execute(page, bound).all()
        items = [self._view(row) for row in rows[: query.page_size]]
        following = _cursor_behind(query, items) if len(rows) > query.page_size else None
        return Page(items, None, query.page_size, None, following)

    def _fetch_judged(
        self,
        session: Session,
        query: ListQuery,
        judge: Judge,
        where: tuple[ColumnElement[bool], ...],
        bound: Mapping[str, object],
    ) -> Page:
        """Return the page without what *judge* finds that cannot be read, which it tells of instead."""
        column, size = self._columns["id"], query.page_size
        ids = self._joined(select(column).select_from(self._model)).where(*where).order_by(*query.order_by)
        if query.after is not None:
            ids = ids.where(query.after)
        start = (query.page - 1) * size if query.cursor is None else 0
        unreadable: dict[int, str] = {}
        while True:
            found = session.scalars(ids.limit(size + 1).offset(start), bound).all()
            unreadable |= judge(session, self._model, found[:size])
            readable = [one for one in found[:size] if one not in unreadable]
            if readable or len(found) <= size or query.cursor is None or query.sort == "id":
                break
            start += size  # the page is one of what cannot be read, and what a cursor says of the last may be junk
        rows = session.execute(self._selected.where(column.in_(readable)).order_by(*query.order_by), bound)
        items = [self._view(row) for row in rows]
        if query.cursor is None:
            total = session.scalar(self._counted.where(*where), bound) or 0
            return Page(items, query.page, size, total, None, unreadable)
        if len(found) <= size:
            return Page(items, None, size, None, None, unreadable)
        last_id = found[size - 1]
        following = _cursor(query, last_id, last_id) if query.sort == "id" else _cursor_behind(query, items)
        return Page(items, None, size, None, following, unreadable)

    @cached_property
    def _first_pages(self) -> dict[tuple[Any, ...], tuple[tuple[ColumnElement[bool], ...], KeptStatement]]:
        # By the identity of the scope, which is kept with the statement, so that no other takes its place.
        return {}

    @cached_property
    def _counted(self) -> Select[int]:
        return self._joined(select(func.count()).select_from(self._model))

    @cached_property
    def _selected(self) -> Select[Any]:
        columns = [self._read(column) for column in self._columns.values()]
        return self._joined(select(*columns, *self._shown.values()).select_from(self._model))

    def _read(self, column: InstrumentedAttribute[Any]) -> Any:
        nearest = None if self._is_computing else getattr(column.type, "nearest", None)
        return column if nearest is None else type_coerce(column, nearest)

    def _joined(self, statement: Select[Any]) -> Select[Any]:
        for table in self._joins:
            statement = statement.join(table)
        return statement

    @cached_property
    def _view(self) -> Callable[[Iterable[Any]], Any]:
        # The model's own properties over a selected row: one definition of each, without loading the model.
        row = namedtuple(f"{self._model.__name__}Row", (*self._columns, *self._shown))  # type: ignore[misc]  # known here
        properties = {name: inspect.getattr_static(self._model, name) for name in self._derived}
        view: Any = type(row.__name__, (row,), {"__slots__": ()} | properties)
        make: Callable[[Iterable[Any]], Any] = view._make
        return make


def read_cursor(cursor: str) -> Any:
    """
    Return what *cursor* says: sort, order, the last item's value as text and its id.

    Raises:
        ValueError: If nobody here has written it; it may say anything else all the same.
    """
    padded = cursor + "=" * (-len(cursor) % 4)
    return json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))


def _cursor_behind(query: ListQuery, items: Sequence[Any]) -> str | None:
    return _cursor(query, getattr(items[-1], query.sort), items[-1].id) if items else None


def _cursor(query: ListQuery, last: Any, last_id: int) -> str:
    value = None if last is None else str(getattr(last, "value", last))
    text = json.dumps([query.sort, query.order, value, last_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
