"""How the rows that trades make and change are stored: those of many by one flush, with one statement a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from daytrader.models.base import Base
from daytrader.models.execution import Execution
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import bulk
from daytrader.utils.current_datetime import get_current_datetime

_CHANGED: Final[Mapping[type[Base], Sequence[str]]] = {
    TradingService: (
        "mode",
        "current_balance",
        "current_shares",
        "buy_count",
        "sell_count",
        "total_gain_loss",
        "reserved_cash",
        "stop_price",
        "target_price",
        "is_armed",
        "last_bar_time",
    ),
    Order: ("transaction_id", "state", "filled_shares", "reserved_cash", "cancel_reason", "history"),
}
"""What trades change of rows that they do not make."""


def make_room(session: Session, *, fills: int, entries: int) -> None:
    """
    Let the next *fills*, so many of them of *entries*, be stored together: with the flush that comes after them.

    Whatever asks the database for them meanwhile causes one.
    """
    for model, count in ((Execution, fills), (JournalEntry, fills), (TradingTransaction, entries)):
        bulk.reserve(session, model, count)


def write_whole(row: Base, now: datetime) -> None:
    """
    Let all that trades change of a service or an order, whose row is locked, be written with it, dated *now*.

    Rows of which the same columns are written are stored by one statement, whatever happened to each.
    """
    row.updated_at = now
    for name in _CHANGED.get(type(row), ()):
        flag_modified(row, name)


def stamp(*, new: Iterable[Base], changed: Iterable[Base]) -> None:
    """Date rows as storing them would: they are told of before."""
    now = get_current_datetime()
    for row in new:
        row.created_at = row.updated_at = now
    for row in changed:
        write_whole(row, now)
