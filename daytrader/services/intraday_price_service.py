"""Bars within a session as stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.models import StockIntradayPrice
from daytrader.models.enums import PriceSource
from daytrader.services import price_records
from daytrader.services.actor import Actor
from daytrader.services.price_upsert import OnConflict, table_of, upsert
from daytrader.utils import validators
from daytrader.utils.errors import InvalidInputError, NotFoundError

_PRICES = ("open_price", "high_price", "low_price", "close_price")


def get(session: Session, price_id: int) -> StockIntradayPrice:
    """
    Return the price.

    Raises:
        NotFoundError: If there is none.
    """
    price = session.get(StockIntradayPrice, price_id)
    if price is None:
        raise NotFoundError("intraday price")
    return price


def create(session: Session, actor: Actor, values: Mapping[str, Any]) -> StockIntradayPrice:
    """
    Store one bar of the stock that ``stock_id`` or ``symbol`` names, and announce it once the caller commits.

    Raises:
        ForbiddenError: If the actor is no administrator.
        NotFoundError: If there is no such stock.
        InvalidInputError: If a value is refused, or both name a stock.
        ConflictError: If the stock has a bar of that interval at that time.
    """
    return price_records.create(session, actor, StockIntradayPrice, values)


def update(session: Session, actor: Actor, price_id: int, values: Mapping[str, Any]) -> StockIntradayPrice:
    """
    Change the given columns and announce it once the caller commits.

    Raises:
        ForbiddenError: If the actor is no administrator.
        NotFoundError: If there is no such price.
        InvalidInputError: If a value is refused.
        ConflictError: If the stock has another bar of that interval at that time.
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


def latest(session: Session, stock_id: int, interval: int, until: datetime | None = None) -> StockIntradayPrice | None:
    """Return the stock's last bar of *interval* minutes, or its last that starts at or before *until*."""
    price = StockIntradayPrice
    query = select(price).where(price.stock_id == stock_id, price.interval == interval)
    if until is not None:
        query = query.where(price.timestamp <= until)
    return session.scalar(query.order_by(price.timestamp.desc()).limit(1))


def upsert_rows(
    session: Session,
    stock_id: int,
    interval: int,
    rows: Iterable[Mapping[str, Any]],
    *,
    source: PriceSource = PriceSource.DELAYED,
    on_conflict: OnConflict = OnConflict.UPDATE,
) -> int:
    """
    Store *rows*, mappings of the model's column names, and return how many; a stored bar is updated or skipped.

    Raises:
        InvalidInputError: At the first row that breaks a rule of the model, or repeats a timestamp.
    """
    minutes = validators.checked("interval", validators.intraday_interval, interval)
    checked = [_checked(row) for row in rows]
    times = [int(row["timestamp"].timestamp()) for row in checked]
    if len(set(times)) < len(times):
        raise InvalidInputError({"timestamp": ["is repeated"]})
    table = table_of(
        stock_id,
        times,
        [[np.nan if row[name] is None else row[name] for row in checked] for name in _PRICES],
        volume=[row["volume"] for row in checked],
        interval=minutes,
    )
    upsert(session, table, source=source, on_conflict=on_conflict)
    return len(times)


def _checked(row: Mapping[str, Any]) -> dict[str, Any]:
    prices = {name: validators.checked(name, validators.price, row.get(name)) for name in _PRICES}
    validators.checked("prices", lambda named: validators.price_order(**named), prices)
    return {
        **prices,
        "timestamp": validators.checked("timestamp", validators.timestamp, row.get("timestamp")),
        "volume": validators.checked("volume", validators.volume, row.get("volume")),
    }
