"""kill -9 during a replay, restart, finish: the books of an uninterrupted run."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from daytrader.models import Execution, JournalEntry, Order, TradeDecision, TradingService, TradingTransaction
from daytrader.services import database, ledger_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import Market, Ohlc

WORKER = Path(__file__).with_name("worker.py")
ROOT = Path(__file__).parents[2]
# Names that differ from run to run, and the clock's columns.
INCIDENTAL = {"client_order_id", "execution_ref", "created_at", "updated_at", "history"}
# (checkpoint, how many times it is passed in that process before it dies there)
DEATHS = [
    ("unit 1 written", 2),
    ("unit 1", 3),
    ("claim", 1),
    ("submit", 2),
    ("unit 2 written", 1),
    ("unit 2", 2),
]
MOST_BARS, LAST_DELAY = 20, 0.02
"""Before a death at random, and seconds: as long as a bar takes."""


def bars(count: int) -> list[Ohlc]:
    """Return a market that turns often, with a gap and a slump."""
    chance = random.Random(7)
    rows, close = [], 50.0
    for _ in range(count):
        opened = close * (1 + chance.uniform(-0.02, 0.02))
        close = opened * (1 + chance.uniform(-0.04, 0.04))
        rows.append((opened, max(opened, close) * 1.01, min(opened, close) * 0.99, close))
    return rows


@pytest.fixture
def world_file(world: World) -> Path:
    """A database with a service that is about to trade eighty bars, its connections closed."""
    market = Market(world, bars(80))
    market.dividend(30, "0.5")
    market.split(60, 3, 2)
    market.service(
        strategy="sma_trend",
        strategy_params={"window": 2},
        stop_loss_percent=Decimal(3),
        take_profit_percent=Decimal(3),
        slippage_bps=Decimal(5),
        commission_per_order=Decimal("0.99"),
        gap_reserve_percent=Decimal(3),
    )
    world.engine.dispose()
    file = world.engine.url.database
    assert file is not None
    return Path(file)


def worker(file: Path, *death: object, bar_by_bar: bool = False) -> subprocess.Popen[str]:
    """Start a replay of the service in a process of its own; *bar_by_bar* it waits for a word after each."""
    command = [sys.executable, str(WORKER), str(file), "1", *map(str, death)]
    heard = subprocess.PIPE if bar_by_bar else subprocess.DEVNULL
    environment = {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=heard, stdout=subprocess.PIPE, text=True)


def finish(file: Path) -> None:
    """Replay to the end without being killed."""
    with worker(file) as process:
        assert process.wait(120) == 0


def books(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Return all that the service's tables say, what differs from run to run left out; the audit must be clean."""
    engine = database.connect(f"sqlite:///{file}")
    with SessionManager(read_only=True) as session:
        assert ledger_service.audit(session) == []
        found = {
            model.__tablename__: [
                {name: value for name, value in row.to_dict().items() if name not in INCIDENTAL}
                for row in session.scalars(select(model).order_by(model.id))
            ]
            for model in (TradingService, TradingTransaction, Order, Execution, JournalEntry, TradeDecision)
        }
    engine.dispose()
    return found


def test_killed_at_every_step_the_books_end_alike(world_file: Path) -> None:
    """Before and after each commit, and around the broker's call: restarted, nothing is lost or done twice."""
    undisturbed = world_file.with_name("undisturbed.db")
    shutil.copy(world_file, undisturbed)
    finish(undisturbed)

    for name, nth in DEATHS:
        with worker(world_file, name, nth) as process:
            assert process.wait(120) == -signal.SIGKILL, f"{name} was not passed {nth} times"
    finish(world_file)

    expected = books(undisturbed)
    assert len(expected["trading_transactions"]) > 10
    assert books(world_file) == expected


def test_killed_at_random_the_books_end_alike(world_file: Path) -> None:
    """Whenever the process dies, the next one goes on where the last commit was."""
    undisturbed = world_file.with_name("undisturbed.db")
    shutil.copy(world_file, undisturbed)
    finish(undisturbed)

    chance = random.Random(11)
    killed = 0
    for _ in range(3):
        with worker(world_file, bar_by_bar=True) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            for _ in range(chance.randint(1, MOST_BARS)):
                assert process.stdout.readline()
                process.stdin.write("\n")
                process.stdin.flush()
            time.sleep(chance.uniform(0, LAST_DELAY))
            killed += process.poll() is None
            process.kill()
    finish(world_file)

    assert killed == 3
    assert books(world_file) == books(undisturbed)
