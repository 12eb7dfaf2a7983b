"""Keyed requests: one effect, however often they are sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import Insert, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from daytrader.models.idempotency_key import IdempotencyKey
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError

LIFE: Final = timedelta(hours=24)


def claim(session: Session, user_id: int, key: str, fingerprint: str) -> IdempotencyKey:
    """
    Return the key's row, made if it is new: an old one holds the answer to give again.

    A concurrent duplicate waits here until the first request has committed, on SQLite for the write lock, on
    PostgreSQL for the unique constraint; then it sees the stored answer. If the first failed, it goes first.

    Raises:
        ConflictError: If the key was used for a different request.
    """
    expired = IdempotencyKey.created_at < get_current_datetime() - LIFE
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.user_id == user_id, expired))
    session.execute(_insert(session).values(user_id=user_id, key=key, fingerprint=fingerprint))
    mine = (IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
    return _same_request(session.scalars(select(IdempotencyKey).where(*mine)).one(), fingerprint)


def find(session: Session, user_id: int, key: str, fingerprint: str) -> IdempotencyKey | None:
    """
    Return the key's row, None if it is new or has expired.

    Raises:
        ConflictError: If the key was used for a different request.
    """
    mine = (IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
    is_alive = IdempotencyKey.created_at >= get_current_datetime() - LIFE
    row = session.scalars(select(IdempotencyKey).where(*mine, is_alive)).one_or_none()
    return None if row is None else _same_request(row, fingerprint)


def store(row: IdempotencyKey, status: int, location: str | None, body: str) -> None:
    """Keep the answer, to be committed with what the request did."""
    row.status = status
    row.location = location
    row.body = body


def _same_request(row: IdempotencyKey, fingerprint: str) -> IdempotencyKey:
    if row.fingerprint != fingerprint:
        raise ConflictError("this Idempotency-Key was used for a different request")
    return row


def _insert(session: Session) -> Insert:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(IdempotencyKey).on_conflict_do_nothing()
    return postgresql.insert(IdempotencyKey).on_conflict_do_nothing()
