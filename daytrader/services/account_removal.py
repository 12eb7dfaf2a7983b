"""The end of an account. Its ledger stays, its person goes."""

from __future__ import annotations

import secrets
from dataclasses import replace

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from daytrader.models.api_key import ApiKey
from daytrader.models.event_outbox import EventOutbox
from daytrader.models.idempotency_key import IdempotencyKey
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.models.user import User
from daytrader.services import broker_credentials, event_payloads, one_time_tokens, token_service, totp, user_service
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.utils import auth, passwords
from daytrader.utils.errors import ConflictError


def remove(session: Session, actor: Actor, user_id: int) -> None:
    """
    Remove an account; one with transactions is shut, and nothing in it tells whose it was.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
        ConflictError: If one of its services is ACTIVE or holds shares at a real broker, or nobody would be admin.
    """
    user = user_service.get(session, user_id, actor)
    if user.has_active_services:
        raise ConflictError("a service of this account is ACTIVE: stop it first")
    user_service.refuse_last_admin(session, user)
    broker_credentials.forget(session, user.id)
    _anonymise(session, user)
    session.flush()
    events.record(session, event_payloads.user_update(user, event_payloads.DELETED))
    if not _has_ledger(session, user):
        for service in user.services:
            gone = event_payloads.service_update(service, event_payloads.DELETED)
            events.record(session, replace(gone, owner_id=None))  # the outbox keeps no owner who is gone
        session.delete(user)
        session.flush()


def _anonymise(session: Session, user: User) -> None:
    # With chance in it: nobody can take the name before it is needed.
    user.username = f"deleted-{user.id}-{secrets.token_hex(4)}"
    user.email = f"{user.username}@deleted.invalid"
    user.password_hash = passwords.hash_password(auth.new_secret())
    user.is_active = user.is_admin = False
    totp.clear(user)
    token_service.revoke_all(session, user.id)
    one_time_tokens.revoke(session, user.id)
    session.execute(delete(ApiKey).where(ApiKey.user_id == user.id))
    # Both keep answers and objects as they were: name and mail address among them.
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.user_id == user.id))
    session.execute(delete(EventOutbox).where(EventOutbox.user_id == user.id, EventOutbox.name == "user:update"))


def _has_ledger(session: Session, user: User) -> bool:
    own = select(TradingService.id).where(TradingService.user_id == user.id)
    return session.scalar(select(exists().where(TradingTransaction.service_id.in_(own)))) or False
