"""A backup made while services trade is one moment of their books, from which trading goes on."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.reconcile import reconcile
from daytrader.engine.runner import Runner
from daytrader.models import TradeDecision
from daytrader.services import database, ledger_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.crash.matrix import market_bars
from tests.engine.builders import Market

BARS: Final = 60
COPIES: Final = 5


def decided() -> int:
    """Return how many decisions there are, once the audit has found nothing wrong."""
    with SessionManager(read_only=True) as session:
        assert ledger_service.audit(session) == []
        return session.scalar(select(func.count()).select_from(TradeDecision)) or 0


def test_a_backup_of_a_trading_database_passes_the_audit_and_trades_on(world: World, tmp_path: Path) -> None:
    """Whatever unit of work was in hand is in it as a whole or not at all."""
    market = Market(world, market_bars(3, BARS))
    for window in (2, 3):
        market.service(name=f"window {window}", strategy="sma_trend", strategy_params={"window": window})
    stock = market.bars()
    has_traded = [threading.Event() for _ in range(COPIES)]

    def trade() -> None:
        runner = Runner(PaperBroker())
        for row in range(BARS):
            runner.step(stock, row)
            if row and row % (BARS // COPIES) == 0:
                has_traded[row * COPIES // BARS - 1].set()
        has_traded[-1].set()

    engine = threading.Thread(target=trade)
    engine.start()
    copies = [tmp_path / f"copy {number}.db" for number in range(COPIES)]
    for copy, moment in zip(copies, has_traded, strict=True):
        assert moment.wait(120), "nothing trades"
        database.backup(world.engine, copy)
    engine.join()

    held = []
    for copy in copies:
        restored = database.connect(f"sqlite:///{copy}", is_durable=False)
        held.append(decided())
        runner = Runner(PaperBroker())
        assert reconcile(runner, lambda _stock, _interval: stock) == []
        for row in range(BARS):
            runner.step(stock, row)
        assert decided() == 2 * BARS
        restored.dispose()
    assert held == sorted(held)
    assert held[0] < 2 * BARS
