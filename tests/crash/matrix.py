"""
The crash matrix: an engine is killed at each of twelve points, and the next one goes on.

A broker in a process of its own is the ground truth. After every death the books are audited as they are; at the end
they are those of an engine that nobody killed, and tell of exactly the orders and executions that the broker knows.

``python -m tests.crash --times 200`` kills two hundred times at each point; see there.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.core.money import to_micros
from daytrader.models import (
    Base,
    EventOutbox,
    Execution,
    JournalEntry,
    Order,
    TradeDecision,
    TradingService,
    TradingTransaction,
)
from daytrader.models.enums import OrderState
from daytrader.services import database, ledger_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.crash.broker import RemoteBroker
from tests.crash.nursery import Nursery
from tests.engine.builders import Market, Ohlc

POINTS: Final = (
    "before unit 1",
    "after unit 1",
    "before submit",
    "after submit",
    "before acknowledge",
    "after acknowledge",
    "before fill",
    "after fill",
    "before unit 2",
    "after unit 2",
    "before event release",
    "after event release",
)
"""Where an engine may die: before means that the step is not done; for a unit of work, that it is not committed."""

_TRADE: Final = "tests.crash.work:trade"
_BARS: Final = 60
_MOST_PASSES: Final = 3
# Names and clocks differ from run to run.
_INCIDENTAL: Final = {"client_order_id", "execution_ref", "created_at", "updated_at", "history"}
_BOOKS: Final[tuple[type[Base], ...]] = (
    TradingService,
    TradingTransaction,
    Order,
    Execution,
    JournalEntry,
    TradeDecision,
)
_REFERENCES: Final = {
    "service_id": TradingService,
    "transaction_id": TradingTransaction,
    "order_id": Order,
    "parent_id": Order,
    "execution_id": Execution,
    "decision_id": TradeDecision,
}
Books = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Stage:
    """A database with services that are about to trade, and the broker that they trade with."""

    url: str
    broker: Path
    stock_id: int


def market_bars(seed: int, count: int = _BARS) -> list[Ohlc]:
    """Return a market that turns often."""
    chance = random.Random(seed)
    rows, close = [], 50.0
    for _ in range(count):
        opened = close * (1 + chance.uniform(-0.02, 0.02))
        close = opened * (1 + chance.uniform(-0.04, 0.04))
        rows.append((opened, max(opened, close) * 1.01, min(opened, close) * 0.99, close))
    return rows


def set_up(url: str, seed: int) -> int:
    """Fill an empty database with four services of one stock, a dividend and a split; return the stock's id."""
    engine = database.connect(url, is_durable=False)
    Base.metadata.create_all(engine)
    market = Market(World(engine), market_bars(seed))
    market.dividend(20, "0.5")
    market.split(40, 3, 2)
    for number in range(4):
        market.service(
            name=f"service {number}",
            strategy="sma_trend",
            strategy_params={"window": 2 + number % 3},
            stop_loss_percent=Decimal(3),
            take_profit_percent=Decimal(3 + number),
            slippage_bps=Decimal(5),
            commission_per_order=Decimal("0.99"),
            gap_reserve_percent=Decimal(3),
        )
    stock_id = market.stock.id
    engine.dispose()
    return stock_id


@contextmanager
def broker_process(nest: Nursery, address: Path) -> Iterator[Path]:
    """Yield the address of a broker that outlives every engine; it ends with the block."""
    broker = nest.start("tests.crash.work:serve_broker", str(address))
    while not address.exists():
        time.sleep(0.01)
    try:
        yield address
    finally:
        os.kill(broker, signal.SIGKILL)
        nest.wait(broker)


def books(url: str) -> Books:
    """Return what the tables say and whom events told of what, clocks and names left out; the audit must be clean."""
    engine = database.connect(url, is_durable=False)
    try:
        with SessionManager(read_only=True) as session:
            return read_books(session)
    finally:
        engine.dispose()


def read_books(session: Session) -> Books:
    """Return the same of the database that *session* reads."""
    breaches = ledger_service.audit(session)
    if breaches:
        raise AssertionError(f"the books do not add up: {breaches}")
    events = [{"event": event} for event in sorted(_told(session))]
    rows = {model: session.scalars(select(model).order_by(model.id)).all() for model in _BOOKS}
    # PostgreSQL gives no id of a unit that was undone again: rows are told apart by their place.
    places = {model: {row.id: place for place, row in enumerate(rows[model])} for model in _BOOKS}

    def as_read(row: Base) -> dict[str, Any]:
        values = {name: value for name, value in row.to_dict().items() if name not in _INCIDENTAL}
        for name, model in _REFERENCES.items():
            if values.get(name) is not None:
                values[name] = places[model][values[name]]
        return values | {"id": places[type(row)][row.id]}

    return {"events": events} | {model.__tablename__: [as_read(row) for row in rows[model]] for model in _BOOKS}


def _told(session: Session) -> Iterator[tuple[str, ...]]:
    """
    Yield name, action and rooms of each event.

    What waits for the next bar is sent at once by an engine that begins meanwhile. Of an order that was taken back
    before that bar it is therefore left out that it was sent.
    """
    taken_back = set(session.scalars(select(Order.id).where(Order.state == OrderState.CANCELLED)))
    told = select(EventOutbox.name, EventOutbox.action, EventOutbox.rooms, EventOutbox.entity)
    for name, action, rooms, entity in session.execute(told):
        is_order = name == "order:update" and entity["state"] == OrderState.ACCEPTED
        if not (is_order and entity["id"] in taken_back):
            yield (name, action, *rooms)


def check_against_broker(stage: Stage) -> None:
    """Check that the books tell of the orders and executions that the broker knows, each once, and of no others."""
    truth = RemoteBroker(stage.broker).truth()
    engine = database.connect(stage.url, is_durable=False)
    try:
        with SessionManager(read_only=True) as session:
            sent = set(session.scalars(select(Order.client_order_id).where(Order.decision_id.is_not(None))))
            booked = {
                row.execution_ref: (row.side, row.shares, to_micros(row.price))
                for row in session.scalars(select(Execution))
            }
    finally:
        engine.dispose()
    if truth.orders.keys() != sent:
        raise AssertionError(f"orders differ: {truth.orders.keys() ^ sent}")
    if truth.executions != booked:
        raise AssertionError(f"executions differ: {truth.executions.items() ^ booked.items()}")


def kill_at(nest: Nursery, stage: Stage, point: str, nth: int) -> None:
    """Let an engine trade until it dies at the *nth* pass of *point*; audit what it leaves."""
    work = (stage.url, str(stage.broker), stage.stock_id)
    code = nest.wait(nest.start(_TRADE, *work, point, nth))
    if code != -signal.SIGKILL:
        raise AssertionError(f"{point} was not passed {nth} times: the engine ended with {code}")
    books(stage.url)


def finish(nest: Nursery, stage: Stage) -> Books:
    """Let an engine trade to the end, and return the books."""
    code = nest.wait(nest.start(_TRADE, stage.url, str(stage.broker), stage.stock_id))
    if code != 0:
        raise AssertionError(f"the engine ended with {code}")
    return books(stage.url)


def run_matrix(nest: Nursery, folder: Path, urls: Sequence[str], seed: int) -> None:
    """
    Kill an engine once at each point, in an order and after as many passes as *seed* says.

    Args:
        nest: Where processes come from.
        folder: For the brokers' addresses.
        urls: Two empty databases: one is traded undisturbed.
        seed: Of the market and of the deaths.
    """
    chance = random.Random(seed)
    deaths = [(point, chance.randint(1, _MOST_PASSES)) for point in chance.sample(POINTS, len(POINTS))]
    # First the order that was claimed and never sent: what an earlier death leaves is at the broker already.
    deaths.sort(key=lambda death: death[0] != "before submit")

    def kill(stage: Stage, _seconds: float) -> None:
        for point, nth in deaths:
            kill_at(nest, stage, point, nth)

    _compare(nest, folder, urls, seed, kill)


def run_random(nest: Nursery, folder: Path, urls: Sequence[str], seed: int, deaths: int) -> int:
    """
    Kill engines at random moments, *deaths* times at most; return how often one was at work when it was killed.

    The market and the delays are *seed*'s; where an engine is by then is the machine's affair.
    """
    chance = random.Random(f"moments {seed}")
    killed = 0

    def kill(stage: Stage, seconds: float) -> None:
        nonlocal killed
        for _ in range(deaths):
            engine = nest.start(_TRADE, stage.url, str(stage.broker), stage.stock_id)
            time.sleep(chance.uniform(0, 2 * seconds / deaths))
            os.kill(engine, signal.SIGKILL)  # it is not waited for yet: the id is still its own
            killed += nest.wait(engine) == -signal.SIGKILL
            books(stage.url)

    _compare(nest, folder, urls, seed, kill)
    return killed


def _compare(nest: Nursery, folder: Path, urls: Sequence[str], seed: int, kill: Callable[[Stage, float], None]) -> None:
    """Trade one market undisturbed, and once more with engines that *kill* kills; the books must end alike."""
    found, seconds = [], 0.0
    for place, url in enumerate(urls):
        with broker_process(nest, folder / f"broker-{seed}-{place}") as address:
            stage = Stage(url, address, set_up(url, seed))
            if place:
                kill(stage, seconds)
            began = time.monotonic()
            found.append(finish(nest, stage))
            seconds = time.monotonic() - began
            check_against_broker(stage)
    undisturbed, killed = found
    if len(undisturbed["trading_transactions"]) < 10:
        raise AssertionError("the market hardly traded: nothing was shown")
    for table, rows in undisturbed.items():
        if killed[table] != rows:
            raise AssertionError(f"{table} ended otherwise than undisturbed")
