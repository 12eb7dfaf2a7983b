"""A database of its own for a replay: one stock, one account, real services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from daytrader.core.bars import Bars, EventKind
from daytrader.core.money import from_micros
from daytrader.models import Base, CorporateAction, Stock, TradingService, User
from daytrader.models.enums import CorporateActionKind, PriceSource
from daytrader.services import database, price_revisions, trading_service
from daytrader.services.actor import Actor
from daytrader.services.price_upsert import BarTable, OnConflict, table_name, upsert
from daytrader.services.session_manager import session_factory
from daytrader.utils.constants import DAILY
from daytrader.utils.days import date_of

_OWNER: Final = "replay"
_DAY: Final = 86_400
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
    interval = bars.interval_minutes
    with price_revisions.drawn_at_once(session, table_name(interval), [stock.id], interval):
        upsert(session, _table(stock.id, bars), source=PriceSource.HISTORICAL, on_conflict=OnConflict.SKIP)
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


def _table(stock_id: int, bars: Bars) -> BarTable:
    """Return *bars* as rows of the stock; a daily one is of the date of its session."""
    time = bars.session.astype(np.int64) * _DAY if bars.interval_minutes == DAILY else bars.time
    ids = np.full(bars.n, stock_id, np.int64)
    unknown = np.full(bars.n, np.nan)
    return BarTable(ids, time, bars.open, bars.high, bars.low, bars.close, bars.volume, unknown, bars.interval_minutes)


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
