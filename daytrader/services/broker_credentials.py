"""Accounts at brokers: connected with keys that are sealed and never shown again, tried, let go of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from daytrader.brokers import Access, broker_names
from daytrader.brokers.account import Account
from daytrader.models.broker_credential import BrokerCredential
from daytrader.models.enums import LIVE_ORDER_STATES, STATES_AT_WORK, ServiceState
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.models.user import User
from daytrader.services import account_cash
from daytrader.services.actor import Actor
from daytrader.utils import sealing
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError, InvalidInputError, NotFoundError
from daytrader.utils.kept_statements import KeptStatement

_SHOWN: Final = 4
_ANY: Final = KeptStatement(select(BrokerCredential.id).limit(1))


def of_user(session: Session, actor: Actor) -> Sequence[BrokerCredential]:
    """Return the actor's own accounts, by the broker's name."""
    query = select(BrokerCredential).where(BrokerCredential.user_id == actor.user_id)
    return session.scalars(query.order_by(BrokerCredential.broker)).all()


def at_work(session: Session, since: datetime) -> Sequence[BrokerCredential]:
    """Return the accounts in which services trade or hold shares, or orders live or were sent after *since*."""
    if not _ANY.rows(session, {}):  # asked twice a second, of most installations for nothing
        return ()
    has_order = exists().where(
        Order.service_id == TradingService.id,
        Order.broker == TradingService.broker,
        or_(Order.state.in_(LIVE_ORDER_STATES), Order.sent_at > since),
    )
    is_used = or_(
        TradingService.state != ServiceState.INACTIVE,
        TradingService.current_shares > 0,
        has_order.correlate(TradingService),
    )
    of_account = and_(
        TradingService.user_id == BrokerCredential.user_id, TradingService.broker == BrokerCredential.broker
    )
    used = select(BrokerCredential.id).join(TradingService, of_account).where(is_used)
    query = select(BrokerCredential).where(BrokerCredential.id.in_(used))
    return session.scalars(query.order_by(BrokerCredential.id)).all()


def require_may_connect(session: Session, actor: Actor, broker: str, *, is_live: bool) -> None:
    """
    Judge, before anything is asked of the broker, whether the actor may connect an account.

    Raises:
        InvalidInputError: If there is no such broker.
        ConflictError: If this installation has no sealing key in its environment (one in a file beside the database
            is lost, or stolen, with it), or real money is to be connected by who has no second factor.
    """
    if broker not in broker_names():
        raise InvalidInputError({"broker": [f"must be one of {', '.join(broker_names())}"]})
    if not sealing.is_named():
        raise ConflictError(f"no broker can be connected: {sealing.VARIABLE} is not set")
    if is_live and not session.get_one(User, actor.user_id).has_totp:
        raise ConflictError("an account with real money needs a second factor: enrol one at /auth/totp first")


def connect(session: Session, actor: Actor, broker: str, access: Access, account: Account) -> BrokerCredential:
    """
    Keep what opens *account*, which the broker has just shown for it; earlier keys to this broker are replaced.

    Raises:
        InvalidInputError, ConflictError: As `require_may_connect`; also if somebody else has connected the account,
            or if it is another account than the one that services trade in.
    """
    require_may_connect(session, actor, broker, is_live=access.is_live)
    session.get_one(User, actor.user_id, with_for_update=True)  # two answers of two browsers come one after the other
    taken = select(BrokerCredential.id).where(
        BrokerCredential.broker == broker,
        BrokerCredential.account == account.number,
        BrokerCredential.user_id != actor.user_id,
    )
    if session.scalar(taken) is not None:
        raise ConflictError("this account is connected already, by another user")
    found = next((one for one in of_user(session, actor) if one.broker == broker), None)
    if found is None:
        found = BrokerCredential(user_id=actor.user_id, broker=broker)
        session.add(found)
    elif (found.account, found.is_live) != (account.number, access.is_live):
        _refuse_in_use(session, found)
        found.halted_at = found.halted_reason = found.cleared_at = None  # all that was of another account
    found.is_live = access.is_live
    found.account = account.number
    found.sealed_key, found.sealed_secret = sealing.seal(access.key), sealing.seal(access.secret)
    found.shown = access.key[-_SHOWN:]
    found.verified_at = get_current_datetime()
    account_cash.see(found, account, found.verified_at)
    session.flush()
    return found


def access_of(credential: BrokerCredential) -> Access:
    """
    Return what opens the account of *credential*.

    Raises:
        UnavailableError: If the key that sealed it is missing.
    """
    return Access(sealing.unseal(credential.sealed_key), sealing.unseal(credential.sealed_secret), credential.is_live)


def get_own(session: Session, credential_id: int, actor: Actor) -> BrokerCredential:
    """
    Return an own account.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
    """
    found = session.get(BrokerCredential, credential_id)
    if found is None or found.user_id != actor.user_id:
        raise NotFoundError("broker credential")
    return found


def resume(session: Session, actor: Actor, credential_id: int) -> BrokerCredential:
    """
    Let services buy in an own account again that was stopped for an order which is not known here.

    What was sent before now is known to its owner from then on; a later one stops the account again.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
        ConflictError: If it is not stopped.
    """
    found = get_own(session, credential_id, actor)
    session.refresh(found, with_for_update=True)
    if found.halted_at is None:
        raise ConflictError("nothing is stopped in this account")
    found.cleared_at = get_current_datetime()
    found.halted_at = found.halted_reason = None
    session.flush()
    return found


def remove(session: Session, actor: Actor, credential_id: int) -> None:
    """
    Forget the keys to an account; an admin may do so for anyone.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
        ConflictError: If a service trades, holds shares or has orders there: nobody would watch them any more.
    """
    found = session.get(BrokerCredential, credential_id, with_for_update=True)
    if found is None or (found.user_id != actor.user_id and not actor.is_admin):
        raise NotFoundError("broker credential")
    _refuse_in_use(session, found)
    session.delete(found)


def forget(session: Session, user_id: int) -> None:
    """
    Forget all keys of a user who goes.

    Raises:
        ConflictError: As `remove`.
    """
    mine = BrokerCredential.user_id == user_id
    for credential in session.scalars(select(BrokerCredential).where(mine).with_for_update()).all():
        _refuse_in_use(session, credential)
    session.execute(delete(BrokerCredential).where(mine))


def _refuse_in_use(session: Session, credential: BrokerCredential) -> None:
    has_order = exists().where(Order.service_id == TradingService.id, Order.state.in_(LIVE_ORDER_STATES))
    at_work = TradingService.state.in_(STATES_AT_WORK)
    user = session.scalar(
        select(TradingService.id)
        .where(TradingService.user_id == credential.user_id, TradingService.broker == credential.broker)
        .where(or_(at_work, TradingService.current_shares > 0, has_order))
    )
    if user is not None:
        raise ConflictError(f"service {user} trades or holds shares in this account: stop it and sell them first")
