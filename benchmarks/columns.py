"""Stored bars into arrays: from the database, from the column cache's file, and from what is mapped already."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.run import Figure, absolute, median_seconds
from daytrader.models import Base, Stock
from daytrader.models.enums import PriceSource
from daytrader.services import column_cache, database, price_service
from daytrader.services.price_upsert import BarTable, OnConflict, upsert
from daytrader.services.session_manager import SessionManager

_BARS = 5_000
_COLD_TARGET = 0.005
_CACHED_TARGET = 0.0003


def measure(folder: Path) -> list[Figure]:
    """Return the time of reading 5,000 daily bars of one stock, its state's name asked for each time."""
    engine = database.connect(f"sqlite:///{folder / 'bench.db'}", is_durable=False)
    Base.metadata.create_all(engine)
    stock_id = _fill()
    with SessionManager(read_only=True) as session:

        def load() -> object:
            return price_service.load_bars(session, stock_id)

        column_cache.use(None)
        cold = median_seconds(load, 40)
        directly = price_service.load_bars(session, stock_id).data_hash
        column_cache.use(folder)
        load()

        def from_file() -> object:
            column_cache.use(folder)
            return load()

        opened = median_seconds(from_file, 200)
        mapped = median_seconds(load, 1000)
        is_equal = price_service.load_bars(session, stock_id).data_hash == directly
    column_cache.use(None)
    engine.dispose()
    work = f"{_BARS:,} stored bars of one stock into arrays"
    return [
        absolute("load-bars", f"{work}, SQLite, cold", cold, _COLD_TARGET, 40),
        absolute("columns-file", f"{work}, from a file that this process has not opened", opened, _CACHED_TARGET, 200),
        absolute("columns", f"{work}, mapped already", mapped, _CACHED_TARGET, 1000, equal=is_equal),
    ]


def _fill() -> int:
    walk = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, _BARS)))
    close = np.round(walk, 2)
    days = np.arange(_BARS) * 86_400
    with SessionManager() as session:
        stock = Stock(symbol="BENCH")
        session.add(stock)
        session.flush()
        bars = BarTable(
            np.full(_BARS, stock.id), days, close, close + 1, close - 1, close, np.full(_BARS, 1e6), close / 2
        )
        upsert(session, bars, source=PriceSource.HISTORICAL, on_conflict=OnConflict.UPDATE)
        return stock.id
