"""Daily bars as stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.models import StockDailyPrice
from daytrader.services import price_records
from daytrader.services.actor import Actor
from daytrader.utils.errors import NotFoundError

_DAY = 86_400
_PRICES = ("open_price", "high_price", "low_price", "close_price")


def get(session: Session, price_id: int) -> StockDailyPrice:
    """
    Return the price.

    Raises:
        NotFoundError: If there is none.
    """
    price = session.get(StockDailyPrice, price_id)
    if price is None:
        raise NotFoundError("daily price")
    return price


def create(session: Session, actor: Actor, values: Mapping[str, Any]) -> StockDailyPrice:
    """
    Store one bar of the stock that ``stock_id`` or ``symbol`` names, and announce it once the caller commits.

    Raises:
        ForbiddenError: If the actor is no administrator.
        NotFoundError: If there is no such stock.
        InvalidInputError: If a value is refused, or both name a stock.
        ConflictError: If the stock has a bar of that date.
    """
    return price_records.create(session, actor, StockDailyPrice, values)


def update(session: Session, actor: Actor, price_id: int, values: Mapping[str, Any]) -> StockDailyPrice:
    """
    Change the given columns and announce it once the caller commits.

    Raises:
        ForbiddenError: If the actor is no administrator.
        NotFoundError: If there is no such price.
        InvalidInputError: If a value is refused.
        ConflictError: If the stock has another bar of that date.
    """
    return price_records.update(session, actor, get(session, price_id), values)


def delete(session: Session, actor: Actor, price_id: int) -> None:
    """
    Remove the bar and announce it once the caller commits.

    Raises:
        ForbiddenError: If the actor is no administrator.
        NotFoundError: If there is no such price.
    """
    price_records.delete(session, actor, get(session, price_id))


def latest(session: Session, stock_id: int, until: date | None = None) -> StockDailyPrice | None:
    """Return the stock's last bar, or its last at or before *until*."""
    query = select(StockDailyPrice).where(StockDailyPrice.stock_id == stock_id)
    if until is not None:
        query = query.where(StockDailyPrice.price_date <= until)
    return session.scalar(query.order_by(StockDailyPrice.price_date.desc()).limit(1))
