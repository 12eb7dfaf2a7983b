"""
backtesting.py 0.6.6 on the public-domain GOOG and IBM: its long-only SMA crosses.

What coincides, for all four long-only rows, exactly: the signals, the dates and prices of every fill (the open after
the cross), the number of trades and of winners, and the price part of buy and hold. What does not:

- **Sizing.** It sizes an order when it fills, with all its cash at the open's price. Ours sizes at the close before,
  because a live order needs its number of shares before the open is known, and keeps a reserve for the gap. So the
  test takes our fills and applies its sizing, floor(cash / open); then final equity, peak and drawdown agree
  to the last digit. Our own final value is lower: a reserve of 100 %, so that no order expires, halves the position.
- **The end.** It closes an open position at the last bar's open (`finalize_trades`); ours marks it at the last close
  and leaves it out of the trades. IBM 10/30 ends flat and agrees without that.
- **Ratios.** Its Sharpe, Sortino and Calmar annualise geometrically, its exposure counts entry and exit bars, its buy
  and hold starts where its indicators do: other definitions (ours are tested against empyrical).
- **Short rows** need short sales, which are not offered; the rows with a commission are long/short only.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from daytrader.core import backtest
from daytrader.core.bars import Bars
from daytrader.core.metrics import figures_of
from daytrader.core.report import Report
from tests.core.builders import free_rules, sample

ORACLE = Path(__file__).parents[1] / "data" / "oracles" / "backtesting_py_on_public_domain.csv"
MICRO = Fraction(1, 1_000_000)


def long_only_rows() -> list[dict[str, str]]:
    """Return the oracle's rows without short sales."""
    with ORACLE.open() as file:
        return [row for row in csv.DictReader(file) if row["strategy"].endswith("long only")]


def ours(row: dict[str, str], bars: Bars) -> Report:
    """Return our run of a row: no costs, no brackets, and no order that expires."""
    params = {"fast": row["fast"], "slow": row["slow"]}
    rules = free_rules("1", gap="100")
    return backtest.run(bars, "sma_cross", params, rules, symbol=row["symbol"], cash=Decimal(10_000))


def resized(report: Report, bars: Bars) -> tuple[list[Fraction], list[Fraction]]:
    """Return equity at each close and gain of each trade of our fills with backtesting.py's sizing and end."""
    cash, gains = Fraction(10_000), []
    equity: list[Fraction] = []
    for trade in report.run.trades:
        bought = int(np.searchsorted(bars.time, trade.entry_time))
        equity += [cash] * (bought - len(equity))
        price = trade.entry_price * MICRO
        shares = cash // price
        sold = bars.n - 1 if trade.exit_time is None else int(np.searchsorted(bars.time, trade.exit_time))
        closes = bars.micros.close[bought:sold].tolist()
        equity += [cash + shares * (close * MICRO - price) for close in closes]
        gains.append(shares * (int(bars.micros.open[sold]) * MICRO - price))
        cash += gains[-1]
    return equity + [cash] * (bars.n - len(equity)), gains


@pytest.mark.parametrize("row", long_only_rows(), ids=lambda row: f"{row['symbol']}-{row['fast']}-{row['slow']}")
def test_every_fill_coincides(row: dict[str, str]) -> None:
    """With its sizing and its end, final equity, peak, drawdown, trades and win rate are equal."""
    bars = sample(row["symbol"])
    report = ours(row, bars)
    equity, gains = resized(report, bars)
    assert len(gains) == int(row["# Trades"])
    assert sum(gain > 0 for gain in gains) / len(gains) * 100 == pytest.approx(float(row["Win Rate [%]"]))
    assert float(equity[-1]) == pytest.approx(float(row["Equity Final [$]"]), rel=1e-12)
    assert float(max(equity)) == pytest.approx(float(row["Equity Peak [$]"]), rel=1e-12)
    cents = np.array([round(value * 100) for value in equity])
    told = figures_of(1_000_000, cents, bars.session, np.ones(bars.n, np.bool_), np.array([], np.int64))
    assert told["max_drawdown_pct"] == pytest.approx(float(row["Max. Drawdown [%]"]), abs=1e-3)


@pytest.mark.parametrize("row", long_only_rows(), ids=lambda row: f"{row['symbol']}-{row['fast']}-{row['slow']}")
def test_buy_and_hold_differs_only_by_its_first_bar(row: dict[str, str]) -> None:
    """Theirs starts at the first bar with both averages: last close over that close."""
    close = sample(row["symbol"]).close
    first = int(row["slow"]) - 1
    assert (close[-1] / close[first] - 1) * 100 == pytest.approx(float(row["Buy & Hold Return [%]"]), rel=1e-12)
