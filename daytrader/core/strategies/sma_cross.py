"""The fast average crosses the slow one."""

from __future__ import annotations

from daytrader.core.bars import Bars
from daytrader.core.errors import InvalidParameterError
from daytrader.core.indicators import sma
from daytrader.core.signals import Deferred
from daytrader.core.sma_crossings import sma_crossings
from daytrader.core.strategy import Parameter, Params, Signals


class SmaCross:
    """Buys where the fast average crosses above the slow one, sells where it crosses below."""

    name = "sma_cross"
    description = "Buys where the fast moving average crosses above the slow one, sells where it crosses below."
    parameters = (
        Parameter("fast", int, 10, 1, 5000, "Bars of the fast average"),
        Parameter("slow", int, 20, 2, 5000, "Bars of the slow average"),
    )

    def check(self, params: Params) -> None:
        """Refuse a fast average that is not faster."""
        if params["fast"] >= params["slow"]:
            raise InvalidParameterError("fast", "must be below slow")

    def warmup(self, params: Params) -> int:
        """Return the first row with both averages on the row before."""
        return int(max(params["fast"], params["slow"]))

    def signals(self, bars: Bars, params: Params) -> Signals:
        """Return an entry on each cross above, an exit on each cross below."""
        close, fast, slow = bars.signal.close, int(params["fast"]), int(params["slow"])
        above, below = sma_crossings(close, fast, slow, bars.ticks)
        return Signals.of(
            [(above, "fast average crossed above the slow one")],
            [(below, "fast average crossed below the slow one")],
            levels=Deferred({"fast": lambda: sma(close, fast), "slow": lambda: sma(close, slow)}),
        )
