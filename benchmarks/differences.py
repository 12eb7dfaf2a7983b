"""
What each rule in which a peer differs is worth: ours turned into the peer's, one rule after the other.

`python -m benchmarks.differences` prints the table of the documentation. The bars are walked by a plain loop of its own
with a switch for each rule. With no switch it must come to our kernel's value to the cent, with the peer's switches to
what the peer itself answers; only then do the steps between say which rule gives which part.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from benchmarks.backtests import VERSIONS, final_value, saved
from benchmarks.peers import Peer
from benchmarks.sweeps import combinations, final_values
from daytrader.core.bars import Bars
from daytrader.services.data_providers.sample import SampleProvider

_Floats: TypeAlias = npt.NDArray[np.float64]

_CASH: Final = 100_000.0
_SHARES: Final = 10
_CENT: Final = 0.01
_BINARY: Final = 1e-6  # what adding up binary numbers may cost
_FAST, _SLOW, _STOP, _TARGET = 10, 20, 5.0, 10.0


@dataclass(frozen=True, slots=True)
class Switches:
    """
    Where a run departs from our rules.

    Attributes:
        has_no_tick: Stops and targets are exact numbers, not rounded to the cent that an order can name.
        is_late: They are first looked at on the bar after the entry's.
        beats_exit: One that the bar touches wins over the signal's exit at the bar's open.
        hangs_on_close: They hang on the close that decided, not on the fill.
        is_blind: A bar that opens beyond the target and then falls to the stop counts as stopped.
        needs_no_clearing: After a stop an entry's signal need not have been gone before it counts again.
    """

    has_no_tick: bool = field(default=False, metadata={"said": "stop and target are no multiple of a cent"})
    is_late: bool = field(default=False, metadata={"said": "neither is looked at on the bar of the entry"})
    beats_exit: bool = field(default=False, metadata={"said": "either wins over an exit at the open of its bar"})
    hangs_on_close: bool = field(default=False, metadata={"said": "both hang on the deciding close, not on the fill"})
    is_blind: bool = field(default=False, metadata={"said": "the stop wins where the open was beyond the target"})
    needs_no_clearing: bool = field(
        default=False, metadata={"said": "a signal at the close of a stop's bar buys again"}
    )


VECTORBT: Final = ("has_no_tick", "is_late", "beats_exit", "is_blind", "needs_no_clearing")
BACKTESTING: Final = ("has_no_tick", "hangs_on_close", "needs_no_clearing")


@njit(cache=True)
def walk(
    prices: _Floats,
    above: _Floats,
    stop: float,
    target: float,
    has_no_tick: bool,
    is_late: bool,
    beats_exit: bool,
    hangs_on_close: bool,
    is_blind: bool,
    needs_no_clearing: bool,
) -> float:
    """Return the final value of ten shares at a time, decided at a close and filled at the next open."""
    cash, shares, low, high, entered, is_armed = _CASH, 0, 0.0, 0.0, -1, True
    for row in range(2, prices.shape[0]):
        open_, highest, lowest = prices[row, 0], prices[row, 1], prices[row, 2]
        buys = above[row - 1] > 0 and above[row - 2] <= 0
        sells = above[row - 1] < 0 and above[row - 2] >= 0
        is_armed |= not buys or needs_no_clearing
        touched = 0.0
        if shares and beats_exit:
            touched = _touched(open_, highest, lowest, low, high, is_blind)
        if shares and touched == 0.0 and sells:
            cash += shares * open_
            shares = 0
        elif not shares and buys and is_armed:
            shares, entered = _SHARES, row
            cash -= shares * open_
            base = prices[row - 1, 3] if hangs_on_close else open_
            low, high = base * (1 - stop / 100), base * (1 + target / 100)
            if not has_no_tick:
                low, high = _tick(low), _tick(high)
        if shares and touched == 0.0 and not (is_late and entered == row):
            touched = _touched(open_, highest, lowest, low, high, is_blind)
        if shares and touched:
            cash += shares * touched
            shares, is_armed = 0, touched > low
    return float(cash + shares * prices[-1, 3])


@njit(cache=True)
def _tick(level: float) -> float:
    """Return the nearest cent, halves up; the millionth is what binary numbers leave short of a half."""
    return float(np.floor(level * 100 + 0.5 + 1e-6) / 100)


@njit(cache=True)
def _touched(open_: float, highest: float, lowest: float, low: float, high: float, is_blind: bool) -> float:
    """Return what a position is sold at on this bar, the stop first; 0 if neither level is reached."""
    if open_ >= high and not is_blind:
        return open_
    if lowest <= low:
        return min(open_, low)
    if highest >= high:
        return max(open_, high)
    return 0.0


def _above(bars: Bars, fast: int, slow: int) -> _Floats:
    """Return by how much the fast average is above the slow one; 0 until there is a slow one."""
    sums = np.concatenate(([0.0], np.cumsum(bars.close)))
    means = [np.full(bars.n, np.nan), np.full(bars.n, np.nan)]
    for mean, window in zip(means, (fast, slow), strict=True):
        mean[window - 1 :] = (sums[window:] - sums[:-window]) / window
    above: _Floats = np.round(means[0] - means[1], 9)
    return above


def _values(bars: Bars, cases: Sequence[tuple[int, int, float, float]], names: Sequence[str]) -> _Floats:
    """Return the final value of each case (fast, slow, stop, target) with the switches *names*."""
    switches = Switches(**dict.fromkeys(names, True))
    prices = np.column_stack((bars.open, bars.high, bars.low, bars.close))
    averages = {pair: _above(bars, *pair) for pair in {case[:2] for case in cases}}
    on = [getattr(switches, part.name) for part in fields(switches)]
    return np.array([walk(prices, averages[fast, slow], stop, target, *on) for fast, slow, stop, target in cases])


def _steps(bars: Bars, cases: Sequence[tuple[int, int, float, float]], names: Sequence[str]) -> list[float]:
    """Return the mean value with none of the switches, then with one more of *names* at a time."""
    return [float(_values(bars, cases, names[:count]).mean()) for count in range(len(names) + 1)]


def _told(title: str, names: Sequence[str], means: Sequence[float], theirs: float) -> list[str]:
    """Return the lines of a table: ours, what each rule adds, the peer's."""
    said = {part.name: part.metadata["said"] for part in fields(Switches)}
    steps = zip(names, means, means[1:], strict=False)
    return [
        f"| {title} | value |",
        "|---|---|",
        f"| ours | {means[0]:,.2f} |",
        *(f"| {said[name]} | {after - before:+,.2f} |" for name, before, after in steps),
        f"| theirs | {theirs:,.2f} |",
        "",
    ]


def _decomposed(
    bars: Bars,
    title: str,
    cases: Sequence[tuple[int, int, float, float]],
    names: Sequence[str],
    ours: _Floats,
    theirs: _Floats,
) -> list[str]:
    """
    Return the table of one comparison.

    Raises:
        AssertionError: If the loop does not come to our values without switches, or to the peer's with its own.
    """
    for whose, values, on in (("our", ours, ()), ("the peer's", theirs, names)):
        worst = float(np.abs(_values(bars, cases, on) - values).max())
        if worst > _CENT + _BINARY:
            raise AssertionError(f"{title}: a value of the loop is {worst:,.2f} beside {whose} value")
    return _told(title, names, _steps(bars, cases, names), float(theirs.mean()))


def main() -> None:
    """Print a table for each comparison."""
    bars = SampleProvider().fetch("GOOG").bars()
    tried = combinations()
    every = list(zip(*(column.tolist() for column in tried.columns), strict=True))
    alone = [(_FAST, _SLOW, _STOP, _TARGET)]
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        prices = str(saved(bars, Path(folder) / "goog.npy"))
        for name, names in (("backtesting", BACKTESTING), ("vectorbt", VECTORBT)):
            with Peer(name, VERSIONS[name], f"{name}_backtest.py", prices, "value") as peer:
                theirs = np.array([peer.work()["final"]])
            title = f"one backtest beside {name} {VERSIONS[name]}"
            lines += _decomposed(bars, title, alone, names, np.array([final_value(bars)]), theirs)
        with Peer("vectorbt", VERSIONS["vectorbt"], "vectorbt_sweep.py", prices) as peer:
            theirs = np.array(peer.work()["final"])
        title = f"mean of the {tried.size:,} combinations beside vectorbt {VERSIONS['vectorbt']}"
        lines += _decomposed(bars, title, every, VECTORBT, final_values(bars), theirs)
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
