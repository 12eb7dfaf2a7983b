"""Sweeps: beside vectorbt, of a million combinations, and how their time grows."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from importlib.resources import files
from pathlib import Path

import numpy as np

from benchmarks.peers import Peer
from benchmarks.run import Figure, absolute, median_seconds
from daytrader.core import sweep
from daytrader.core.bars import Bars
from daytrader.core.combinations import Combinations, grid
from daytrader.core.rules import Costs, Rules
from daytrader.services.data_providers.sample import SampleProvider

_CASH = Decimal(10_000)
_FREE = Rules(gap_reserve_percent=Decimal(0), costs=Costs(slippage_bps=Decimal(0)))
_VECTORBT = 200
_MILLION_SECONDS = 10.0
_REPEATS = 5
_FAST, _SLOW = range(5, 25, 2), range(30, 130, 10)
_CLOSE_ENOUGH = 0.02  # their sizes: half of the open's cash at the open, ours at the close before it


def measure(folder: Path) -> list[Figure]:  # noqa: ARG001 - the signature of every benchmark
    """Return the time of 10,000 combinations with one thread and with all, and of a million."""
    bars = SampleProvider().fetch("GOOG").bars()
    tried = grid(
        {"fast": _FAST, "slow": _SLOW, "stop_loss_percent": range(1, 11), "take_profit_percent": range(2, 22, 2)}
    )
    work = f"{tried.size:,} combinations x {bars.n:,} daily bars"
    figures = []
    prices = files("daytrader").joinpath("data", "GOOG.csv.gz")
    with Peer("vectorbt", "1.2.0", "vectorbt_sweep.py", str(prices)) as peer:
        for name, threads in (("sweep-one-thread", 1), ("sweep", None)):
            found = peer.beside(partial(_run, bars, tried, threads), _REPEATS)
            told = _run(bars, tried, threads)
            equal = (
                abs(float(told.trades.mean()) - found.answer["trades"]) < _CLOSE_ENOUGH * found.answer["trades"]
                and abs(float(told.final_equity.mean()) / 100 / found.answer["final"] - 1) < _CLOSE_ENOUGH
            )
            figures.append(
                Figure(
                    name,
                    f"{work}, every figure of a report and block sums; theirs: value, drawdown, trades",
                    found.ours,
                    found.peer,
                    peer.name,
                    peer.version,
                    "s",
                    found.peer / found.ours,
                    _VECTORBT,
                    equal,
                    _REPEATS,
                )
            )
    million = grid(
        {
            "fast": range(5, 30),
            "slow": range(30, 190, 4),
            "stop_loss_percent": np.arange(1, 26).tolist(),
            "take_profit_percent": range(2, 82, 2),
        }
    )
    seconds = median_seconds(lambda: _run(bars, million, None), 1)
    figures.append(absolute("sweep-million", f"{million.size:,} combinations", seconds, _MILLION_SECONDS, 1))
    return figures


def _run(bars: Bars, tried: Combinations, threads: int | None) -> sweep.Outcome:
    return sweep.run(bars, "sma_cross", tried, _FREE, cash=_CASH, threads=threads)
