"""Reconciliation with an account: its broker holds what the books hold, and nobody but us sends orders in our name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import structlog
from sqlalchemy import Integer, bindparam, or_, select
from sqlalchemy.orm import Session

from daytrader.brokers.account import Account, BrokerOrder
from daytrader.models.broker_credential import BrokerCredential
from daytrader.models.corporate_action import CorporateAction
from daytrader.models.enums import (
    STATES_AT_WORK,
    CorporateActionKind,
    JournalKind,
    OrderSide,
    OrderState,
    TransactionState,
)
from daytrader.models.execution import Execution
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.services import account_cash, booking, entitlements, order_service, positions, system_events
from daytrader.services.events import events
from daytrader.services.system_events import Severity

logger = structlog.get_logger(__name__)

_AT_BROKER: Final = (OrderState.SUBMITTING, OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)
"""The states of orders that may fill while the broker is asked for positions."""
_LAG: Final = timedelta(minutes=2)
"""For how long a trade may be missing from the positions, or be in them and not in what was asked before."""
_SPLIT_LAG: Final = timedelta(days=1)
_FRACTION_LAG: Final = timedelta(days=14)
"""For how long after a split a broker may still hold the fraction of a share that it will pay in cash."""
_CHUNK: Final = 500
_REASON_LENGTH: Final = 200
_IDS: Final = bindparam("service_ids", type_=Integer, expanding=True)
_ORDERED: Final = select(Order.side, Order.shares, Order.filled_shares).where(
    Order.service_id.in_(_IDS), Order.state.in_(_AT_BROKER)
)
_TRADED: Final = select(Execution.side, Execution.shares).where(
    Execution.service_id.in_(_IDS), Execution.executed_at > bindparam("since")
)


@dataclass(frozen=True, slots=True)
class _Holding:
    """
    What the books say an account holds of one symbol: one of *shares*, which a split makes several.

    What trades while it is asked may take up to *less* from it, or add up to *more*.
    """

    shares: frozenset[int]
    less: int
    more: int
    has_split: bool

    def fits(self, quantity: Decimal) -> bool:
        """Return whether a broker that holds *quantity* holds what the books do."""
        held = Decimal(int(quantity)) if self.has_split and quantity > 0 else quantity
        return any(shares - self.less <= held <= shares + self.more for shares in self.shares)


def check(
    session: Session,
    credential: BrokerCredential,
    account: Account,
    positions: Mapping[str, Decimal],
    orders: Sequence[BrokerOrder],
    now: datetime,
    left_out: Collection[int] = (),
) -> Sequence[str]:
    """
    Compare what a broker says of an account with the books, once what traded there has been booked.

    A symbol of which it holds more or less than the services together puts its services into ERROR, their protection
    kept; nothing is mended. An order in our name that we have not sent stops all buying in the account until its owner
    has looked; one in another name is somebody else's. The cash is kept, and held against the services' balances.

    Args:
        session: A unit of work that may write.
        credential: Of the account.
        account: As the broker says.
        positions: Shares by symbol, as the broker says.
        orders: What was sent lately, and everything at work, as the broker says.
        now: When it was asked.
        left_out: Services whose rows cannot be read: they have stopped, and are not compared.

    Returns:
        Why nothing may be bought in the account, each reason a sentence; none where all is well.
    """
    services = session.scalars(
        select(TradingService)
        .where(TradingService.user_id == credential.user_id, TradingService.broker == credential.broker)
        .where(or_(TradingService.state.in_(STATES_AT_WORK), TradingService.current_shares > 0))
        .where(TradingService.id.not_in(left_out))
        .order_by(TradingService.id)
        .with_for_update()
    ).all()
    session.refresh(credential, with_for_update=True)
    if account.number != credential.account:
        return [f"the keys open the account {account.number}, not {credential.account}: connect them anew"]
    by_symbol: dict[str, list[TradingService]] = {}
    for service in services:
        by_symbol.setdefault(service.stock_symbol, []).append(service)
    for symbol, traders in by_symbol.items():
        _compare(session, credential, symbol, traders, positions.get(symbol, Decimal(0)), now)
    _stop_on_strangers(session, credential, orders, now)
    was_short = account_cash.shortfall(session, credential)
    account_cash.see(credential, account, now)
    session.flush()
    is_short = account_cash.shortfall(session, credential)
    if is_short is not None and was_short is None:
        _tell(session, credential, Severity.ERROR, f"Nothing is bought: {is_short}. Stops and sales go on")
    return [reason for reason in (credential.halted_reason, is_short) if reason is not None]


def _compare(
    session: Session,
    credential: BrokerCredential,
    symbol: str,
    services: Sequence[TradingService],
    quantity: Decimal,
    now: datetime,
) -> None:
    holding = _holding(session, services, now)
    if holding.fits(quantity):
        return
    books = " or ".join(str(shares) for shares in sorted(holding.shares))
    reason = (
        f"{credential.broker} holds {quantity.normalize():f} shares of {symbol} in the account {credential.account}, "
        f"the books hold {books}: nothing was mended, the stop-loss stays in force"
    )
    logger.error("holdings differ", symbol=symbol, broker=credential.broker, holds=str(quantity), books=books)
    for service in services:
        if service.state in STATES_AT_WORK:
            booking.fail(session, service, reason)
            _tell(session, credential, Severity.ERROR, f"Service {service.id} ({service.name}) has stopped: {reason}")


def _holding(session: Session, services: Sequence[TradingService], now: datetime) -> _Holding:
    shares, less, more, has_split = {0}, 0, 0, False
    for service in services:
        possible, is_near_split = _possible_shares(session, service, now)
        shares = {sum_ + held for sum_ in shares for held in possible}
        has_split = has_split or is_near_split
    ids = [service.id for service in services]
    for side, ordered, filled in session.execute(_ORDERED, {"service_ids": ids}):
        less, more = _widened(less, more, side, ordered - filled)
    # What has just traded may not be in the positions yet: it is taken off again, so to speak.
    opposite = {OrderSide.BUY: OrderSide.SELL, OrderSide.SELL: OrderSide.BUY}
    for side, count in session.execute(_TRADED, {"service_ids": ids, "since": now - _LAG}):
        less, more = _widened(less, more, opposite[side], count)
    return _Holding(frozenset(shares), less, more, has_split)


def _widened(less: int, more: int, side: OrderSide, shares: int) -> tuple[int, int]:
    return (less, more + shares) if side is OrderSide.BUY else (less + shares, more)


def _possible_shares(session: Session, service: TradingService, now: datetime) -> tuple[set[int], bool]:
    """Return what a service holds: before and after a split that one side knows and the other not yet."""
    held = positions.open_transaction(session, service.id)
    if held is None or held.state is not TransactionState.OPEN:
        return {0}, False
    possible = {held.open_shares, entitlements.shares_at(session, service, held, now)}
    booked = select(JournalEntry.shares_after, JournalEntry.shares_change).where(
        JournalEntry.service_id == service.id,
        JournalEntry.kind == JournalKind.SPLIT,
        JournalEntry.created_at > now - _SPLIT_LAG,
    )
    possible |= {after - change for after, change in session.execute(booked)}
    recent = select(CorporateAction.id).where(
        CorporateAction.stock_id == service.stock_id,
        CorporateAction.kind == CorporateActionKind.SPLIT,
        CorporateAction.ex_date.between((now - _FRACTION_LAG).date(), now.astimezone(UTC).date()),
    )
    return possible, session.scalars(recent).first() is not None


def _stop_on_strangers(
    session: Session, credential: BrokerCredential, orders: Iterable[BrokerOrder], now: datetime
) -> None:
    """Stop buying where an order bears our name that we do not know; one that ended unfilled has changed nothing."""
    prefix = order_service.own_prefix(session)
    ours = {
        order.client_order_id: order
        for order in orders
        if order.client_order_id.startswith(prefix)
        and not (order.has_ended and not order.filled)
        and (credential.cleared_at is None or order.submitted_at > credential.cleared_at)
    }
    ids, known = sorted(ours), set[str]()
    for first in range(0, len(ids), _CHUNK):
        chunk = ids[first : first + _CHUNK]
        known |= set(session.scalars(select(Order.client_order_id).where(Order.client_order_id.in_(chunk))))
    strangers = [ours[one] for one in ids if one not in known]
    if not strangers or credential.halted_at is not None:
        return
    first_one = min(strangers, key=lambda order: order.submitted_at)
    more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
    reason = (
        f"the order {first_one.client_order_id} of {first_one.shares} {first_one.symbol}{more} at {credential.broker} "
        "bears this installation's name and is in no book"
    )
    credential.halted_at, credential.halted_reason = now, reason[:_REASON_LENGTH]
    logger.critical("an unknown order of our own", broker=credential.broker, client_order_id=first_one.client_order_id)
    events.record(session, system_events.error("broker", "unknown_order", reason, reference=credential.id))
    message = f"Nothing is bought in the account {credential.account} any more: {reason}. Stops and sales go on"
    _tell(session, credential, Severity.CRITICAL, message)


def _tell(session: Session, credential: BrokerCredential, severity: Severity, message: str) -> None:
    events.record(session, system_events.personal_notification(credential.user_id, severity, "broker", message))
