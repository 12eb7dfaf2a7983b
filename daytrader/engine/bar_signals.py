"""What strategies say about a stock's bars up to one of them: computed once for all services that agree."""

from __future__ import annotations

from collections.abc import Mapping

from daytrader.core.bars import Bars
from daytrader.core.decision import evidence_of
from daytrader.core.strategy import Params, Signals, compute, get_strategy
from daytrader.engine.stock_bars import StockBars


class BarSignals:
    """Signals and evidence of one bar; nothing after it is ever shown to a strategy."""

    def __init__(self, stock: StockBars, row: int) -> None:
        self._stock = stock
        self._row = row
        self._seen: Bars | None = None
        self._signals: dict[object, Signals] = {}
        self._evidence: dict[int, Mapping[str, object]] = {}

    def of(self, strategy: str, params: Params) -> Signals:
        """Return what a strategy says about the bars up to this one."""
        key = (strategy, *params.items())
        if key not in self._signals:
            if self._seen is None:
                self._seen = self._stock.bars.head(self._row + 1)
            self._signals[key] = compute(get_strategy(strategy), self._seen, params)
        return self._signals[key]

    def evidence(self, signals: Signals) -> Mapping[str, object]:
        """Return the figures of the bar: one object for all that read the same signals."""
        if id(signals) not in self._evidence:
            self._evidence[id(signals)] = evidence_of(signals, self._row, self._stock.bar(self._row).close)
        return self._evidence[id(signals)]
