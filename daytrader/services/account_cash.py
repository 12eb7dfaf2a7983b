"""The cash of an account at a broker, and whether the services that trade there could spend more than there is."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from daytrader.brokers.account import Account
from daytrader.core.money import from_cents
from daytrader.models.broker_credential import BrokerCredential
from daytrader.models.enums import JournalKind, OrderSide, OrderState, ServiceState
from daytrader.models.execution import Execution
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService

_UNPAID_FOR: Final = timedelta(days=60)
"""How long after its ex-date a dividend, which the books have since, may not be in the account: most take a month."""
_SENT: Final = (OrderState.SUBMITTING, OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)


def see(credential: BrokerCredential, account: Account, at: datetime) -> None:
    """Keep what the broker said about its cash at the moment *at*."""
    credential.cash, credential.cash_seen_at = from_cents(account.cash), at


def shortfall(session: Session, credential: BrokerCredential, starting: TradingService | None = None) -> str | None:
    """
    Return by what the balances of the services in an account exceed its cash, None where they do not.

    Every service counts that is not stopped or holds shares, and the one that is *starting*. The cash is what was seen
    last, what has traded since, and the dividends of the last weeks, which the broker may have yet to pay. Where it was
    never seen nothing can be said; nothing is sent before it is.
    """
    cash = _cash(session, credential)
    if cash is None:
        return None
    counts = or_(TradingService.state != ServiceState.INACTIVE, TradingService.current_shares > 0)
    if starting is not None:
        counts = or_(counts, TradingService.id == starting.id)
    balances = select(func.sum(TradingService.current_balance)).where(*_of_account(credential), counts)
    taken = session.scalar(balances) or Decimal(0)
    if taken <= cash or taken <= cash + _unpaid(session, credential):
        return None
    return f"the services in the account at {credential.broker} have balances of {taken} together, its cash is {cash}"


def left_for(session: Session, credential: BrokerCredential, entry: Order) -> Decimal | None:
    """
    Return what the account can pay for *entry* beside the entries that were sent, None where its cash was never seen.

    Balances may hold dividends that are not paid yet: what they would buy is money that the broker would have to lend.
    """
    cash = _cash(session, credential)
    if cash is None:
        return None
    others = (
        select(func.sum(Order.reserved_cash))
        .join(TradingService, TradingService.id == Order.service_id)
        .where(*_of_account(credential), Order.broker == credential.broker, Order.id != entry.id)
        .where(Order.side == OrderSide.BUY, Order.state.in_(_SENT))
    )
    return cash - (session.scalar(others) or Decimal(0))


def _cash(session: Session, credential: BrokerCredential) -> Decimal | None:
    """Return the cash that was seen last and what has traded since."""
    if credential.cash is None or credential.cash_seen_at is None:
        return None
    traded = session.execute(
        select(Execution.side, Execution.amount, Execution.fee)
        .join(TradingService, TradingService.id == Execution.service_id)
        .where(*_of_account(credential), Execution.broker == credential.broker)
        .where(Execution.executed_at > credential.cash_seen_at)
    )
    cash = credential.cash
    for side, amount, fee in traded:
        cash += amount - fee if side is OrderSide.SELL else -(amount + fee)
    return cash


def _unpaid(session: Session, credential: BrokerCredential) -> Decimal:
    """Return the dividends, and the cash for fractions, that positions at the broker may have yet to be paid."""
    assert credential.cash_seen_at is not None
    is_held_there = exists().where(
        Execution.transaction_id == JournalEntry.transaction_id, Execution.broker == credential.broker
    )
    booked = (
        select(func.sum(JournalEntry.amount))
        .join(TradingService, TradingService.id == JournalEntry.service_id)
        .where(*_of_account(credential), is_held_there)
        .where(JournalEntry.kind.in_((JournalKind.DIVIDEND, JournalKind.CASH_IN_LIEU)))
        .where(JournalEntry.bar_time > credential.cash_seen_at - _UNPAID_FOR)
    )
    return session.scalar(booked) or Decimal(0)


def _of_account(credential: BrokerCredential) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return TradingService.user_id == credential.user_id, TradingService.broker == credential.broker
