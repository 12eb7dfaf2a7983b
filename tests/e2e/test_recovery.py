"""Two hundred services at work, ``kill -9``, a second start: serving and reconciled in time, no bar missed or twice."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from daytrader.models import Execution, Stock, StockDailyPrice, TradeDecision, TradingService
from daytrader.services import database, ledger_service
from daytrader.services.session_manager import SessionManager
from tests.e2e.crowd import open_crowd
from tests.e2e.server import RunningServer, wait_for

SERVICES: Final = 200
SERVING, RECONCILED = 5.0, 15.0
"""Seconds, of the processor and of the clock; in which others had the processor, what a machine does is not ours."""


@contextmanager
def books(instance: Path) -> Iterator[Any]:
    """Yield a session that reads the instance's database."""
    engine = database.connect(f"sqlite:///{instance / 'daytrader.db'}")
    try:
        with SessionManager(read_only=True) as session:
            yield session
    finally:
        engine.dispose()


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """An instance with the sample's prices of a stock and two hundred services of one user at work on it."""
    open_crowd(tmp_path / "instance", SERVICES)
    return tmp_path / "instance"


def serve(instance: Path) -> RunningServer:
    """Start ``daytrader serve``."""
    secret = {"DAYTRADER_SECRET_KEY": secrets.token_hex(32)}
    return RunningServer(instance, "--speed", "0", command="serve", **secret)


def decided(instance: Path) -> int:
    """Return how many decisions are stored."""
    with books(instance) as session:
        return int(session.scalar(select(func.count()).select_from(TradeDecision)))


def test_after_a_kill_two_hundred_services_trade_on_in_time(instance: Path) -> None:
    """Serving within 5 s and reconciled within 15 s; every service has decided on every bar that it has had, once."""
    with serve(instance) as first:
        first.when_ready()
        wait_for(lambda: decided(instance) >= 40 * SERVICES, why=lambda: "\n".join(first.lines))
        for process in first.processes():
            os.kill(process, signal.SIGKILL)
    before = decided(instance)

    with serve(instance) as second:
        serving = second.cpu_seconds_to_ready
        second.when_ready()
        reconciled, own_seconds = second.cpu_seconds(), second.own_seconds()
        wait_for(lambda: decided(instance) > before, why=lambda: "\n".join(second.lines))
        assert second.stop(signal.SIGTERM) == 0

    assert serving <= SERVING
    assert reconciled <= RECONCILED
    assert second.own_seconds_to_address <= SERVING
    assert own_seconds <= RECONCILED
    with books(instance) as session:
        assert ledger_service.audit(session) == []
        assert session.scalar(select(func.count()).select_from(Execution)) > 0
        stock = session.scalars(select(Stock.id).where(Stock.symbol == "AAPL")).one()
        days = session.scalars(select(StockDailyPrice.price_date).where(StockDailyPrice.stock_id == stock)).all()
        for service_id, last in session.execute(select(TradingService.id, TradingService.last_bar_time)):
            times = session.scalars(
                select(TradeDecision.bar_time)
                .where(TradeDecision.service_id == service_id)
                .order_by(TradeDecision.bar_time)
            ).all()
            had = sorted(day for day in days if times[0].date() <= day <= last.date())
            assert [time.date() for time in times] == had
