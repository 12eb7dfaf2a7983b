"""Stop and target of a position at a broker: one order that rests there through the session, renewed in the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import String, bindparam, or_, select
from sqlalchemy.orm import Session

from daytrader.core.protection import is_reached
from daytrader.core.reasons import STOP_REASON, TARGET_REASON
from daytrader.models.broker_credential import BrokerCredential
from daytrader.models.enums import LIVE_ORDER_STATES, OrderKind, OrderSide, OrderState
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import account_book, entitlements, market_calendar, order_service, positions
from daytrader.services.trading_rules import levels_of, micros_of

_AGAIN_AFTER: Final = timedelta(seconds=60)
"""How long after a broker has refused them stop and target are tried again."""
_BROKER: Final = bindparam("broker", type_=String)
_HAVE_ORDERS: Final = select(Order.service_id).where(Order.state.in_(LIVE_ORDER_STATES), Order.broker == _BROKER)
_OF_ACCOUNT: Final = (
    select(TradingService)
    .where(
        TradingService.user_id == bindparam("user_id"),
        TradingService.broker == _BROKER,
        TradingService.id.not_in(bindparam("left_out", expanding=True)),
        or_(TradingService.current_shares > 0, TradingService.id.in_(_HAVE_ORDERS)),
    )
    .order_by(TradingService.id)
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done: *leg* withdrawn for *reason*; or levels, in micros, placed for *held*."""

    leg: Order | None = None
    reason: str = ""
    held: TradingTransaction | None = None
    stop: int = 0
    target: int = 0


def services_of(
    session: Session, credential: BrokerCredential, left_out: Collection[int] = ()
) -> Sequence[TradingService]:
    """Return the services that hold shares in the account, or have orders there, save those that are *left_out*."""
    return session.scalars(_OF_ACCOUNT, account_book.account(credential, left_out)).all()


def is_missing(session: Session, service: TradingService, now: datetime) -> bool:
    """Return whether `tend` would do anything."""
    return _plan(session, service, now) is not None


def tend(session: Session, service_id: int, now: datetime) -> None:
    """
    Let what rests at the broker be what protects a service.

    What does not fit any more, in shares or levels, or stands in the way of an exit, is asked back; once it has ended,
    the next call places what is wanted. Nothing is placed outside a session.
    """
    service = session.get_one(TradingService, service_id, with_for_update=True)
    entitlements.apply_due(session, service, now)  # levels and shares are those of the day
    plan = _plan(session, service, now)
    if plan is None:
        return
    if plan.leg is not None:
        if plan.leg.state is OrderState.PENDING:
            order_service.move(session, service, plan.leg, OrderState.CANCELLED, plan.reason)
        else:
            order_service.ask_to_cancel(session, service, plan.leg, plan.reason)
        return
    assert plan.held is not None
    kind = OrderKind.STOP if plan.stop else OrderKind.TARGET
    _place(session, service, plan.held, kind, limit=plan.target, stop=plan.stop)


def refused_levels(session: Session, service: TradingService, now: datetime) -> tuple[int, int]:
    """Return stop and target in force, micros, that a broker has lately refused to keep for a position; 0 for none."""
    held = positions.open_transaction(session, service.id)
    if held is None or any(one.side is OrderSide.SELL for one in order_service.live_orders(session, [service.id])):
        return 0, 0
    is_refused = market_calendar.is_open(now) and _was_refused(session, held, now)
    return levels_of(service) if is_refused else (0, 0)


def sell_at_level(session: Session, service_id: int, price: int, now: datetime) -> None:
    """
    Sell a position at the market of which the last *price* has reached a refused level.

    No broker keeps a stop at or above the market, nor the two together where the market is at or above the target.
    """
    service = session.get_one(TradingService, service_id, with_for_update=True)
    held = positions.open_transaction(session, service.id)
    stop, target = refused_levels(session, service, now)
    if held is not None and is_reached(stop, target, price, price):
        kind = OrderKind.STOP if is_reached(stop, 0, price, price) else OrderKind.TARGET
        _place(session, service, held, kind)


def _plan(session: Session, service: TradingService, now: datetime) -> _Plan | None:
    held = positions.open_transaction(session, service.id)
    live = order_service.live_orders(session, [service.id])
    leg = next((order for order in live if order_service.is_leg(order)), None)
    has_exit = any(order.side is OrderSide.SELL and order is not leg for order in live)
    stop, target = (0, 0) if held is None or has_exit else levels_of(service)
    if leg is not None:
        if leg.cancel_reason is not None or _fits(leg, held, stop, target, has_exit=has_exit):
            return None
        return _Plan(leg, "the position is sold" if has_exit else "what it protects has changed")
    if held is None or (stop, target) == (0, 0) or not market_calendar.is_open(now):
        return None
    return None if _was_refused(session, held, now) else _Plan(held=held, stop=stop, target=target)


def _place(
    session: Session,
    service: TradingService,
    held: TradingTransaction,
    kind: OrderKind,
    *,
    limit: int = 0,
    stop: int = 0,
) -> None:
    entry = order_service.entry_of(session, held)
    order_service.place(
        session,
        service,
        side=OrderSide.SELL,
        kind=kind,
        shares=held.open_shares,
        reason=STOP_REASON if kind is OrderKind.STOP else TARGET_REASON,
        limit=limit,
        stop=stop,
        parent_id=None if entry is None else entry.id,
        transaction_id=held.id,
    )


def _fits(leg: Order, held: TradingTransaction | None, stop: int, target: int, *, has_exit: bool) -> bool:
    if leg.limit_price is None and leg.stop_price is None:
        return not has_exit  # a level was passed already: it sells at the market
    if held is None or leg.shares - leg.filled_shares != held.open_shares:
        return False
    return (micros_of(leg.stop_price), micros_of(leg.limit_price)) == (stop, target)


def _was_refused(session: Session, held: TradingTransaction, now: datetime) -> bool:
    query = select(Order.id).where(
        Order.transaction_id == held.id,
        Order.kind.in_((OrderKind.STOP, OrderKind.TARGET)),
        Order.state == OrderState.REJECTED,
        Order.updated_at > now - _AGAIN_AFTER,
    )
    return session.scalar(query.limit(1)) is not None
