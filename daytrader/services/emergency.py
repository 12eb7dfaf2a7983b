"""Getting out of everything at once."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from daytrader.models.enums import OrderSide, ServiceState
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.services import event_payloads, order_service, system_events, unreadable_rows
from daytrader.services.events import events
from daytrader.services.system_events import Severity

CAME_TOO_LATE: Final = "bought while everything was sold"
_FLATTENED: Final = "flattened by "
ADMIN: Final = "an admin"
OWNER: Final = "its owner"


@dataclass(frozen=True, slots=True)
class Flattened:
    """How many services were paused, entries cancelled, and positions put up for sale."""

    paused: int
    cancelled: int
    selling: int


def flatten(session: Session, user_id: int | None = None, *, by: str | None = None) -> Flattened:
    """
    Pause every service at work, a user's or all (None), cancel its entries and sell its position at the next open.

    *by* is who asked for it, as the orders' reason tells: `OWNER` of a user's, `ADMIN` of all if nobody is named.

    A sale waits for the engine's next bar, so an engine that is paused must be resumed for it. Called again it finds
    the orders under way and places no second one.
    """
    at_stake = or_(TradingService.state == ServiceState.ACTIVE, TradingService.current_shares > 0)
    query = select(TradingService.id).where(at_stake).order_by(TradingService.id).with_for_update()
    if user_id is not None:
        query = query.where(TradingService.user_id == user_id)
    reason = _FLATTENED + (by or (ADMIN if user_id is None else OWNER))
    ids = session.scalars(query).all()
    done = unreadable_rows.of_each(session, ids, lambda service: _leave(session, service, reason))
    if user_id is None:
        events.record(session, system_events.notification(Severity.WARNING, "engine", "An admin sells every position"))
    else:
        message = "Every position of yours is up for sale"
        events.record(session, system_events.personal_notification(user_id, Severity.WARNING, "engine", message))
    return Flattened(*(sum(counts) for counts in zip((0, 0, 0), *map(astuple, done), strict=True)))


def _leave(session: Session, service: TradingService, reason: str) -> Flattened:
    cancelled = order_service.cancel_live(session, service, OrderSide.BUY, reason)
    is_at_work = service.state is ServiceState.ACTIVE
    if is_at_work:
        service.move_to(ServiceState.PAUSED)
        session.flush()
        events.record(session, event_payloads.service_state_change(service))
        events.record(session, event_payloads.service_update(service))
    is_selling = service.current_shares > 0 and order_service.sell_position(session, service, reason) is not None
    return Flattened(int(is_at_work), cancelled, int(is_selling))


def is_flattened(order: Order) -> bool:
    """Return whether an entry was to end because everything is sold: what it buys all the same is sold, too."""
    last = order.history[-1]["reason"] if order.history else None
    return (order.cancel_reason or last or "").startswith(_FLATTENED)
