"""vectorbt: final value, drawdown and number of trades of a grid of averages, stops and targets; answers each line."""

import json
import sys
import time

import numpy as np
import pandas as pd
import vectorbt as vbt

FAST, SLOW = range(5, 25, 2), range(30, 130, 10)
STOPS, TARGETS = np.arange(1, 11) / 100, np.arange(2, 22, 2) / 100


def sweep(prices: pd.DataFrame) -> dict[str, float]:
    """Return the figures that are compared."""
    close = prices["close"]
    averages = {window: close.rolling(window).mean().to_numpy() for window in (*FAST, *SLOW)}
    risks = STOPS.size * TARGETS.size
    entries, exits = [], []
    for fast in FAST:
        for slow in SLOW:
            above = averages[fast] - averages[slow]
            entry, exit_ = np.zeros(close.size, bool), np.zeros(close.size, bool)
            # decided at a close, filled at the next open: one row later
            entry[2:] = (above[1:-1] > 0) & (above[:-2] <= 0)
            exit_[2:] = (above[1:-1] < 0) & (above[:-2] >= 0)
            entries.append(entry)
            exits.append(exit_)
    folio = vbt.Portfolio.from_signals(
        close,
        np.repeat(np.array(entries).T, risks, axis=1),
        np.repeat(np.array(exits).T, risks, axis=1),
        price=prices["open"],
        open=prices["open"],
        high=prices["high"],
        low=prices["low"],
        sl_stop=np.tile(np.repeat(STOPS, TARGETS.size), len(entries)),
        tp_stop=np.tile(TARGETS, len(entries) * STOPS.size),
        stop_entry_price="fillprice",
        size=0.5,
        size_type="percent",
        size_granularity=1,
        init_cash=10_000,
        freq="1D",
    )
    final, deepest, trades = folio.final_value(), folio.max_drawdown(), folio.trades.count()
    return {"final": float(final.mean()), "drawdown": float(deepest.mean()), "trades": float(trades.mean())}


def main() -> None:
    """Read lines, work once for each."""
    prices = pd.read_csv(sys.argv[1], index_col=0, parse_dates=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        found = sweep(prices)
        sys.stdout.write(json.dumps({"seconds": time.perf_counter() - began, **found}) + "\n")
        sys.stdout.flush()


main()
