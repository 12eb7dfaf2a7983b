"""Rows that refer to rows that are not there, found by the database itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Column, ColumnElement, Select, Table, select, type_coerce
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
class _Question:
    """Which rows of *table* break a rule in *column*, and whose they are."""

    table: Table
    owner: Column[Any]
    column: Column[Any]
    query: Select[Any, Any, Any]

    def rows(self, session: Session, service_ids: Sequence[int] | None) -> Sequence[Any]:
        """Return id, owner and value of those of the given services, or of all."""
        of_these = self.query if service_ids is None else self.query.where(self.owner.in_(list(service_ids)))
        return session.execute(of_these).all()


def dangling(session: Session, service_ids: Sequence[int] | None) -> Iterator[Breach]:
    """Yield the rows of the ledger whose service, order, stock or other row is missing, and unknown decisions."""
    for asked, target in _missing():
        for row in asked.rows(session, service_ids):
            what = f"{asked.table.name} {row.id}: {asked.column.name} {row.value}"
            message = f"{what} names a row of {target} that is missing"
            yield Breach(row.owner if isinstance(row.owner, int) else 0, "L7", message)
    for row in _unknown().rows(session, service_ids):
        yield Breach(row.owner, "L8", f"decisions {row.id}: action is none of {', '.join(DecisionAction)}")


# Statements are made once: they do not change while the program runs, and an engine audits whenever it starts.
@cache
def _missing() -> tuple[tuple[_Question, str], ...]:
    """Return what is asked of every foreign key of the ledger, and the table that it names."""
    return tuple(found for model in _MODELS for found in _of(cast("Table", model.__table__)))


def _of(table: Table) -> Iterator[tuple[_Question, str]]:
    owner = table.c.id if table is TradingService.__table__ else table.c.service_id
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        other = key.column.table.alias()
        is_missing = key.parent.is_not(None) & ~select(other.c.id).where(other.c.id == key.parent).exists()
        yield _question(table, owner, key.parent, is_missing), key.column.table.name


@cache
def _unknown() -> _Question:
    decisions = cast("Table", TradeDecision.__table__)
    unknown = type_coerce(decisions.c.action, NullType()).not_in([action.value for action in DecisionAction])
    return _question(decisions, decisions.c.service_id, decisions.c.action, unknown)


def _question(table: Table, owner: Column[Any], column: Column[Any], condition: ColumnElement[bool]) -> _Question:
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
    return _Question(table, owner, column, query)
