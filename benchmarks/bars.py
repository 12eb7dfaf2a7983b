"""One bar, many services of one stock: decided, journalled, told of, and one in a hundred of them traded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import func, insert, select

from benchmarks.run import Figure, absolute
from daytrader.brokers.paper import PaperBroker
from daytrader.core.strategy import compute, get_strategy
from daytrader.engine.runner import Runner
from daytrader.engine.stock_bars import StockBars
from daytrader.models import (
    Base,
    Execution,
    JournalEntry,
    Stock,
    StockDailyPrice,
    TradeDecision,
    TradingService,
    User,
)
from daytrader.models.enums import JournalKind, PriceSource, ServiceState
from daytrader.models.journal_entry import opening_note
from daytrader.services import database, ledger_service, price_service
from daytrader.services.session_manager import SessionManager

SIZES: Final = (100, 1_000, 10_000, 100_000)
_SECONDS_FOR_10_000: Final = 1.0
_LEAST_SECONDS: Final = 0.1  # what a bar costs before it has a service: statements, two synced commits
_DAYS, _FIRST_ROW, _ONE_IN = 400, 250, 100
_CASH: Final = Decimal(10_000)
_CHUNK: Final = 5_000
_REPEATS: Final = 3
# Several strategies, parameters and rules on one stock; the traders buy at once and hold.
_QUIET: Final[Sequence[tuple[str, dict[str, int | float]]]] = (
    ("technical", {}),
    ("technical", {"buy_threshold": 2.0}),
    ("sma_cross", {}),
    ("sma_cross", {"fast": 5, "slow": 30}),
    ("rsi_reversion", {}),
    ("bollinger_reversion", {}),
    ("breakout", {}),
    ("macd", {}),
)
_TRADER: Final = "buy_and_hold"


def measure(folder: Path) -> list[Figure]:
    """Return the time of the bar that orders and of the bar that fills, whichever is longer, with growing numbers."""
    figures = []
    for count in SIZES:
        runs = [bar_seconds(folder / f"{count}-{turn}.db", count) for turn in range(_REPEATS)]
        ordered, filled = sorted(runs, key=max)[_REPEATS // 2]
        target = max(_LEAST_SECONDS, _SECONDS_FOR_10_000 * count / 10_000)
        work = (
            f"one bar, {count:,} services decided and journalled, 1 % traded, SQLite, durable; {ordered:.2f} s to order"
        )
        figures.append(absolute(f"bar-{count}", work, max(ordered, filled), target, _REPEATS))
    return figures


def bar_seconds(file: Path, count: int) -> tuple[float, float]:
    """Return the seconds of a bar on which one service in a hundred orders, and of the next, which fills the orders."""
    engine = database.connect(f"sqlite:///{file}")
    Base.metadata.create_all(engine)
    try:
        stock = _stock()
        row = _quiet_row(stock)
        _services(stock, count)
        runner = Runner(PaperBroker(), announces_prices=True)
        runner.step(_with_one_service(stock), row - 1)  # compiled code and statements are loaded
        taken = []
        for bar in (row, row + 1):
            began = time.perf_counter()
            runner.step(stock, bar)
            taken.append(time.perf_counter() - began)
        _check(count)
    finally:
        engine.dispose()
    return taken[0], taken[1]


def _with_one_service(stock: StockBars) -> StockBars:
    """Return the same bars under a stock that nobody trades."""
    return StockBars(stock.stock_id + 1, "OTHER", 0, stock.bars)


def _stock() -> StockBars:
    chance = np.random.default_rng(5)
    close = 50 * np.exp(np.cumsum(chance.normal(0, 0.01, _DAYS)))
    with SessionManager() as session:
        stock, other = Stock(symbol="ACME"), Stock(symbol="OTHER")
        session.add_all([stock, other])
        session.flush()
        for each in (stock, other):
            session.execute(insert(StockDailyPrice), [_price(each.id, day, close) for day in range(_DAYS)])
    with SessionManager(read_only=True) as session:
        return StockBars(stock.id, stock.symbol, 0, price_service.load_bars(session, stock.id))


def _price(stock_id: int, day: int, close: Any) -> dict[str, Any]:
    opened, closed = float(close[max(day - 1, 0)]), float(close[day])
    return {
        "stock_id": stock_id,
        "price_date": date(2020, 1, 1) + timedelta(days=day),
        "open_price": opened,
        "high_price": max(opened, closed),
        "low_price": min(opened, closed),
        "close_price": closed,
        "volume": 1000,
        "source": PriceSource.HISTORICAL,
    }


def _quiet_row(stock: StockBars) -> int:
    """Return a row on which, and on the next, none of the quiet strategies would buy."""
    bars = stock.bars
    entry = np.zeros(bars.n, np.bool_)
    for name, params in _QUIET:
        entry |= compute(get_strategy(name), bars, params).entry
    rows = range(_FIRST_ROW, bars.n - 1)
    return next(row for row in rows if not entry[row - 1 : row + 2].any())


def _services(stock: StockBars, count: int) -> None:
    with SessionManager() as session:
        user = User(username="owner", email="owner@example.com", password_hash="!")
        session.add(user)
        session.flush()
        for first in range(0, count, _CHUNK):
            numbers = range(first, min(first + _CHUNK, count))
            session.execute(insert(TradingService), [_service(stock, user.id, number) for number in numbers])
        now = datetime.now(UTC)
        opening = {"sequence": 1, "kind": JournalKind.DEPOSIT, "amount": _CASH, "balance_after": _CASH}
        opening |= {"shares_after": 0, "note": opening_note(user.id), "created_at": now, "updated_at": now}
        ids = session.scalars(select(TradingService.id)).all()
        for first in range(0, count, _CHUNK):
            session.execute(
                insert(JournalEntry), [{"service_id": one, **opening} for one in ids[first : first + _CHUNK]]
            )


def _service(stock: StockBars, user_id: int, number: int) -> dict[str, Any]:
    is_trader = number % _ONE_IN == 0
    strategy, params = (_TRADER, {}) if is_trader else _QUIET[number % len(_QUIET)]
    return {
        "user_id": user_id,
        "stock_id": stock.stock_id,
        "stock_symbol": stock.symbol,
        "name": f"service {number}",
        "state": ServiceState.ACTIVE,
        "initial_balance": _CASH,
        "current_balance": _CASH,
        "strategy": strategy,
        "strategy_params": params,
        "allocation_percent": Decimal(1 + number % 9) / 10,
        "stop_loss_percent": Decimal(3 + number % 7),
    }


def _check(count: int) -> None:
    """Check that all was done: two decisions each, a fill of every trader, clean books."""
    with SessionManager(read_only=True) as session:
        decisions = session.scalar(select(func.count()).select_from(TradeDecision))
        fills = session.scalar(select(func.count()).select_from(Execution))
        sample = list(session.scalars(select(TradingService.id).where(TradingService.id % 50 == 1)))
        breaches = ledger_service.audit(session, sample[:1000])
    if (decisions, fills, breaches) != (2 * count, -(-count // _ONE_IN), []):
        raise AssertionError(f"{decisions} decisions, {fills} fills, breaches {breaches}")
