"""
The crash matrix: an engine is killed at each of twelve points, and the next one goes on.

A broker in a process of its own is the ground truth. After every death the books are audited as they are; at the end
they are those of an engine that nobody killed, and tell of exactly the orders and executions that the broker knows.

``python -m tests.crash.matrix --times 200`` kills two hundred times at each point, on both databases; a failure prints
the seed, and ``--seed`` runs that one again.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
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
from daytrader.services import database, ledger_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.crash.broker import RemoteBroker
from tests.crash.nursery import Nursery, nursery
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
    """Yield the address of a broker of its own; it ends with the nursery."""
    nest.start("tests.crash.work:serve_broker", str(address))
    while not address.exists():
        time.sleep(0.01)
    yield address


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
    told = session.execute(select(EventOutbox.name, EventOutbox.action, EventOutbox.rooms)).all()
    events = [{"event": event} for event in sorted((name, action, *rooms) for name, action, rooms in told)]
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
    code = nest.wait(nest.start("tests.crash.work:trade", *work, point, nth))
    if code != -signal.SIGKILL:
        raise AssertionError(f"{point} was not passed {nth} times: the engine ended with {code}")
    books(stage.url)


def finish(nest: Nursery, stage: Stage) -> Books:
    """Let an engine trade to the end, and return the books."""
    code = nest.wait(nest.start("tests.crash.work:trade", stage.url, str(stage.broker), stage.stock_id))
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
    stages = [(url, folder / f"broker-{seed}-{place}") for place, url in enumerate(urls)]
    found = []
    for (url, address), dying in zip(stages, ([], deaths), strict=True):
        with broker_process(nest, address):
            stage = Stage(url, address, set_up(url, seed))
            for point, nth in dying:
                kill_at(nest, stage, point, nth)
            found.append(finish(nest, stage))
            check_against_broker(stage)
    undisturbed, killed = found
    if len(undisturbed["trading_transactions"]) < 10:
        raise AssertionError("the market hardly traded: nothing was shown")
    for table, rows in undisturbed.items():
        if killed[table] != rows:
            raise AssertionError(f"{table} ended otherwise than undisturbed")


def main() -> None:
    """Run the matrix as often as the command line says."""
    parser = argparse.ArgumentParser(description="Kill an engine at each of twelve points, again and again.")
    parser.add_argument("--times", type=int, default=200, help="how often at each point, on each database")
    parser.add_argument("--seed", type=int, default=None, help="run this seed alone")
    chosen = parser.parse_args()
    seeds = range(chosen.times) if chosen.seed is None else [chosen.seed]
    with tempfile.TemporaryDirectory(prefix="dtcrash") as name, nursery(Path(name)) as nest:
        for seed in seeds:
            folder = Path(name) / str(seed)
            folder.mkdir()
            urls = [f"sqlite:///{folder / side}.db" for side in ("undisturbed", "killed")]
            try:
                run_matrix(nest, folder, urls, seed)
            except AssertionError as error:
                sys.exit(f"seed {seed}: {error}")
            sys.stdout.write(f"seed {seed}: {len(POINTS)} deaths, the books of an undisturbed run\n")


if __name__ == "__main__":
    main()
