"""The power fails: what was acknowledged is on the disk, a torn tail of the log is as if it had never been."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine, event, func, select

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.reconcile import reconcile
from daytrader.engine.runner import Runner
from daytrader.models import TradeDecision, TradingService
from daytrader.services import database, ledger_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.crash.matrix import market_bars
from tests.engine.builders import Market

BARS: Final = 20
CUTS: Final = 15


def durable(file: Path) -> Engine:
    """Put the database in *file* in force as production does, but never fold its log into it: the log is the test."""
    engine = database.connect(f"sqlite:///{file}")

    @event.listens_for(engine, "connect")
    def keep_the_log(connection: Any, _entry: object) -> None:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: each commit waits for the disk
        connection.execute("PRAGMA wal_autocheckpoint=0")

    return engine


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty database that waits for the disk."""
    engine = durable(tmp_path / "world.db")
    database.upgrade(engine)
    yield World(engine)
    engine.dispose()


def counted() -> int:
    """Return how many decisions there are."""
    with SessionManager(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(TradeDecision)) or 0


def books() -> list[tuple[object, ...]]:
    """Return what services have come to, once the audit has found nothing wrong."""
    with SessionManager(read_only=True) as session:
        assert ledger_service.audit(session) == []
        columns = (TradingService.current_balance, TradingService.current_shares, TradingService.total_gain_loss)
        return [tuple(row) for row in session.execute(select(*columns).order_by(TradingService.id))]


def test_a_log_cut_anywhere_has_all_that_was_acknowledged_before_the_cut(world: World, tmp_path: Path) -> None:
    """
    Whatever the disk had not kept was never acknowledged; the next start goes on to the same books.

    SQLite syncs its log before a commit returns, so what is acknowledged lies within the bytes that were there then.
    """
    market = Market(world, market_bars(3, BARS))
    for window in (2, 3):
        market.service(name=f"window {window}", strategy="sma_trend", strategy_params={"window": window})
    with world.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    log = tmp_path / "world.db-wal"
    acknowledged = [(0, 0)]
    stock, runner = market.bars(), Runner(PaperBroker())
    for row in range(BARS):
        runner.step(stock, row)
        acknowledged.append((log.stat().st_size, counted()))
    expected, whole = books(), log.stat().st_size
    draw = random.Random(20260101)

    for number in range(CUTS):
        cut = draw.randrange(whole)
        file = tmp_path / f"cut {number}" / "world.db"
        file.parent.mkdir()
        shutil.copy(tmp_path / "world.db", file)
        Path(f"{file}-wal").write_bytes(log.read_bytes()[:cut])
        recovered = durable(file)

        promised = max(decisions for size, decisions in acknowledged if size <= cut)
        assert counted() >= promised, f"cut at {cut} of {whole}"
        books()
        again = Runner(PaperBroker())
        assert reconcile(again, lambda _stock, _interval: stock) == []
        for row in range(BARS):
            again.step(stock, row)

        assert (books(), counted()) == (expected, 2 * BARS), f"cut at {cut} of {whole}"
        recovered.dispose()
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
