"""The cash of an account at a broker, and whether the services that trade there could spend more than there is."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from daytrader.brokers.account import Account
from daytrader.core.money import from_cents
from daytrader.models.broker_credential import BrokerCredential
from daytrader.models.enums import OrderSide, ServiceState
from daytrader.models.execution import Execution
from daytrader.models.trading_service import TradingService


def see(credential: BrokerCredential, account: Account, at: datetime) -> None:
    """Keep what the broker said about its cash at the moment *at*."""
    credential.cash, credential.cash_seen_at = from_cents(account.cash), at


def shortfall(session: Session, credential: BrokerCredential, starting: TradingService | None = None) -> str | None:
    """
    Return by what the balances of the services in an account exceed its cash, None where they do not.

    Every service counts that is not stopped or holds shares, and the one that is *starting*. The cash is what was seen
    last, and what has traded since. Where it was never seen nothing can be said; nothing is sent before it is.
    """
    if credential.cash is None or credential.cash_seen_at is None:
        return None
    counts = or_(TradingService.state != ServiceState.INACTIVE, TradingService.current_shares > 0)
    if starting is not None:
        counts = or_(counts, TradingService.id == starting.id)
    of_account = (TradingService.user_id == credential.user_id, TradingService.broker == credential.broker)
    balances = session.scalar(select(func.sum(TradingService.current_balance)).where(*of_account, counts))
    traded = session.execute(
        select(Execution.side, Execution.amount, Execution.fee)
        .join(TradingService, TradingService.id == Execution.service_id)
        .where(*of_account, Execution.broker == credential.broker, Execution.executed_at > credential.cash_seen_at)
    )
    cash = credential.cash
    for side, amount, fee in traded:
        cash += amount - fee if side is OrderSide.SELL else -(amount + fee)
    taken = balances or Decimal(0)
    if taken <= cash:
        return None
    return f"the services in the account at {credential.broker} have balances of {taken} together, its cash is {cash}"
