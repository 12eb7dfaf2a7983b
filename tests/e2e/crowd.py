"""Many services of one user at work on one stock, for whoever needs a crowd."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

from sqlalchemy import select

from daytrader.models import User
from daytrader.services import database, trading_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from tests.conftest import PASSWORD
from tests.e2e.server import daytrader

_STRATEGIES: Final = ("technical", "sma_cross", "rsi_reversion", "macd")


def open_crowd(instance: Path, services: int) -> None:
    """Make *instance* with an administrator carol, the sample's prices of AAPL, and so many services at work on it."""
    words = ("user", "create", "carol", "--email", "carol@example.com", "--admin", "--password-stdin")
    for done in (daytrader(instance, *words, given=PASSWORD), daytrader(instance, "prices", "fetch", "sample", "AAPL")):
        assert done.returncode == 0, done.stderr
    engine = database.connect(f"sqlite:///{instance / 'daytrader.db'}")
    with SessionManager() as session:
        owner = Actor(session.scalars(select(User.id)).one())
        for number in range(services):
            values = {
                "name": f"service {number}",
                "stock_symbol": "AAPL",
                "initial_balance": Decimal(10_000),
                "strategy": _STRATEGIES[number % len(_STRATEGIES)],
                "stop_loss_percent": Decimal(2 + number % 7),
            }
            trading_service.activate(session, owner, trading_service.create(session, owner, values).id)
    engine.dispose()
