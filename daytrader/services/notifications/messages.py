"""What users are told, and in which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.models.enums import NotificationKind, OrderState, ServiceState
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import portfolio_service
from daytrader.services.actor import Actor
from daytrader.services.events import PublishedEvent
from daytrader.services.system_events import Severity

BOUGHT: Final = "transaction:new"
SOLD: Final = "transaction:complete"
_STATE: Final = "service:state_change"
_ORDER: Final = "order:update"
_NOTICE: Final = "system:notification"
EVENTS: Final = (BOUGHT, SOLD, _STATE, _ORDER, _NOTICE)
"""The names of events that anybody is told of."""
MOST_LINES: Final = 20
"""Events that one message lists; of more it gives the number."""

_BAD_ORDERS: Final = (OrderState.REJECTED.value,)
_FOR_ADMINS: Final = (Severity.ERROR.value, Severity.CRITICAL.value)


@dataclass(frozen=True, slots=True)
class Message:
    """A subject and plain text."""

    title: str
    body: str


def kind_of(event: PublishedEvent, actor: Actor) -> NotificationKind | None:
    """Return what *event* is to *actor*; None where it is nothing that anybody is told of, or somebody else's."""
    told, entity = event.event, event.event.entity
    if told.owner_id is None:
        is_for_all = told.name == _NOTICE and entity.get("severity") == Severity.WARNING
        is_for_admin = told.name == _NOTICE and actor.is_admin and entity.get("severity") in _FOR_ADMINS
        return NotificationKind.ERRORS if is_for_all or is_for_admin else None
    if told.owner_id != actor.user_id:
        return None
    if told.name in (BOUGHT, SOLD):
        return NotificationKind.TRADES
    is_error = (
        (told.name == _STATE and entity.get("state") == ServiceState.ERROR.value)
        or (told.name == _ORDER and entity.get("state") in _BAD_ORDERS)
        or (told.name == _NOTICE and entity.get("severity") != Severity.INFO)
    )
    return NotificationKind.ERRORS if is_error else None


def of_events(session: Session, events: Sequence[PublishedEvent]) -> Message:
    """Return one message for *events*, the oldest first."""
    ids = {int(e.event.entity["service_id"]) for e in events if "service_id" in e.event.entity}
    names = {
        row.id: row.name
        for row in session.execute(select(TradingService.id, TradingService.name).where(TradingService.id.in_(ids)))
    }
    lines = [_line(event, names) for event in events]
    title = lines[0] if len(lines) == 1 else f"{len(lines)} messages, the last: {lines[-1]}"
    stamped = [f"{_moment(event)}  {line}" for event, line in zip(events, lines, strict=True)]
    if len(stamped) > MOST_LINES:
        stamped = [f"and {len(stamped) - MOST_LINES} before these", *stamped[-MOST_LINES:]]
    return Message(f"DayTrader: {title}"[:150], "\n".join(stamped))


def summary(session: Session, actor: Actor) -> Message:
    """Return what the actor's services came to, at the last bar that they know."""
    found = portfolio_service.portfolio(session, actor)
    names = {
        row.id: (row.name, row.stock_symbol)
        for row in session.execute(
            select(TradingService.id, TradingService.name, TradingService.stock_symbol).where(
                TradingService.user_id == actor.user_id
            )
        )
    }
    day = (found.as_of or "")[:10]
    bought, sold, gained = _trades_of(session, actor, day)
    lines = [
        f"Value {_money(found.value)} ({_signed(found.session_change)} in the session), "
        f"of which cash {_money(found.cash)} and positions {_money(found.position_value)}.",
        f"{bought} bought, {sold} sold" + (f", {_signed(gained)} realised." if sold else "."),
        "",
    ]
    for holding in found.services:
        name, symbol = names[holding.service_id]
        lines.append(f"{name} ({symbol}): {_money(holding.equity)}, {_signed(holding.session_change)}")
    if not found.services:
        lines.append("No service is at work.")
    title = f"DayTrader: {day or 'no session yet'}, {_signed(found.session_change)}"
    return Message(title, "\n".join(lines))


def test() -> Message:
    """Return what the test button sends."""
    return Message("DayTrader: a test", "Notifications reach you here.")


def _trades_of(session: Session, actor: Actor, day: str) -> tuple[int, int, float]:
    """Return how many positions were opened and closed in the session of *day*, and what the closed ones gained."""
    rows = session.execute(
        select(TradingTransaction.purchase_date, TradingTransaction.sale_date, TradingTransaction.gain_loss)
        .join(TradingService, TradingTransaction.service_id == TradingService.id)
        .where(TradingService.user_id == actor.user_id)
    ).all()
    gains = [row.gain_loss or Decimal(0) for row in rows if _is_of(row.sale_date, day)]
    return sum(_is_of(row.purchase_date, day) for row in rows), len(gains), float(sum(gains))


def _is_of(moment: datetime | None, day: str) -> bool:
    return moment is not None and f"{moment:%Y-%m-%d}" == day


def _line(published: PublishedEvent, names: Mapping[int, str]) -> str:
    name, entity = published.event.name, published.event.entity
    who = names.get(int(entity.get("service_id", 0)), "A service")
    if name == BOUGHT:
        return f"{who} bought {_shares(entity)} at {_price(entity['purchase_price'])}"
    if name == SOLD:
        return f"{who} sold {_shares(entity)} at {_price(entity['sale_price'])}, {_signed(entity['gain_loss'])}"
    if name == _STATE:
        return f"{entity['name']} has stopped on an error: {entity.get('error_reason') or 'see its journal'}"
    if name == _ORDER:
        return f"{who}: the broker refused an order: {entity.get('reason') or 'without a reason'}"
    return str(entity.get("message", ""))


def _shares(entity: Mapping[str, Any]) -> str:
    return f"{float(entity['shares']):g} {entity['stock_symbol']}"


def _price(value: Any) -> str:
    return f"{float(value):,.6f}".rstrip("0").rstrip(".")


def _money(value: float) -> str:
    return f"{value:,.2f}"


def _signed(value: Any) -> str:
    return f"{float(value or 0):+,.2f}"


def _moment(published: PublishedEvent) -> str:
    return f"{published.timestamp:%Y-%m-%d %H:%M} UTC"
