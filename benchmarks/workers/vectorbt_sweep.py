"""vectorbt: final value, drawdown and number of trades of a grid of averages, stops and targets; answers each line."""

import json
import sys
import time

import numpy as np
import pandas as pd
import vectorbt as vbt

FAST, SLOW = range(5, 25, 2), range(30, 130, 10)
STOPS, TARGETS = np.arange(1, 11) / 100, np.arange(2, 22, 2) / 100


def sweep(prices: pd.DataFrame) -> dict[str, pd.Series]:
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
        size=10,
        init_cash=100_000,
        freq="1D",
    )
    final, deepest, trades = folio.final_value(), folio.max_drawdown(), folio.trades.count()
    return {"final": final, "drawdown": deepest, "trades": trades}


def main() -> None:
    """Read lines, work once for each."""
    rows = np.load(sys.argv[1])
    prices = pd.DataFrame(rows[:, 1:], pd.to_datetime(rows[:, 0], unit="s"), ["open", "high", "low", "close"])
    for _ in sys.stdin:
        began, used = time.perf_counter(), time.process_time()
        found = sweep(prices)
        taken, cpu = time.perf_counter() - began, time.process_time() - used
        columns = {name: column.to_numpy().tolist() for name, column in found.items()}
        sys.stdout.write(json.dumps({"seconds": taken, "cpu": cpu, **columns}) + "\n")
        sys.stdout.flush()


main()
