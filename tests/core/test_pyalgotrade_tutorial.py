"""
PyAlgoTrade's tutorial 4: long while the adjusted close is above SMA(15), ten shares at the next adjusted open.

`backtest ORCL.csv --strategy sma_trend --param window=15 --prices adjusted --shares 10`, no costs, no brackets, no gap
reserve, reproduces all 43 published fills. The published final value, 974.87, comes from unrounded cash; in whole
cents, each amount rounded once, it is 974.84. The price file itself (public-domain Quandl WIKI) lies beside the
repository; without it the same rule, as a plain loop, is checked on the package's own FB.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pytest

from daytrader.core import backtest
from daytrader.core.bars import Bars, adjusted
from daytrader.core.report import Report
from tests.conftest import SHARED_DATA
from tests.core.builders import EPOCH, bars_of_rows, column, free_rules, sample, sample_column

ORACLE = Path(__file__).parents[1] / "data" / "oracles" / "pyalgotrade_tutorial4_fills.csv"
ORCL = SHARED_DATA / "daily_pd" / "WIKI_ORCL_2000.csv"
SHARES = 10
WINDOW = 15
CASH = Decimal(1000)

Fill = tuple[str, str, Decimal]


@dataclass(frozen=True)
class Market:
    """Adjusted bars, and the run that is expected on them; prices to the cent."""

    name: str
    bars: Bars
    fills: list[Fill]
    final: Decimal
    final_unrounded: Decimal


def published() -> Market:
    """Return ORCL 2000 with the tutorial's printed output."""
    with ORACLE.open() as file:
        log = [(row["date"], row["side"], Decimal(row["price"])) for row in csv.DictReader(file)]
    assert len(log) == 43
    bars = adjusted(bars_of_rows(ORCL.read_text()), column(ORCL, "adj_close"))
    return Market("ORCL", bars, log, Decimal("974.84"), Decimal("974.87"))


def our_own() -> Market:
    """Return FB 2012-2013 with the tutorial's rule as a plain loop, cash once rounded at each fill and once never."""
    bars = adjusted(sample("FB"), sample_column("FB", "adj_close"))
    log: list[Fill] = []
    rounded = unrounded = CASH
    held = 0
    for row in range(WINDOW - 1, bars.n - 1):
        wanted = SHARES if bars.close[row] > np.mean(bars.close[row - WINDOW + 1 : row + 1]) else 0
        if wanted != held:
            amount = (held - wanted) * Decimal(str(bars.open[row + 1]))
            day = EPOCH + timedelta(days=int(bars.session[row + 1]))
            log.append((day.isoformat(), "BUY" if wanted else "SELL", to_cent(abs(amount) / SHARES)))
            rounded += to_cent(amount)
            unrounded += amount
            held = wanted
    assert len(log) > 10
    worth = held * Decimal(str(bars.close[-1]))
    return Market("FB", bars, log, rounded + to_cent(worth), to_cent(unrounded + worth))


def to_cent(amount: Decimal) -> Decimal:
    """Round half away from zero to two decimals."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def fills_of(report: Report) -> list[Fill]:
    """Return (date, side, price) in order, prices to six decimals."""
    found: list[Fill] = []
    for trade in report.run.trades:
        found.append((report.bar_label(trade.entry_time), "BUY", Decimal(trade.entry_price).scaleb(-6)))
        if trade.exit_time is not None and trade.exit_price is not None:
            found.append((report.bar_label(trade.exit_time), "SELL", Decimal(trade.exit_price).scaleb(-6)))
    return found


MARKETS = [our_own(), *([published()] if ORCL.is_file() else [])]


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.name)
def test_the_tutorials_run(market: Market) -> None:
    """Every fill's date, side and price; the final value in whole cents, and with cash that is never rounded."""
    report = backtest.run(
        market.bars,
        "sma_trend",
        {"window": WINDOW},
        free_rules("1", shares=SHARES),
        symbol=market.name,
        cash=CASH,
        prices="adjusted",
    )
    fills = fills_of(report)
    assert [(day, side, to_cent(price)) for day, side, price in fills] == market.fills
    assert Decimal(report.final_equity) / 100 == market.final
    value = CASH + sum(price * (SHARES if side == "SELL" else -SHARES) for _, side, price in fills)
    value += report.run.final_shares * Decimal(str(market.bars.close[-1]))
    assert to_cent(value) == market.final_unrounded
