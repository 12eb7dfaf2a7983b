"""A service that has traded what an audit then goes over, and what it finds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from daytrader.models import Execution, TradingService
from daytrader.services import parity_audit
from daytrader.services.parity_audit import Parity
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import Market, Ohlc

# A wave that an average of two bars trades, several times.
WAVE: list[Ohlc] = [
    (price, max(price, close) + 0.1, min(price, close) - 0.1, close)
    for price, close in zip(
        [10.0, 10, 11, 12, 11, 10, 9, 10, 11, 12, 11, 10, 9, 10, 11, 12],
        [10.0, 11, 12, 11, 10, 9, 10, 11, 12, 11, 10, 9, 10, 11, 12, 13],
        strict=True,
    )
]
SWINGS: dict[str, Any] = {
    "strategy": "sma_trend",
    "strategy_params": {"window": 2},
    "allocation_percent": Decimal("0.5"),
}


def audited(service: TradingService | int, start: date | None = None, end: date | None = None) -> Parity:
    """Return what the audit says of a service."""
    with SessionManager(read_only=True) as session:
        found = session.get_one(TradingService, service if isinstance(service, int) else service.id)
        return parity_audit.audit(session, found, start, end)


def kinds(found: Parity) -> dict[str, int]:
    """Return how many differences of each class there are, without those of which there is none."""
    return {kind.value: count for kind, count in found.by_class.items() if count}


def change(model: Any, *where: Any, **values: Any) -> None:
    """Tamper with what is stored."""
    with SessionManager() as session:
        session.execute(update(model).where(*where).values(**values))


def waved(world: World, **overrides: Any) -> tuple[Market, TradingService]:
    """Return a market that went up and down, and a service that has traded it, without any difference."""
    market = Market(world, WAVE)
    service = market.service(**{**SWINGS, **overrides})
    market.run()
    found = audited(service)
    assert (found.differences, found.bars, found.score) == ([], len(WAVE), 100)
    return market, service


def executions(service: TradingService) -> list[Execution]:
    """Return the service's executions, oldest first."""
    with SessionManager(read_only=True) as session:
        query = select(Execution).where(Execution.service_id == service.id).order_by(Execution.id)
        return list(session.scalars(query))
