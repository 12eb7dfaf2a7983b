"""May a service trade at a real broker? Asked wherever one is chosen, started or sent an order."""

from __future__ import annotations

from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from daytrader.brokers import PAPER, broker_names
from daytrader.models.broker_credential import BrokerCredential
from daytrader.models.enums import ServiceState
from daytrader.models.trading_service import TradingService
from daytrader.services import account_cash, promotion_service
from daytrader.utils.errors import ConflictError, InvalidInputError

_REASON_LENGTH: Final = 200


def refusal(session: Session, service: TradingService) -> str | None:
    """
    Return why *service*, whose row the caller has locked, may not buy at the broker it names, None if it may.

    The one function that everything asks which starts a service or places, sends or fills an entry. A real broker
    takes a promotion, the owner's keys, an account in which nothing is wrong and cash in it for all that trade there.
    On paper nothing is at stake.
    """
    if service.broker == PAPER:
        return None
    return promotion_service.refusal(session, service) or _refusal_of_account(session, service)


def _refusal_of_account(session: Session, service: TradingService) -> str | None:
    credential = credential_of(session, service)
    if service.broker not in broker_names():
        why: str | None = f"there is no broker {service.broker}"
    elif credential is None:
        why = f"its owner has no account at {service.broker} connected"
    elif credential.halted_at is not None:
        why = f"an order in the account at {service.broker} is not known here, its owner has to look at it"
    else:
        why = account_cash.shortfall(session, credential, service)
    return None if why is None else f"{promotion_service.REFUSED}: {why}"[:_REASON_LENGTH]


def require_choice(session: Session, service: TradingService) -> None:
    """
    Judge the broker that *service* has just been given.

    Raises:
        InvalidInputError: If there is no such broker.
        ConflictError: If the service may not trade there.
    """
    if service.broker != PAPER and service.broker not in broker_names():
        raise InvalidInputError({"broker": [f"must be one of {', '.join((PAPER, *broker_names()))}"]})
    require(session, service)


def require(session: Session, service: TradingService) -> None:
    """
    Judge whether *service* may begin to trade where it says.

    Raises:
        ConflictError: If it may not, or another service trades its symbol in the same account: whose shares are
            whose, nobody could tell.
    """
    why = refusal(session, service)
    if why is not None:
        raise ConflictError(why)
    if service.broker == PAPER:
        return
    credential_of(session, service, for_update=True)  # of two that begin at once, the second finds the first
    other = session.scalar(
        select(TradingService.id).where(
            TradingService.id != service.id,
            TradingService.user_id == service.user_id,
            TradingService.broker == service.broker,
            TradingService.stock_symbol == service.stock_symbol,
            or_(TradingService.state != ServiceState.INACTIVE, TradingService.current_shares > 0),
        )
    )
    if other is not None:
        raise ConflictError(f"service {other} trades {service.stock_symbol} in this account already")


def require_cash(session: Session, service: TradingService) -> None:
    """
    Judge whether the account that *service* trades in has the cash for it; on paper there is no account.

    Raises:
        ConflictError: If the services there have larger balances than the account has cash.
    """
    credential = None if service.broker == PAPER else credential_of(session, service)
    short = None if credential is None else account_cash.shortfall(session, credential, service)
    if short is not None:
        raise ConflictError(short)


def credential_of(session: Session, service: TradingService, *, for_update: bool = False) -> BrokerCredential | None:
    """Return what opens the account that *service* trades in, None where it trades on paper or nothing is connected."""
    query = select(BrokerCredential).where(
        BrokerCredential.user_id == service.user_id, BrokerCredential.broker == service.broker
    )
    return session.scalar(query.with_for_update() if for_update else query)
