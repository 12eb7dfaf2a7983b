"""Rows that refer to rows that are not there, found by the database itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Column, ColumnElement, Table, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from daytrader.models.decision import TradeDecision
from daytrader.models.enums import DecisionAction
from daytrader.models.execution import Execution
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services.ledger_audit.books import Breach

_MODELS: Final = (TradingService, TradingTransaction, Order, Execution, JournalEntry, TradeDecision)
_SHOWN: Final = 100
"""Rows that are named of one table and column; a table may be lost whole."""


@dataclass(frozen=True, slots=True)
class _Reference:
    """A column that names another row, and when it names none."""

    table: Table
    owner: Column[Any]
    column: Column[Any]
    target: Table
    is_missing: ColumnElement[bool]


def dangling(session: Session, service_ids: Sequence[int] | None) -> Iterator[Breach]:
    """Yield the rows of the ledger whose service, order, stock or other row is missing, and unknown decisions."""
    for reference in _references():
        table, column, target = reference.table, reference.column, reference.target
        for row in _rows(session, table, reference.owner, column, reference.is_missing, service_ids):
            message = f"{table.name} {row.id}: {column.name} {row.value} names a row of {target.name} that is missing"
            yield Breach(row.owner if isinstance(row.owner, int) else 0, "L7", message)
    decisions = cast("Table", TradeDecision.__table__)
    unknown = type_coerce(decisions.c.action, NullType()).not_in([action.value for action in DecisionAction])
    for row in _rows(session, decisions, decisions.c.service_id, decisions.c.action, unknown, service_ids):
        yield Breach(row.owner, "L8", f"decisions {row.id}: action is none of {', '.join(DecisionAction)}")


@cache
def _references() -> tuple[_Reference, ...]:
    """Return every foreign key of the ledger; they do not change while the program runs."""
    return tuple(reference for model in _MODELS for reference in _of(cast("Table", model.__table__)))


def _of(table: Table) -> Iterator[_Reference]:
    owner = table.c.id if table is TradingService.__table__ else table.c.service_id
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        other = key.column.table.alias()
        is_missing = key.parent.is_not(None) & ~select(other.c.id).where(other.c.id == key.parent).exists()
        yield _Reference(table, owner, key.parent, key.column.table, is_missing)


def _rows(
    session: Session,
    table: Table,
    owner: Column[Any],
    column: Column[Any],
    condition: Any,
    service_ids: Sequence[int] | None,
) -> Sequence[Any]:
    query = (
        select(
            type_coerce(table.c.id, NullType()).label("id"),
            type_coerce(owner, NullType()).label("owner"),
            type_coerce(column, NullType()).label("value"),
        )
        .where(condition)
        .order_by(table.c.id)
        .limit(_SHOWN)
    )
    return session.execute(query if service_ids is None else query.where(owner.in_(list(service_ids)))).all()
