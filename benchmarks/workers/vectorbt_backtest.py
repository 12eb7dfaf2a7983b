"""vectorbt: one backtest of SMA 10/20 with 5 % stop and 10 % target, with its report or its value alone."""

import json
import sys
import time

import numpy as np
import pandas as pd
import vectorbt as vbt

FAST, SLOW, STOP, TARGET, SHARES, CASH = 10, 20, 0.05, 0.10, 10, 100_000


def backtest(prices: pd.DataFrame, is_protected: bool) -> vbt.Portfolio:
    """Return the run: decided at a close, filled at the next open."""
    close = prices["close"]
    above = (close.rolling(FAST).mean() - close.rolling(SLOW).mean()).to_numpy()
    entry, exit_ = np.zeros(above.size, bool), np.zeros(above.size, bool)
    entry[2:] = (above[1:-1] > 0) & (above[:-2] <= 0)
    exit_[2:] = (above[1:-1] < 0) & (above[:-2] >= 0)
    return vbt.Portfolio.from_signals(
        close,
        entry,
        exit_,
        price=prices["open"],
        open=prices["open"],
        high=prices["high"],
        low=prices["low"],
        sl_stop=STOP if is_protected else np.nan,
        tp_stop=TARGET if is_protected else np.nan,
        stop_entry_price="fillprice",
        size=SHARES,
        init_cash=CASH,
        freq="1D",
    )


def main() -> None:
    """Read lines, work once for each."""
    rows = np.load(sys.argv[1])
    with_report = sys.argv[2] == "report"
    index = pd.to_datetime(rows[:, 0], unit="s")
    prices = pd.DataFrame(rows[:, 1:], index, ["open", "high", "low", "close"])
    plain = float(backtest(prices, is_protected=False).final_value())
    for _ in sys.stdin:
        began, used = time.perf_counter(), time.process_time()
        folio = backtest(prices, is_protected=True)
        if with_report:
            folio.stats()
            folio.trades.records_readable.to_dict("records")
            folio.value().tolist()
        final = float(folio.final_value())
        taken, cpu = time.perf_counter() - began, time.process_time() - used
        told = {"seconds": taken, "cpu": cpu, "final": final, "plain": plain, "trades": int(folio.trades.count())}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


main()
