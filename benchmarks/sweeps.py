"""Sweeps: beside vectorbt, of 505 stocks, and how time and memory grow up to a million combinations."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.backtests import saved
from benchmarks.overfitting import fill_stocks
from benchmarks.peers import Peer
from benchmarks.run import Figure, absolute, median_seconds
from daytrader.core import backtest, sweep
from daytrader.core.arrays import FloatArray
from daytrader.core.bars import Bars
from daytrader.core.combinations import Combinations, grid
from daytrader.core.ranking import applied
from daytrader.core.reasons import STOP_REASON, TARGET_REASON
from daytrader.core.report import Report
from daytrader.core.rules import Costs, Rules
from daytrader.models import Base
from daytrader.services import database, price_service, stock_service
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.services.session_manager import SessionManager

_CASH: Final = Decimal(100_000)
_SHARES: Final = 10
_TICK: Final = 0.01
_CENT: Final = 0.01
_CLOSE: Final = 1e-4  # of a drawdown
_RULES: Final = Rules(
    allocation=Decimal(1),
    fixed_shares=_SHARES,
    gap_reserve_percent=Decimal(50),  # no order expires: vectorbt knows no limit
    costs=Costs(slippage_bps=Decimal(0)),
)
_TARGET: Final = 200
_REPEATS: Final = 5
_FAST, _SLOW = range(5, 25, 2), range(30, 130, 10)
_SYMBOLS_TARGET: Final = 10.0

# What `daytrader sweep` does for one stock; in a process of its own for the sake of its memory.
_GROWTH: Final = """
import json, os, time
from decimal import Decimal
from benchmarks.memory import anonymous, resident
from daytrader.core import sweep
from daytrader.core.rules import Rules
from daytrader.core.search import Search
from daytrader.core.warmup import warm_up
from daytrader.utils.spool import Spool
from tests.core.builders import random_walk
warm_up()
room, most = Spool(), {{}}
def look(*_):
    room.rest()
    most["anonymous"] = max(most.get("anonymous", 0), anonymous())
    most["resident"] = max(most.get("resident", 0), resident())
bars, threads = random_walk(2_148, seed=5), os.cpu_count() or 1
search = Search("sma_cross", {{}}, Rules(), Decimal(10_000))
def judged(tried):
    began = time.perf_counter()
    outcome = search.run(bars, tried, room=room, progress=look)
    swept = time.perf_counter()
    search.judge("X", bars, tried, outcome, threads=threads, room=room, progress=look)
    look()
    return swept - began, time.perf_counter() - swept
axes = {{"fast": range(5, 55, 2), "slow": range(60, 260, 10)}}
judged(sweep.grid(axes).part(0, 256))
before, most, used = dict(anonymous=anonymous(), resident=resident()), {{}}, time.process_time()
tried = sweep.grid(axes | {{"stop_loss_percent": range({stops}), "take_profit_percent": range({targets})}})
swept, told = judged(tried)
print(json.dumps(dict(size=tried.size, sweep=swept, verdict=told, cpu=time.process_time() - used, before=before,
    most=most)))
"""


def measure(folder: Path) -> list[Figure]:
    """Return the time of 10,000 combinations with one thread and with all, beside vectorbt."""
    bars = SampleProvider().fetch("GOOG").bars()
    tried = combinations()
    with Peer("vectorbt", "1.2.0", "vectorbt_sweep.py", str(saved(bars, folder / "goog.npy"))) as peer:
        ours = (partial(_run, bars, tried, threads) for threads in (1, None))
        one, all_ = peer.beside(*ours, repeats=_REPEATS, each=3)
        coinciding, equal = _agreement(bars, tried, all_.answer)
        work = (
            f"{tried.size:,} combinations x {bars.n:,} daily bars; every figure of a report and block sums; theirs: "
            f"value, drawdown, trades; {coinciding:,} in which all rules coincide compared"
        )
        return [
            *peer.figures("sweep-one-thread", f"{work}; one thread", one, _TARGET, equal=equal),
            *peer.figures("sweep", work, all_, _TARGET, equal=equal),
        ]


def combinations() -> Combinations:
    """Return the 10,000 that are measured."""
    return grid(
        {"fast": _FAST, "slow": _SLOW, "stop_loss_percent": range(1, 11), "take_profit_percent": range(2, 22, 2)}
    )


def final_values(bars: Bars) -> FloatArray:
    """Return what each of them comes to, currency units, shape (k,)."""
    return _run(bars, combinations(), None).final_equity / 100


def measure_symbols(folder: Path) -> list[Figure]:
    """Return the time of 1,000 combinations on each of 505 stored stocks."""
    engine = database.connect(f"sqlite:///{folder / 'bench.db'}", is_durable=False)
    Base.metadata.create_all(engine)
    fill_stocks()
    with SessionManager(read_only=True) as session:
        series = [price_service.load_bars(session, stock.id) for stock in stock_service.listing(session)]
    tried = grid({"fast": _FAST, "slow": _SLOW, "stop_loss_percent": range(1, 11)})

    def run() -> int:
        return sum(_run(bars, tried, None).size for bars in series)

    _run(series[0], tried, None)
    seconds = median_seconds(run, _REPEATS)
    engine.dispose()
    work = f"{len(series)} stocks x {tried.size:,} combinations over {sum(bars.n for bars in series):,} bars in all"
    return [absolute("symbols", f"{work}, prices in memory", seconds, _SYMBOLS_TARGET, _REPEATS)]


def _run(bars: Bars, tried: Combinations, threads: int | None) -> sweep.Outcome:
    return sweep.run(bars, "sma_cross", tried, _RULES, cash=_CASH, threads=threads)


def _agreement(bars: Bars, tried: Combinations, theirs: dict[str, Any]) -> tuple[int, bool]:
    """
    Return in how many combinations no rule that differs came into play, and whether all of those agree.

    Agreeing means the same number of trades, and final value and drawdown but for the tick that our stops and targets
    lie on: half a cent a share.
    """
    told = _run(bars, tried, None)
    tick = _SHARES * 0.005
    compared, agree = 0, True
    for index in range(tried.size):
        rules, params = applied(tried.of(index), _RULES, None)
        report = backtest.run(bars, "sma_cross", params, rules, symbol="GOOG", cash=_CASH)
        if report.final_equity != told.final_equity[index]:
            raise AssertionError(f"the sweep and the backtest of {tried.of(index)} disagree")
        if not _coincides(bars, report, rules):
            continue
        compared += 1
        count = len(report.run.trades)
        agree &= count == theirs["trades"][index]
        agree &= abs(report.final_equity / 100 - theirs["final"][index]) <= _CENT + tick * count
        agree &= abs(told.max_drawdown_pct[index] / 100 - theirs["drawdown"][index]) <= _CLOSE
    return compared, bool(agree)


def _coincides(bars: Bars, report: Report, rules: Rules) -> bool:
    """
    Return whether no rule that differs came into play in a run.

    vectorbt does not look at stop and target on the bar of the entry, lets them win over a signal's exit at the open of
    the same bar, and has them between ticks: a bar that ends there touches one of both.
    """
    for trade in report.run.trades:
        if trade.exit_time == trade.entry_time:
            return False
        row = int(np.searchsorted(bars.time, trade.entry_time))
        paid = bars.open[row]
        lowest, highest = (
            paid * (1 - float(rules.stop_loss_percent) / 100),
            paid * (1 + float(rules.take_profit_percent) / 100),
        )
        last = bars.n - 1 if trade.exit_time is None else int(np.searchsorted(bars.time, trade.exit_time))
        near = np.minimum(np.abs(bars.low[row : last + 1] - lowest), np.abs(bars.high[row : last + 1] - highest))
        if (near < _TICK).any():
            return False
        if trade.exit_time is not None and trade.exit_reason not in {STOP_REASON, TARGET_REASON}:
            row = last
            if bars.low[row] <= lowest + _TICK or bars.high[row] >= highest - _TICK:
                return False
    return True


def measure_growth(folder: Path) -> list[Figure]:  # noqa: ARG001 - the signature of every benchmark
    """Return time and memory of 10,000, 100,000 and 1,000,000 combinations, verdict included."""
    figures = []
    for stops, targets, target in ((5, 4, 1.0), (20, 10, 3.0), (50, 40, 30.0)):
        code = _GROWTH.format(stops=stops, targets=targets)
        runs = [_told_by(code) for _ in range(_REPEATS)]
        told = sorted(runs, key=lambda run: run["sweep"] + run["verdict"])[_REPEATS // 2]
        work = (
            f"{told['size']:,} combinations x 2,148 bars, overfitting statistics included: {told['sweep']:.2f} s "
            f"of it the sweep, {told['cpu']:.1f} s of processor time; at most {told['most']['anonymous']:,.0f} MiB "
            f"of memory of its own, {told['before']['anonymous']:,.0f} before, with mapped files "
            f"{told['most']['resident']:,.0f} MiB, {told['before']['resident']:,.0f} before"
        )
        figures.append(absolute(f"growth-{told['size']}", work, told["sweep"] + told["verdict"], target, _REPEATS))
    return figures


def _told_by(code: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told
