"""Getting out of everything at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from daytrader.models.enums import OrderSide, ServiceState
from daytrader.models.trading_service import TradingService
from daytrader.services import event_payloads, order_service, system_events
from daytrader.services.events import events
from daytrader.services.system_events import Severity

_REASON: Final = "flattened by an admin"


@dataclass(frozen=True, slots=True)
class Flattened:
    """How many services were paused, entries cancelled, and positions put up for sale."""

    paused: int
    cancelled: int
    selling: int


def flatten(session: Session) -> Flattened:
    """
    Pause every service at work, cancel its entries and sell its position at the next open.

    A sale waits for the engine's next bar, so an engine that is paused must be resumed for it. Called again it finds
    the orders under way and places no second one.
    """
    at_stake = or_(TradingService.state == ServiceState.ACTIVE, TradingService.current_shares > 0)
    paused = cancelled = selling = 0
    query = select(TradingService).where(at_stake).order_by(TradingService.id).with_for_update()
    for service in session.scalars(query).all():
        cancelled += order_service.cancel_live(session, service, OrderSide.BUY, _REASON)
        if service.state is ServiceState.ACTIVE:
            service.move_to(ServiceState.PAUSED)
            paused += 1
            session.flush()
            events.record(session, event_payloads.service_state_change(service))
            events.record(session, event_payloads.service_update(service))
        if service.current_shares:
            selling += order_service.sell_position(session, service, _REASON) is not None
    events.record(session, system_events.notification(Severity.WARNING, "engine", "An admin sells every position"))
    return Flattened(paused, cancelled, selling)
