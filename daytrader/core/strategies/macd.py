"""Moving average convergence and divergence (Gerald Appel, 1979)."""

from __future__ import annotations

from daytrader.core import indicators
from daytrader.core.bars import Bars
from daytrader.core.errors import InvalidParameterError
from daytrader.core.strategy import Parameter, Params, Signals


class Macd:
    """Buys where the MACD line crosses above its signal line, sells where it crosses below."""

    name = "macd"
    description = "Buys where the MACD line crosses above its signal line, sells where it crosses below."
    parameters = (
        Parameter("fast", int, 12, 2, 5000, "Bars of the fast exponential average"),
        Parameter("slow", int, 26, 2, 5000, "Bars of the slow exponential average"),
        Parameter("signal", int, 9, 1, 5000, "Bars of the exponential average of the MACD line"),
    )

    def check(self, params: Params) -> None:
        """Refuse a fast average that is not faster."""
        if params["fast"] >= params["slow"]:
            raise InvalidParameterError("fast", "must be below slow")

    def warmup(self, params: Params) -> int:
        """Return the first row with both lines on the row before."""
        return int(params["slow"] + params["signal"]) - 1

    def signals(self, bars: Bars, params: Params) -> Signals:
        """Return an entry on each cross above, an exit on each cross below."""
        close = bars.signal.close
        line, signal, _ = indicators.macd(close, *(int(params[name]) for name in ("fast", "slow", "signal")))
        return Signals.of(
            [(indicators.crosses_above(line, signal, close), "MACD crossed above its signal line")],
            [(indicators.crosses_below(line, signal, close), "MACD crossed below its signal line")],
            levels={"macd": line, "macd_signal": signal},
        )
