"""
One backtest beside its peers: 2,148 daily bars with the report, 1,000,000 minute bars with it and without.

What depends on the prices alone is prepared outside the clock on all sides, as it is for whoever tries many backtests
on one series: the peers' data frames, and what our bars keep of themselves (prices as integers, hash, dates). What a
run comes to is kept by nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from benchmarks.peers import Peer
from benchmarks.run import Figure, absolute, median_seconds
from daytrader.core import backtest
from daytrader.core.bars import Bars
from daytrader.core.report import Report
from daytrader.core.rules import Costs, Rules
from daytrader.core.strategy import compute, get_strategy
from daytrader.services.data_providers.sample import SampleProvider

_CASH: Final = Decimal(100_000)
_PARAMS: Final = {"fast": 10, "slow": 20}
_RULES: Final = Rules(
    allocation=Decimal(1),
    fixed_shares=10,
    gap_reserve_percent=Decimal(50),  # no order expires: the peers know no limit
    stop_loss_percent=Decimal(5),
    take_profit_percent=Decimal(10),
    costs=Costs(slippage_bps=Decimal(0)),
)
_UNPROTECTED: Final = _RULES.changed({"stop_loss_percent": 0, "take_profit_percent": 0})
_REPEATS: Final = 7
_FEWEST: Final = 5  # of a run that takes seconds
# While a peer runs for seconds, a virtual machine may take back the memory that ours left idle: the first of a turn's
# runs fetches it again, ten times as long as the run itself; the peer's own run fetches its memory on the way.
_EACH: Final = 5
_MILLION: Final = 1_000_000
_MINUTES: Final = 390  # of a session
_WORK: Final = "SMA 10/20, 5 % stop, 10 % target, ten shares"
_SECOND: Final = 1.0
_CENT: Final = 0.01
_Way: TypeAlias = tuple[str, str, Callable[[], object]]


def measure(folder: Path) -> list[Figure]:
    """Return the time of a backtest of 2,148 daily bars, report included, beside two peers."""
    bars = SampleProvider().fetch("GOOG").bars()
    prices = saved(bars, folder / "goog.npy")
    figures = []
    report: _Way = ("", ", report as JSON values included, warm", lambda: _run(bars).to_dict())
    columns: _Way = ("-columns", ", report with curve and trades as columns, warm", lambda: _run(bars))
    for name, ways, target in (("backtesting", (columns, report), 100), ("vectorbt", (report,), 150)):
        with Peer(name, VERSIONS[name], f"{name}_backtest.py", str(prices), "report") as peer:
            told = peer.beside(*(ours for _, _, ours in ways), repeats=3 * _REPEATS, each=20)
            for (suffix, more, _), found in zip(ways, told, strict=True):
                equal = _agrees(bars, found.answer["plain"])
                work = f"{bars.n:,} daily bars, {_WORK}{more}"
                figures += peer.figures(f"backtest-{name}{suffix}", work, found, target, equal=equal)
    return figures


def measure_million(folder: Path) -> list[Figure]:
    """Return the time of a backtest of 1,000,000 minute bars, and how it grows."""
    bars = minutes(_MILLION)
    prices = saved(bars, folder / "minutes.npy")
    work = f"{bars.n:,} minute bars, {_WORK}"
    figures = []
    report: _Way = ("report", ", report as JSON values included", lambda: _run(bars).to_dict())
    value: _Way = ("value", ", trades and value alone", lambda: _simulated(bars))
    # What backtesting.py gives: statistics, and curve and trades as columns.
    columns: _Way = ("columns", ", report with curve and trades as columns", lambda: _run(bars))
    for name, mode, ways, target in (
        ("vectorbt", "report", (report,), 10),
        ("vectorbt", "value", (value,), 30),
        ("backtesting", "report", (columns, report), 500),
    ):
        with Peer(name, VERSIONS[name], f"{name}_backtest.py", str(prices), mode) as peer:
            repeats = _REPEATS if name == "vectorbt" else _FEWEST
            told = peer.beside(*(ours for _, _, ours in ways), repeats=repeats, each=_EACH)
            for (suffix, more, _), found in zip(ways, told, strict=True):
                equal = _agrees(bars, found.answer["plain"])
                figures += peer.figures(f"million-{name}-{suffix}", work + more, found, target, equal=equal)
    for n in (10_000, 100_000, _MILLION):
        part = bars.head(n)
        seconds = median_seconds(lambda part=part: _run(part).to_dict(), 9)  # type: ignore[misc]  # a lambda that binds its loop's value
        figures.append(absolute(f"bars-{n}", f"{n:,} minute bars, {_WORK}, report included", seconds, _SECOND, 9))
    return figures


VERSIONS: Final = {"backtesting": "0.6.6", "vectorbt": "1.2.0"}


def minutes(n: int) -> Bars:
    """Return *n* minute bars, 390 a session, that wander from 100."""
    rng = np.random.default_rng(1)
    row = np.arange(n)
    time = (10_000 + row // _MINUTES) * 86_400 + 52_200 + row % _MINUTES * 60
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.0005, n)))
    open_ = np.concatenate(([100.0], close[:-1]))
    high = np.maximum(open_, close) * (1 + rng.random(n) * 0.0005)
    low = np.minimum(open_, close) * (1 - rng.random(n) * 0.0005)
    quotes = (np.round(column, 2) for column in (open_, high, low, close))
    return Bars.build(time, *quotes, interval_minutes=1, session=10_000 + row // _MINUTES)


def _run(bars: Bars, rules: Rules = _RULES) -> Report:
    return backtest.run(bars, "sma_cross", _PARAMS, rules, symbol="X", cash=_CASH)


def final_value(bars: Bars) -> float:
    """Return what the run that is measured comes to, currency units."""
    return _run(bars).final_equity / 100


def _simulated(bars: Bars) -> object:
    signals = compute(get_strategy("sma_cross"), bars, _PARAMS)
    return backtest.simulate(bars, signals, _RULES, int(_CASH * 100))


def _agrees(bars: Bars, plain: float) -> bool:
    """Return whether the peer's final value without stop and target, where all rules coincide, is ours to the cent."""
    return abs(_run(bars, _UNPROTECTED).final_equity / 100 - plain) < _CENT


def saved(bars: Bars, path: Path) -> Path:
    np.save(path, np.column_stack((bars.time, bars.open, bars.high, bars.low, bars.close)))
    return path
