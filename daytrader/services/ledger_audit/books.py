"""The books of one service at a time, read in one pass over each table: memory does not grow with the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, make_dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any, Final, NamedTuple, TypeVar, cast

from sqlalchemy import Select, Table, func, select
from sqlalchemy.orm import Session

from daytrader.models.corporate_action import CorporateAction
from daytrader.models.decision import TradeDecision
from daytrader.models.enums import CorporateActionKind, JournalKind, OrderSide
from daytrader.models.execution import Execution
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.order import Order
from daytrader.models.stock import Stock
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services.ledger_audit import cells

K = TypeVar("K")

_CHUNK: Final = 1000
_LEFT_OUT: Final = frozenset({"created_at", "updated_at", "evidence", "notes", "description"})
"""What no rule looks at: clocks, and what is free to say anything."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that the books of a service break, and how."""

    service_id: int
    rule: str
    message: str


class Action(NamedTuple):
    """A corporate action that the books refer to; *amount* in micros a share."""

    id: int
    stock_id: int
    ex_date: date
    kind: CorporateActionKind
    ratio_numerator: int
    ratio_denominator: int
    amount: int


@dataclass
class Books:
    """
    Everything that is stored about one service.

    Rows carry their columns by name: money in cents, prices in micros, every other decimal in units of its scale.
    *service* also has the symbol of its stock (*listed_symbol*) and its newest decision's bar (*newest_bar*).
    """

    service_id: int
    service: Any = None
    transactions: list[Any] = field(default_factory=list)
    orders: list[Any] = field(default_factory=list)
    executions: list[Any] = field(default_factory=list)
    journal: list[Any] = field(default_factory=list)
    decisions: list[Any] = field(default_factory=list)
    actions: Mapping[int, Action] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    @cached_property
    def transaction_by_id(self) -> dict[int, Any]:
        """Return the service's transactions by id."""
        return {row.id: row for row in self.transactions}

    @cached_property
    def order_by_id(self) -> dict[int, Any]:
        """Return the service's orders by id."""
        return {row.id: row for row in self.orders}

    @cached_property
    def execution_by_id(self) -> dict[int, Any]:
        """Return the service's executions by id."""
        return {row.id: row for row in self.executions}

    def executed(self, transaction_id: int, side: OrderSide) -> list[Any]:
        """Return a transaction's executions on one side, in their order."""
        return self._executions.get((transaction_id, side), [])

    def fills_of(self, order_id: int) -> list[Any]:
        """Return an order's executions."""
        return self._fills.get(order_id, [])

    def booked(self, transaction_id: int | None) -> list[Any]:
        """Return the journal's entries of one transaction, in their order; None: those of none."""
        return self._journal.get(transaction_id, [])

    def adjustments_of(self, transaction_id: int | None) -> int:
        """Return ADJ_t in cents: what the journal has paid to a transaction; None: to none."""
        kinds = (JournalKind.DIVIDEND, JournalKind.CASH_IN_LIEU)
        return sum(entry.amount for entry in self.booked(transaction_id) if entry.kind in kinds)

    def split_after(self, day: date) -> bool:
        """Return whether the service's stock has split on a later day than *day*."""
        splits = self._splits.get(self.service.stock_id, ())
        return any(split > day for split in splits)

    @cached_property
    def _splits(self) -> dict[int, list[date]]:
        found: dict[int, list[date]] = {}
        for action in self.actions.values():
            if action.kind is CorporateActionKind.SPLIT:
                found.setdefault(action.stock_id, []).append(action.ex_date)
        return found

    @cached_property
    def _executions(self) -> dict[tuple[int, OrderSide], list[Any]]:
        return grouped(self.executions, ("transaction_id", "side"))

    @cached_property
    def _fills(self) -> dict[int, list[Any]]:
        return grouped(self.executions, ("order_id",))

    @cached_property
    def _journal(self) -> dict[int | None, list[Any]]:
        return grouped(self.journal, ("transaction_id",))


def grouped(rows: Iterable[Any], names: Sequence[str]) -> dict[Any, list[Any]]:
    """Return *rows* by the value of one column, or by those of several."""
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        key = getattr(row, names[0]) if len(names) == 1 else tuple(getattr(row, name) for name in names)
        groups.setdefault(key, []).append(row)
    return groups


def read(session: Session, service_ids: Sequence[int] | None) -> Iterator[Books]:
    """Yield the books of each service, by its id; the caller changes nothing meanwhile."""
    actions, unreadable = _actions(session)
    services = _Services(session, service_ids)
    streams = {name: _Stream(session, model, service_ids) for name, model in _TABLES.items()}
    for service_id, service, told in services:
        books = Books(service_id, service, actions=actions, unreadable=told)
        for name, stream in streams.items():
            rows, refused = stream.take(service_id)
            setattr(books, name, rows)
            books.unreadable += refused
        used = {entry.corporate_action_id for entry in books.journal} & unreadable.keys()
        books.unreadable += [unreadable[action_id] for action_id in sorted(used)]
        yield books


_TABLES: Final[Mapping[str, Any]] = {
    "transactions": TradingTransaction,
    "orders": Order,
    "executions": Execution,
    "journal": JournalEntry,
    "decisions": TradeDecision,
}


class _Rows:
    """Reads raw rows of one table, each cell by its column's type; made once for each, as `_rows_of` does."""

    def __init__(self, table: Table, extra: Mapping[str, cells.Read] | None = None) -> None:
        self.table = table
        self.names = cells.readers(table, _LEFT_OUT)
        self.query = cells.raw(table, self.names)
        self._read = list((self.names | dict(extra or {})).items())
        # A class of slots: a ledger has hundreds of thousands of rows.
        self._row = make_dataclass(table.name, [name for name, _ in self._read], slots=True)

    def convert(self, raw: Any) -> tuple[Any, list[str]]:
        """Return the row, and what in it cannot be read."""
        try:
            return self._row(*(read(cell) for (_, read), cell in zip(self._read, raw, strict=True))), []
        except ValueError:
            return None, list(self._refusals(raw))

    def _refusals(self, raw: Any) -> Iterator[str]:
        for (name, read), cell in zip(self._read, raw, strict=True):
            try:
                read(cell)
            except ValueError as error:
                yield f"{self.table.name} {raw.id}: {name} {error}"


@cache
def _rows_of(table: Table) -> _Rows:
    return _Rows(table)


class _Stream:
    """One table's rows in the order of their services."""

    def __init__(self, session: Session, model: Any, service_ids: Sequence[int] | None) -> None:
        self._rows = _rows_of(cast("Table", model.__table__))
        self._waiting = _streamed(session, _only(_stream_query(model), model.service_id, service_ids))
        self._next: Any = next(self._waiting, None)

    def take(self, service_id: int) -> tuple[list[Any], list[str]]:
        """Return the rows of the service, and what in them cannot be read."""
        rows, refused = [], []
        while self._next is not None and self._next.service_id == service_id:
            row, told = self._rows.convert(self._next)
            refused += told
            if row is not None:
                rows.append(row)
            self._next = next(self._waiting, None)
        return rows, refused


@cache
def _stream_query(model: Any) -> Select[Any]:
    order = (model.service_id, model.sequence if model is JournalEntry else model.id)
    query = _rows_of(cast("Table", model.__table__)).query.order_by(*order)
    query = query.where(model.service_id.in_(select(TradingService.id)))
    if model is TradeDecision:  # the others are decisions to do nothing
        query = query.where(model.id.in_(select(Order.decision_id)))
    return query


class _Services:
    """The services themselves, by id."""

    def __init__(self, session: Session, service_ids: Sequence[int] | None) -> None:
        self._rows, query = _services_query()
        column = self._rows.table.c.id
        self._raw = _streamed(session, _only(query, column, service_ids).order_by(column))

    def __iter__(self) -> Iterator[tuple[int, Any, list[str]]]:
        for raw in self._raw:
            service, refused = self._rows.convert(raw)
            yield raw.id, service, refused


@cache
def _services_query() -> tuple[_Rows, Select[Any]]:
    table = cast("Table", TradingService.__table__)
    stocks, decisions = cast("Table", Stock.__table__), cast("Table", TradeDecision.__table__)
    extra = {"listed_symbol": stocks.c.symbol, "newest_bar": decisions.c.bar_time}
    nullable = {name: _or_none(cells.readers(of.table, frozenset())[of.name]) for name, of in extra.items()}
    listed = select(cells.as_given(stocks.c.symbol)).where(stocks.c.id == table.c.stock_id)
    newest = select(cells.as_given(func.max(decisions.c.bar_time))).where(decisions.c.service_id == table.c.id)
    rows = _Rows(table, nullable)
    return rows, rows.query.add_columns(
        listed.scalar_subquery().label("listed_symbol"), newest.scalar_subquery().label("newest_bar")
    )


def _or_none(read: cells.Read) -> cells.Read:
    return lambda value: None if value is None else read(value)


def _actions(session: Session) -> tuple[dict[int, Action], dict[int, str]]:
    """Return the splits, and the dividends that were booked; and those that cannot be read."""
    names, query = _actions_query()
    found: dict[int, Action] = {}
    unreadable: dict[int, str] = {}
    for raw in session.execute(query):
        try:
            found[raw.id] = Action(*(read(cell) for read, cell in zip(names.values(), raw, strict=True)))
        except ValueError as error:
            unreadable[raw.id] = f"corporate action {raw.id}: a column {error}"
    return found, unreadable


@cache
def _actions_query() -> tuple[Mapping[str, cells.Read], Select[Any]]:
    table = cast("Table", CorporateAction.__table__)
    rows = _rows_of(table)
    names = {name: rows.names[name] for name in Action._fields}
    is_split = table.c.kind == CorporateActionKind.SPLIT.value
    booked = table.c.id.in_(select(JournalEntry.corporate_action_id))
    return names, cells.raw(table, names).where(is_split | booked)


def _only(query: Select[Any], column: Any, service_ids: Sequence[int] | None) -> Select[Any]:
    return query if service_ids is None else query.where(column.in_(list(service_ids)))


def _streamed(session: Session, query: Select[Any]) -> Iterator[Any]:
    return iter(session.execute(query.execution_options(yield_per=_CHUNK)))
