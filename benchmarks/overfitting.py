"""Overfitting at 10,000 to 1,000,000 combinations, and a scan over 505 stocks."""

from __future__ import annotations

import os
import time
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.run import Figure, absolute, median_seconds
from daytrader.core.arrays import FloatArray, IntArray
from daytrader.core.overfitting import backtest_overfitting, deflated_sharpe
from daytrader.services import database
from tests.conftest import SHARED_DATA
from tests.core.builders import random_walk

_SESSIONS, _BLOCKS = 2_148, 16
_THREADS: Final = os.cpu_count() or 1
_TARGETS: Final = {10_000: 0.3, 100_000: 2.0, 1_000_000: 20.0}
_SCAN_TARGET, _DEFLATE_TARGET = 1.0, 0.1
_STOCKS = 505


def measure(folder: Path) -> list[Figure]:
    """Return the time of cross-validation and deflation, and of a scan."""
    return [*_overfitting(), _scan(folder)]


def _overfitting() -> list[Figure]:
    if not _equals_the_return_matrix():
        raise AssertionError("block sums and return matrix disagree")
    figures = []
    for k, target in _TARGETS.items():
        blocks = _blocks(k)
        repeats = 3 if k < max(_TARGETS) else 1
        taken = median_seconds(lambda blocks=blocks: backtest_overfitting(*blocks, threads=_THREADS), repeats)  # type: ignore[misc]  # a lambda that binds its loop's value
        work = f"probability of overfitting, {k:,} combinations x 12,870 splits, {_THREADS} threads"
        figures.append(absolute(f"overfitting-{k}", work, taken, target, repeats))
    sharpes = np.random.default_rng(1).normal(0, 0.5, 1_000_000)
    equity = (random_walk(_SESSIONS).close * 10_000).astype(np.int64)
    taken = median_seconds(lambda: deflated_sharpe(equity, 1_000_000, sharpes), 10)
    figures.append(absolute("deflated-sharpe", "deflated Sharpe ratio, 1,000,000 trials", taken, _DEFLATE_TARGET, 10))
    return figures


def _blocks(k: int) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return the block sums of *k* combinations on one stock: a market they share, and noise of their own."""
    rng = np.random.default_rng(k)
    count = np.diff(np.arange(_BLOCKS + 1) * _SESSIONS // _BLOCKS)
    sums, squares = np.empty((k, _BLOCKS)), np.empty((k, _BLOCKS))
    for block, sessions in enumerate(count.tolist()):
        market = rng.normal(0.0003, 0.01, sessions)
        for first in range(0, k, 4_096):
            returns = market + rng.normal(0, 0.005, (min(4_096, k - first), sessions))
            sums[first : first + 4_096, block] = returns.sum(axis=1)
            squares[first : first + 4_096, block] = (returns**2).sum(axis=1)
    return count, sums, squares


def _equals_the_return_matrix() -> bool:
    """Return whether 200 combinations over 8 blocks come to what their return matrix gives."""
    rng = np.random.default_rng(7)
    returns = rng.normal(0, 0.01, (800, 200)) + rng.normal(0, 0.01, (800, 1))
    parts = np.split(np.arange(800), 8)
    bad = 0
    halves = list(combinations(range(8), 4))
    for half in halves:
        rows = np.concatenate([parts[block] for block in half])
        rest = np.setdiff1d(np.arange(800), rows)
        inside, outside = (returns[part].mean(axis=0) / returns[part].std(axis=0, ddof=1) for part in (rows, rest))
        bad += int(np.argsort(np.argsort(outside))[np.argmax(inside)] + 1 <= 201 / 2)
    sums = np.array([returns[part].sum(axis=0) for part in parts]).T
    squares = np.array([(returns[part] ** 2).sum(axis=0) for part in parts]).T
    told = backtest_overfitting(np.full(8, 100), sums, squares)
    return told is not None and told.probability == bad / len(halves)


def _scan(folder: Path) -> Figure:
    """Return the time of a scan over stored stocks, once their columns are cached."""
    from daytrader.jobs.scan import scan
    from daytrader.models import Base
    from daytrader.services import column_cache

    engine = database.connect(f"sqlite:///{folder / 'scan.db'}", is_durable=False)
    Base.metadata.create_all(engine)
    column_cache.use(folder)
    fill_stocks()
    began = time.perf_counter()
    found = scan("technical", {}, ())
    cold = time.perf_counter() - began
    taken = median_seconds(lambda: scan("technical", {}, ()), 5)
    engine.dispose()
    work = f"scan of {found.stocks} stored stocks, {len(found.signals)} signals; the first time, uncached, {cold:.1f} s"
    return absolute("scan", work, taken, _SCAN_TARGET, 5)


def fill_stocks() -> None:
    """Store the daily prices of 505 stocks: real ones where they are at hand."""
    from daytrader.jobs.import_prices import import_prices
    from daytrader.jobs.import_report import ImportOptions
    from daytrader.services import price_service
    from daytrader.services.data_providers.base import PriceSeries
    from daytrader.services.session_manager import SessionManager

    file = SHARED_DATA / "big" / "sp500_2013_2018.parquet"
    if file.exists():
        import_prices(file, ImportOptions(creates_stocks=True, is_partial=True))
        return
    with SessionManager() as session:
        for number in range(_STOCKS):
            bars = random_walk(1_259, seed=number)
            series = PriceSeries(
                f"S{number}", bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume, bars.close, (), "made"
            )
            price_service.store_series(session, series)
