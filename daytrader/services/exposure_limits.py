"""The limits of the risk that services may take on, and the kill switch: kept, changed and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from daytrader.models import ExposureLimit, Order, TradingService
from daytrader.models.enums import LIVE_ORDER_STATES, OrderSide
from daytrader.services import order_service, system_events, unreadable_rows
from daytrader.services.events import events
from daytrader.services.system_events import Severity
from daytrader.utils.current_datetime import get_current_datetime

INSTALLATION: Final = "installation"
LIMITS: Final = ("max_daily_loss", "max_position_value", "max_orders_per_minute")
"""What may be limited; null does not hold."""

_REASON: Final = "the kill switch is on"
_OF_SCOPES: Final = ExposureLimit.scope.in_(bindparam("scopes", expanding=True))
_HOLDS: Final = or_(ExposureLimit.is_killed, *(getattr(ExposureLimit, name).is_not(None) for name in LIMITS))
_IN_FORCE: Final = select(ExposureLimit).where(_OF_SCOPES, _HOLDS).order_by(ExposureLimit.scope).with_for_update()
_KILLED: Final = select(ExposureLimit.id).where(_OF_SCOPES, ExposureLimit.is_killed).limit(1)


def scope_of(user_id: int | None) -> str:
    """Return what a user's limits are kept under; None: those of the installation."""
    return INSTALLATION if user_id is None else f"user-{user_id}"


def read(session: Session, user_id: int | None) -> ExposureLimit:
    """Return the limits of a user, or of the installation (None); none hold where none were set."""
    found = session.scalar(select(ExposureLimit).where(ExposureLimit.scope == scope_of(user_id)))
    return found or ExposureLimit(scope=scope_of(user_id), user_id=user_id, is_killed=False)


def in_force(session: Session, user_ids: Sequence[int]) -> Sequence[ExposureLimit]:
    """Return what bounds these users, the installation first, each row locked: two buys are never weighed at once."""
    return session.scalars(_IN_FORCE, {"scopes": [scope_of(None), *map(scope_of, sorted(user_ids))]}).all()


def is_killed(session: Session, user_id: int) -> bool:
    """Return whether the kill switch of the user or of the installation is on."""
    return session.scalar(_KILLED, {"scopes": [scope_of(None), scope_of(user_id)]}) is not None


def change(session: Session, user_id: int | None, limits: Mapping[str, Decimal | int | None]) -> ExposureLimit:
    """Set those of `LIMITS` that *limits* names; None lifts one. A changed daily loss is weighed anew."""
    row = _row(session, user_id)
    for name in LIMITS:
        if name in limits:
            setattr(row, name, limits[name])
    if "max_daily_loss" in limits:
        row.tripped_on = row.tripped_at = None
    session.flush()
    return row


def kill(session: Session, user_id: int | None, reason: str | None = None) -> ExposureLimit:
    """
    Stop all that adds exposure, of a user's services or of everybody's (None), until `release`.

    Entries that no broker has been told of are cancelled, and so are those that wait for an open; what is being sent
    this moment is undone when the engine comes to it. Stops, targets and sells stay.
    """
    # The services first, as the engine locks them: it waits for this, and then finds the switch on.
    services = select(TradingService.id).order_by(TradingService.id).with_for_update()
    if user_id is not None:
        services = services.where(TradingService.user_id == user_id)
    whose = set(session.scalars(services))
    entering = select(Order.service_id).where(Order.side == OrderSide.BUY, Order.state.in_(LIVE_ORDER_STATES))
    cancelled = unreadable_rows.of_each(
        session,
        whose & set(session.scalars(entering)),
        lambda service: order_service.cancel_live(session, service, OrderSide.BUY, _REASON),
    )
    row = _row(session, user_id)
    if not row.is_killed:
        row.is_killed, row.killed_at = True, get_current_datetime()
    row.kill_reason = reason
    session.flush()
    told = f"The kill switch is on: nothing buys, stops stay in force; {sum(cancelled)} entries cancelled"
    _tell(session, user_id, told)
    return row


def release(session: Session, user_id: int | None) -> ExposureLimit:
    """Let services buy again."""
    row = _row(session, user_id)
    row.is_killed, row.killed_at, row.kill_reason = False, None, None
    session.flush()
    _tell(session, user_id, "The kill switch is off: services buy again")
    return row


def _row(session: Session, user_id: int | None) -> ExposureLimit:
    """Return the row of a scope, locked, making it where there is none."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    now = get_current_datetime()
    new: dict[str, Any] = {"scope": scope_of(user_id), "user_id": user_id, "is_killed": False}
    session.execute(
        insert(ExposureLimit)
        .values(**new, created_at=now, updated_at=now)
        .on_conflict_do_nothing(index_elements=["scope"])
    )
    query = select(ExposureLimit).where(ExposureLimit.scope == scope_of(user_id)).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).one()


def _tell(session: Session, user_id: int | None, message: str) -> None:
    if user_id is None:
        events.record(session, system_events.notification(Severity.WARNING, "engine", message))
    else:
        events.record(session, system_events.personal_notification(user_id, Severity.WARNING, "engine", message))
