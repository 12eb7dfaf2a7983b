"""What has fallen too fast comes back: in when oversold, out when overbought."""

from __future__ import annotations

from typing import Final

from daytrader.core.bars import Bars
from daytrader.core.indicators import rsi
from daytrader.core.strategy import Parameter, Params, Signals

_EQUAL_WITHIN: Final = 1e-9  # of an RSI: 30.000000000000004 is 30


class RsiReversion:
    """Buys below one level of the RSI, sells above another."""

    name = "rsi_reversion"
    description = "Buys when the RSI says oversold, sells when it says overbought."
    parameters = (
        Parameter("window", int, 14, 2, 5000, "Bars of the RSI"),
        Parameter("oversold", float, 30.0, 0.0, 100.0, "RSI below which to buy"),
        Parameter("overbought", float, 70.0, 0.0, 100.0, "RSI above which to sell"),
    )

    def warmup(self, params: Params) -> int:
        """Return the first row with an RSI: it needs as many changes as its window."""
        return int(params["window"])

    def signals(self, bars: Bars, params: Params) -> Signals:
        """Return an entry on each oversold row, an exit on each overbought one."""
        strength = rsi(bars.signal.close, int(params["window"]))
        return Signals.of(
            [(params["oversold"] - strength > _EQUAL_WITHIN, "RSI is oversold")],
            [(strength - params["overbought"] > _EQUAL_WITHIN, "RSI is overbought")],
            {"rsi": strength},
        )
