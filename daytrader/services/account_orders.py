"""Orders on their way to an account: which are due and how, the claim, and what the broker's word means for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, case, select
from sqlalchemy.orm import Session

from daytrader.brokers.account import AccountBroker, BrokerOrder, OrderRequest, Validity
from daytrader.brokers.errors import BrokerError
from daytrader.core.money import to_micros
from daytrader.models.broker_credential import BrokerCredential
from daytrader.models.enums import JournalKind, OrderKind, OrderSide, OrderState, ServiceState, TradingMode
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.services import (
    account_book,
    account_cash,
    booking,
    entitlements,
    entry_size,
    event_payloads,
    live_trading,
    market_calendar,
    order_service,
    positions,
    system_events,
)
from daytrader.services.events import events
from daytrader.services.exposure import EntryGuard
from daytrader.services.system_events import Severity
from daytrader.utils.constants import DAILY

UNKNOWN_FOR: Final = timedelta(seconds=60)
"""How long a broker that does not know an order may still come to know it."""
_MANUAL_FOR: Final = timedelta(days=1)
_AGAIN_AFTER: Final = timedelta(seconds=60)
_MOST_ATTEMPTS: Final = 5
_UNSOLD: Final = (OrderState.EXPIRED, OrderState.REJECTED)
# Built once: every turn asks it of every account, more than once.
_WAITING: Final = account_book.of_account(
    select(Order).where(Order.state.in_(bindparam("states", type_=Order.state.type, expanding=True)))
).order_by(case((Order.side == OrderSide.SELL, 0), else_=1), Order.id)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An order that is ours to send, and how."""

    order_id: int
    service_id: int
    request: OrderRequest


@dataclass(frozen=True, slots=True)
class _Timing:
    """How an order may be sent now (None: not yet), or why it is too late for it."""

    validity: Validity | None = None
    too_late: str | None = None


def waiting(
    session: Session, credential: BrokerCredential, *states: OrderState, left_out: Collection[int] = ()
) -> Sequence[Order]:
    """Return the account's orders in *states* in the order in which they are sent: what sells comes first."""
    return session.scalars(_WAITING, account_book.account(credential, left_out) | {"states": states}).all()


def is_due(session: Session, order: Order, broker: AccountBroker, now: datetime) -> bool:
    """Return whether `claim` would do anything with a PENDING *order* now, as far as the hour says."""
    timing = _timing(session.get_one(TradingService, order.service_id), order, broker, now)
    return timing.validity is not None or timing.too_late is not None


def claim(session: Session, order_id: int, broker: AccountBroker, now: datetime) -> Claimed | None:
    """
    Make an order ours to send, by compare and set; or end it where it is too late, or not wanted any more.

    A SUBMITTING one is sent again, under the same client_order_id: the caller knows that the broker does not have it.

    Returns:
        The order as it is to be sent, None where there is nothing to send now.
    """
    found = session.get_one(Order, order_id)
    service = session.get_one(TradingService, found.service_id, with_for_update=True)
    order = session.get_one(Order, order_id, populate_existing=True)
    entitlements.apply_due(session, service, now)  # a split ends what was decided before it
    if order.state not in order_service.UNSUBMITTED:
        return None
    if order.cancel_reason is not None:
        order_service.move(session, service, order, OrderState.CANCELLED, order.cancel_reason)
        return None
    timing = _timing(service, order, broker, now)
    if timing.too_late is not None:
        order_service.move(session, service, order, OrderState.EXPIRED, timing.too_late)
    may_go = _may_buy if order.side is OrderSide.BUY else _may_sell
    if timing.validity is None or not may_go(session, service, order, now):
        return None
    if order.state is OrderState.SUBMITTING:
        order_service.move(session, service, order, OrderState.SUBMITTING, "the broker did not have it: sent again")
    else:
        if not order_service.begin_submission(session, [order.id]):
            return None
        session.refresh(order)
    order.sent_at = now
    session.flush()
    events.record(session, event_payloads.order_update(service, order))
    return Claimed(order.id, service.id, _request(service, order, timing.validity))


def accept(session: Session, order_id: int, reported: BrokerOrder) -> None:
    """Note that the broker has taken what was sent; what it filled of it the executions tell."""
    service, order = _locked(session, order_id)
    account_book.adopt(session, service, order, reported)


def put_back(session: Session, order_id: int, error: BrokerError) -> None:
    """Note that the broker has taken nothing, for a reason that is not the order's: it waits to be sent."""
    service, order = _locked(session, order_id)
    if order.state is OrderState.SUBMITTING:
        order_service.move(session, service, order, OrderState.PENDING, f"not taken: {error}")


def refuse(session: Session, order_id: int, error: BrokerError) -> None:
    """Note that the broker does not want the order, in its own word, and tell its owner."""
    service, order = _locked(session, order_id)
    if order.state is not OrderState.SUBMITTING:
        return
    order_service.move(session, service, order, OrderState.REJECTED, f"{order.broker}: {error}"[:200])
    if order_service.is_leg(order):
        if _was_refused_before(session, order):
            return  # it was told
        what = "stop and target of the position, which is unprotected until it takes them or the price is at the stop,"
    else:
        what = "an order"
    message = f"{order.broker} has refused {what} of {service.name} ({service.stock_symbol}): {error}"
    told = system_events.personal_notification(service.user_id, Severity.WARNING, "broker", message)
    events.record(session, told)


def give_up(session: Session, order_id: int, broker: AccountBroker, now: datetime) -> bool:
    """
    End an order that was sent, that the broker does not have, and for which it is too late or unwanted by now.

    Returns:
        Whether it has ended; if not, it may be sent again.
    """
    service, order = _locked(session, order_id)
    if order.state is not OrderState.SUBMITTING:
        return True
    if order.cancel_reason is not None:
        order_service.move(session, service, order, OrderState.CANCELLED, order.cancel_reason)
        return True
    too_late = _timing(service, order, broker, now).too_late
    if too_late is None:
        return False
    order_service.move(session, service, order, OrderState.EXPIRED, f"the broker never had it, and {too_late}")
    return True


def unsold(session: Session, service: TradingService, now: datetime) -> Order | None:
    """Return the sale that its broker, or a split, ended before all was sold; None where none is to be placed again."""
    held = positions.open_transaction(session, service.id)
    if held is None or any(
        order.side is OrderSide.SELL and not order_service.is_leg(order)
        for order in order_service.live_orders(session, [service.id])
    ):
        return None
    last = session.scalars(
        select(Order)
        .where(
            Order.transaction_id == held.id,
            Order.side == OrderSide.SELL,
            Order.kind.in_((OrderKind.EXIT, OrderKind.MANUAL)),
        )
        .order_by(Order.id.desc())
        .limit(1)
    ).first()
    if last is None or not (_ended_by_itself(last) or _ended_by_a_split(session, last)):
        return None
    if service.state is ServiceState.INACTIVE and last.decision_id is not None:
        return None  # its owner has stopped it since, and keeps the position
    is_refused = last.state is OrderState.REJECTED
    return None if is_refused and last.updated_at > now - _AGAIN_AFTER else last


def _ended_by_itself(exit_: Order) -> bool:
    return exit_.kind is OrderKind.EXIT and exit_.state in _UNSOLD


def _ended_by_a_split(session: Session, exit_: Order) -> bool:
    """Return whether an exit, or a sale by hand, was taken back because it was of shares before a split."""
    if exit_.state is not OrderState.CANCELLED:
        return False
    splits = select(JournalEntry.note).where(
        JournalEntry.transaction_id == exit_.transaction_id,
        JournalEntry.kind == JournalKind.SPLIT,
        JournalEntry.created_at >= exit_.created_at,
    )
    return exit_.history[-1]["reason"] in session.scalars(splits).all()


def sell_again(session: Session, service_id: int, now: datetime) -> None:
    """Place the sale that a service's broker, or a split, has ended anew; a few times, then a person has to look."""
    service = session.get_one(TradingService, service_id, with_for_update=True)
    last = unsold(session, service, now)
    if last is None:
        return
    if last.attempt >= _MOST_ATTEMPTS:
        if service.state is not ServiceState.ERROR:
            booking.fail(session, service, f"the position could not be sold in {last.attempt} attempts")
        return
    held = positions.open_transaction(session, service.id)
    assert held is not None
    order_service.place(
        session,
        service,
        side=OrderSide.SELL,
        kind=last.kind,
        shares=held.open_shares,
        reason=last.reason or "",
        decision_id=last.decision_id,
        attempt=last.attempt + 1,
        transaction_id=held.id,
        bar_time=last.bar_time,
    )


def _was_refused_before(session: Session, leg: Order) -> bool:
    query = select(Order.id).where(
        Order.transaction_id == leg.transaction_id,
        Order.kind.in_((OrderKind.STOP, OrderKind.TARGET)),
        Order.state == OrderState.REJECTED,
        Order.id < leg.id,
    )
    return session.scalar(query.limit(1)) is not None


def _locked(session: Session, order_id: int) -> tuple[TradingService, Order]:
    found = session.get_one(Order, order_id)
    service = session.get_one(TradingService, found.service_id, with_for_update=True)
    return service, session.get_one(Order, order_id, populate_existing=True)


def _timing(service: TradingService, order: Order, broker: AccountBroker, now: datetime) -> _Timing:
    """Return how *order* may be sent now: entries are good for one open, exits and what a person orders for any."""
    is_open = market_calendar.is_open(now)
    if order_service.is_leg(order):
        return _Timing(Validity.SESSION) if is_open else _Timing(too_late="the session has ended")
    auction = Validity.OPENING if not is_open and broker.takes(Validity.OPENING, now) else None
    if order.side is OrderSide.SELL:
        return _Timing(Validity.SESSION if is_open else auction)
    if order.bar_time is not None and service.interval == DAILY:
        opens = market_calendar.open_after(order.bar_time.astimezone(UTC).date())
        if now >= opens:
            return _Timing(too_late="its open has passed")
        return _Timing(auction if market_calendar.next_open(now) == opens else None)
    too_late = _of_the_session(service, order, now)
    if too_late is not None:
        return _Timing(too_late=too_late)
    at_once = Validity.NOW if is_open else None
    return _Timing(at_once if order.bar_time is not None else at_once or auction)


def _of_the_session(service: TradingService, order: Order, now: datetime) -> str | None:
    """Return why an entry is too late that is to fill at once, by the end of its bar or when a person asked for it."""
    if order.bar_time is None:
        return "nobody could buy for a day" if now > order.created_at + _MANUAL_FOR else None
    last = market_calendar.end_of(order.bar_time, service.interval) + market_calendar.longest_delay(service.interval)
    return "its bar is too old by now" if now > last else None


def _may_buy(session: Session, service: TradingService, order: Order, now: datetime) -> bool:
    why = None
    is_held = service.mode is TradingMode.HOLD and order.kind is not OrderKind.MANUAL  # HOLD is a word on signals
    if service.state is not ServiceState.ACTIVE or is_held:
        why = "the service takes no entries now"
    why = why or EntryGuard(session, now).refusal_to_send(service) or _fit_to_cash(session, service, order)
    if why is None:
        return True
    if order.state is OrderState.PENDING:
        order_service.move(session, service, order, OrderState.CANCELLED, why)
    else:
        order_service.ask_to_cancel(session, service, order, why)
    return False


def _fit_to_cash(session: Session, service: TradingService, entry: Order) -> str | None:
    """
    Let an entry be of as many shares as the account's cash pays for; return why it may not go at all, None if it may.

    What a person has asked for is sent as it is or not at all, and so is what the broker may have already.
    """
    credential = live_trading.credential_of(session, service)
    left = None if credential is None else account_cash.left_for(session, credential, entry)
    if left is None or entry.reserved_cash <= left:
        return None
    why = f"it may cost {entry.reserved_cash}, the account has {left} in cash: dividends are not paid yet"
    may_be_smaller = entry.state is OrderState.PENDING and entry.kind is not OrderKind.MANUAL
    return None if may_be_smaller and entry_size.trim(session, service, entry, left, why) else why


def _may_sell(session: Session, service: TradingService, order: Order, _now: datetime) -> bool:
    """Return whether nothing else sells or buys for *service*; the order is then of what there is to sell."""
    others = [one for one in order_service.live_orders(session, [service.id]) if one.id != order.id]
    held = positions.open_transaction(session, service.id)
    if held is None and not others:
        order_service.move(session, service, order, OrderState.CANCELLED, "nothing is left to sell")
        return False
    if order_service.is_leg(order):
        is_sold = any(one.side is OrderSide.SELL for one in others)
        return held is not None and not is_sold and (order.shares == held.open_shares)
    if others or held is None:
        return False
    order.shares = held.open_shares
    order.transaction_id = held.id
    return True


def _request(service: TradingService, order: Order, validity: Validity) -> OrderRequest:
    return OrderRequest(
        order.client_order_id,
        service.stock_symbol,
        order.side,
        order.shares,
        validity,
        limit=0 if order.limit_price is None else to_micros(order.limit_price),
        stop=0 if order.stop_price is None else to_micros(order.stop_price),
    )
