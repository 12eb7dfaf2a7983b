"""Tests of daytrader.services.price_upsert, on SQLite and on PostgreSQL: both end with the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, func, select

from daytrader.models import Base, Stock, StockDailyPrice, StockIntradayPrice
from daytrader.models.enums import PriceSource
from daytrader.services import corporate_action_service, database, price_service, price_upsert
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.services.price_upsert import BarTable, OnConflict, upsert
from daytrader.services.session_manager import SessionManager
from daytrader.utils.days import days_since_epoch

FIRST = date(2020, 1, 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def stock(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stock]:
    """A stock in an empty database of each kind."""
    if request.param == "sqlite":
        engine = database.connect(f"sqlite:///{tmp_path / 'prices.db'}", is_durable=False)
        Base.metadata.create_all(engine)
    else:
        engine = database.connect(request.getfixturevalue("postgres_url"))
    with SessionManager() as session:
        acme = Stock(symbol="ACME")
        session.add(acme)
    yield acme
    engine.dispose()


def table(stock: Stock, closes: list[float], *, interval: int = 0) -> BarTable:
    """Return bars that open at 10, one a day or one each *interval* minutes."""
    n = len(closes)
    close = np.array(closes)
    step = 86_400 if interval == 0 else interval * 60
    return BarTable(
        np.full(n, stock.id),
        days_since_epoch(FIRST) * 86_400 + np.arange(n) * step,
        np.full(n, 10.0),
        np.maximum(close, 10.0),
        np.minimum(close, 10.0),
        close,
        np.arange(n, dtype=float) * 100,
        close / 2,
        interval,
    )


def store(bars: BarTable, on_conflict: OnConflict = OnConflict.UPDATE) -> None:
    """Write in a unit of work of its own."""
    with SessionManager() as session:
        upsert(session, bars, source=PriceSource.HISTORICAL, on_conflict=on_conflict)


def test_more_rows_than_a_statement_holds(stock: Stock) -> None:
    """Every row arrives, whatever the number left for the last statement."""
    closes = [round(10.0 + n / 1000, 3) for n in range(1203)]

    store(table(stock, closes))

    with SessionManager(read_only=True) as session:
        assert price_service.load_bars(session, stock.id).close.tolist() == closes
        row = session.scalars(select(StockDailyPrice).order_by(StockDailyPrice.price_date.desc()).limit(1)).one()
    assert row.price_date == FIRST + timedelta(days=1202)
    assert (row.volume, row.adj_close, row.source) == (120_200, closes[-1] / 2, PriceSource.HISTORICAL)
    assert row.created_at == row.updated_at


def test_a_stored_bar_is_updated_or_skipped(stock: Stock) -> None:
    """By choice; the row keeps its id and the time it was made."""
    store(table(stock, [11.0]))
    with SessionManager(read_only=True) as session:
        before = session.scalars(select(StockDailyPrice)).one()

    store(table(stock, [12.0, 13.0]), OnConflict.SKIP)
    with SessionManager(read_only=True) as session:
        assert price_service.load_bars(session, stock.id).close.tolist() == [11.0, 13.0]

    store(table(stock, [14.0]))
    with SessionManager(read_only=True) as session:
        after = session.get_one(StockDailyPrice, before.id)
    assert after.close_price == 14.0
    assert after.created_at == before.created_at
    assert after.updated_at > before.updated_at


def test_what_a_file_does_not_say_stays(stock: Stock) -> None:
    """Bars without volume and adjusted close leave those that are stored."""
    store(table(stock, [11.0, 12.0]))
    unknown = np.full(2, np.nan)

    store(replace(table(stock, [13.0, 14.0]), volume=unknown, adj_close=unknown))

    with SessionManager(read_only=True) as session:
        rows = session.scalars(select(StockDailyPrice).order_by(StockDailyPrice.price_date)).all()
    assert [(row.close_price, row.volume, row.adj_close) for row in rows] == [(13.0, 0, 5.5), (14.0, 100, 6.0)]


def test_unknown_is_null_not_a_number(stock: Stock) -> None:
    """NaN never reaches the database."""
    store(replace(table(stock, [11.0]), volume=np.array([np.nan]), adj_close=np.array([np.nan])))

    with SessionManager(read_only=True) as session:
        row = session.scalars(select(StockDailyPrice)).one()
    assert (row.volume, row.adj_close) == (None, None)


def test_intraday_bars_of_several_intervals_live_side_by_side(stock: Stock) -> None:
    """One row per start and interval, at the moment in UTC."""
    store(table(stock, [11.0, 12.0], interval=5))
    store(table(stock, [13.0], interval=15))
    store(table(stock, [14.0], interval=5))

    price = StockIntradayPrice
    with SessionManager(read_only=True) as session:
        rows = session.execute(
            select(price.interval, price.close_price, price.timestamp).order_by(price.interval, price.timestamp)
        ).all()
        known = session.scalar(select(func.count()).where(price.timestamp <= rows[0].timestamp))
    assert [(interval, close) for interval, close, _ in rows] == [(5, 14.0), (5, 12.0), (15, 13.0)]
    assert rows[0].timestamp.isoformat() == "2020-01-01T00:00:00+00:00"
    assert known == 2  # comparisons meet rows written below the ORM


def test_the_sample_survives_each_database(stock: Stock) -> None:
    """Prices, dividends and splits come back as they went in."""
    series = SampleProvider().fetch("AAPL", date(2005, 1, 1), date(2005, 12, 31))
    with SessionManager() as session:
        apple = price_service.store_series(session, series)

    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, apple.id)
        assert corporate_action_service.has_splits(session, apple.id)
        assert not corporate_action_service.has_splits(session, stock.id)
        last = price_service.last_price(session, apple.id)
    np.testing.assert_array_equal(bars.time, series.time)
    np.testing.assert_array_equal(bars.close, series.close)
    assert bars.split_factor[-1] == 2.0
    assert last is not None
    assert float(last.price) == series.close[-1]


@pytest.mark.parametrize("interval", [0, 1])
@pytest.mark.parametrize("on_conflict", OnConflict)
def test_many_rows_are_stored_as_few_are(
    stock: Stock, monkeypatch: pytest.MonkeyPatch, interval: int, on_conflict: OnConflict
) -> None:
    """PostgreSQL's COPY and its arrays leave the same rows: over stored ones, with gaps, before and after 2000."""
    random = np.random.default_rng(7)
    found = []
    for many in (1, 10**9):  # by COPY, by arrays
        monkeypatch.setattr(price_upsert, "MANY_ROWS", many)
        random = np.random.default_rng(7)
        with SessionManager() as session:
            session.execute(delete(StockIntradayPrice if interval else StockDailyPrice))
            for _ in range(2):  # the second time upon the first
                bars = table(stock, random.uniform(5, 20, 60).round(6).tolist(), interval=interval)
                bars = replace(bars, time=bars.time + random.permutation(90)[:60] * -86_400 * 300)
                for column in (bars.volume, bars.adj_close):
                    column[random.random(60) < 0.3] = np.nan
                bars.volume[0] = 2.0**53
                upsert(session, bars, source=PriceSource.DELAYED, on_conflict=on_conflict)
        found.append(_stored(interval))
    assert found[0] == found[1]
    assert len(found[0]) > 60


def test_days_and_minutes_by_the_thousand_in_one_transaction(stock: Stock) -> None:
    """What one of them needs beforehand does not stand in the other's way."""
    with SessionManager() as session:
        for interval in (0, 1, 0):
            bars = table(stock, [12.5] * price_upsert.MANY_ROWS, interval=interval)
            upsert(session, bars, source=PriceSource.HISTORICAL, on_conflict=OnConflict.UPDATE)

    assert len(_stored(0)) == len(_stored(1)) == price_upsert.MANY_ROWS


def _stored(interval: int) -> list[tuple[object, ...]]:
    model = StockIntradayPrice if interval else StockDailyPrice
    names = [column.key for column in model.__table__.columns if column.key not in ("id", "created_at", "updated_at")]
    moment = model.timestamp if interval else model.price_date  # type: ignore[union-attr]  # one of the two
    with SessionManager(read_only=True) as session:
        return [tuple(row) for row in session.execute(select(*(getattr(model, n) for n in names)).order_by(moment))]
