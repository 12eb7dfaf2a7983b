"""Rows that somebody wrote junk into: found, and the services that they belong to stopped, so that others go on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, TypeVar

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from daytrader.models.enums import ServiceState
from daytrader.models.trading_service import TradingService
from daytrader.services import system_events
from daytrader.services.events import events
from daytrader.services.ledger_audit import books
from daytrader.services.session_manager import savepoint

logger = structlog.get_logger(__name__)

T = TypeVar("T")

ERRORS: Final = (LookupError, ValueError, TypeError, ArithmeticError, DataError)
"""What reading such a row raises; the last where PostgreSQL holds a moment that no driver can read."""
_CHUNK: Final = 500


def found(session: Session, service_ids: Sequence[int]) -> Mapping[int, str]:
    """Return those of the services that have such a row, each with what is wrong with the first."""
    return {each.service_id: each.unreadable[0] for each in books.read(session, service_ids) if each.unreadable}


def stop(session: Session, service_id: int, reason: str) -> None:
    """Put a service into ERROR whose own row may be such a one: nothing of it is read. Admins are told."""
    session.execute(
        update(TradingService)
        .where(TradingService.id == service_id)
        .values(state=ServiceState.ERROR, error_reason=reason)
        .execution_options(synchronize_session=False)
    )
    events.record(session, system_events.error("service", "service_failed", reason, reference=service_id))


def of_each(session: Session, service_ids: Collection[int], act: Callable[[TradingService], T]) -> list[T]:
    """
    Return what *act* does for each service whose rows can be read, in the order of ids; the caller has locked them.

    The others go to ERROR: what must reach everybody is stopped by nobody.
    """
    ids = sorted(service_ids)
    try:
        with savepoint(session):
            return [
                act(service)
                for first in range(0, len(ids), _CHUNK)
                for service in _services(session, ids[first : first + _CHUNK])
            ]
    except ERRORS:
        pass  # whose row it was is found one by one: too dear where all can be read
    done: list[T] = []
    for service_id in ids:
        try:
            with savepoint(session):
                done += [act(service) for service in _services(session, [service_id])]
        except ERRORS as error:
            why = found(session, [service_id]).get(service_id, f"{type(error).__name__}: {error}")
            logger.error("a row of a service cannot be read", service_id=service_id, why=why)
            stop(session, service_id, f"a row cannot be read: {why}")
    return done


def _services(session: Session, ids: Sequence[int]) -> Sequence[TradingService]:
    query = select(TradingService).where(TradingService.id.in_(ids)).order_by(TradingService.id)
    return session.scalars(query, execution_options={"populate_existing": True}).all()
