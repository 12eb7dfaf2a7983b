"""A database of its own for a replay: one stock, one account, real services."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from daytrader.core.bars import Bars, EventKind
from daytrader.core.money import from_micros
from daytrader.models import Base, CorporateAction, Stock, StockDailyPrice, StockIntradayPrice, TradingService, User
from daytrader.models.enums import CorporateActionKind, PriceSource
from daytrader.services import database, trading_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import session_factory
from daytrader.utils.constants import DAILY
from daytrader.utils.days import date_of

_OWNER: Final = "replay"
_CHUNK: Final = 1000
_SOURCE: Final = "replay"


@contextmanager
def sandbox(file: Path | None = None) -> Iterator[None]:
    """
    Make ``SessionManager`` use a database of its own: *file*, which is kept, or one that is thrown away.

    What was connected before is connected again afterwards.
    """
    before = session_factory.kw.get("bind")
    with TemporaryDirectory(prefix="daytrader-") as folder:
        target = (file or Path(folder) / "replay.db").absolute()
        engine = database.connect(f"sqlite:///{target}", is_durable=file is not None)
        try:
            if file is None:
                Base.metadata.create_all(engine)
            else:
                database.upgrade(engine)
            yield
        finally:
            engine.dispose()
            session_factory.configure(bind=before)


def store_bars(session: Session, symbol: str, bars: Bars) -> Stock:
    """Return the stock called *symbol* with *bars* and their events stored, made here if it is not there yet."""
    stock = session.scalar(select(Stock).where(Stock.symbol == symbol))
    if stock is not None:
        return stock
    stock = Stock(symbol=symbol)
    session.add(stock)
    session.flush()
    model, rows = _price_rows(stock.id, bars)
    for start in range(0, len(rows), _CHUNK):
        session.execute(insert(model), rows[start : start + _CHUNK])
    actions = _action_rows(stock.id, bars)
    if actions:
        session.execute(insert(CorporateAction), actions)
    return stock


def open_service(session: Session, name: str, values: Mapping[str, Any]) -> TradingService:
    """Return the sandbox's ACTIVE service called *name*, made with *values* if it is not there yet."""
    service = session.scalar(select(TradingService).where(TradingService.name == name))
    if service is None:
        owner = Actor(_owner(session).id)
        service = trading_service.create(session, owner, {"name": name, **values})
        trading_service.activate(session, owner, service.id)
    return service


def _owner(session: Session) -> User:
    user = session.scalar(select(User).where(User.username == _OWNER))
    if user is None:
        # Nobody signs in to a replay: no password has this hash.
        user = User(username=_OWNER, email=f"{_OWNER}@example.com", password_hash="!")
        session.add(user)
        session.flush()
    return user


def _price_rows(stock_id: int, bars: Bars) -> tuple[type[Base], list[dict[str, Any]]]:
    is_daily = bars.interval_minutes == DAILY
    volumes = [None if math.isnan(volume) else math.floor(volume) for volume in bars.volume.tolist()]
    prices = zip(*(column.tolist() for column in (bars.open, bars.high, bars.low, bars.close)), volumes, strict=True)
    names = ("open_price", "high_price", "low_price", "close_price", "volume")
    rows: list[dict[str, Any]] = [
        {"stock_id": stock_id, "source": PriceSource.HISTORICAL, **dict(zip(names, row, strict=True))} for row in prices
    ]
    for row, time, session_day in zip(rows, bars.time.tolist(), bars.session.tolist(), strict=True):
        if is_daily:
            row["price_date"] = date_of(session_day)
        else:
            row["timestamp"] = datetime.fromtimestamp(time, UTC)
            row["interval"] = bars.interval_minutes
    return (StockDailyPrice if is_daily else StockIntradayPrice), rows


def _action_rows(stock_id: int, bars: Bars) -> list[dict[str, Any]]:
    """Return the events as rows; of several of one kind on a bar each keeps a date since the bar before."""
    rows: list[dict[str, Any]] = []
    taken: set[tuple[int, int]] = set()
    events = bars.events
    for row, kind, numerator, denominator, micros, _ in zip(*(column.tolist() for column in events), strict=True):
        day = int(bars.session[row])
        while (day, kind) in taken:
            day -= 1
        taken.add((day, kind))
        is_split = kind == EventKind.SPLIT
        rows.append(
            {
                "stock_id": stock_id,
                "ex_date": date_of(day),
                "kind": CorporateActionKind.SPLIT if is_split else CorporateActionKind.DIVIDEND,
                "ratio_numerator": numerator,
                "ratio_denominator": denominator,
                "amount": from_micros(micros),
                "source": _SOURCE,
                "is_quarantined": False,
                "is_judged": True,
            }
        )
    return rows
