"""Tests of engine.sandbox: what a replay's database holds of its prices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from daytrader.core.bars import Bars
from daytrader.engine.sandbox import sandbox, store_bars
from daytrader.models import Base, Stock, StockDailyPrice, StockIntradayPrice
from daytrader.models.enums import PriceSource
from daytrader.services import price_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.constants import DAILY, MAX_PRICE, MAX_VOLUME
from daytrader.utils.days import date_of

OPENING: Final = int(datetime(2020, 1, 2, 14, 30, tzinfo=UTC).timestamp())
CLOSES: Final = (
    0.1 + 0.2,  # no decimal of its own
    1 / 3,
    100.005,  # below what it says, as a double
    1.0000005,  # half of the last decimal
    2.6754999999,
    0.000001,
    7.0,  # whole
    99_999.999999,
    float(MAX_PRICE),
)
UNKNOWN: Final = math.nan
VOLUMES: Final = (0.0, UNKNOWN, 1.0, 12.9, float(MAX_VOLUME), 2.0**31, 0.4, UNKNOWN, 1e15)


def bars_of(volumes: Sequence[float] | None, interval: int) -> Bars:
    """Return a bar for each of the closes; daily ones begin at midnight, others in the regular session."""
    step = 86_400 if interval == DAILY else interval * 60
    first = OPENING - OPENING % 86_400 if interval == DAILY else OPENING
    times = [first + row * step for row in range(len(CLOSES))]
    opens = [max(close * 0.9999997, 0.000001) for close in CLOSES]  # what rounds to nothing is no price
    return Bars.build(times, opens, CLOSES, opens, CLOSES, volumes, interval_minutes=interval)


def one_by_one(session: Session, symbol: str, bars: Bars) -> int:
    """Store *bars* as rows of the models, each value by its column's type, and return whose they are."""
    stock = Stock(symbol=symbol)
    session.add(stock)
    session.flush()
    for row in range(bars.n):
        volume = float(bars.volume[row])
        values: dict[str, Any] = {
            "stock_id": stock.id,
            "open_price": float(bars.open[row]),
            "high_price": float(bars.high[row]),
            "low_price": float(bars.low[row]),
            "close_price": float(bars.close[row]),
            "volume": None if math.isnan(volume) else math.floor(volume),
            "source": PriceSource.HISTORICAL,
        }
        if bars.interval_minutes == DAILY:
            session.execute(insert(StockDailyPrice).values(**values, price_date=date_of(int(bars.session[row]))))
        else:
            moment = datetime.fromtimestamp(int(bars.time[row]), UTC)
            values |= {"timestamp": moment, "interval": bars.interval_minutes}
            session.execute(insert(StockIntradayPrice).values(**values))
    return stock.id


def stored(session: Session, model: type[Base], stock_id: int) -> list[tuple[Any, ...]]:
    """Return the values that SQLite holds of the stock's bars, with their types, but for ids and when each was made."""
    own = {"id", "stock_id", "created_at", "updated_at"}
    names = [column.name for column in model.__table__.columns if column.name not in own]
    names = [f'"{name}"' for name in names]
    asked = ", ".join([*names, *(f"typeof({name})" for name in (*names, "created_at", "updated_at"))])
    lengths = "length(created_at), length(updated_at)"
    query = text(f"SELECT {asked}, {lengths} FROM {model.__tablename__} WHERE stock_id = :id ORDER BY id")
    return [tuple(row) for row in session.execute(query, {"id": stock_id})]


@pytest.mark.parametrize("interval", [DAILY, 1, 30])
@pytest.mark.parametrize("volumes", [VOLUMES, (0.0,) * len(VOLUMES), None], ids=["awkward", "zero", "unknown"])
def test_bars_are_stored_as_their_models_store_them(volumes: Sequence[float] | None, interval: int) -> None:
    """To the last bit and in the same types, whatever the prices and the volumes are."""
    bars = bars_of(volumes, interval)
    model = StockDailyPrice if interval == DAILY else StockIntradayPrice
    with sandbox(), SessionManager() as session:
        expected = one_by_one(session, "ONE", bars)
        many = store_bars(session, "MANY", bars).id

        rows = stored(session, model, many)

        assert len(rows) == bars.n
        assert rows == stored(session, model, expected)


@pytest.mark.parametrize("interval", [DAILY, 5])
def test_stored_bars_are_read_as_they_were(interval: int) -> None:
    """Stored prices and whole volumes are those of the replay, bar by bar."""
    volumes = [volume if math.isnan(volume) else math.floor(volume) for volume in VOLUMES]
    bars = bars_of(volumes, interval)
    with sandbox():
        with SessionManager() as session:
            stock_id = store_bars(session, "ACME", bars).id
        with SessionManager(read_only=True) as session:
            assert price_service.load_bars(session, stock_id, interval).data_hash == bars.data_hash


def test_a_kept_file_notices_prices_that_are_changed_later(tmp_path: Path) -> None:
    """What watches the prices of a database is in place once they are stored, there too."""
    watching = text("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
    with sandbox(tmp_path / "kept.db"), SessionManager() as session:
        before = session.scalars(watching).all()
        store_bars(session, "ACME", bars_of(None, 1))

        assert session.scalars(watching).all() == before != []


def test_many_bars_arrive_in_their_order() -> None:
    """More than one statement takes, and than one array."""
    n = 41_003
    times = [OPENING + 86_400 * row for row in range(n)]
    closes = [round(10 + row / 7, 4) for row in range(n)]
    start = datetime.fromtimestamp(OPENING, UTC)
    bars = Bars.build(times, closes, closes, closes, closes, interval_minutes=60)
    with sandbox(), SessionManager() as session:
        stock_id = store_bars(session, "ACME", bars).id
        rows = session.query(StockIntradayPrice.timestamp, StockIntradayPrice.close_price)
        found = rows.filter_by(stock_id=stock_id).order_by(StockIntradayPrice.id).all()
    assert [tuple(row) for row in found] == [(start + timedelta(days=row), close) for row, close in enumerate(closes)]
