"""
The lease by which one engine trades and others stand by.

Its token is a fencing token (Kleppmann, "How to do distributed locking", 2016): whoever takes the lease raises it, and
every unit of work of an engine begins by reading it, locked until its commit. A successor must change that row, so it
waits for units in hand, and none begins after it. An engine that is stopped within a unit would hold the row for ever:
the database ends a session that is silent for a lease's life within a transaction, and undoes what it had done; one
that is silent within a batch of statements, which its timeout does not see, is ended by whoever waits for the lease.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daytrader.models.base import json_ready
from daytrader.models.engine_lease import EngineLease
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import LostLeaseError

_ENGINE: Final = "engine"
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_END_SILENT: Final = text(
    """
    SELECT pg_terminate_backend(pid)
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND relation = CAST(:lease AS regclass) AND mode = 'RowShareLock' AND pid <> pg_backend_pid()
      AND wait_event = 'ClientRead' AND query_start < clock_timestamp() - make_interval(secs => :seconds)
    """
)
"""Sessions of PostgreSQL under which somebody is at work with the lease, and from which nothing comes any more."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The lease as it was taken; *is_inherited*: its holder before did not give it back, and may still be sending."""

    token: int
    is_inherited: bool


def take(session: Session, holder: str, life: timedelta) -> Taken | None:
    """
    Take the lease for *life*, None while somebody else holds it or is at work under it.

    Who is at work under a lease that has expired, and silent for *life*, is made to end: the next call may take it.
    """
    if _expiry(session) > _now(session):
        return None
    lease = session.scalar(_row().with_for_update(skip_locked=True))
    now = _now(session)
    if lease is None and not _is_sqlite(session):
        # a session that is silent between statements sent as one batch is no idle one to PostgreSQL's own timeout
        session.execute(_END_SILENT, {"lease": EngineLease.__tablename__, "seconds": life.total_seconds()})
    if lease is None or (lease.expires_at or _LONG_AGO) > now:
        return None
    is_inherited = lease.expires_at is not None
    lease.token += 1
    lease.holder, lease.expires_at, lease.status = holder, now + life, {}
    return Taken(lease.token, is_inherited)


def renew(session: Session, token: int, life: timedelta, status: Mapping[str, Any] | None = None) -> None:
    """
    Hold the lease for *life* from now on, and leave word of what its engine is doing.

    Raises:
        LostLeaseError: If another engine has taken it.
    """
    require(session, token, life)
    said = {} if status is None else {"status": json_ready(status)}
    session.execute(
        update(EngineLease).where(EngineLease.name == _ENGINE).values(expires_at=_now(session) + life, **said)
    )


def status(session: Session) -> tuple[str, Mapping[str, Any]] | None:
    """Return who holds the lease and what it last said of itself, None where nobody holds it."""
    if held_token(session) is None:
        return None
    lease = session.scalars(_row()).one()
    return lease.holder, lease.status


def give_back(session: Session, token: int) -> None:
    """Let the next engine begin at once: nothing of this one's is under way."""
    mine = (EngineLease.name == _ENGINE, EngineLease.token == token)
    session.execute(update(EngineLease).where(*mine).values(expires_at=None))


def require(session: Session, token: int, most_silent: timedelta) -> None:
    """
    Let a unit of work go on only if its engine is still the one that trades; until its end nobody takes the lease.

    Where it is silent for *most_silent* before its end, the database ends it.

    Raises:
        LostLeaseError: If another engine has taken it.
    """
    query = select(EngineLease.token, EngineLease.holder).where(EngineLease.name == _ENGINE)
    if not _is_sqlite(session):
        milliseconds = str(round(most_silent.total_seconds() * 1000))
        query = query.add_columns(func.set_config("idle_in_transaction_session_timeout", milliseconds, True))
    found = session.execute(query.with_for_update(read=True)).one_or_none()
    if found is None or found.token != token:
        raise LostLeaseError("nobody" if found is None else found.holder)


def held_token(session: Session) -> int | None:
    """Return the token of the engine that trades, None where nobody holds the lease."""
    lease = session.scalar(_row())
    return None if lease is None or lease.expires_at is None or lease.expires_at <= _now(session) else lease.token


def _row() -> Select[EngineLease]:
    return select(EngineLease).where(EngineLease.name == _ENGINE).execution_options(populate_existing=True)


def _expiry(session: Session) -> datetime:
    """Return until when the lease is held; the first who asks makes the row."""
    lease = session.scalar(_row())
    if lease is None:
        with suppress(IntegrityError), session.begin_nested():  # two engines may be the first
            session.add(EngineLease(name=_ENGINE))
        return _LONG_AGO
    return lease.expires_at or _LONG_AGO


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _now(session: Session) -> datetime:
    """Return the database's time: engines on two machines need not agree on theirs."""
    if _is_sqlite(session):
        return get_current_datetime()
    moment: datetime = session.scalars(select(func.clock_timestamp())).one()
    return moment
