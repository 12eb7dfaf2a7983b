"""Tests of daytrader.jobs.cluster: the same bits on machines of a Dask cluster, whatever dies there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from distributed import Client

from daytrader.cli import sweep_cluster
from daytrader.core.combinations import grid
from daytrader.core.errors import SweepStoppedError
from daytrader.core.room import MEMORY
from daytrader.core.rules import Rules
from daytrader.core.search import Search
from daytrader.core.sweep import Outcome
from daytrader.models import Job, User
from daytrader.models.enums import JobState
from daytrader.services import sweep_files
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.core.builders import random_walk
from tests.waiting import eventually

from .conftest import Undisturbed, ask, worker_at


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
            eventually(self.file.exists)
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
    undisturbed: Undisturbed,
    cluster: _Cluster,
) -> None:
    """Every figure of every combination, and what is found in them."""
    stored = ask(alice)
    assert worker_at(tmp_path, cluster.address).run_waiting() == 1
    undisturbed.assert_same(world, tmp_path, stored)


def test_a_worker_that_dies_changes_nothing(
    world: World,
    alice: User,
    tmp_path: Path,
    undisturbed: Undisturbed,
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
        stored = ask(alice)
        assert worker_at(tmp_path, cluster.address).run_waiting() == 1
        assert doomed.wait(60) == -signal.SIGKILL
    undisturbed.assert_same(world, tmp_path, stored)


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
    stored = ask(alice)
    worker = worker_at(tmp_path, cluster.address)
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
    stored = ask(alice)
    assert worker_at(tmp_path, "tcp://127.0.0.1:9").run_waiting() == 1
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
        stored = ask(alice)
        assert worker_at(tmp_path, own.address).run_waiting() == 1
    found = world.reload(stored)
    assert (found.state, found.error) == (
        JobState.FAILED,
        "the Dask scheduler went away in the middle of the sweep",
    )
