"""The outbox as a log: what was missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from sqlalchemy import Table, func, or_, select
from sqlalchemy.orm import Session

from daytrader.models.event_outbox import EventOutbox
from daytrader.services.actor import Actor
from daytrader.services.events import KEPT, Event, PublishedEvent
from daytrader.utils.current_datetime import get_current_datetime

_TABLE: Final = cast("Table", EventOutbox.__table__)


def missed(session: Session, actor: Actor, after: int, limit: int) -> Sequence[PublishedEvent]:
    """Return at most *limit* kept events after the sequence *after*, oldest first, without other users' objects."""
    kept = _TABLE.c.created_at >= get_current_datetime() - KEPT
    query = select(_TABLE).where(_TABLE.c.id > after, kept).order_by(_TABLE.c.id).limit(limit)
    if not actor.is_admin:
        query = query.where(or_(_TABLE.c.user_id.is_(None), _TABLE.c.user_id == actor.user_id))
    return [
        PublishedEvent(
            Event(row.name, row.action, tuple(row.rooms), row.entity, row.user_id),
            row.id,
            row.created_at,
        )
        for row in session.execute(query)
    ]


def last_sequence(session: Session) -> int:
    """Return the sequence of the newest event, 0 where there is none."""
    return session.scalar(select(func.max(_TABLE.c.id))) or 0
