"""Follow the trend: in above the average, out at or below it."""

from __future__ import annotations

from daytrader.core.bars import Bars
from daytrader.core.indicators import noise, sma
from daytrader.core.strategy import Parameter, Params, Signals


class SmaTrend:
    """Is long while the close is above its average."""

    name = "sma_trend"
    description = "Is long while the close is above its moving average."
    parameters = (Parameter("window", int, 50, 1, 5000, "Bars of the average"),)

    def warmup(self, params: Params) -> int:
        """Return the first row with an average."""
        return int(params["window"]) - 1

    def signals(self, bars: Bars, params: Params) -> Signals:
        """Return an entry on each close above the average, an exit on each at or below."""
        close = bars.signal.close
        average = sma(close, int(params["window"]))
        above = close - average
        equal_within = noise(close)
        return Signals.of(
            [(above > equal_within, "close is above its average")],
            [(above <= equal_within, "close is at or below its average")],
            levels={"sma": average},
        )
