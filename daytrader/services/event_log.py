"""The outbox as a log: what was missed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import Select, Table, func, or_, select, text
from sqlalchemy.orm import Session

from daytrader.models.event_outbox import EventOutbox
from daytrader.services.actor import Actor
from daytrader.services.events import KEPT, Event, PublishedEvent
from daytrader.utils.current_datetime import get_current_datetime

_LOOKED_AT: Final = 2000
_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(7202603)")
_TABLE: Final = cast("Table", EventOutbox.__table__)


def missed(session: Session, actor: Actor, after: int, limit: int) -> Sequence[PublishedEvent]:
    """Return at most *limit* kept events after the sequence *after*, oldest first, without other users' objects."""
    kept = _TABLE.c.created_at >= get_current_datetime() - KEPT
    query = select(_TABLE).where(_TABLE.c.id > after, kept).order_by(_TABLE.c.id).limit(limit)
    if not actor.is_admin:
        query = query.where(or_(_TABLE.c.user_id.is_(None), _TABLE.c.user_id == actor.user_id))
    return _published(session, query)


def after(session: Session, sequence: int, limit: int) -> Sequence[PublishedEvent]:
    """Return at most *limit* events after *sequence*, everybody's, oldest first."""
    return _published(session, select(_TABLE).where(_TABLE.c.id > sequence).order_by(_TABLE.c.id).limit(limit))


def of_names(
    session: Session, user_id: int, names: Collection[str], after: int, limit: int
) -> Sequence[PublishedEvent]:
    """Return at most *limit* events called one of *names* after *after*, the user's and everybody's, oldest first."""
    query = select(_TABLE).where(_TABLE.c.id > after, _TABLE.c.name.in_(names))
    query = query.where(or_(_TABLE.c.user_id.is_(None), _TABLE.c.user_id == user_id))
    return _published(session, query.order_by(_TABLE.c.id).limit(limit))


def last_sequence(session: Session) -> int:
    """Return the sequence of the newest event, 0 where there is none."""
    return session.scalar(select(func.max(_TABLE.c.id))) or 0


def metrics_told(session: Session, service_ids: Collection[int]) -> Mapping[int, PublishedEvent]:
    """
    Return the last metrics:update of each service that another process may have told of.

    Until the caller's commit no other process is answered. On SQLite there is no other process.
    """
    if session.get_bind().dialect.name == "sqlite":
        return {}
    session.execute(_ONE_AT_A_TIME)
    newest = select(_TABLE).order_by(_TABLE.c.id.desc()).limit(_LOOKED_AT).subquery()
    query = select(newest).where(newest.c.name == "metrics:update").order_by(newest.c.id)
    told = {one.event.entity["service_id"]: one for one in _published(session, query)}
    return {service_id: told[service_id] for service_id in service_ids if service_id in told}


def _published(session: Session, query: Select[Any]) -> list[PublishedEvent]:
    return [
        PublishedEvent(
            Event(row.name, row.action, tuple(row.rooms), row.entity, row.user_id),
            row.id,
            row.created_at,
        )
        for row in session.execute(query)
    ]
