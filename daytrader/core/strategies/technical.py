"""The specification's strategy: RSI, Bollinger bands and two moving averages."""

from __future__ import annotations

from typing import Final

from daytrader.core.bars import Bars
from daytrader.core.indicators import bollinger, crosses_below, noise, rsi, sma
from daytrader.core.strategy import Parameter, Params, Signals

_OVERSOLD: Final = 30
_OVERBOUGHT: Final = 70
_FAST: Final = 5
_SLOW: Final = 20


class Technical:
    """Buys oversold prices and dips in an uptrend, sells overbought ones, rallies in a downtrend and the turn."""

    name = "technical"
    description = "Buys when oversold or on a dip in an uptrend, sells when overbought or when the trend turns."
    parameters = (  # two decimals, as a service's columns of these names
        Parameter("buy_threshold", float, 3.0, 0.0, 100.0, "Percent below SMA(5) that counts as a dip", 2),
        Parameter("sell_threshold", float, 2.0, 0.0, 1000.0, "Percent above SMA(5) that counts as a rally", 2),
    )

    def warmup(self, params: Params) -> int:  # noqa: ARG002 - the protocol's signature; the windows are fixed
        """Return the first row with both averages on the row before."""
        return _SLOW

    def signals(self, bars: Bars, params: Params) -> Signals:
        """Return entries and exits; differences within 1e-9 of the close count as equal."""
        close = bars.signal.close
        equal_within = noise(close)
        strength = rsi(close, 14)
        upper, _, lower = bollinger(close, _SLOW, 2.0)
        fast, slow = sma(close, _FAST), sma(close, _SLOW)
        trend = fast - slow
        dip = close - fast * (1 - params["buy_threshold"] / 100) <= equal_within
        rally = fast * (1 + params["sell_threshold"] / 100) - close <= equal_within
        below_band = lower - close > equal_within
        oversold = strength < _OVERSOLD
        turns = crosses_below(fast, slow, close) & ~oversold & ~below_band
        return Signals.of(
            [
                (oversold, "RSI below 30"),
                (below_band, "close below the lower Bollinger band"),
                ((trend > equal_within) & dip, "dip below SMA(5) in an uptrend"),
            ],
            [
                (strength > _OVERBOUGHT, "RSI above 70"),
                (close - upper > equal_within, "close above the upper Bollinger band"),
                ((-trend > equal_within) & rally, "rally above SMA(5) in a downtrend"),
                (turns, "SMA(5) crossed below SMA(20)"),
            ],
            {"rsi": strength},
            {"bollinger_upper": upper, "bollinger_lower": lower, "sma_5": fast, "sma_20": slow},
        )
