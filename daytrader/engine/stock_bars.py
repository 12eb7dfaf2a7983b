"""The bars that the engine walks: one stock, one interval, addressed by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import numpy as np

from daytrader.brokers.messages import MarketBar
from daytrader.core.bars import Bars
from daytrader.core.corporate import EventKind
from daytrader.services.entitlements import Entitlement


@dataclass(frozen=True, eq=False)
class StockBars:
    """
    The whole stored history of one stock at one interval (minutes; 0: daily).

    The history is what indicators are anchored to; what a decision may see of it ends at the row being decided.
    """

    stock_id: int
    symbol: str
    interval: int
    bars: Bars
    refusals: Mapping[int, str] = field(default_factory=dict)
    """Why nothing is to be decided on a row, by row: fills, stops and corporate actions go on."""

    def time(self, row: int) -> datetime:
        """Return the label of bar *row*."""
        return datetime.fromtimestamp(int(self.bars.time[row]), UTC)

    def bar(self, row: int) -> MarketBar:
        """Return bar *row* as the market sees it: raw prices in micros, and its volume."""
        micros = self.bars.micros
        open_, high, low, close = (int(column[row]) for column in micros)
        return MarketBar(self.time(row), open_, high, low, close, float(self.bars.volume[row]))

    def row_after(self, moment: datetime | None) -> int:
        """Return the first row labelled after *moment*, 0 where there is none."""
        if moment is None:
            return 0
        return int(np.searchsorted(self.bars.time, int(moment.timestamp()), side="right"))

    def row_from(self, moment: datetime) -> int:
        """Return the first row labelled at or after *moment*."""
        return int(np.searchsorted(self.bars.time, int(moment.timestamp()), side="left"))

    def row_of(self, moment: datetime) -> int | None:
        """Return the row labelled *moment*, None if there is no such bar."""
        row = self.row_after(moment) - 1
        return row if row >= 0 and self.time(row) == moment else None

    def entitlements(self, row: int) -> Sequence[Entitlement]:
        """Return the corporate actions of bar *row*, dividends before splits."""
        return self._entitlements.get(row, ())

    @cached_property
    def _entitlements(self) -> dict[int, list[Entitlement]]:
        bars, found = self.bars, dict[int, list[Entitlement]]()
        for place, row in enumerate(bars.event_row.tolist()):
            if row == 0:
                continue  # nobody held anything before the first bar
            due = Entitlement(
                action_id=int(bars.event_ref[place]),
                kind=EventKind(int(bars.event_kind[place])),
                numerator=int(bars.event_num[place]),
                denominator=int(bars.event_den[place]),
                amount=int(bars.event_micros[place]),
                previous_close=int(bars.micros.close[row - 1]),
                bar_time=self.time(row),
            )
            found.setdefault(row, []).append(due)
        return found
