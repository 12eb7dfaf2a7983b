"""The ledger of a service: every change of its cash or shares, booked once, in order, never rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from daytrader.models.enums import JournalKind
from daytrader.models.execution import Execution
from daytrader.models.journal_entry import JournalEntry, opening_note
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import known_ahead
from daytrader.services.ledger_audit import Breach, audit
from daytrader.utils.errors import ConflictError

__all__ = ["Breach", "audit", "has_transactions", "look_up", "open_account", "post", "redeposit"]

_NOTE_LENGTH = 200
_LAST: Final = "where journals end, by service"
_END: Final = select(func.max(JournalEntry.sequence)).where(JournalEntry.service_id == bindparam("service_id"))
_ENDS: Final = (
    select(JournalEntry.service_id, func.max(JournalEntry.sequence))
    .where(JournalEntry.service_id.in_(bindparam("service_ids", expanding=True)))
    .group_by(JournalEntry.service_id)
)


def open_account(session: Session, service: TradingService) -> JournalEntry:
    """Book the initial balance of a new *service*."""
    session.flush()
    service.current_balance = Decimal(0)
    return post(
        session, service, JournalKind.DEPOSIT, amount=service.initial_balance, note=opening_note(service.user_id)
    )


def redeposit(session: Session, service: TradingService, initial_balance: Decimal) -> JournalEntry:
    """
    Change the initial balance of a *service* that has not traded yet.

    Raises:
        ConflictError: If it has transactions, or cash is held for an order.
    """
    if has_transactions(session, service):
        raise ConflictError("the initial balance is fixed once a service has traded")
    if service.reserved_cash:
        raise ConflictError("an order is under way: the initial balance cannot change now")
    change = initial_balance - service.initial_balance
    service.initial_balance = initial_balance
    return post(session, service, JournalKind.DEPOSIT, amount=change, note="initial balance changed")


def post(
    session: Session,
    service: TradingService,
    kind: JournalKind,
    *,
    amount: Decimal = Decimal(0),
    shares_change: int = 0,
    transaction: TradingTransaction | None = None,
    execution: Execution | None = None,
    corporate_action_id: int | None = None,
    bar_time: datetime | None = None,
    note: str | None = None,
    entry_id: int | None = None,
) -> JournalEntry:
    """
    Book *amount* (exact cents) and *shares_change* to *service*, whose row the caller has locked.

    Args:
        entry_id: Reserved for the entry, which is stored with whatever else the unit of work stores, then.

    Returns:
        The entry; without an id of its own flushed: the database has refused it by now if it was booked before.
    """
    known: dict[int, int] = known_ahead.of(session, _LAST)
    last = known.pop(service.id, None)
    if last is None:
        with session.no_autoflush:  # every entry is flushed below
            last = session.scalar(_END, {"service_id": service.id})
    service.current_balance += amount
    service.current_shares += shares_change
    entry = JournalEntry(
        id=entry_id,
        service_id=service.id,
        sequence=(last or 0) + 1,
        kind=kind,
        amount=amount,
        balance_after=service.current_balance,
        shares_change=shares_change,
        shares_after=service.current_shares,
        transaction=transaction,
        execution=execution,
        corporate_action_id=corporate_action_id,
        bar_time=bar_time,
        note=note[:_NOTE_LENGTH] if note else None,
    )
    session.add(entry)
    if entry_id is None:
        session.flush()
    else:
        known[service.id] = entry.sequence  # the database does not know it yet
    return entry


def look_up(session: Session, service_ids: Sequence[int]) -> None:
    """Read with one statement where the journals of services end, whose rows the caller has locked, before `post`."""
    found = session.execute(_ENDS, {"service_ids": service_ids})
    known_ahead.of(session, _LAST).update((service_id, last) for service_id, last in found)


def has_transactions(session: Session, service: TradingService) -> bool:
    """Return whether *service* has ever bought."""
    return bool(session.scalar(select(select(1).where(TradingTransaction.service_id == service.id).exists())))
