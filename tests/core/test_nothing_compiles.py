"""Whatever is asked for after the warm-up, nothing is compiled, nor loaded from the cache, for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher

from daytrader.core import (
    Bars,
    CorporateEvent,
    Costs,
    EventKind,
    Member,
    Rules,
    assess,
    backtest,
    list_strategies,
    portfolio,
    scan,
    sweep,
    walk_forward,
)
from daytrader.core.bars import adjusted
from daytrader.core.warmup import warm_up
from tests.core.builders import random_walk

CASH = Decimal(50_000)
_TRIED: Mapping[str, tuple[str, list[float]]] = {
    "bollinger_reversion": ("window", [5, 20]),
    "breakout": ("entry_window", [1, 20]),
    "buy_and_hold": ("stop_loss_percent", [0, 2]),
    "macd": ("signal", [1, 9]),
    "rsi_reversion": ("window", [2, 14]),
    "sma_cross": ("fast", [1, 10]),
    "sma_trend": ("window", [1, 50]),
    "technical": ("buy_threshold", [1, 3]),
}


def test_nothing_is_compiled_after_the_warm_up() -> None:
    """Every strategy on every kind of bars, by every rule: alone, in a portfolio, swept, walked forward, scanned."""
    code = f"from {__name__} import report; report()"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["compiled"] == []
    assert told["backtests"] >= 300


def report() -> None:
    """Write what was compiled after the warm-up; for a process of its own, in which nothing was before."""
    warm_up()
    compiled: list[str] = []
    compile_it = Dispatcher.compile

    def noted(self: Any, signature: Any) -> object:
        compiled.append(f"{self.py_func.__module__}.{self.py_func.__name__} {signature}")
        return compile_it(self, signature)

    setattr(Dispatcher, "compile", noted)  # noqa: B010 (it has another type)
    with TemporaryDirectory() as folder:
        backtests = sum(everything(Path(folder)))
    sys.stdout.write(json.dumps({"compiled": compiled, "backtests": backtests}))


def everything(folder: Path) -> Iterator[int]:
    """Ask for all there is, and yield how many backtests each thing was."""
    for bars in kinds(folder).values():
        for strategy in list_strategies():
            yield alone(bars, strategy.name)
            yield searched(bars, strategy.name)
            scan.last_signal("X", bars, strategy, {})
        backtest.run(bars, "technical", {}, Rules(), symbol="X", cash=CASH).to_html()  # whoever traded, the page is one
        yield together(bars)


def alone(bars: Bars, strategy: str) -> int:
    """One backtest by each of the rules."""
    for rules in RULES:
        for fill in ("next_open", "close"):
            made = backtest.run(bars, strategy, {}, rules, symbol="X", cash=CASH, fill=fill)
            made.to_dict()
    return 2 * len(RULES)


def searched(bars: Bars, strategy: str) -> int:
    """A sweep, judged, and both walks forward."""
    name, values = _TRIED[strategy]
    tried = sweep.grid({name: values, "volume_limit_percent": [1, 50]})
    outcome = sweep.run(bars, strategy, tried, Rules(), cash=CASH)
    assess(bars, strategy, tried, outcome, Rules(), symbol="X", cash=CASH)
    days = np.unique(bars.session).size
    for mode in ("rolling", "anchored"):
        walk_forward.run(
            bars,
            strategy,
            tried,
            Rules(),
            symbol="X",
            cash=CASH,
            mode=mode,
            train=days // 2,
            test=days // 4,
        )
    return 3 * tried.size


def together(bars: Bars) -> int:
    """Two members that share, and one that does not."""
    for rules in RULES:
        members = [Member("X", bars, "technical", {}, rules), Member("Y", bars, "sma_cross", {}, rules)]
        members.append(replace(members[0], budget=Decimal(1000)))
        for fill in ("next_open", "close"):
            portfolio.run(members, cash=CASH, fill=fill)
    return 2 * len(RULES)


RULES = (
    Rules(),
    Rules(stop_loss_percent=Decimal(0), take_profit_percent=Decimal(0), fixed_shares=7, minimum_balance=Decimal(10)),
    Rules(volume_limit_percent=Decimal("0.01"), stop_loss_percent=Decimal(1), take_profit_percent=Decimal(1)),
    Rules(costs=Costs(Decimal(1), Decimal("0.005"), Decimal("0.1"), Decimal(2), Decimal(0))),
)


def kinds(folder: Path) -> dict[str, Bars]:
    """Return bars of each kind that the loops may meet."""
    plain = random_walk(160)
    middle = int(plain.session[80])
    split = CorporateEvent(middle, EventKind.SPLIT, 1, 2)
    dividend = CorporateEvent(middle + 5, EventKind.DIVIDEND, amount=Decimal("0.333"))
    minutes = plain.session[0] * 86_400 + np.arange(160) // 40 * 86_400 + np.arange(160) % 40 * 900 + 52_200
    mapped: dict[str, Any] = {name: _mapped(folder, name, getattr(plain, name)) for name in _COLUMNS}
    built: Callable[..., Bars] = Bars.build
    prices = (plain.open, plain.high, plain.low, plain.close)
    return {
        "plain": plain,
        "dear": random_walk(160, scale=100.000001),
        "events": built(plain.time, *prices, plain.volume, events=[split, dividend]),
        "without volume": built(plain.time, *prices),
        "intraday": built(minutes, *prices, plain.volume, interval_minutes=15),
        "adjusted": adjusted(plain, plain.close * np.linspace(0.5, 1, plain.n)),
        "from its middle": plain.until(date(1970, 1, 1).fromordinal(719_163 + middle + 60)),
        "mapped": replace(plain, **mapped),
    }


_COLUMNS = ("time", "open", "high", "low", "close", "volume", "session")


def _mapped(folder: Path, name: str, column: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    np.save(folder / f"{name}.npy", column)
    mapped: np.ndarray[Any, Any] = np.load(folder / f"{name}.npy", mmap_mode="r")
    return mapped
