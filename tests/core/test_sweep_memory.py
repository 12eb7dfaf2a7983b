"""A sweep's memory does not grow with its combinations where its columns are in files."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from daytrader.core import sweep
from daytrader.core.assessment import assess
from daytrader.core.errors import SweepStoppedError
from daytrader.core.rules import Rules
from daytrader.core.search import Search, Walk
from daytrader.core.sweep import Outcome
from daytrader.utils import spool
from daytrader.utils.spool import Spool

from .builders import random_walk

CASH = Decimal(10_000)
BYTES_EACH = 130  # the settings are 32 of them; in memory the results alone are 408

_CHILD = """
import json, sys
from decimal import Decimal
from benchmarks.memory import anonymous
from daytrader.core import sweep
from daytrader.core.rules import Rules
from daytrader.core.search import Search
from daytrader.core.warmup import warm_up
from daytrader.utils.spool import Spool
from tests.core.builders import random_walk

warm_up()
bars, room, most = random_walk(120, seed=5), Spool(), 0.0
search = Search("sma_cross", {}, Rules(), Decimal(10_000))
def look(*_):
    global most
    most = max(most, anonymous())
def judged(stops):
    tried = sweep.grid({"fast": range(2, 22), "slow": range(12, 62), "stop_loss_percent": range(stops),
        "take_profit_percent": range(10)})
    outcome = search.run(bars, tried, room=room, progress=look)
    search.judge("X", bars, tried, outcome, room=room, progress=look, threads=2)
    look()
    return tried.size
judged(1)
before = anonymous()
most = before
size = judged(int(sys.argv[1]))
print(json.dumps({"size": size, "grown": most - before}))
"""


def _grown(stops: int) -> tuple[int, float]:
    child = [sys.executable, "-c", _CHILD, str(stops)]
    told = json.loads(subprocess.run(child, check=True, capture_output=True, text=True).stdout)
    return told["size"], told["grown"]


def test_memory_hardly_grows_with_the_combinations() -> None:
    """Ten times as many, refused and idle ones among them, judged: few bytes for each are the process' own."""
    few, little = _grown(2)
    many, more = _grown(20)
    assert (few, many) == (20_000, 200_000)
    assert (more - little) * 2**20 / (many - few) < BYTES_EACH


def _columns(outcome: Outcome) -> dict[str, bytes]:
    names = [name for name in Outcome.__slots__ if name != "blocks"]
    columns = {name: np.ascontiguousarray(getattr(outcome, name)) for name in names}
    columns |= {
        "sum": np.ascontiguousarray(outcome.blocks.sum),
        "squares": np.ascontiguousarray(outcome.blocks.squares),
    }
    return {name: column.tobytes() for name, column in columns.items()}


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spool:
    """Everything in files, and let go of at every step."""
    monkeypatch.setattr(spool, "_SMALL", 0)
    monkeypatch.setattr(spool, "_REST_SECONDS", 0.0)
    return Spool(tmp_path)


def test_in_files_it_comes_to_the_same_bits(room: Spool) -> None:
    """Figures, block sums, verdict and walk-forward, with refused and idle combinations among them."""
    bars = random_walk(400, seed=3)
    search = Search("sma_cross", {}, Rules(), CASH, walk=Walk("rolling", 200, 100))
    tried = sweep.grid({"stop_loss_percent": [0, 2, 5], "fast": range(2, 40, 3), "slow": [20, 30, 399]})
    plain = search.run(bars, tried)
    filed = search.run(bars, tried, room=room, progress=lambda _done, _total: room.rest())
    assert 0 < plain.skipped < plain.size
    assert (plain.trades[plain.is_valid] == 0).any()
    assert _columns(filed) == _columns(plain)
    judged = search.judge("X", bars, tried, filed, room=room, progress=lambda _stage, _part: room.rest())
    assert judged.to_dict() == search.judge("X", bars, tried, plain).to_dict()


def test_what_was_not_done_when_it_was_stopped_has_no_figures() -> None:
    """Refused, computed after the word, or never begun: not valid, zero in whole numbers, NaN in the others."""
    bars = random_walk(60)
    tried = sweep.grid({"fast": range(2, 12), "slow": range(20, 30), "stop_loss_percent": range(50)})
    with pytest.raises(SweepStoppedError) as stopped:
        sweep.run(bars, "sma_cross", tried, Rules(), cash=CASH, threads=2, should_stop=lambda: True)
    told = stopped.value.outcome
    assert told is not None
    assert np.count_nonzero(told.is_valid) == stopped.value.done
    undone = ~told.is_valid
    assert not told.trades[undone].any()
    for name in ("sharpe_ratio", "fees", "exposure_pct"):
        assert np.isnan(getattr(told, name)[undone]).all()
    assert np.isnan(told.blocks.sum[undone]).all()
    assert assess(bars, "sma_cross", tried, told, Rules(), symbol="X", cash=CASH).best is None or told.trades.any()
