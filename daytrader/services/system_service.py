"""What the installation says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import daytrader
from daytrader.core.strategy import list_strategies
from daytrader.models import Job, Order, TradingService, TradingTransaction
from daytrader.services import database, price_service
from daytrader.services.session_manager import session_factory
from daytrader.utils.errors import ConfigurationError

logger = structlog.get_logger(__name__)

OK: Final = "ok"
_COUNTED: Final[Mapping[str, Any]] = {
    "services": TradingService,
    "orders": Order,
    "transactions": TradingTransaction,
    "jobs": Job,
}


@dataclass(frozen=True, slots=True)
class Info:
    """What runs here; *market_time* is how far the replay has come."""

    name: str
    version: str
    market_time: datetime | None
    strategies: tuple[str, ...]


def info(session: Session) -> Info:
    """Return what runs here."""
    strategies = tuple(strategy.name for strategy in list_strategies())
    return Info("DayTrader", daytrader.__version__, price_service.market_time(session), strategies)


def counts(session: Session) -> Mapping[str, Mapping[str, int]]:
    """Return how many services, orders, transactions and jobs there are in each state."""
    found: dict[str, dict[str, int]] = {}
    for name, model in _COUNTED.items():
        rows = session.execute(select(model.state, func.count()).group_by(model.state))
        found[name] = {state.value: count for state, count in rows}
    return found


def database_status() -> str:
    """Return `OK` when the database answers and its schema is this version's, else what is the matter."""
    engine = session_factory.kw.get("bind")
    if not isinstance(engine, Engine):
        return "not connected"
    try:
        return OK if database.status(engine).is_current else "schema is not current"
    except ConfigurationError:
        return "schema is newer than this version"
    except SQLAlchemyError:
        logger.warning("database does not answer", exc_info=True)
        return "does not answer"
