"""
The lease by which one engine trades and others stand by.

Its token is a fencing token (Kleppmann, "How to do distributed locking", 2016): whoever takes the lease raises it, and
every unit of work of an engine begins by reading it, locked until its commit. A successor must change that row, so it
waits for units in hand, and none begins after it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daytrader.models.engine_lease import EngineLease
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import LostLeaseError

_ENGINE: Final = "engine"


@dataclass(frozen=True, slots=True)
class Taken:
    """The lease as it was taken; *is_inherited*: its holder before did not give it back, and may still be sending."""

    token: int
    is_inherited: bool


def take(session: Session, holder: str, life: timedelta) -> Taken | None:
    """Take the lease for *life*, None while somebody else holds it."""
    lease = _locked(session)
    now = _now(session)
    if lease.expires_at is not None and lease.expires_at > now:
        return None
    is_inherited = lease.expires_at is not None
    lease.token += 1
    lease.holder, lease.expires_at = holder, now + life
    return Taken(lease.token, is_inherited)


def renew(session: Session, token: int, life: timedelta) -> None:
    """
    Hold the lease for *life* from now on.

    Raises:
        LostLeaseError: If another engine has taken it.
    """
    lease = _locked(session)
    if lease.token != token:
        raise LostLeaseError(lease.holder)
    lease.expires_at = _now(session) + life


def give_back(session: Session, token: int) -> None:
    """Let the next engine begin at once: nothing of this one's is under way."""
    lease = _locked(session)
    if lease.token == token:
        lease.expires_at = None


def require(session: Session, token: int) -> None:
    """
    Let a unit of work go on only if its engine is still the one that trades; until its end nobody takes the lease.

    Raises:
        LostLeaseError: If another engine has taken it.
    """
    query = select(EngineLease.token, EngineLease.holder).where(EngineLease.name == _ENGINE).with_for_update(read=True)
    found = session.execute(query).one_or_none()
    if found is None or found.token != token:
        raise LostLeaseError("nobody" if found is None else found.holder)


def _locked(session: Session) -> EngineLease:
    query = select(EngineLease).where(EngineLease.name == _ENGINE).with_for_update()
    query = query.execution_options(populate_existing=True)
    lease = session.scalar(query)
    if lease is None:
        with suppress(IntegrityError), session.begin_nested():  # two engines may be the first
            session.add(EngineLease(name=_ENGINE))
        lease = session.scalars(query).one()
    return lease


def _now(session: Session) -> datetime:
    """Return the database's time: engines on two machines need not agree on theirs."""
    if session.get_bind().dialect.name == "sqlite":
        return get_current_datetime()
    moment: datetime = session.scalars(select(func.clock_timestamp())).one()
    return moment
