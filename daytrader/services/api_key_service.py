"""Keys for scripts: made, listed, revoked, recognised."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, func, or_, select, true, update
from sqlalchemy.orm import Session

from daytrader.models.api_key import ApiKey
from daytrader.models.enums import ApiScope
from daytrader.models.user import User
from daytrader.services.actor import Actor
from daytrader.utils import auth
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from daytrader.utils.query_utils import Listing, ListQuery, Page

PREFIX: Final = "dt_"
MOST_KEYS: Final = 50
"""Keys of one user."""
LISTING: Final = Listing.of(ApiKey)
_SHOWN_CHARACTERS: Final = 10
# More often would make a writer of every reader.
_USE_IS_NOTED_EVERY: Final = timedelta(minutes=1)


def create(
    session: Session, actor: Actor, name: str, scopes: Iterable[ApiScope], expires_at: datetime | None
) -> tuple[ApiKey, str]:
    """
    Make a key; return it with its secret, which nothing can show again.

    Raises:
        ForbiddenError: If one who is no admin asks for the scope of admins.
        InvalidInputError: If it would have expired already.
        ConflictError: If the user has `MOST_KEYS`.
    """
    wanted = sorted(set(scopes), key=list(ApiScope).index)
    if ApiScope.ADMIN in wanted and not actor.is_admin:
        raise ForbiddenError("only an admin's key has the scope admin")
    if expires_at is not None and expires_at <= get_current_datetime():
        raise InvalidInputError({"expires_at": ["must be in the future"]})
    if (session.scalar(select(func.count(ApiKey.id)).where(ApiKey.user_id == actor.user_id)) or 0) >= MOST_KEYS:
        raise ConflictError(f"{MOST_KEYS} keys are the most: delete one first")
    secret = PREFIX + auth.new_secret()
    key = ApiKey(
        user_id=actor.user_id,
        name=name,
        prefix=secret[:_SHOWN_CHARACTERS],
        key_hash=auth.fingerprint(secret),
        scopes=[scope.value for scope in wanted],
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    return key, secret


def listing(session: Session, actor: Actor, query: ListQuery) -> Page:
    """Return the actor's keys; every key for an admin."""
    return LISTING.fetch(session, query, true() if actor.is_admin else ApiKey.user_id == actor.user_id)


def get(session: Session, key_id: int, actor: Actor) -> ApiKey:
    """
    Return a key that the actor may see and revoke: an own one, or any for an admin.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
    """
    key = session.get(ApiKey, key_id)
    if key is None or (key.user_id != actor.user_id and not actor.is_admin):
        raise NotFoundError("API key")
    return key


def delete(session: Session, actor: Actor, key_id: int) -> None:
    """
    Revoke a key at once.

    Raises:
        NotFoundError: As `get`.
    """
    session.delete(get(session, key_id, actor))


def good_keys() -> Select[ApiKey, User]:
    """Return the query of the keys that are in force, each with its user."""
    return (
        select(ApiKey, User)
        .join(User, ApiKey.user_id == User.id)
        .where(
            User.is_active.is_(True),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > get_current_datetime()),
        )
    )


def is_use_due(key: ApiKey) -> bool:
    """Return whether it is time to note that the key is used."""
    return key.last_used_at is None or key.last_used_at < get_current_datetime() - _USE_IS_NOTED_EVERY


def note_use(session: Session, key_id: int) -> None:
    """Note that the key has just been used."""
    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=get_current_datetime()))
