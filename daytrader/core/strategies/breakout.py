"""The Donchian channel: in at a new high, out at a new low (Richard Donchian; the Turtles' system)."""

from __future__ import annotations

from daytrader.core.bars import Bars
from daytrader.core.indicators import highest_before, lowest_before, noise
from daytrader.core.strategy import Parameter, Params, Signals


class Breakout:
    """Buys a close above the highest high of the bars before it, sells one below their lowest low."""

    name = "breakout"
    description = "Buys a close above the highest high of the bars before it, sells a close below their lowest low."
    parameters = (
        Parameter("entry_window", int, 20, 1, 5000, "Bars before this one whose highest high must be exceeded"),
        Parameter("exit_window", int, 10, 1, 5000, "Bars before this one whose lowest low must be undercut"),
    )

    def warmup(self, params: Params) -> int:
        """Return the first row with both sides of the channel: the bar itself is not part of it."""
        return int(max(params["entry_window"], params["exit_window"]))

    def signals(self, bars: Bars, params: Params) -> Signals:
        """Return an entry on each close above the channel, an exit on each below."""
        prices = bars.signal
        equal_within = noise(prices.close)
        upper = highest_before(prices.high, int(params["entry_window"]))
        lower = lowest_before(prices.low, int(params["exit_window"]))
        return Signals.of(
            [(prices.close - upper > equal_within, "close above the highest high before it")],
            [(lower - prices.close > equal_within, "close below the lowest low before it")],
            levels={"channel_high": upper, "channel_low": lower},
        )
