"""Positions and what people do with them by hand: buy, sell, void, annotate."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.brokers import PAPER
from daytrader.brokers.messages import Fill
from daytrader.core.fills import cost_cents, fee_cents, floor_to_tick, sizing_price
from daytrader.core.money import to_micros
from daytrader.models.enums import (
    LIVE_ORDER_STATES,
    JournalKind,
    OrderKind,
    OrderSide,
    OrderState,
    ServiceState,
    TradingMode,
)
from daytrader.models.enums import TransactionState as State
from daytrader.models.execution import Execution
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import (
    booking,
    event_payloads,
    ledger_service,
    order_service,
    positions,
    price_service,
    trading_service,
)
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.services.exposure import EntryGuard
from daytrader.services.trading_rules import most_cash, rules_of
from daytrader.utils import validators
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError, ForbiddenError, InsufficientDataError, NotFoundError

MANUAL_REASON: Final = "manual"
CANCELLED_BY_HAND: Final = "cancelled by hand"
PRICE_BAND: Final = Decimal("0.20")
"""How far from the last known price a price given by hand may be, as a fraction of it."""

_MAX_REASON: Final = 200
_MAX_NOTES: Final = 5000
_MICRO: Final = Decimal("0.000001")


def get_owned(session: Session, transaction_id: int, actor: Actor) -> TradingTransaction:
    """
    Return a transaction that the actor may see: an own one, or any for an admin.

    Raises:
        NotFoundError: If it does not exist or belongs to someone else.
    """
    transaction = session.get(TradingTransaction, transaction_id)
    if transaction is None:
        raise NotFoundError("transaction")
    try:
        trading_service.get_owned(session, transaction.service_id, actor)
    except NotFoundError:
        raise NotFoundError("transaction") from None
    return transaction


def buy(
    session: Session, actor: Actor, service_id: int, shares: object, purchase_price: object = None
) -> TradingTransaction | Order:
    """
    Buy for a service by hand, at the last known price or at one near it, without slippage.

    At a real broker an order is placed, whose limit leaves as much room above the last known price as an entry's sizing
    does; what it fills, and at what price, the broker says later.

    Returns:
        The position, or the order that is under way.

    Raises:
        NotFoundError, ForbiddenError: If the service is not the actor's.
        InvalidInputError: Naming *shares* or *purchase_price*.
        ConflictError: If the service is not active, holds or awaits shares, lacks the cash, or the price is
            too far off, or is given where a broker makes it.
        InsufficientDataError: If no price is given and none is known.
    """
    service = trading_service.get_own(session, service_id, actor)
    wanted = validators.checked("shares", validators.whole(1, 1_000_000_000), shares)
    _refuse_price(service, purchase_price)
    price, at = _price(session, service, "purchase_price", purchase_price)
    _require_active(service)
    if service.current_shares or positions.open_transaction(session, service.id) is not None:
        raise ConflictError("the service already holds shares: sell them first")
    if service.mode is TradingMode.SELL:
        raise ConflictError("the service is in mode SELL")
    if order_service.live_orders(session, [service.id]):
        raise ConflictError("an order of the service is under way")
    most = price if service.broker == PAPER else floor_to_tick(sizing_price(rules_of(service).compiled, price))
    if most_cash(service, wanted, most) > service.current_balance - service.reserved_cash - service.minimum_balance:
        raise ConflictError("not enough cash for these shares and their fee")
    barred = EntryGuard(session, at).refusal(service, wanted, price)
    if barred is not None:
        raise ConflictError(barred)
    if service.broker != PAPER:
        return _order(session, service, OrderSide.BUY, wanted, limit=most)
    order = _trade(session, service, OrderSide.BUY, wanted, price, at)
    return session.get_one(TradingTransaction, order.transaction_id)


def complete(
    session: Session, actor: Actor, transaction_id: int, sale_price: object = None
) -> TradingTransaction | Order:
    """
    Sell an open position by hand, at the last known price or at one near it, without slippage.

    At a real broker an order is placed: it sells at the market's price, once the stop and target there are withdrawn.

    Returns:
        The position, or the order that is under way.

    Raises:
        NotFoundError, ForbiddenError: If it is not the actor's.
        InvalidInputError: Naming *sale_price*.
        ConflictError: If it is not open, its service is not active, a sale is under way at its broker, or the price is
            too far off, or is given where a broker makes it.
        InsufficientDataError: If no price is given and none is known.
    """
    transaction, service = _own(session, actor, transaction_id)
    is_on_paper = service.broker == PAPER
    _refuse_price(service, sale_price)
    price, at = _price(session, service, "sale_price", sale_price) if is_on_paper else (0, get_current_datetime())
    if transaction.state is not State.OPEN:
        raise ConflictError(f"the transaction is {transaction.state}, only an open one can be completed")
    _require_active(service)
    if not is_on_paper:
        if OrderSide.SELL in trading_service.live_sides(session, service.id):
            raise ConflictError("a sale of this position is under way already")
        return _order(session, service, OrderSide.SELL, transaction.open_shares, transaction_id=transaction.id)
    order_service.cancel_live(session, service, OrderSide.SELL, "sold by hand")
    _trade(session, service, OrderSide.SELL, transaction.open_shares, price, at)
    return transaction


def cancel(session: Session, actor: Actor, transaction_id: int, reason: object) -> TradingTransaction:
    """
    Void a paper purchase that was never sold: the journal takes it back, the row and the *reason* stay.

    Raises:
        NotFoundError, ForbiddenError: If it is not the actor's.
        InvalidInputError: If there is no reason.
        ConflictError: If it is not open, partly sold, or was executed at a real broker.
    """
    transaction, service = _own(session, actor, transaction_id)
    why = validators.checked("reason", lambda value: validators.text(value, shortest=1, longest=_MAX_REASON), reason)
    if transaction.state is not State.OPEN:
        raise ConflictError(f"the transaction is {transaction.state}, only an open one can be cancelled")
    executions = session.execute(
        select(Execution.side, Execution.broker).where(Execution.transaction_id == transaction.id)
    ).all()
    if any(side is OrderSide.SELL for side, _ in executions):
        raise ConflictError("part of the position has been sold: it can only be completed")
    if any(broker != PAPER for _, broker in executions):
        raise ConflictError("the purchase was executed at a broker: it can only be sold")
    order_service.cancel_live(session, service, OrderSide.SELL, "the purchase was voided")
    _void(session, service, transaction, why)
    return transaction


def cancel_order(session: Session, actor: Actor, order_id: int) -> Order:
    """
    Take back what has not filled of an own order; a real broker is asked to, and may fill it meanwhile.

    Raises:
        NotFoundError, ForbiddenError: If it is not the actor's.
        ConflictError: If it has ended, is being sent, or is the stop and target of a position.
    """
    order = session.get(Order, order_id)
    if order is None:
        raise NotFoundError("order")
    try:
        service = trading_service.get_own(session, order.service_id, actor)
    except NotFoundError:
        raise NotFoundError("order") from None
    session.refresh(order)
    if order.state not in LIVE_ORDER_STATES:
        raise ConflictError(f"the order is {order.state}: nothing is left of it to cancel")
    if order_service.is_leg(order):
        raise ConflictError("this order is the stop and target of a position: it ends with the position")
    if not order_service.cancel(session, service, order, CANCELLED_BY_HAND):
        raise ConflictError("the order is being sent: try again shortly")
    return order


def set_notes(session: Session, actor: Actor, transaction_id: int, notes: object) -> TradingTransaction:
    """
    Keep a remark with a transaction; None removes it.

    Raises:
        NotFoundError, ForbiddenError: If it is not the actor's.
        InvalidInputError: If it is no text or too long.
    """
    transaction, service = _own(session, actor, transaction_id)
    transaction.notes = validators.checked("notes", validators.optional_text(_MAX_NOTES), notes)
    session.flush()
    events.record(session, event_payloads.transaction_update(service, transaction))
    return transaction


def _own(session: Session, actor: Actor, transaction_id: int) -> tuple[TradingTransaction, TradingService]:
    """Return an own transaction, read after its service's row was locked: what it says now is what it is."""
    transaction = get_owned(session, transaction_id, actor)
    service = trading_service.get_owned(session, transaction.service_id, actor, for_update=True)
    if service.user_id != actor.user_id:
        raise ForbiddenError("an admin may read another's transactions, not change them")
    session.refresh(transaction)
    return transaction, service


def _require_active(service: TradingService) -> None:
    if service.state is not ServiceState.ACTIVE or not service.is_active:
        raise ConflictError("the service is not active")


def _refuse_price(service: TradingService, given: object) -> None:
    if service.broker != PAPER and given is not None:
        raise ConflictError(f"{service.broker} makes the price: none can be given")


def _price(session: Session, service: TradingService, field: str, given: object) -> tuple[int, datetime]:
    """
    Return the price of a manual trade, in micros, and its time.

    In a replay the time is the market's, so that manual and automatic trades stand on one axis.
    """
    last = None
    if service.stock_id is not None:
        last = price_service.last_price(session, service.stock_id, service.interval)
    market_time = price_service.market_time(session)
    at = last.bar_time if last is not None and market_time is not None else get_current_datetime()
    if given is None:
        if last is None:
            raise InsufficientDataError("no price of this stock is known: give one")
        return to_micros(last.price), at
    price = validators.checked(field, validators.fill_price, given)
    if last is not None and abs(price - last.price) > last.price * PRICE_BAND:
        low, high = (last.price * (1 - PRICE_BAND)).quantize(_MICRO), (last.price * (1 + PRICE_BAND)).quantize(_MICRO)
        raise ConflictError(f"the price is too far from the last known one: it must be between {low} and {high}")
    return to_micros(price), at


def _order(
    session: Session,
    service: TradingService,
    side: OrderSide,
    shares: int,
    *,
    limit: int = 0,
    transaction_id: int | None = None,
) -> Order:
    """Store what a person asks of a real broker; it is sent as every order is."""
    return order_service.place(
        session,
        service,
        side=side,
        kind=OrderKind.MANUAL,
        shares=shares,
        reason=MANUAL_REASON,
        limit=limit,
        transaction_id=transaction_id,
    )


def _trade(session: Session, service: TradingService, side: OrderSide, shares: int, price: int, at: datetime) -> Order:
    """Order, fill and book at once: the paper market has no network to wait for."""
    order = order_service.place(
        session,
        service,
        side=side,
        kind=OrderKind.MANUAL,
        shares=shares,
        reason=MANUAL_REASON,
        limit=price if side is OrderSide.BUY else 0,
        state=OrderState.ACCEPTED,
    )
    amount = cost_cents(shares, price)
    fee = fee_cents(rules_of(service).compiled, shares, amount)
    fill = Fill(f"{order.client_order_id}:manual", shares, price, amount, fee, bar_time=None)
    booking.book(session, service, order, fill, at=at)
    return order


def _void(session: Session, service: TradingService, transaction: TradingTransaction, reason: str) -> None:
    amount = transaction.cost + transaction.buy_fee - transaction.adjustments
    if service.current_balance + amount < 0:
        raise ConflictError("the dividends of this position have been spent: it can only be sold")
    ledger_service.post(
        session,
        service,
        JournalKind.VOID,
        amount=amount,
        shares_change=-transaction.open_shares,
        transaction=transaction,
        bar_time=price_service.market_time(session) or get_current_datetime(),
        note=reason,
    )
    transaction.state = State.CANCELLED
    transaction.open_shares = 0
    transaction.exit_reason = reason
    service.buy_count -= 1
    booking.clear_position(service)
    session.flush()
    events.record(session, event_payloads.transaction_update(service, transaction))
    events.record(session, event_payloads.service_update(service))
