"""When a provider is asked for dividends and splits, with bars and before them: an account has a split at its open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from daytrader.brokers import PAPER
from daytrader.core.bars import CorporateEvent
from daytrader.models.enums import STATES_AT_WORK
from daytrader.models.trading_service import TradingService
from daytrader.services.data_providers.base import DataProvider
from daytrader.utils.constants import DAILY
from daytrader.utils.errors import InvalidInputError

_DAYS: Final = 10
_EVERY: Final = 4 * 3600
"""Seconds: the date's first time is the evening before in New York, and a second one comes before the bell."""


class EventQuestions:
    """Asks *provider* for the recent dividends and splits of a stock, six times a day."""

    def __init__(self, provider: DataProvider) -> None:
        self._provider = provider
        self._asked: dict[int, int] = {}  # the hours in which, by stock

    def is_due(self, stock_id: int, now: datetime) -> bool:
        """Return whether the provider has events and was not asked in these hours."""
        return self._provider.capabilities.has_events and self._asked.get(stock_id) != _hours(now)

    def ask(self, stock_id: int, symbol: str, now: datetime) -> tuple[CorporateEvent, ...]:
        """
        Return what there is if that is due; nothing where the provider has no daily bars, with which they come.

        Raises:
            DayTraderError: As `DataProvider.history` otherwise.
        """
        if not self.is_due(stock_id, now):
            return ()
        try:
            found = self._provider.history(symbol, DAILY, now.date() - timedelta(days=_DAYS)).events
        except InvalidInputError:
            found = ()
        self._asked[stock_id] = _hours(now)
        return found


def stocks_at_brokers(session: Session) -> Sequence[tuple[int, str]]:
    """Return id and symbol of each stock that a service trades or holds at a real broker: who waits for no bar."""
    query = (
        select(TradingService.stock_id, TradingService.stock_symbol)
        .where(
            TradingService.broker != PAPER,
            TradingService.stock_id.is_not(None),
            or_(TradingService.state.in_(STATES_AT_WORK), TradingService.current_shares > 0),
        )
        .distinct()
    )
    return [(stock_id or 0, symbol) for stock_id, symbol in session.execute(query)]


def _hours(now: datetime) -> int:
    return int(now.timestamp()) // _EVERY
