"""Tests of daytrader.jobs.sweep and jobs.cluster: the same bits, wherever it runs and whatever dies on the way."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client
from sqlalchemy import select

from daytrader.cli import sweep_cluster
from daytrader.core.combinations import grid
from daytrader.core.errors import SweepStoppedError
from daytrader.core.room import MEMORY
from daytrader.core.rules import Rules
from daytrader.core.search import Judgement, Search
from daytrader.core.sweep import Outcome
from daytrader.jobs import cluster as cluster_jobs
from daytrader.jobs import sweep as sweep_jobs
from daytrader.jobs.worker import Worker
from daytrader.models import Job, Stock, Sweep, User
from daytrader.models.enums import JobState
from daytrader.services import job_service, sweep_files, sweep_service
from daytrader.services.actor import Actor
from daytrader.services.backtest_request import BacktestRequest
from daytrader.services.session_manager import SessionManager
from daytrader.services.sweep_service import Estimate, SweepRequest
from tests.stored_bars import store_daily

from ..conftest import World
from ..core.builders import random_walk

PART = 12
AXES = {"fast": list(range(2, 10)), "slow": list(range(10, 22))}


@pytest.fixture
def alice(world: World) -> User:
    """Who asks; ACME and OTHER have 200 days."""
    for seed, symbol in enumerate(("ACME", "OTHER")):
        rng = np.random.default_rng(seed)
        closes = np.round(100 * np.exp(np.cumsum(rng.normal(0.0005, 0.02, 200))), 2).tolist()
        with SessionManager() as session:
            stock = Stock(symbol=symbol)
            session.add(stock)
            session.flush()
            rows = [
                {
                    "price_date": date(2020, 1, 1) + timedelta(days=day),
                    "open_price": close,
                    "high_price": round(close * 1.01, 2),
                    "low_price": round(close * 0.99, 2),
                    "close_price": close,
                }
                for day, close in enumerate(closes)
            ]
            store_daily(session, stock.id, rows)
    return world.user("alice")


def _ask(user: User) -> Sweep:
    """Ask for 96 combinations on two symbols, in 16 parts."""
    asked = BacktestRequest("ACME", "sma_cross", {}, Rules(), Decimal(10_000))
    request = SweepRequest(asked, ("ACME", "OTHER"), {"method": "grid", "axes": AXES})
    actor = Actor(user.id)
    with SessionManager() as session:
        job = job_service.create(session, actor, sweep_jobs.SWEEP, {})
        told = Estimate(request.combinations.size, 2, request.combinations.size * 2, 200, 1.0, PART)
        stored = sweep_service.create(session, actor, request, told, job)
        job.params = sweep_jobs.params_of(actor, stored.id)
    return stored


def _worker(instance: Path, dask: str = "") -> Worker:
    return Worker(sweep_jobs.handlers(instance, address="", dask=dask))


def _outcome(instance: Path, sweep_id: int) -> dict[str, bytes]:
    files = sweep_files.of(instance, sweep_id)
    return {
        f"{name} {symbol}": np.asarray(files.figure(name, symbol)).tobytes()
        for name in sweep_files.FIGURES
        for symbol in (0, 1, None)
    }


@pytest.fixture
def expected(alice: User, tmp_path: Path, world: World) -> tuple[dict[str, bytes], dict[str, object]]:
    """The figures and findings of an undisturbed sweep on this machine."""
    stored = _ask(alice)
    assert _worker(tmp_path).run_waiting() == 1
    findings = world.reload(stored).findings
    assert findings["best"] is not None
    # The next sweep on the same data counts this one's tries: the figures must not.
    return _outcome(tmp_path, stored.id), {
        name: findings[name] for name in ("best", "settings", "metrics", "stability")
    }


def _assert_same(
    world: World, instance: Path, stored: Sweep, expected: tuple[dict[str, bytes], dict[str, object]]
) -> None:
    found = world.reload(stored)
    assert (found.state, found.error) == (JobState.SUCCEEDED, None)
    assert _outcome(instance, stored.id) == expected[0]
    assert {name: found.findings[name] for name in expected[1]} == expected[1]


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
    worker = _worker(instance)
    worker.start()
    deadline = time.monotonic() + 60
    while world.reload(stored).state is not JobState.SUCCEEDED:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    worker.stop()


def test_a_symbol_that_is_judged_is_not_judged_again(
    world: World,
    alice: User,
    tmp_path: Path,
    expected: tuple[dict[str, bytes], dict[str, object]],
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
    stored = _ask(alice)
    with pytest.raises(KeyboardInterrupt):
        _worker(tmp_path).run_waiting()
    _start_anew(world, tmp_path, stored)
    assert judged == ["ACME", "interrupted", "OTHER"]
    _assert_same(world, tmp_path, stored, expected)
    files = sweep_files.of(tmp_path, stored.id)
    assert [line["symbol"] for line in files.summaries() or ()] == ["ACME", "OTHER"]


def test_a_killed_process_leaves_what_is_done(
    world: World,
    alice: User,
    tmp_path: Path,
    expected: tuple[dict[str, bytes], dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After kill -9 in the middle the next start computes the rest alone, and comes to the same bits."""
    stored = _ask(alice)
    url = world.engine.url.render_as_string(hide_password=False)
    child = subprocess.run([sys.executable, "-c", _CHILD, url, str(tmp_path)], check=False, timeout=120)
    assert child.returncode == -signal.SIGKILL
    assert world.reload(stored).state is JobState.RUNNING
    computed = _counted(monkeypatch)
    _start_anew(world, tmp_path, stored)
    assert len(computed) == 16 - 5
    _assert_same(world, tmp_path, stored, expected)


def _change(symbol: str, day: int, close: float) -> None:
    """Store another close of *symbol* on that day of its history, or one more."""
    with SessionManager() as session:
        (stock_id,) = session.execute(select(Stock.id).where(Stock.symbol == symbol)).one()
        row = {
            "price_date": date(2020, 1, 1) + timedelta(days=day),
            "open_price": close,
            "high_price": close,
            "low_price": close,
            "close_price": close,
        }
        store_daily(session, stock_id, [row])


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
            _worker(instance).run_waiting()
    return _counted(monkeypatch)


def test_prices_restated_meanwhile_are_computed_anew(
    world: World, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash: no sweep is half of what was and half of what is; the other symbol keeps what it has."""
    stored = _ask(alice)
    computed = _interrupted(tmp_path, 13, monkeypatch)
    _change("ACME", 100, 77.0)
    _start_anew(world, tmp_path, stored)
    assert computed.count(computed[-1]) == 8
    assert len(computed) == 3 + 8  # the rest of OTHER, then all of ACME
    again = _ask(alice)
    assert _worker(tmp_path).run_waiting() == 1
    assert _outcome(tmp_path, stored.id) == _outcome(tmp_path, again.id)
    assert world.reload(stored).data_hash == world.reload(again).data_hash


def test_bars_that_came_meanwhile_are_no_part_of_it(
    world: World,
    alice: User,
    tmp_path: Path,
    expected: tuple[dict[str, bytes], dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sweep is of the prices there were when it began."""
    stored = _ask(alice)
    computed = _interrupted(tmp_path, 5, monkeypatch)
    _change("ACME", 200, 300.0)
    _start_anew(world, tmp_path, stored)
    assert len(computed) == 16 - 5
    _assert_same(world, tmp_path, stored, expected)


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
    stored = _ask(alice)
    _worker(tmp_path).run_waiting()
    again = _ask(alice)
    _worker(tmp_path).run_waiting()
    assert world.reload(stored).state is JobState.SUCCEEDED
    assert _outcome(tmp_path, stored.id) == _outcome(tmp_path, again.id)
    closes += [float(70 + change) for change in range(9)]
    restless = _ask(alice)
    _worker(tmp_path).run_waiting()
    assert world.reload(restless).state is JobState.FAILED
    assert "prices changed again and again" in (world.reload(restless).error or "")


@contextmanager
def _process(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-m", *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class _Cluster:
    """A real scheduler, and workers that are processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        address: str = json.loads(self.file.read_text())["address"]
        return address

    @contextmanager
    def scheduler(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the scheduler."""
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file))
        with _process("distributed.cli.dask_scheduler", *options) as process:
            deadline = time.monotonic() + 60
            while not self.file.exists():
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield process

    @contextmanager
    def worker(self, number: int) -> Iterator[subprocess.Popen[bytes]]:
        """Run one more worker, the *number*-th."""
        options = ("--scheduler-file", str(self.file), "--nthreads", "1", "--no-nanny", "--no-dashboard")
        with _process("distributed.cli.dask_worker", *options, "--local-directory", str(self.folder)) as process:
            with Client(self.address, timeout=30, set_as_default=False) as client:  # type: ignore[no-untyped-call]  # Dask has no types
                client.wait_for_workers(number, timeout=60)
            yield process


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Cluster]:
    """A cluster of two workers."""
    made = _Cluster(tmp_path_factory.mktemp("dask"))
    with made.scheduler(), made.worker(1), made.worker(2):
        yield made


def test_a_cluster_comes_to_the_same_bits(
    world: World,
    alice: User,
    tmp_path: Path,
    expected: tuple[dict[str, bytes], dict[str, object]],
    cluster: _Cluster,
) -> None:
    """Every figure of every combination, and what is found in them."""
    stored = _ask(alice)
    assert _worker(tmp_path, cluster.address).run_waiting() == 1
    _assert_same(world, tmp_path, stored, expected)


def test_a_worker_that_dies_changes_nothing(
    world: World,
    alice: User,
    tmp_path: Path,
    expected: tuple[dict[str, bytes], dict[str, object]],
    cluster: _Cluster,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed in the middle: what it had is computed again."""
    keep, kept = sweep_files.SweepFiles.keep, []
    with cluster.worker(3) as doomed:

        def kill_one(*args: object) -> None:
            kept.append(1)
            if len(kept) == 3:
                doomed.kill()
            keep(*args)  # type: ignore[arg-type]  # whatever is given

        monkeypatch.setattr(sweep_files.SweepFiles, "keep", kill_one)
        stored = _ask(alice)
        assert _worker(tmp_path, cluster.address).run_waiting() == 1
        assert doomed.wait(10) == -signal.SIGKILL
    _assert_same(world, tmp_path, stored, expected)


def test_the_command_line_computes_there_too(cluster: _Cluster) -> None:
    """Refused combinations among them, the same bits; stopped, it has what was done until then."""
    bars, search = random_walk(300), Search("sma_cross", {}, Rules(), Decimal(10_000))
    tried = grid({"fast": range(2, 22), "slow": range(12, 32), "stop_loss_percent": [0, 2]})
    here = search.run(bars, tried)
    heard: list[tuple[int, int]] = []

    def run(*, stops: bool) -> Outcome:
        def heard_of(done: int, total: int) -> None:
            heard.append((done, total))

        def should_stop() -> bool:
            return stops and heard[-1][0] > 0

        return sweep_cluster.run(
            cluster.address, search, bars, tried, room=MEMORY, progress=heard_of, should_stop=should_stop
        )

    there = run(stops=False)
    assert heard[-1] == (800, 800)
    for name in (*sweep_files.FIGURES, "blocks"):
        one, other = getattr(here, name), getattr(there, name)
        for column in ("sum", "squares", "count") if name == "blocks" else ("T",):
            np.testing.assert_array_equal(getattr(one, column), getattr(other, column), err_msg=name)
    heard.clear()
    with pytest.raises(SweepStoppedError) as stopped:
        run(stops=True)
    told = stopped.value.outcome
    assert told is not None
    assert 0 < stopped.value.done < 800
    assert np.count_nonzero(told.is_valid) <= stopped.value.done
    assert (told.final_equity[told.is_valid] == here.final_equity[told.is_valid]).all()


def test_a_cluster_hears_of_a_cancel(
    world: World, alice: User, tmp_path: Path, cluster: _Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts that wait are taken back, and nothing of the sweep is left."""
    stored = _ask(alice)
    worker = _worker(tmp_path, cluster.address)
    keep = sweep_files.SweepFiles.keep

    def cancel(*args: object) -> None:
        keep(*args)  # type: ignore[arg-type]  # whatever is given
        assert stored.job_id is not None
        worker.cancel(Actor(alice.id), stored.job_id)

    monkeypatch.setattr(sweep_files.SweepFiles, "keep", cancel)
    assert worker.run_waiting() == 1
    assert world.reload(stored).state is JobState.CANCELLED
    assert not sweep_files.of(tmp_path, stored.id).is_there()


def test_a_dead_address_is_told(world: World, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep fails with a word that an operator understands."""
    monkeypatch.setattr("daytrader.jobs.cluster._CONNECT_SECONDS", 1)
    stored = _ask(alice)
    assert _worker(tmp_path, "tcp://127.0.0.1:9").run_waiting() == 1
    found = world.reload(stored)
    assert (found.state, found.error) == (JobState.FAILED, "no Dask scheduler answers at tcp://127.0.0.1:9")
    with SessionManager(read_only=True) as session:
        assert session.get_one(Job, found.job_id).error == found.error


def test_a_scheduler_that_goes_away_is_told(
    world: World, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the middle: the sweep fails with that word, and may be asked for again."""
    keep = sweep_files.SweepFiles.keep
    own = _Cluster(tmp_path)
    with own.scheduler() as scheduler, own.worker(1):

        def kill(*args: object) -> None:
            scheduler.kill()
            keep(*args)  # type: ignore[arg-type]  # whatever is given

        monkeypatch.setattr(sweep_files.SweepFiles, "keep", kill)
        stored = _ask(alice)
        assert _worker(tmp_path, own.address).run_waiting() == 1
    found = world.reload(stored)
    assert (found.state, found.error) == (
        JobState.FAILED,
        "the Dask scheduler went away in the middle of the sweep",
    )


def test_a_full_disk_fails_the_sweep_and_nothing_else(
    world: World, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found out when the files are made: writing to one that is mapped and has no room kills the process."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    stored = _ask(alice)
    assert _worker(tmp_path).run_waiting() == 1
    found = world.reload(stored)
    assert found.state is JobState.FAILED
    assert found.error == "the results of the sweep cannot be stored: No space left on device"
    assert not sweep_files.of(tmp_path, stored.id).folder.exists()


def test_files_of_deleted_sweeps_are_tidied_up(alice: User, tmp_path: Path) -> None:
    """When the worker starts; those of others stay."""
    stored = _ask(alice)
    worker = _worker(tmp_path)
    worker.run_waiting()
    orphan = sweep_files.root(tmp_path) / "999"
    orphan.mkdir()
    worker.start()
    worker.stop()
    assert not orphan.exists()
    assert sweep_files.of(tmp_path, stored.id).is_there()
