"""One backtest, report included."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from benchmarks.run import Figure, absolute, median_seconds
from daytrader.core import backtest
from daytrader.core.rules import Rules
from daytrader.models import Base
from daytrader.services import database, price_service
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.services.session_manager import SessionManager

# What backtesting.py 0.6.6 took on two cores for the same work is 45 ms: a hundredth of it.
_BACKTEST_TARGET = 0.00045


def measure(folder: Path) -> list[Figure]:
    """Return the time of a backtest of 2,148 daily bars."""
    engine = database.connect(f"sqlite:///{folder / 'bench.db'}", is_durable=False)
    Base.metadata.create_all(engine)
    with SessionManager() as session:
        goog = price_service.store_series(session, SampleProvider().fetch("GOOG")).id
    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, goog)

        def run() -> object:
            return backtest.run(
                bars, "sma_cross", {"fast": 10, "slow": 20}, Rules(), symbol="GOOG", cash=Decimal(10_000)
            ).to_dict()

        run()  # compiled and loaded
        ours = median_seconds(run, 200)
    engine.dispose()
    work = f"one backtest, {bars.n:,} daily bars, SMA 10/20, 5 % stop, 10 % target, report included, warm"
    return [absolute("backtest", work, ours, _BACKTEST_TARGET, 200)]
