"""What callers are told of rows that somebody wrote junk into: which row and column, never what stands there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from daytrader.models import (
    Backtest,
    Job,
    Order,
    Stock,
    StockDailyPrice,
    StockIntradayPrice,
    TradingService,
    TradingTransaction,
    User,
)
from daytrader.services import unreadable_rows
from daytrader.services.actor import Actor
from daytrader.services.ledger_audit import cells
from daytrader.utils.errors import NotFoundError, UnreadableRowError

ERRORS: Final = unreadable_rows.ERRORS
"""What reading such a row may raise, among much else: only what `judge` or `explain` finds was one."""


def judge(session: Session, model: type[Any], ids: Sequence[int]) -> dict[int, str]:
    """Return those of the *model*'s rows that cannot be read, each with its first column that cannot, and why."""
    table = cast("Table", model.__table__)
    readers = _readers(table)
    found: dict[int, str] = {}
    for row in session.execute(cells.raw(table, readers).where(table.c.id.in_(ids))).mappings():
        for name, read in readers.items():
            try:
                read(row[name])
            except ValueError as error:
                found.setdefault(row["id"], f"{name} {error}")
    return found


def explain(session: Session, actor: Actor, kind: str, row_id: int) -> None:
    """
    Raise what a caller is told whose request about such a row has failed; return if all of it can be read.

    *kind* is one of `KINDS`. What belongs to the same service is looked at as well.

    Raises:
        NotFoundError: If the row is someone else's: others are told nothing.
        UnreadableRowError: Naming table, row and column.
    """
    model, name = KINDS[kind]
    service_id = _service_of(session, model, row_id)
    if not actor.is_admin and not _is_shown(session, actor, model, row_id, service_id):
        raise NotFoundError(name)
    wrong = judge(session, model, [row_id]).get(row_id)
    if wrong is not None:
        raise UnreadableRowError(f"{name} {row_id} is damaged in the database: {wrong}")
    if isinstance(service_id, int):
        wrong = judge(session, TradingService, [service_id]).get(service_id)
        elsewhere = f"trading service {service_id}: {wrong}" if wrong else None
        elsewhere = elsewhere or unreadable_rows.found(session, [service_id]).get(service_id)
        if elsewhere is not None:
            raise UnreadableRowError(f"what belongs to it is damaged in the database: {elsewhere}")


KINDS: Final[dict[str, tuple[type[Any], str]]] = {
    "service": (TradingService, "trading service"),
    "transaction": (TradingTransaction, "transaction"),
    "order": (Order, "order"),
    "job": (Job, "job"),
    "backtest": (Backtest, "backtest"),
    "stock": (Stock, "stock"),
    "daily_price": (StockDailyPrice, "price"),
    "intraday_price": (StockIntradayPrice, "price"),
    "user": (User, "user"),
}
"""What a request may name by its id, with its model and its name in messages."""

_OF_SERVICES: Final = (TradingTransaction, Order)
_OF_ALL: Final = (Stock, StockDailyPrice, StockIntradayPrice)


def _service_of(session: Session, model: type[Any], row_id: int) -> Any:
    if model is TradingService:
        return row_id
    return _cell(session, model, "service_id", row_id) if model in _OF_SERVICES else None


def _is_shown(session: Session, actor: Actor, model: type[Any], row_id: int, service_id: object) -> bool:
    """Return whether the row, which belongs to *service_id* where it is of a service, is for *actor* to see."""
    if model in _OF_ALL:
        return True
    if model is User:
        return row_id == actor.user_id
    if model in _OF_SERVICES or model is TradingService:
        return bool(_cell(session, TradingService, "user_id", service_id) == actor.user_id)
    return bool(_cell(session, model, "user_id", row_id) == actor.user_id)


@cache
def _readers(table: Table) -> dict[str, cells.Read]:
    return cells.readers(table, frozenset())


def _cell(session: Session, model: type[Any], column: str, row_id: object) -> Any:
    table = cast("Table", model.__table__)
    return session.scalar(select(cells.as_given(table.c[column])).where(table.c.id == row_id))
