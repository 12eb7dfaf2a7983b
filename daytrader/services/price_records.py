"""Single bars, made, changed and removed by hand: one rule for daily and intraday ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daytrader.models import Stock, StockDailyPrice, StockIntradayPrice
from daytrader.services import event_payloads, price_revisions, stock_service
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.utils.constants import DAILY
from daytrader.utils.errors import ConflictError, ForbiddenError, InvalidInputError

P = TypeVar("P", StockDailyPrice, StockIntradayPrice)

_STOCK: Final = ("stock_id", "symbol")


def create(session: Session, actor: Actor, model: type[P], values: Mapping[str, Any]) -> P:
    """Store a bar; see `daily_price_service.create`."""
    _require_admin(actor)
    stock = _named_stock(session, values)
    columns = {name: value for name, value in values.items() if name not in _STOCK}
    price = model(stock_id=stock.id).update_from_dict(columns)
    session.add(price)
    return _stored(session, price, event_payloads.CREATED)


def update(session: Session, actor: Actor, price: P, values: Mapping[str, Any]) -> P:
    """Change a bar; see `daily_price_service.update`."""
    _require_admin(actor)
    with session.no_autoflush:
        price.update_from_dict(values)
    return _stored(session, price, event_payloads.UPDATED)


def delete(session: Session, actor: Actor, price: P) -> None:
    """Remove a bar; see `daily_price_service.delete`."""
    _require_admin(actor)
    events.record(session, event_payloads.price_update(price.stock, price, event_payloads.DELETED))
    session.delete(price)
    session.flush()
    _draw(session, price)


def _named_stock(session: Session, values: Mapping[str, Any]) -> Stock:
    given = [name for name in _STOCK if values.get(name) is not None]
    if not given:
        raise InvalidInputError({"symbol": ["is required, or stock_id"]})
    if len(given) > 1:
        raise InvalidInputError({"symbol": ["is one of two names of the stock: leave it or stock_id out"]})
    if given == ["stock_id"]:
        return stock_service.get(session, values["stock_id"])
    return stock_service.by_symbol(session, values["symbol"])


def _stored(session: Session, price: P, action: str) -> P:
    try:
        session.flush()
    except IntegrityError:
        raise ConflictError("the stock has a bar of that time already") from None
    _draw(session, price)
    events.record(session, event_payloads.price_update(price.stock, price, action))
    return price


def _draw(session: Session, price: P) -> None:
    price_revisions.draw(session, [price.stock_id], price.interval if isinstance(price, StockIntradayPrice) else DAILY)


def _require_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise ForbiddenError("only administrators change prices")
