"""Own it: the benchmark of every other strategy."""

from __future__ import annotations

import numpy as np

from daytrader.core.bars import Bars
from daytrader.core.strategy import Parameter, Params, Signals


class BuyAndHold:
    """Buys when it can and never sells."""

    name = "buy_and_hold"
    description = "Buys at the first opportunity and never sells."
    parameters: tuple[Parameter, ...] = ()

    def warmup(self, params: Params) -> int:  # noqa: ARG002 - the protocol's signature; there is nothing to set
        """Return 0: nothing has to be known."""
        return 0

    def signals(self, bars: Bars, params: Params) -> Signals:  # noqa: ARG002 - as above
        """Return an entry on every row."""
        always = np.ones(bars.n, np.bool_)
        return Signals.of([(always, "always invested")], [(~always, "never")])
