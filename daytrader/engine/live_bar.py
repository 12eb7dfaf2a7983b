"""One bar as services at a real broker see it: what is old, delayed or made up moves no real money."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from sqlalchemy.orm import Session

from daytrader.engine.stock_bars import StockBars
from daytrader.models.enums import PriceSource
from daytrader.services import market_calendar, price_service
from daytrader.services.decision_journal import STALE, UNREAL
from daytrader.utils.current_datetime import get_current_datetime

_REFUSED: Final = {
    PriceSource.DELAYED: f"the prices are delayed: {STALE}",
    PriceSource.SIMULATED: f"the prices are simulated: {UNREAL}",
}


class LiveBar:
    """
    Bar *row* of *stock* by the clock on the wall, whatever feed it comes from.

    Asked only where a service at a real broker is: the exchange's calendar takes seconds to load.
    """

    def __init__(self, session: Session, stock: StockBars, row: int) -> None:
        self._session = session
        self._stock = stock
        self._label = stock.time(row)
        self._now = get_current_datetime()

    @cached_property
    def refusal(self) -> str | None:
        """Why nothing is decided on the bar, None where something may be."""
        if self._unreal is not None:
            return self._unreal
        ended, interval = market_calendar.end_of(self._label, self._stock.interval), self._stock.interval
        if self._now <= ended + market_calendar.longest_delay(interval):
            return None
        return f"missed, complete since {ended:%Y-%m-%d %H:%M} UTC: {STALE}"

    @cached_property
    def shows_the_market(self) -> bool:
        """Whether its close is the newest there is: what is beyond the stop there is beyond it now."""
        if self._unreal is not None:
            return False
        return self._label.timestamp() >= market_calendar.last_complete_bar(self._now, self._stock.interval)

    @cached_property
    def _unreal(self) -> str | None:
        source = price_service.source_of(self._session, self._stock.stock_id, self._stock.interval, self._label)
        return None if source is None else _REFUSED.get(source)
