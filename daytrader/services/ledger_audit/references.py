"""Rows that refer to rows that are not there, found by the database itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from sqlalchemy import Column, Table, select, type_coerce
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


def dangling(session: Session, service_ids: Sequence[int] | None) -> Iterator[Breach]:
    """Yield the rows of the ledger whose service, order, stock or other row is missing, and unknown decisions."""
    for model in _MODELS:
        table = cast("Table", model.__table__)
        owner = table.c.id if model is TradingService else table.c.service_id
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            yield from _without(session, table, owner, key.parent, key.column, service_ids)
    decisions = cast("Table", TradeDecision.__table__)
    unknown = type_coerce(decisions.c.action, NullType()).not_in([action.value for action in DecisionAction])
    for row in _rows(session, decisions, decisions.c.service_id, decisions.c.action, unknown, service_ids):
        yield Breach(row.owner, "L8", f"decisions {row.id}: action is none of {', '.join(DecisionAction)}")


def _without(
    session: Session,
    table: Table,
    owner: Column[Any],
    column: Column[Any],
    target: Column[Any],
    service_ids: Sequence[int] | None,
) -> Iterator[Breach]:
    other = target.table.alias()
    missing = column.is_not(None) & ~select(other.c.id).where(other.c.id == column).exists()
    for row in _rows(session, table, owner, column, missing, service_ids):
        message = f"{table.name} {row.id}: {column.name} {row.value} names a row of {target.table.name} that is missing"
        yield Breach(row.owner if isinstance(row.owner, int) else 0, "L7", message)


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
