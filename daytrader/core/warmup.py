"""
Compile, or load from the cache, everything compiled: once at start instead of within the first request.

`python -m daytrader.core.warmup` does it at installation.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from daytrader.core import backtest, fills, portfolio
from daytrader.core.bars import Bars
from daytrader.core.overfitting import backtest_overfitting
from daytrader.core.report import figures
from daytrader.core.rules import Rules

_PRICE = 10_000_000


def warm_up() -> None:
    """Run a backtest of a few bars, and each rule the way engine and paper broker call it."""
    rules = Rules()
    flat = np.full(3, 10.0)
    bars = Bars.build(np.arange(3) * 86_400, flat, flat, flat, flat)
    report = backtest.run(bars, "technical", {}, rules, symbol="warm-up", cash=Decimal(1000))
    report.to_dict()
    figures(report.initial_cash, report.run, None)
    portfolio.run([portfolio.Member("warm-up", bars, "technical", {}, rules)], cash=Decimal(1000))
    book = rules.compiled
    _, limit = fills.size_entry(book, 100_000, _PRICE)
    fills.worth_cents(1, _PRICE)
    fills.entry_fill(book, _PRICE, limit)
    fills.fee_cents(book, 1, fills.cost_cents(1, _PRICE))
    fills.buy_price(_PRICE, book.slippage_ppm)
    fills.sell_price(_PRICE, book.slippage_ppm)
    fills.sizing_price(book, _PRICE)
    stop, target = fills.levels(book, _PRICE)
    fills.protective_fill(book, _PRICE, _PRICE, _PRICE, stop, target, False)
    fills.dividend_cents(1, _PRICE)
    _, rest = fills.split_shares(3, 3, 2)
    fills.cash_in_lieu(rest, _PRICE, 3)
    fills.lieu_price(_PRICE, 3, 2)
    fills.split_level(stop, 3, 2)
    fills.split_limit(limit, 3, 2)
    fills.split_entry(book, 3, limit, fills.most_cents(book, 3, limit), 3, 2)
    sums = np.zeros((2, 2))
    backtest_overfitting(np.array([1, 1]), sums, sums + 1)


if __name__ == "__main__":
    warm_up()
