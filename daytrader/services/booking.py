"""Booking: what the broker did, carried once into transaction, service and journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.brokers.messages import Acknowledgement, Fill
from daytrader.core.fills import levels
from daytrader.core.money import from_cents, from_micros, to_micros
from daytrader.models.enums import (
    LIVE_ORDER_STATES,
    JournalKind,
    OrderKind,
    OrderSide,
    OrderState,
    ServiceState,
    TradingMode,
    TransactionState,
)
from daytrader.models.execution import Execution
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.order import Order, is_stop
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import bulk, event_payloads, ledger_service, order_service, positions, system_events, trade_rows
from daytrader.services.events import events
from daytrader.services.trading_rules import rules_of
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError

_MICRO: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Booked:
    """One execution as people read it: what a trade line on the console and a notification say."""

    service_id: int
    user_id: int
    service_name: str
    symbol: str
    side: OrderSide
    shares: int
    price: Decimal
    reason: str
    gain_loss: Decimal | None
    balance: Decimal
    bar_time: datetime | None
    order_id: int


def book(
    session: Session, service: TradingService, order: Order, fill: Fill, *, at: datetime | None = None
) -> Booked | None:
    """
    Book *fill* of *order*; *service*'s row is locked by the caller.

    A real fill is always booked, whatever it does to the balance (L6). One that was booked before changes nothing.
    It is stored at once, unless ids are left of those that `trade_rows.make_room` has reserved.

    Args:
        at: When it traded; the fill's bar by default, and the clock where there is none.

    Returns:
        What was booked, None if it had been already.

    Raises:
        ConflictError: If a sale has no position to take the shares from, or a purchase has two to add them to.
    """
    if _is_booked(session, order, fill):
        return None
    at = at or fill.bar_time or get_current_datetime()
    is_buy = order.side is OrderSide.BUY
    execution_id, entry_id = bulk.next_id(session, Execution), bulk.next_id(session, JournalEntry)
    transaction, is_new = (
        _bought(session, service, order, at) if is_buy else (_held(session, service, order, fill), False)
    )
    execution = Execution(
        id=execution_id,
        service_id=service.id,
        order_id=order.id,
        transaction_id=transaction.id,
        transaction=transaction,
        broker=order.broker,
        execution_ref=fill.execution_ref,
        side=order.side,
        shares=fill.shares,
        price=from_micros(fill.price),
        amount=from_cents(fill.amount),
        fee=from_cents(fill.fee),
        bar_time=fill.bar_time,
        executed_at=at,
        is_ambiguous=fill.is_ambiguous,
    )
    order.executions.append(execution)
    order.transaction_id, order.transaction = transaction.id, transaction
    order.filled_shares += fill.shares
    service.buy_count += is_new
    if is_buy:
        _add(service, transaction, execution)
    else:
        _take(session, service, transaction, execution, order)
    _settle(service, order, execution)
    # Where it has no id reserved, it stores all of the above with it: one flush for one execution.
    ledger_service.post(
        session,
        service,
        JournalKind(order.side.value),
        amount=-(execution.amount + execution.fee) if is_buy else execution.amount - execution.fee,
        shares_change=fill.shares if is_buy else -fill.shares,
        transaction=transaction,
        execution=execution,
        bar_time=at,
        note=order.reason,
        entry_id=entry_id,
    )
    if entry_id is not None and transaction.id is None:
        session.flush()
    elif entry_id is not None:
        trade_rows.stamp(new=(execution, *([transaction] if is_new else ())), changed=(service, order, transaction))
    _announce(session, service, order, transaction)
    if is_buy and service.current_balance < service.minimum_balance:
        fail(session, service, "a fill took the balance below the minimum balance")
    return Booked(
        service.id,
        service.user_id,
        service.name,
        service.stock_symbol,
        order.side,
        fill.shares,
        execution.price,
        order.reason or "",
        transaction.gain_loss,
        service.current_balance,
        fill.bar_time,
        order.id,
    )


def settle(session: Session, service: TradingService, order: Order, answer: Acknowledgement) -> Booked | None:
    """
    Book what *answer* says of *order* on paper, and end it where nothing more will come of it.

    Returns:
        What was booked, None if nothing was, or had been already.
    """
    booked = None if answer.fill is None else book(session, service, order, answer.fill)
    if order.state in LIVE_ORDER_STATES and not answer.is_working:
        order_service.move(session, service, order, OrderState.EXPIRED, answer.reason)
    elif order.state in LIVE_ORDER_STATES and answer.reason is not None:
        order_service.note(session, service, order, answer.reason)
    return booked


def close(
    service: TradingService, transaction: TradingTransaction, *, at: datetime, price: Decimal, reason: str | None
) -> None:
    """End a position of which no share is left: its gain (L3), the service's counters and mode."""
    transaction.state = TransactionState.CLOSED
    transaction.sale_price = price
    transaction.sale_date = at
    transaction.exit_reason = reason
    transaction.gain_loss = transaction.calculated_gain_loss
    service.sell_count += 1
    service.total_gain_loss += transaction.gain_loss or Decimal(0)
    clear_position(service)


def clear_position(service: TradingService) -> None:
    """Wait for the next entry: no levels, and mode BUY unless a person has said HOLD."""
    service.stop_price = None
    service.target_price = None
    if service.mode is not TradingMode.HOLD:
        service.mode = TradingMode.BUY


def fail(session: Session, service: TradingService, reason: str) -> None:
    """Put *service* into ERROR, say why, and take its entries back; its exits go on."""
    service.state = ServiceState.ERROR
    service.error_reason = reason
    order_service.cancel_live(session, service, OrderSide.BUY, "the service is in error")
    session.flush()
    events.record(session, event_payloads.service_state_change(service))
    events.record(session, system_events.error("service", "service_failed", reason, reference=service.id))


def _is_booked(session: Session, order: Order, fill: Fill) -> bool:
    if order_service.is_on_paper(order):  # its market names a fill after the order
        return any(execution.execution_ref == fill.execution_ref for execution in order.executions)
    same = select(Execution.id).where(Execution.broker == order.broker, Execution.execution_ref == fill.execution_ref)
    with session.no_autoflush:  # every execution is flushed by the booking it is part of
        return session.scalar(same) is not None


def _bought(session: Session, service: TradingService, order: Order, at: datetime) -> tuple[TradingTransaction, bool]:
    """Return the position that *order* builds, and whether it is new: at the first fill, unless another's came late."""
    held = positions.open_transaction(session, service.id)
    if order.transaction_id is not None:
        own = session.get_one(TradingTransaction, order.transaction_id)
        if own.state is TransactionState.CLOSED:
            _reopen(service, own, held)
        return own, False
    if held is not None:
        return held, False
    transaction = TradingTransaction(
        id=bulk.next_id(session, TradingTransaction),
        service_id=service.id,
        stock_id=service.stock_id,
        stock_symbol=service.stock_symbol,
        shares=Decimal(order.shares),
        purchase_price=order.limit_price or Decimal(1),  # both are set from the fill below
        purchase_date=at,
        state=TransactionState.OPEN,
        open_shares=0,
        cost=Decimal(0),
        buy_fee=Decimal(0),
        proceeds=Decimal(0),
        sell_fee=Decimal(0),
        adjustments=Decimal(0),
        entry_reason=order.reason,
        is_manual=order.kind is OrderKind.MANUAL,
    )
    session.add(transaction)
    positions.note(session, transaction)
    return transaction, True


def _reopen(service: TradingService, transaction: TradingTransaction, held: TradingTransaction | None) -> None:
    """Take back the end of a position: the broker had bought more for it than it had told when that was sold."""
    if held is not None:
        raise ConflictError(f"shares of transaction {transaction.id} came after transaction {held.id} was begun")
    service.sell_count -= 1
    service.total_gain_loss -= transaction.gain_loss or Decimal(0)
    transaction.state = TransactionState.OPEN
    transaction.sale_price = transaction.sale_date = transaction.gain_loss = transaction.exit_reason = None


def _held(session: Session, service: TradingService, order: Order, fill: Fill) -> TradingTransaction:
    held = positions.open_transaction(session, service.id)
    if held is None or held.open_shares < fill.shares:
        raise ConflictError(f"order {order.id} sold {fill.shares} shares that service {service.id} does not hold")
    return held


def _settle(service: TradingService, order: Order, execution: Execution) -> None:
    """Release what the fill no longer needs to hold, and end the order when nothing is left of it; none is revived."""
    if order.filled_shares >= order.shares:
        order_service.enter(service, order, OrderState.FILLED)
    elif order.state in LIVE_ORDER_STATES:
        spent = min(order.reserved_cash, execution.amount + execution.fee)
        order.reserved_cash -= spent
        service.reserved_cash -= spent
        order_service.enter(service, order, OrderState.PARTIALLY_FILLED)


def _add(service: TradingService, transaction: TradingTransaction, execution: Execution) -> None:
    """Add bought shares to a position, and protect it from the price it has now."""
    is_new = transaction.open_shares == 0 and transaction.cost == 0
    transaction.open_shares += execution.shares
    transaction.shares = Decimal(execution.shares) + (0 if is_new else transaction.shares)
    transaction.cost += execution.amount
    transaction.buy_fee += execution.fee
    transaction.purchase_price = _average(execution, is_new, transaction.cost, transaction.shares)
    stop, target = levels(rules_of(service).compiled, to_micros(transaction.purchase_price))
    service.stop_price = from_micros(stop) if stop else None
    service.target_price = from_micros(target) if target else None
    if service.mode is not TradingMode.HOLD:
        service.mode = TradingMode.SELL


def _take(
    session: Session, service: TradingService, transaction: TradingTransaction, execution: Execution, order: Order
) -> None:
    """Take sold shares from a position, and end it with the last one."""
    is_whole = transaction.proceeds == 0 and order.filled_shares == execution.shares
    transaction.open_shares -= execution.shares
    transaction.proceeds += execution.amount
    transaction.sell_fee += execution.fee
    if is_stop(order.kind, order.decision_id, order.reason):
        # Entries wait until the signal was false once; most stop-outs were bought back at the next open otherwise.
        service.is_armed = False
    if transaction.open_shares == 0:
        price = execution.price if is_whole else _average_sale(session, transaction)
        close(service, transaction, at=execution.executed_at, price=price, reason=order.reason)


def _announce(session: Session, service: TradingService, order: Order, transaction: TradingTransaction) -> None:
    events.record(session, event_payloads.order_update(service, order))
    if transaction.state is TransactionState.CLOSED:
        tell = event_payloads.transaction_complete
    elif order.side is OrderSide.BUY and len(order.executions) == 1:
        tell = event_payloads.transaction_new
    else:
        tell = event_payloads.transaction_update
    events.record(session, tell(service, transaction))
    events.record(session, event_payloads.service_update(service))


def _average(execution: Execution, is_only: bool, cost: Decimal, shares: Decimal) -> Decimal:
    return execution.price if is_only else (cost / shares).quantize(_MICRO, ROUND_HALF_UP)


def _average_sale(session: Session, transaction: TradingTransaction) -> Decimal:
    sold = session.execute(
        select(Execution.shares, Execution.price).where(
            Execution.transaction_id == transaction.id, Execution.side == OrderSide.SELL
        )
    ).all()
    total = sum((price * shares for shares, price in sold), Decimal(0))
    return (total / sum(shares for shares, _ in sold)).quantize(_MICRO, ROUND_HALF_UP)
