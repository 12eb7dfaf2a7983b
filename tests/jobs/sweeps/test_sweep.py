"""Tests of daytrader.jobs.sweep: the same bits, whatever dies or changes on the way."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from daytrader.core.search import Judgement, Search
from daytrader.core.sweep import Outcome
from daytrader.jobs import cluster as cluster_jobs
from daytrader.jobs import sweep as sweep_jobs
from daytrader.models import Stock, Sweep, User
from daytrader.models.enums import JobState
from daytrader.services import sweep_files
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.stored_bars import flat_day, store_daily
from tests.waiting import eventually

from .conftest import Undisturbed, ask, figures_of, worker_at

_CHILD = """
import os, signal, sys
from pathlib import Path
from daytrader.jobs import cluster, sweep
from daytrader.jobs.worker import Worker
from daytrader.services import database, sweep_files

sweep_files._MARK_SECONDS = 0.0
compute, done = cluster.run_part, []
def dies(*args, **kwargs):
    if len(done) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(1)
    return compute(*args, **kwargs)
cluster.run_part = dies
database.connect(sys.argv[1])
Worker(sweep.handlers(Path(sys.argv[2]), address="", dask="")).run_waiting()
"""


def _start_anew(world: World, instance: Path, stored: Sweep) -> None:
    """Start a worker, which takes up what was interrupted, and stop it when the sweep is done."""
    worker = worker_at(instance)
    worker.start()
    eventually(lambda: world.reload(stored).state is JobState.SUCCEEDED)
    worker.stop()


def test_a_symbol_that_is_judged_is_not_judged_again(
    world: World,
    alice: User,
    tmp_path: Path,
    undisturbed: Undisturbed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What fails after the first symbol goes on with the second, and comes to the same findings."""
    judge, judged = Search.judge, list[str]()

    def counted(self: Search, **asked: Any) -> Judgement:
        if judged == ["ACME"]:
            judged.append("interrupted")
            raise KeyboardInterrupt
        judged.append(asked["symbol"])
        return judge(self, **asked)

    monkeypatch.setattr(Search, "judge", counted)
    stored = ask(alice)
    with pytest.raises(KeyboardInterrupt):
        worker_at(tmp_path).run_waiting()
    _start_anew(world, tmp_path, stored)
    assert judged == ["ACME", "interrupted", "OTHER"]
    undisturbed.assert_same(world, tmp_path, stored)
    files = sweep_files.of(tmp_path, stored.id)
    assert [line["symbol"] for line in files.summaries() or ()] == ["ACME", "OTHER"]


def test_a_killed_process_leaves_what_is_done(
    world: World,
    alice: User,
    tmp_path: Path,
    undisturbed: Undisturbed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After kill -9 in the middle the next start computes the rest alone, and comes to the same bits."""
    stored = ask(alice)
    url = world.engine.url.render_as_string(hide_password=False)
    child = subprocess.run([sys.executable, "-c", _CHILD, url, str(tmp_path)], check=False, timeout=300)
    assert child.returncode == -signal.SIGKILL
    assert world.reload(stored).state is JobState.RUNNING
    computed = _counted(monkeypatch)
    _start_anew(world, tmp_path, stored)
    assert len(computed) == 16 - 5
    undisturbed.assert_same(world, tmp_path, stored)


def _change(symbol: str, day: int, close: float) -> None:
    """Store another close of *symbol* on that day of its history, or one more."""
    with SessionManager() as session:
        (stock_id,) = session.execute(select(Stock.id).where(Stock.symbol == symbol)).one()
        store_daily(session, stock_id, [flat_day(date(2020, 1, 1) + timedelta(days=day), close)])


def _counted(monkeypatch: pytest.MonkeyPatch, stops_at: int | None = None) -> list[str]:
    """Return where the prices of each part that is computed from now on are noted; the one at *stops_at* crashes."""
    run_part, computed = cluster_jobs.run_part, list[str]()

    def counted(*args: Any, **kwargs: Any) -> Outcome:
        computed.append(args[0].data_hash)
        if len(computed) - 1 == stops_at:
            raise KeyboardInterrupt
        return run_part(*args, **kwargs)

    monkeypatch.setattr(cluster_jobs, "run_part", counted)
    return computed


def _interrupted(instance: Path, after: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Compute *after* parts, stop as a crash would, and return where each part that is computed later is noted."""
    with monkeypatch.context() as patched:
        _counted(patched, stops_at=after)
        with pytest.raises(KeyboardInterrupt):
            worker_at(instance).run_waiting()
    return _counted(monkeypatch)


def test_prices_restated_meanwhile_are_computed_anew(
    world: World, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash: no sweep is half of what was and half of what is; the other symbol keeps what it has."""
    stored = ask(alice)
    computed = _interrupted(tmp_path, 13, monkeypatch)
    _change("ACME", 100, 77.0)
    _start_anew(world, tmp_path, stored)
    assert computed.count(computed[-1]) == 8
    assert len(computed) == 3 + 8  # the rest of OTHER, then all of ACME
    again = ask(alice)
    assert worker_at(tmp_path).run_waiting() == 1
    assert figures_of(tmp_path, stored.id) == figures_of(tmp_path, again.id)
    assert world.reload(stored).data_hash == world.reload(again).data_hash


def test_bars_that_came_meanwhile_are_no_part_of_it(
    world: World,
    alice: User,
    tmp_path: Path,
    undisturbed: Undisturbed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sweep is of the prices there were when it began."""
    stored = ask(alice)
    computed = _interrupted(tmp_path, 5, monkeypatch)
    _change("ACME", 200, 300.0)
    _start_anew(world, tmp_path, stored)
    assert len(computed) == 16 - 5
    undisturbed.assert_same(world, tmp_path, stored)


def test_prices_restated_before_they_are_judged_are_computed_anew(
    world: World, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a crash, too; where they change every time, that is said."""
    judge, closes = sweep_jobs._Search.judge, [70.0, 71.0]

    def restated(self: sweep_jobs._Search) -> dict[str, Any]:
        if closes:
            _change("OTHER", 50, closes.pop())
        return judge(self)

    monkeypatch.setattr(sweep_jobs._Search, "judge", restated)
    stored = ask(alice)
    worker_at(tmp_path).run_waiting()
    again = ask(alice)
    worker_at(tmp_path).run_waiting()
    assert world.reload(stored).state is JobState.SUCCEEDED
    assert figures_of(tmp_path, stored.id) == figures_of(tmp_path, again.id)
    closes += [float(70 + change) for change in range(9)]
    restless = ask(alice)
    worker_at(tmp_path).run_waiting()
    assert world.reload(restless).state is JobState.FAILED
    assert "prices changed again and again" in (world.reload(restless).error or "")


def test_a_full_disk_fails_the_sweep_and_nothing_else(
    world: World, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found out when the files are made: writing to one that is mapped and has no room kills the process."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    stored = ask(alice)
    assert worker_at(tmp_path).run_waiting() == 1
    found = world.reload(stored)
    assert found.state is JobState.FAILED
    assert found.error == "the results of the sweep cannot be stored: No space left on device"
    assert not sweep_files.of(tmp_path, stored.id).folder.exists()


def test_files_of_deleted_sweeps_are_tidied_up(alice: User, tmp_path: Path) -> None:
    """When the worker starts; those of others stay."""
    stored = ask(alice)
    worker = worker_at(tmp_path)
    worker.run_waiting()
    orphan = sweep_files.root(tmp_path) / "999"
    orphan.mkdir()
    worker.start()
    worker.stop()
    assert not orphan.exists()
    assert sweep_files.of(tmp_path, stored.id).is_there()
