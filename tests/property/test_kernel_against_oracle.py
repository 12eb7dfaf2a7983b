"""The compiled loop agrees with a plain-Python reading of the rules, in every cent of every trade."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daytrader.core import backtest, sweep
from daytrader.core.bars import Bars, CorporateEvent, EventKind
from daytrader.core.report import Run, figures
from daytrader.core.rules import Costs, Rules
from daytrader.core.strategy import Signals
from tests.core.builders import FIRST_DAY
from tests.property.markets import (
    Case,
    as_bars,
    cases,
    market_of,
    settings_of,
)
from tests.property.oracle import Outcome, Trader

REASONS = {"signal": "out", "stop": "stop loss", "target": "take profit", "split": "split"}


def by_core(case: Case, bars: Bars, target_first: bool) -> Run:
    """Run the compiled loop."""
    exits = np.array(case.exit)
    signals = Signals.of([(np.array(case.entry) & ~exits, "in")], [(exits, "out")])
    start = np.datetime64(int(bars.session[case.first]), "D").astype(object)
    fill: backtest.Fill = "close" if case.at_close else "next_open"
    return backtest.simulate(bars, signals, case.rules, case.cents, start=start, fill=fill, target_first=target_first)


def by_oracle(case: Case, bars: Bars, target_first: bool) -> Outcome:
    """Run the plain reading."""
    market = market_of(case, [(event.session - FIRST_DAY, event) for event in case.events], bars)
    trader = Trader(settings_of(case.rules), Fraction(case.cents, 100), case.at_close, target_first)
    return trader.run(market, case.first)


def compare(run: Run, expected: Outcome) -> None:
    """Assert that both tell the same story."""
    assert Fraction(run.final_cash, 100) == expected.cash
    assert run.final_shares == expected.shares
    assert Fraction(run.fees, 100) == expected.fees
    assert run.ambiguous_bars == expected.ambiguous
    assert [Fraction(cents, 100) for cents in run.equity.tolist()] == expected.equity
    told = [
        (
            trade.entry_time // 86_400 - FIRST_DAY,
            Fraction(trade.entry_price, 1_000_000),
            trade.shares,
            Fraction(trade.cost_basis, 100),
            None if trade.exit_time is None else trade.exit_time // 86_400 - FIRST_DAY,
            None if trade.exit_price is None else Fraction(trade.exit_price, 1_000_000),
            None if trade.gain_loss is None else Fraction(trade.gain_loss, 100),
            trade.exit_reason,
        )
        for trade in run.trades
    ]
    assert told == [
        (
            trip.entry_row,
            trip.entry_price,
            trip.shares,
            trip.basis,
            trip.exit_row,
            trip.exit_price,
            trip.gain,
            None if trip.why is None else REASONS[trip.why],
        )
        for trip in expected.trips
    ]


@pytest.mark.parametrize("target_first", [False, True])
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_every_cent_agrees(case: Case, target_first: bool) -> None:
    """Random bars, gaps, costs, stops, splits, dividends, re-arming, both ways to fill, both orders of protection."""
    bars = as_bars(case)
    compare(by_core(case, bars, target_first), by_oracle(case, bars, target_first))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases(), windows=st.lists(st.integers(1, 6), min_size=1, max_size=3, unique=True))
def test_a_sweep_tells_what_its_backtests_tell(case: Case, windows: list[int]) -> None:
    """On the same random markets, in every figure and bit; a ledger's figures are the same too."""
    bars = as_bars(case)
    start = np.datetime64(int(bars.session[case.first]), "D").astype(object)
    fill: backtest.Fill = "close" if case.at_close else "next_open"
    cash = Decimal(case.cents).scaleb(-2)
    tried = sweep.grid({"window": windows, "stop_loss_percent": [0, Decimal("1.5")]})
    told = sweep.run(bars, "sma_trend", tried, case.rules, cash=cash, start=start, fill=fill)
    for index in range(tried.size):
        own = tried.of(index)
        rules = case.rules.changed({"stop_loss_percent": own["stop_loss_percent"]})
        params = {"window": own["window"]}
        report = backtest.run(bars, "sma_trend", params, rules, symbol="X", cash=cash, start=start, fill=fill)
        found = {name: value for name, value in report.metrics.items() if hasattr(told, name)}
        columns = {name: getattr(told, name)[index].item() for name in found}
        assert {name: None if math.isnan(value) else value for name, value in columns.items()} == found
        assert told.final_equity[index] == report.final_equity
        from_arrays = figures(case.cents, report.run, None)
        assert {name: from_arrays[name] for name in found} == found


@pytest.mark.parametrize("seed", range(6))
def test_long_runs_agree(seed: int) -> None:
    """Two thousand bars with everything on: small differences would add up and show."""
    rng = np.random.default_rng(seed)
    n = 2000
    close = np.maximum(500_000, np.cumsum(rng.integers(-400_000, 410_000, n)) + 40_000_000)
    open_ = np.maximum(400_000, close + rng.integers(-300_000, 300_000, n))
    high = np.maximum(open_, close) + rng.integers(0, 900_000, n)
    low = np.maximum(1, np.minimum(open_, close) - rng.integers(0, 300_000, n))
    events = [
        CorporateEvent(FIRST_DAY + row, EventKind.DIVIDEND, amount=Decimal("0.123457")) for row in range(9, n, 63)
    ]
    events += [CorporateEvent(FIRST_DAY + row, EventKind.SPLIT, 3, 2) for row in (500, 1500)]
    costs = Costs(Decimal(1), Decimal("0.0035"), Decimal("0.05"), Decimal("1.99"), Decimal(7))
    limit = (None, Decimal(100), Decimal(5))[seed // 2]
    case = Case(
        [tuple(quote) for quote in np.stack((open_, high, low, close), axis=1).tolist()],
        (rng.random(n) < 0.4).tolist(),
        (rng.random(n) < 0.08).tolist(),
        events,
        Rules(Decimal("0.9"), None, Decimal(3), Decimal(4), Decimal(100), Decimal(2), costs, limit),
        10_000_000,
        0,
        seed % 2 == 1,
        rng.integers(0, 20_000, n).tolist(),
    )
    bars = as_bars(case)
    for target_first in (False, True):
        compare(by_core(case, bars, target_first), by_oracle(case, bars, target_first))
