"""Daily bars as stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.models import StockDailyPrice
from daytrader.models.enums import PriceSource
from daytrader.services import price_records
from daytrader.services.actor import Actor
from daytrader.services.price_upsert import OnConflict, table_of, upsert
from daytrader.utils import validators
from daytrader.utils.days import days_since_epoch
from daytrader.utils.errors import InvalidInputError, NotFoundError

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


def upsert_rows(
    session: Session,
    stock_id: int,
    rows: Iterable[Mapping[str, Any]],
    *,
    source: PriceSource = PriceSource.HISTORICAL,
    on_conflict: OnConflict = OnConflict.UPDATE,
) -> int:
    """
    Store *rows*, mappings of the model's column names, and return how many; a stored date is updated or skipped.

    Raises:
        InvalidInputError: At the first row that breaks a rule of the model, or repeats a date.
    """
    checked = [_checked(row) for row in rows]
    days = [days_since_epoch(row["price_date"]) * _DAY for row in checked]
    if len(set(days)) < len(days):
        raise InvalidInputError({"price_date": ["is repeated"]})
    table = table_of(
        stock_id,
        days,
        [[np.nan if row[name] is None else row[name] for row in checked] for name in _PRICES],
        volume=[row["volume"] for row in checked],
        adj_close=[row["adj_close"] for row in checked],
    )
    upsert(session, table, source=source, on_conflict=on_conflict)
    return len(days)


def _checked(row: Mapping[str, Any]) -> dict[str, Any]:
    prices = {name: validators.checked(name, validators.price, row.get(name)) for name in _PRICES}
    validators.checked("prices", lambda named: validators.price_order(**named), prices)
    return {
        **prices,
        "price_date": validators.checked("price_date", validators.price_date, row.get("price_date")),
        "volume": validators.checked("volume", validators.volume, row.get("volume")),
        "adj_close": validators.checked("adj_close", validators.price, row.get("adj_close")),
    }
