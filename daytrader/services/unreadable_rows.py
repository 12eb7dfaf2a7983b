"""Rows that somebody wrote junk into: found, and the services that they belong to stopped, so that others go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from daytrader.models.enums import ServiceState
from daytrader.models.trading_service import TradingService
from daytrader.services.ledger_audit import books

ERRORS: Final = (LookupError, ValueError, TypeError, ArithmeticError)
"""What reading such a row raises."""


def found(session: Session, service_ids: Sequence[int]) -> Mapping[int, str]:
    """Return those of the services that have such a row, each with what is wrong with the first."""
    return {each.service_id: each.unreadable[0] for each in books.read(session, service_ids) if each.unreadable}


def stop(session: Session, service_id: int, reason: str) -> None:
    """Put a service into ERROR whose own row may be such a one: nothing of it is read."""
    session.execute(
        update(TradingService)
        .where(TradingService.id == service_id)
        .values(state=ServiceState.ERROR, error_reason=reason)
        .execution_options(synchronize_session=False)
    )
