"""What has left its band returns to the middle: in below the lower band, out above the average."""

from __future__ import annotations

from daytrader.core.bars import Bars
from daytrader.core.indicators import bollinger, noise
from daytrader.core.strategy import Parameter, Params, Signals


class BollingerReversion:
    """Buys a close below the lower Bollinger band, sells a close above the middle one."""

    name = "bollinger_reversion"
    description = "Buys a close below the lower Bollinger band, sells a close above the middle one."
    parameters = (
        Parameter("window", int, 20, 2, 5000, "Bars of the average and the deviation"),
        Parameter("deviations", float, 2.0, 0.1, 10.0, "Standard deviations from the average to the band"),
    )

    def warmup(self, params: Params) -> int:
        """Return the first row with bands."""
        return int(params["window"]) - 1

    def signals(self, bars: Bars, params: Params) -> Signals:
        """Return an entry on each close below the band, an exit on each above the average."""
        close = bars.signal.close
        equal_within = noise(close)
        _, middle, lower = bollinger(close, int(params["window"]), params["deviations"])
        return Signals.of(
            [(lower - close > equal_within, "close below the lower Bollinger band")],
            [(close - middle > equal_within, "close above the middle Bollinger band")],
            levels={"bollinger_lower": lower, "bollinger_middle": middle},
        )
