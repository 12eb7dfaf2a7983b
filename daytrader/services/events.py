"""What happened, and which rooms should hear of it. Delivery is someone else's job."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

import orjson
import structlog
from sqlalchemy import Connection, Table, delete, func, select
from sqlalchemy.orm import Session

from daytrader.models.base import json_ready
from daytrader.models.event_outbox import EventOutbox
from daytrader.models.user import User
from daytrader.services import bulk
from daytrader.utils.current_datetime import get_current_datetime

logger = structlog.get_logger(__name__)

# Where a session keeps its events between being recorded, stored and released.
_QUEUED: Final = "queued events"
_STORED: Final = "stored events"
# How long a unit of work waits for its turn to publish; longer would let two units wait for each other's rows forever.
_TURN_SECONDS: Final = 2.0
_OUTBOX: Final = cast("Table", EventOutbox.__table__)
_USERS: Final = cast("Table", User.__table__)
# One lock of PostgreSQL that every unit of work with events takes last of all, so that they commit in the order of
# their sequences: whoever has read up to one has missed none before it. One that hangs there would hold all others:
# the database ends its session.
_IN_ORDER: Final = (
    "SELECT set_config('idle_in_transaction_session_timeout', '10000', true), pg_advisory_xact_lock(7202602)"
)
_COLUMNS: Final = ("id", "name", "action", "rooms", "entity", "user_id", "created_at", "updated_at")

KEPT: Final = timedelta(hours=24)
"""How long the outbox keeps an event."""
PRUNE_EVERY: Final = 500
"""Events between two prunings; each removes at most twice as many, so that it catches up."""


@dataclass(frozen=True, slots=True)
class Event:
    """
    A fact about one object.

    *entity* is the object as REST shows it, already copied out of the session; *action* is created, updated or
    deleted; *owner_id* is the user whose object it is, or None when it is everyone's. *encoded* is the entity as JSON
    where whoever records many has it already.
    """

    name: str
    action: str
    rooms: tuple[str, ...]
    entity: Mapping[str, Any]
    owner_id: int | None = None
    encoded: str | None = None


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


def mark(session: Session) -> int:
    """Return how many events *session* has recorded so far."""
    return len(session.info.get(_QUEUED, []))


def forget_since(session: Session, mark_: int) -> None:
    """Drop the events recorded after *mark_*: what they tell of was undone."""
    del session.info.get(_QUEUED, [])[mark_:]


def prune(connection: Connection) -> int:
    """Remove some of the events that are no longer kept and return how many: bounded work."""
    # Only the oldest are looked at: the outbox is in the order of time, and so needs no index on it.
    oldest = select(_OUTBOX.c.id, _OUTBOX.c.created_at).order_by(_OUTBOX.c.id).limit(2 * PRUNE_EVERY).subquery()
    last = connection.scalar(select(func.max(oldest.c.id)).where(oldest.c.created_at < get_current_datetime() - KEPT))
    if last is None:
        return 0
    # Those of a user who is being removed go with the user: nobody waits for that here.
    gone = select(_OUTBOX.c.id).where(_OUTBOX.c.id <= last).with_for_update(skip_locked=True)
    return connection.execute(delete(_OUTBOX).where(_OUTBOX.c.id.in_(gone))).rowcount


class EventService:
    """Write events in the transaction that they tell of, and publish them after its commit, in order."""

    def __init__(self) -> None:
        self.publish: Callable[[PublishedEvent], None] = lambda _event: None
        self._turn = threading.RLock()

    def make_ready(self, session: Session) -> None:
        """
        Take every lock that the unit of work needs of the database, before its turn comes.

        Who waited for the database while it is its turn would wait for one who has the database and waits for a turn.
        """
        queued: Sequence[Event] = session.info.get(_QUEUED, ())
        if not queued:
            return
        session.flush()
        owners = {event.owner_id for event in queued} - {None}
        if not _is_sqlite(session.connection()) and owners:
            # The outbox refers to them. The order of ids is everybody's.
            query = select(_USERS.c.id).where(_USERS.c.id.in_(owners)).order_by(_USERS.c.id)
            session.execute(query.with_for_update(read=True, key_share=True))

    @contextmanager
    def in_turn(self, session: Session) -> Iterator[None]:
        """
        Let the units of work of this process store, commit and publish one after the other.

        Listeners then hear sequences in their order, and whoever resumes after the last one heard has missed none.
        """
        has_turn = bool(session.info.get(_QUEUED)) and self._turn.acquire(timeout=_TURN_SECONDS)
        try:
            yield
        finally:
            if has_turn:
                self._turn.release()

    def record(self, session: Session, event: Event) -> None:
        """Queue *event* for the session's transaction; it dies with it if the session rolls back."""
        session.info.setdefault(_QUEUED, []).append(event)

    def recorded(self, session: Session) -> tuple[Event, ...]:
        """Return the events that *session* has recorded so far."""
        return tuple(session.info.get(_QUEUED, ()))

    def store(self, session: Session) -> None:
        """Write what was recorded to the outbox: one statement, just before the commit that the events tell of."""
        queued: list[Event] = session.info.pop(_QUEUED, [])
        if not queued:
            return
        # Columns, not objects: every bar of every service tells something.
        connection, now = session.connection(), get_current_datetime()
        if not _is_sqlite(connection):
            connection.exec_driver_sql(_IN_ORDER)
        sequences = bulk.reserve_ids(connection, _OUTBOX, len(queued))
        stored = bulk.driver_value(connection, _OUTBOX, "created_at", now)
        bulk.insert_rows(
            connection,
            _OUTBOX,
            _COLUMNS,
            [
                (sequence, event.name, event.action, _json(event.rooms), _entity(event), event.owner_id, stored, stored)
                for sequence, event in zip(sequences, queued, strict=True)
            ],
        )
        session.info.setdefault(_STORED, []).extend(
            PublishedEvent(event, sequence, now) for event, sequence in zip(queued, sequences, strict=True)
        )
        for _ in range(sequences[-1] // PRUNE_EVERY - (sequences[0] - 1) // PRUNE_EVERY):
            if not prune(connection):
                break

    def release(self, session: Session) -> None:
        """Publish what *session* has committed. A deaf listener never undoes a commit."""
        for published in session.info.pop(_STORED, []):
            try:
                self.publish(published)
            except Exception:  # the publish edge: the commit stands whatever the listener does
                logger.exception("event not published", event_name=published.event.name, sequence=published.sequence)


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _entity(event: Event) -> str:
    if event.encoded is not None:
        return event.encoded
    # Most values JSON has as they are: what walks them all is C, and asks only for what each of the others is.
    return orjson.dumps(event.entity, default=json_ready, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


events = EventService()
