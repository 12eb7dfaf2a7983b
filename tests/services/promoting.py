"""A service that has a backtest and a paper period, before and after its promotion."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import update

from daytrader.models import TradeDecision, TradingService
from daytrader.services import (
    backtest_service,
    order_service,
    positions,
    promotion_service,
    trading_service,
    transaction_service,
)
from daytrader.services.actor import Actor
from daytrader.services.promotion_service import State
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from ..engine.builders import Market, Ohlc, day

TESTED = 30
"""Bars that the backtest has seen."""
ALL = 60
"""Those, and the bars that were traded on paper."""
LENIENT: dict[str, Any] = {
    "min_backtest_sessions": TESTED,
    "min_backtest_trades": 1,
    "min_backtest_return_percent": Decimal(-50),
    "min_backtest_sharpe_ratio": Decimal(-10),
    "max_backtest_drawdown_percent": Decimal(90),
    "min_paper_sessions": ALL - TESTED,
    "min_paper_trades": 1,
    "min_paper_return_percent": Decimal(-50),
    "max_paper_drawdown_percent": Decimal(90),
}


def waves(count: int) -> list[Ohlc]:
    """Return bars that go up and down, several times in *count*."""
    closes = [50 + 8 * math.sin(row / 1.5) for row in range(count + 1)]
    return [(a, max(a, b) + 0.1, min(a, b) - 0.1, b) for a, b in pairwise(closes)]


@dataclass
class Stage:
    """A service that was tested on some bars and traded the next ones on paper."""

    market: Market
    service: TradingService
    backtest_id: int

    @property
    def owner(self) -> Actor:
        """Whose it is."""
        return Actor(self.service.user_id)

    def do(self, act: Callable[[Any, TradingService], Any]) -> Any:
        """Do something to the locked service in a unit of work."""
        with SessionManager() as session:
            return act(session, session.get_one(TradingService, self.service.id, with_for_update=True))

    def state(self) -> State:
        """Return how the gate stands."""
        found: State = self.do(promotion_service.state)
        return found

    def permits(self) -> str | None:
        """Return why the gate is shut, None where it is open."""
        found: str | None = self.do(promotion_service.permits)
        return found

    def ask(self, **values: Any) -> None:
        """Let its owner ask little of it, but for *values*."""
        self.do(lambda session, service: promotion_service.set_thresholds(session, service.user_id, LENIENT | values))

    def opt_in(self) -> None:
        """Give the owner's word."""
        self.do(lambda session, service: promotion_service.opt_in(session, service, self.backtest_id))

    def change(self, **values: Any) -> None:
        """Change settings as the owner does."""
        with SessionManager() as session:
            trading_service.update(session, self.owner, self.service.id, values)

    def go_live(self) -> None:
        """Name a real broker, past every check: as a row could come from elsewhere."""
        self.do(lambda _session, service: setattr(service, "broker", "alpaca"))

    def make_flat(self) -> None:
        """Sell what the service holds, and cancel what it has ordered."""
        with SessionManager() as session:
            service = session.get_one(TradingService, self.service.id)
            order_service.cancel_live(session, service, None, "test")
            held = positions.open_transaction(session, service.id)
            if held is not None:
                transaction_service.complete(session, self.owner, held.id, None)

    def lacks(self) -> set[str]:
        """Return which criteria are not met."""
        with SessionManager(read_only=True) as session:
            service = session.get_one(TradingService, self.service.id)
            found = promotion_service.state(session, service, self.backtest_id)
        return {each.name for each in found.criteria if not each.is_met}


def staged(world: World) -> Stage:
    """Let a service be tested on thirty bars and trade the next thirty, each as if on its day."""
    market = Market(world, waves(ALL))
    service = market.service(
        strategy="sma_trend",
        strategy_params={"window": 3},
        initial_balance=Decimal(10_000),
        stop_loss_percent=Decimal(5),
    )
    with SessionManager() as session:
        asked = backtest_service.of_service(session.get_one(TradingService, service.id), end=day(TESTED - 1).date())
        loaded = backtest_service.load(session, asked)
        kept = backtest_service.keep(session, Actor(service.user_id), loaded, loaded.run(), service_id=service.id)
    market.run(first=TESTED)
    with SessionManager() as session:  # as if each bar had been decided on its day
        session.execute(update(TradeDecision).values(created_at=TradeDecision.bar_time))
    return Stage(market, world.reload(service), kept.id)
