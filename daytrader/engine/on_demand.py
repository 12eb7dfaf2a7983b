"""One service, one bar, now: what a person may ask for between two turns of the engine."""

from __future__ import annotations

from sqlalchemy import select

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.lease import BorrowedLease
from daytrader.engine.runner import Fence, NoFence, Runner
from daytrader.engine.stock_bars import StockBars
from daytrader.models.decision import TradeDecision
from daytrader.models.enums import ServiceState
from daytrader.models.trading_service import TradingService
from daytrader.services import engine_control, feed_positions, price_service, trading_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError, ForbiddenError, InsufficientDataError


def execute_strategy(actor: Actor, service_id: int) -> TradeDecision:
    """
    Take a service through the last bar that the market knows, unless it has been: once per bar, whoever asks.

    The bar goes through the engine's own units of work, and only this service takes part. Asked again for the same
    bar nothing happens, and the answer is the same decision.

    Raises:
        NotFoundError: If the service does not exist or is someone else's.
        ForbiddenError: If an admin asks for someone else's.
        ConflictError: Unless the service is ACTIVE, if it fails on the bar, if a replay has shown no bar yet, or while
            all trading is paused, no engine trades (PostgreSQL) or another one takes over meanwhile.
        InsufficientDataError: If no bar of its stock is known.
    """
    stock = _bars(actor, service_id)
    row = stock.bars.n - 1
    Runner(PaperBroker(), only=(service_id,), fence=_fence()).step(stock, row)
    with SessionManager(read_only=True) as session:
        service = session.get_one(TradingService, service_id)
        if service.state is ServiceState.ERROR:
            raise ConflictError(f"the service failed: {service.error_reason}")
        decision = session.scalar(
            select(TradeDecision)
            .where(
                TradeDecision.service_id == service_id,
                TradeDecision.interval == stock.interval,
                TradeDecision.bar_time >= stock.time(row),  # later: the engine was faster
            )
            .order_by(TradeDecision.bar_time.desc())
        )
    if decision is None:
        raise ConflictError("the service stopped before the bar was decided")
    return decision


def _fence() -> Fence:
    """Return what lets one engine trade: on SQLite it is in this process, or there is none."""
    with SessionManager(read_only=True) as session:
        is_sqlite = session.get_bind().dialect.name == "sqlite"
    return NoFence() if is_sqlite else BorrowedLease()


def _bars(actor: Actor, service_id: int) -> StockBars:
    with SessionManager(read_only=True) as session:
        service = trading_service.get_owned(session, service_id, actor)
        if service.user_id != actor.user_id:
            raise ForbiddenError("an admin may read, pause and stop another's service, no more")
        if engine_control.is_paused(session):
            raise ConflictError("all trading is paused")
        if service.state is not ServiceState.ACTIVE:
            raise ConflictError(f"the service is {service.state}: only an ACTIVE one decides")
        cursor = feed_positions.replay(session)
        if cursor is not None and cursor.position is None:
            # What is stored lies in the future of a replay that has not begun.
            raise ConflictError("the replay has not shown a bar yet")
        if service.stock_id is None:
            raise InsufficientDataError(f"no prices of {service.stock_symbol} are known")
        bars = price_service.known_bars(session, service.stock_id, service.interval)
    if not bars.n:
        raise InsufficientDataError(f"no prices of {service.stock_symbol} are known")
    return StockBars(service.stock_id, service.stock_symbol, service.interval, bars)
