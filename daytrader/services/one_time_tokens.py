"""Links by which a user chooses a password: no admin ever does."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from daytrader.models.one_time_token import OneTimeToken
from daytrader.models.user import User
from daytrader.utils import auth
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import InvalidInputError

LIFE: Final = timedelta(hours=24)


def issue(session: Session, user: User) -> str:
    """Return a new token for *user*; those before it are good no more."""
    revoke(session, user.id)
    secret = auth.new_secret()
    expires_at = get_current_datetime() + LIFE
    session.add(OneTimeToken(user_id=user.id, token_hash=auth.fingerprint(secret), expires_at=expires_at))
    session.flush()
    return secret


def spend(session: Session, token: str) -> User:
    """
    Return the user whose token it is; it works no more.

    Raises:
        InvalidInputError: If it is not good, or its user is not active.
    """
    spent = session.execute(
        delete(OneTimeToken)
        .where(OneTimeToken.token_hash == auth.fingerprint(token), OneTimeToken.expires_at > get_current_datetime())
        .returning(OneTimeToken.user_id)
    ).scalar_one_or_none()
    user = session.scalars(select(User).where(User.id == spent, User.is_active.is_(True))).one_or_none()
    if user is None:
        raise InvalidInputError({"token": ["is not valid any more: ask for a new link"]})
    return user


def revoke(session: Session, user_id: int) -> None:
    """Take back every link of a user."""
    session.execute(delete(OneTimeToken).where(OneTimeToken.user_id == user_id))
