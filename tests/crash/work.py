"""What the processes of the crash tests do."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import select

from daytrader.brokers import Access
from daytrader.brokers.alpaca import AlpacaBroker
from daytrader.core.warmup import warm_up
from daytrader.engine.lease import HeldLease
from daytrader.engine.order_pump import OrderPump
from daytrader.engine.reconcile import reconcile
from daytrader.engine.runner import Runner
from daytrader.engine.stock_bars import StockBars
from daytrader.engine.supervisor import EngineSupervisor
from daytrader.models.trading_service import TradingService
from daytrader.services import account_reconciliation, database, price_service, promotion_service
from daytrader.services.events import PublishedEvent, events
from daytrader.services.session_manager import SessionManager
from daytrader.utils import current_datetime
from tests.brokers.alpaca_server import KEY, SECRET
from tests.crash import broker

warm_up()  # before the forks

_RUNNER: Final = {
    "unit 1 written": "before unit 1",
    "unit 1": "after unit 1",
    "claim": "before submit",
    "submit": "before acknowledge",
    "acknowledged": "after acknowledge",
    "unit 2 written": "before unit 2",
    "unit 2": "after unit 2",
}
"""The runner's names of the points it passes."""
_TURNS: Final = 3
_BETWEEN_TURNS: Final = timedelta(seconds=2)


def serve_broker(address: str) -> None:
    """Be the broker."""
    broker.serve(Path(address))


def trade(url: str, address: str, stock_id: int, point: str | None = None, nth: int = 0) -> None:
    """Take the services of a stock to the end of its bars; die, as by ``kill -9``, at the *nth* pass of *point*."""
    die = _death(point, nth)
    database.connect(url, is_durable=False)
    events.publish = _publisher(die)
    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, stock_id)
    stock = StockBars(stock_id, "ACME", 0, bars)
    runner = Runner(broker.RemoteBroker(Path(address), die), checkpoint=lambda name: die(_RUNNER.get(name, name)))
    breaches = reconcile(runner, lambda _stock_id, _interval: stock)
    if breaches:
        raise AssertionError(breaches)
    with SessionManager(read_only=True) as session:
        had = session.scalars(select(TradingService.last_bar_time).where(TradingService.stock_id == stock_id)).all()
    for row in range(min(stock.row_after(moment) for moment in had), stock.bars.n):
        runner.step(stock, row)


def carry(url: str, address: str, moment: datetime, point: str | None = None) -> None:
    """Carry orders to an account for some turns from *moment* on; die, as by ``kill -9``, when *point* is passed."""
    die, now = _death(point, 1), moment
    database.connect(url, is_durable=False)
    with (
        current_datetime.clock(lambda: now),
        patch.object(promotion_service, "refusal", lambda *_: None),
        patch.object(events, "publish", lambda _event: None),
    ):
        pump = OrderPump(
            lambda _credential: AlpacaBroker(Access(KEY, SECRET, is_live=False), address=address),
            account_reconciliation.check,
            checkpoint=die,
        )
        for _ in range(_TURNS):
            pump.turn()
            now += _BETWEEN_TURNS


def run_engine(url: str, instance: str, life: float, send: float) -> None:
    """Be one of several engines on one database, until SIGTERM."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    database.connect(url)
    supervisor = EngineSupervisor(
        database_is_sqlite=database.is_sqlite(url),
        instance_path=Path(instance),
        lease=HeldLease(life, send),
    )
    supervisor.start()
    told.wait()
    supervisor.stop()


def _death(point: str | None, nth: int) -> Callable[[str], None]:
    left = nth

    def pass_by(name: str) -> None:
        nonlocal left
        if name == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return pass_by


def _publisher(die: Callable[[str], None]) -> Callable[[PublishedEvent], Any]:
    def publish(_event: PublishedEvent) -> None:
        die("before event release")
        die("after event release")

    return publish
