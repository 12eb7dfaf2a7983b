"""A stock with bars, a service on it, and the real runner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.engine.stock_bars import StockBars
from daytrader.models import (
    CorporateAction,
    FeedCursor,
    JournalEntry,
    Order,
    Stock,
    StockDailyPrice,
    TradeDecision,
    TradingService,
    TradingTransaction,
)
from daytrader.models.enums import CorporateActionKind
from daytrader.services import ledger_service, price_service, trading_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from tests.conftest import World

FIRST = date(2020, 1, 1)
# No costs, no slippage, no reserve: every figure in a test can be checked in the head.
PLAIN: dict[str, Any] = {
    "initial_balance": Decimal(1000),
    "allocation_percent": Decimal(1),
    "slippage_bps": Decimal(0),
    "gap_reserve_percent": Decimal(0),
    "stop_loss_percent": Decimal(0),
    "take_profit_percent": Decimal(0),
    "strategy": "buy_and_hold",
}
Ohlc = tuple[float, float, float, float]
STRATEGIES = ("technical", "sma_cross", "sma_trend", "buy_and_hold")
FLAT: Ohlc = (10.0, 10.0, 10.0, 10.0)
"""A bar in which nothing moves."""


def day(row: int) -> datetime:
    """Return the label of bar *row*."""
    return datetime.combine(FIRST + timedelta(days=row), datetime.min.time(), UTC)


def change(service: TradingService, **values: Any) -> None:
    """Set columns of a stored service, past all its rules."""
    with SessionManager() as session:
        row = session.get_one(TradingService, service.id)
        for name, value in values.items():
            setattr(row, name, value)


def start_replay(position: int | None = None, starts_at: int | None = None, speed: float = 0) -> None:
    """Ask for a replay that has taken bar *position*, or begins at bar *starts_at*; a speed of 0 is without limit."""
    with SessionManager() as session:
        session.add(
            FeedCursor(
                name="replay",
                position=None if position is None else day(position),
                starts_at=None if starts_at is None else day(starts_at),
                bars_per_second=speed,
            )
        )


class Market:
    """One stock whose bars a test writes down, and what the engine makes of them."""

    def __init__(
        self, world: World, bars: Sequence[Ohlc], symbol: str = "ACME", volumes: Sequence[int | None] | None = None
    ) -> None:
        self.world = world
        self.stock: Stock = world.stock(symbol)
        with SessionManager() as session:
            for row, (opened, high, low, close) in enumerate(bars):
                session.add(
                    StockDailyPrice(
                        stock_id=self.stock.id,
                        price_date=day(row).date(),
                        open_price=opened,
                        high_price=high,
                        low_price=low,
                        close_price=close,
                        volume=1000 if volumes is None else volumes[row],
                    )
                )

    def split(self, row: int, numerator: int, denominator: int) -> None:
        """Let the stock split on bar *row*."""
        self._act(row, CorporateActionKind.SPLIT, ratio_numerator=numerator, ratio_denominator=denominator)

    def dividend(self, row: int, amount: str) -> None:
        """Let the stock pay *amount* a share on bar *row*."""
        self._act(row, CorporateActionKind.DIVIDEND, amount=Decimal(amount))

    def service(self, **overrides: Any) -> TradingService:
        """Open an ACTIVE service by plain rules, changed as the test needs."""
        owner = self.owner
        with SessionManager() as session:
            values = {"name": "swing", "stock_symbol": self.stock.symbol, **PLAIN, **overrides}
            service = trading_service.create(session, owner, values)
            return trading_service.activate(session, owner, service.id)

    @property
    def owner(self) -> Actor:
        """Return the owner of every service here."""
        with SessionManager(read_only=True) as session:
            from daytrader.models import User

            user = session.scalars(select(User)).first()
        return Actor((user or self.world.user()).id)

    def bars(self) -> StockBars:
        """Return the stored bars as the engine walks them."""
        with SessionManager(read_only=True) as session:
            bars = price_service.load_bars(session, self.stock.id)
        return StockBars(self.stock.id, self.stock.symbol, 0, bars)

    def run(self, first: int = 0, last: int | None = None, runner: Runner | None = None) -> None:
        """Take bars *first* to *last* - 1 through the engine."""
        stock = self.bars()
        runner = runner or Runner(PaperBroker())
        for row in range(first, stock.bars.n if last is None else last):
            runner.step(stock, row)

    def reload(self, service: TradingService) -> TradingService:
        """Return the service as stored, once the audit has found nothing wrong with it."""
        with SessionManager(read_only=True) as session:
            assert ledger_service.audit(session) == []
        return self.world.reload(service)

    def transactions(self, service: TradingService) -> Sequence[TradingTransaction]:
        """Return the service's transactions, oldest first."""
        return self._all(TradingTransaction, service)

    def orders(self, service: TradingService) -> Sequence[Order]:
        """Return the service's orders, oldest first."""
        return self._all(Order, service)

    def decisions(self, service: TradingService) -> Sequence[TradeDecision]:
        """Return the service's decisions, oldest first."""
        return self._all(TradeDecision, service)

    def journal(self, service: TradingService) -> Sequence[JournalEntry]:
        """Return the service's journal, oldest first."""
        return self._all(JournalEntry, service)

    def _all(self, model: Any, service: TradingService) -> Sequence[Any]:
        with SessionManager(read_only=True) as session:
            return session.scalars(select(model).where(model.service_id == service.id).order_by(model.id)).all()

    def _act(self, row: int, kind: CorporateActionKind, **values: Any) -> None:
        with SessionManager() as session:
            session.add(
                CorporateAction(stock_id=self.stock.id, ex_date=day(row).date(), kind=kind, source="test", **values)
            )
