"""backtesting.py: one backtest of SMA 10/20 with 5 % stop and 10 % target, its statistics included."""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

FAST, SLOW, STOP, TARGET, SHARES, CASH = 10, 20, 0.05, 0.10, 10, 100_000
warnings.filterwarnings("ignore")


def average(values: np.ndarray, window: int) -> np.ndarray:
    """Return the simple moving average."""
    return pd.Series(values).rolling(window).mean().to_numpy()


class SmaCross(Strategy):
    """Buys where the fast average crosses above the slow one, sells where it crosses below."""

    is_protected = True

    def init(self) -> None:
        """Compute the averages."""
        self.fast = self.I(average, self.data.Close, FAST)
        self.slow = self.I(average, self.data.Close, SLOW)

    def next(self) -> None:
        """Decide at a close; the order fills at the next open."""
        now, before = self.fast[-1] - self.slow[-1], self.fast[-2] - self.slow[-2]
        if now > 0 >= before and not self.position:
            close = self.data.Close[-1]  # its levels hang on the close that decides: the fill is not known yet
            if self.is_protected:
                self.buy(size=SHARES, sl=close * (1 - STOP), tp=close * (1 + TARGET))
            else:
                self.buy(size=SHARES)
        elif now < 0 <= before and self.position:
            self.position.close()


def main() -> None:
    """Read lines, work once for each."""
    rows = np.load(sys.argv[1])
    prices = pd.DataFrame(rows[:, 1:], pd.to_datetime(rows[:, 0], unit="s"), ["Open", "High", "Low", "Close"])
    plain = Backtest(prices, SmaCross, cash=CASH, finalize_trades=False).run(is_protected=False)
    for _ in sys.stdin:
        began, used = time.perf_counter(), time.process_time()
        found = Backtest(prices, SmaCross, cash=CASH, finalize_trades=False).run()
        taken, cpu = time.perf_counter() - began, time.process_time() - used
        told = {
            "seconds": taken,
            "cpu": cpu,
            "final": float(found["Equity Final [$]"]),
            "plain": float(plain["Equity Final [$]"]),
            "trades": int(found["# Trades"]),
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


main()
