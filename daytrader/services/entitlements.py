"""Corporate actions as they reach a service: dividends on what it holds, splits of holding, levels and orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.brokers import PAPER
from daytrader.core.corporate import CorporateEvent, EventKind, needs_a_person
from daytrader.core.fills import cash_in_lieu, dividend_cents, lieu_price, split_level, split_shares
from daytrader.core.money import from_cents, from_micros, to_micros
from daytrader.core.reasons import SPLIT_REASON
from daytrader.models.enums import LIVE_ORDER_STATES, JournalKind, OrderSide, OrderState
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import (
    booking,
    corporate_action_service,
    entry_size,
    event_payloads,
    ledger_service,
    market_calendar,
    order_service,
    positions,
    price_service,
)
from daytrader.services.events import events
from daytrader.utils.days import date_of


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
    if service.current_shares == 0 or _is_journalled(session, service, due.action_id):
        return
    transaction = positions.open_transaction(session, service.id)
    if transaction is None or not _was_held(service, transaction, due.bar_time):
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


def apply_due(session: Session, service: TradingService, now: datetime) -> None:
    """
    Give *service*, whose row the caller has locked, what is due at its broker at *now*, before the bar of the day does.

    A broker acts before the opening bell; the bar comes at its end. Whatever is sent meanwhile has to be of the shares
    and levels of the day, and what waits for the next open is of that day already. A dividend too large to be paid
    without a person's word waits for the bar.
    """
    today = now.astimezone(market_calendar.EXCHANGE_ZONE).date()
    for due in _due_by(session, service, today):
        apply(session, service, order_service.live_orders(session, [service.id]), due)
    if market_calendar.is_open(now):
        return
    for due in _due_by(session, service, market_calendar.next_open(now).date()):
        if due.kind is EventKind.SPLIT:
            _split_entries(session, service, order_service.live_orders(session, [service.id]), due)


def shares_at(session: Session, service: TradingService, held: TradingTransaction, now: datetime) -> int:
    """Return how many shares the open position *held* is of at its broker at *now*: splits of the day included."""
    shares = held.open_shares
    today = now.astimezone(market_calendar.EXCHANGE_ZONE).date()
    for due in _due_by(session, service, today):
        is_split = due.kind is EventKind.SPLIT and _was_held(service, held, due.bar_time)
        if is_split and not _is_journalled(session, service, due.action_id):
            shares, _ = split_shares(shares, due.numerator, due.denominator)
    return shares


def _due_by(session: Session, service: TradingService, last: date) -> Iterator[Entitlement]:
    """Yield what is due up to the day *last* and whose bar has not come, oldest first, dividends before splits."""
    since = service.last_bar_time or service.created_at
    if service.stock_id is None:
        return
    for event in corporate_action_service.events_of(session, service.stock_id):
        ex_date = date_of(event.session)
        if since.date() < ex_date <= last:
            found = _entitlement(session, service, event, ex_date)
            if found is not None:
                yield found


def _entitlement(session: Session, service: TradingService, event: CorporateEvent, ex_date: date) -> Entitlement | None:
    label = datetime.combine(ex_date, time(), UTC)
    assert service.stock_id is not None
    eve = price_service.last_price(session, service.stock_id, service.interval, label - timedelta(microseconds=1))
    if eve is None:
        return None
    amount, previous_close = to_micros(event.amount), to_micros(eve.price)
    if event.kind is EventKind.DIVIDEND and not event.is_released and needs_a_person(amount, previous_close):
        return None
    return Entitlement(
        action_id=event.ref,
        kind=event.kind,
        numerator=event.numerator,
        denominator=event.denominator,
        amount=amount,
        previous_close=previous_close,
        bar_time=label,
    )


def _was_held(service: TradingService, held: TradingTransaction, bar_time: datetime) -> bool:
    """Return whether a position was there before the bar: a real broker may have filled during it, ahead of us."""
    return service.broker == PAPER or held.purchase_date < bar_time


def _split_entries(session: Session, service: TradingService, live: Sequence[Order], due: Entitlement) -> None:
    """
    Split the pending entries, save those decided at or after this bar: they were made for split shares already.

    A real broker cancels them on the day, and a limit of before is none for it: there they end.
    """
    for order in live:
        is_on_paper = order_service.is_on_paper(order)
        asked_at = order.bar_time if is_on_paper else order.bar_time or order.created_at
        is_before = asked_at is None or asked_at < due.bar_time
        if order.side is not OrderSide.BUY or order.state not in LIVE_ORDER_STATES or not is_before:
            continue
        if is_on_paper:
            entry_size.split(session, service, order, due.numerator, due.denominator)
        else:
            _end(session, service, order, f"{_told(due)}: its limit was of shares before it")


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
        transaction=transaction,
        corporate_action_id=due.action_id,
        bar_time=due.bar_time,
        note=_told(due),
    )
    paid = from_cents(cash_in_lieu(remainder, due.previous_close, numerator))
    if paid:
        _pay(session, service, transaction, due, JournalKind.CASH_IN_LIEU, paid)
    for order in live:
        if order.side is OrderSide.SELL and order.state in LIVE_ORDER_STATES:
            _split_sale(session, service, order, whole, due)
    if whole == 0:
        price = from_micros(lieu_price(due.previous_close, numerator, denominator))
        booking.close(service, transaction, at=due.bar_time, price=price, reason=SPLIT_REASON)


def _split_sale(session: Session, service: TradingService, order: Order, whole: int, due: Entitlement) -> None:
    """Let a sale be of what the split has made; what a broker has, or rests there as a leg, is placed anew."""
    is_sent = not order_service.is_on_paper(order) and order.state is not OrderState.PENDING
    is_leg_there = not order_service.is_on_paper(order) and order_service.is_leg(order)
    if is_sent or is_leg_there or whole == 0:
        _end(session, service, order, _told(due))
        return
    order.shares = order.filled_shares + whole
    order_service.move(session, service, order, order.state, _told(due))


def _end(session: Session, service: TradingService, order: Order, reason: str) -> None:
    """End an order that its broker has not seen; of another one it is asked."""
    if order_service.is_on_paper(order) or order.state is OrderState.PENDING:
        order_service.move(session, service, order, OrderState.CANCELLED, reason)
    else:
        order_service.ask_to_cancel(session, service, order, reason)


def _told(due: Entitlement) -> str:
    return f"split {due.numerator}:{due.denominator}"


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
        transaction=transaction,
        corporate_action_id=due.action_id,
        bar_time=due.bar_time,
    )


def _split_price(level: Decimal | None, due: Entitlement) -> Decimal | None:
    if level is None:
        return None
    return from_micros(split_level(to_micros(level), due.numerator, due.denominator)) or None


def _is_journalled(session: Session, service: TradingService, action_id: int) -> bool:
    same = select(JournalEntry.id).where(
        JournalEntry.service_id == service.id, JournalEntry.corporate_action_id == action_id
    )
    return session.scalar(same) is not None
