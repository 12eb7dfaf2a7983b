"""What happened, and which rooms should hear of it. Delivery is someone else's job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from daytrader.models.base import json_ready
from daytrader.models.event_outbox import EventOutbox

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """
    A fact about one object.

    *entity* is the object as REST shows it, already copied out of the session; *action* is created, updated or
    deleted; *owner_id* is the user whose object it is, or None when it is everyone's.
    """

    name: str
    action: str
    rooms: tuple[str, ...]
    entity: Mapping[str, Any]
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """An event as it leaves: with its place in the outbox and its time."""

    event: Event
    sequence: int
    timestamp: datetime

    def payload(self) -> dict[str, Any]:
        """Return the body that every room receives."""
        return {
            "event": self.event.name,
            "action": self.event.action,
            "entity": json_ready(self.event.entity),
            "timestamp": json_ready(self.timestamp),
            "sequence": self.sequence,
        }


class EventService:
    """Write events in the transaction that they tell of, and publish them after its commit, in order."""

    def __init__(self) -> None:
        self.publish: Callable[[PublishedEvent], None] = lambda _event: None

    def record(self, session: Session, event: Event) -> None:
        """Store *event* with the session's transaction; it dies with it if the session rolls back."""
        row = EventOutbox(
            name=event.name,
            action=event.action,
            rooms=list(event.rooms),
            entity=json_ready(event.entity),
            user_id=event.owner_id,
        )
        session.add(row)
        session.info.setdefault("events", []).append((event, row))

    def release(self, session: Session) -> None:
        """Publish what *session* has committed. A deaf listener never undoes a commit."""
        for event, row in session.info.pop("events", []):
            try:
                self.publish(PublishedEvent(event, row.id, row.created_at))
            except Exception:  # the publish edge: the commit stands whatever the listener does
                logger.exception("event not published", event_name=event.name, sequence=row.id)


events = EventService()
