"""Corporate actions as they reach a service: dividends on what it holds, splits of holding, levels and orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.core.corporate import EventKind
from daytrader.core.fills import cash_in_lieu, dividend_cents, lieu_price, split_level, split_shares
from daytrader.core.money import from_cents, from_micros, to_micros
from daytrader.core.trades import SPLIT_REASON
from daytrader.models.enums import LIVE_ORDER_STATES, JournalKind, OrderSide, OrderState
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import booking, event_payloads, ledger_service, order_service
from daytrader.services.events import events


@dataclass(frozen=True, slots=True)
class Entitlement:
    """
    One corporate action on one bar.

    Attributes:
        action_id: The corporate action's row.
        kind: Dividend or split.
        numerator: New shares ...
        denominator: ... for so many old ones.
        amount: Dividend for each share, micros.
        previous_close: Of the bar before, raw, micros: what a fraction of a share is paid by.
        bar_time: The bar whose open is the first without the entitlement.
    """

    action_id: int
    kind: EventKind
    numerator: int
    denominator: int
    amount: int
    previous_close: int
    bar_time: datetime


def apply(session: Session, service: TradingService, live: Sequence[Order], due: Entitlement) -> None:
    """
    Give *service* what *due* means for the shares it held at the previous close and for its *live* orders.

    Once, whatever crashes: what the journal has already is left alone.
    """
    if due.kind is EventKind.SPLIT:
        _split_entries(session, service, live, due)
    if service.current_shares == 0 or _is_journalled(session, service, due):
        return
    transaction = order_service.open_transaction(session, service.id)
    if transaction is None:
        return
    if due.kind is EventKind.DIVIDEND:
        paid = from_cents(dividend_cents(transaction.open_shares, due.amount))
        _pay(session, service, transaction, due, JournalKind.DIVIDEND, paid)
    else:
        _split_position(session, service, transaction, live, due)
    session.flush()
    is_over = transaction.open_shares == 0
    tell = event_payloads.transaction_complete if is_over else event_payloads.transaction_update
    events.record(session, tell(service, transaction))
    events.record(session, event_payloads.service_update(service))


def _split_entries(session: Session, service: TradingService, live: Sequence[Order], due: Entitlement) -> None:
    """Split the pending entries, save those decided at or after this bar: they were made for split shares already."""
    for order in live:
        is_before = order.bar_time is None or order.bar_time < due.bar_time
        if order.side is OrderSide.BUY and order.state in LIVE_ORDER_STATES and is_before:
            order_service.split_entry(session, service, order, due.numerator, due.denominator)


def _split_position(
    session: Session,
    service: TradingService,
    transaction: TradingTransaction,
    live: Sequence[Order],
    due: Entitlement,
) -> None:
    numerator, denominator = due.numerator, due.denominator
    before = transaction.open_shares
    whole, remainder = split_shares(before, numerator, denominator)
    transaction.open_shares = whole
    service.stop_price = _split_price(service.stop_price, due)
    service.target_price = _split_price(service.target_price, due)
    ledger_service.post(
        session,
        service,
        JournalKind.SPLIT,
        shares_change=whole - before,
        transaction_id=transaction.id,
        corporate_action_id=due.action_id,
        bar_time=due.bar_time,
        note=f"split {numerator}:{denominator}",
    )
    paid = from_cents(cash_in_lieu(remainder, due.previous_close, numerator))
    if paid:
        _pay(session, service, transaction, due, JournalKind.CASH_IN_LIEU, paid)
    for order in live:
        if order.side is OrderSide.SELL:
            order.shares = whole
            state = order.state if whole else OrderState.CANCELLED
            order_service.move(session, service, order, state, f"split {numerator}:{denominator}")
    if whole == 0:
        price = from_micros(lieu_price(due.previous_close, numerator, denominator))
        booking.close(service, transaction, at=due.bar_time, price=price, reason=SPLIT_REASON)


def _pay(
    session: Session,
    service: TradingService,
    transaction: TradingTransaction,
    due: Entitlement,
    kind: JournalKind,
    amount: Decimal,
) -> None:
    transaction.adjustments += amount
    ledger_service.post(
        session,
        service,
        kind,
        amount=amount,
        transaction_id=transaction.id,
        corporate_action_id=due.action_id,
        bar_time=due.bar_time,
    )


def _split_price(level: Decimal | None, due: Entitlement) -> Decimal | None:
    if level is None:
        return None
    return from_micros(split_level(to_micros(level), due.numerator, due.denominator)) or None


def _is_journalled(session: Session, service: TradingService, due: Entitlement) -> bool:
    same = select(JournalEntry.id).where(
        JournalEntry.service_id == service.id, JournalEntry.corporate_action_id == due.action_id
    )
    return session.scalar(same) is not None
