"""A sweep of 96 combinations on two symbols in 16 parts, and what an undisturbed one comes to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from daytrader.core.rules import Rules
from daytrader.jobs import sweep as sweep_jobs
from daytrader.jobs.worker import Worker
from daytrader.models import Sweep, User
from daytrader.models.enums import JobState
from daytrader.services import job_service, sweep_files, sweep_service
from daytrader.services.actor import Actor
from daytrader.services.backtest_request import BacktestRequest
from daytrader.services.session_manager import SessionManager
from daytrader.services.sweep_estimate import Estimate
from daytrader.services.sweep_request import SweepRequest
from tests.conftest import World
from tests.stored_bars import store_random_walk

PART: Final = 12
AXES: Final = {"fast": list(range(2, 10)), "slow": list(range(10, 22))}
DAYS: Final = 200


@dataclass
class Undisturbed:
    """The bytes of all figures, and the findings, of a sweep that nothing happened to."""

    figures: dict[str, bytes]
    findings: dict[str, object]

    def assert_same(self, world: World, instance: Path, stored: Sweep) -> None:
        """Prove that *stored* has come to the same bits."""
        found = world.reload(stored)
        assert (found.state, found.error) == (JobState.SUCCEEDED, None)
        assert figures_of(instance, stored.id) == self.figures
        assert {name: found.findings[name] for name in self.findings} == self.findings


def ask(user: User) -> Sweep:
    """Ask for it."""
    asked = BacktestRequest("ACME", "sma_cross", {}, Rules(), Decimal(10_000))
    request = SweepRequest(asked, ("ACME", "OTHER"), {"method": "grid", "axes": AXES})
    actor = Actor(user.id)
    with SessionManager() as session:
        job = job_service.create(session, actor, sweep_jobs.SWEEP, {})
        told = Estimate(request.combinations.size, 2, request.combinations.size * 2, DAYS, 1.0, PART)
        stored = sweep_service.create(session, actor, request, told, job)
        job.params = sweep_jobs.params_of(actor, stored.id)
    return stored


def worker_at(instance: Path, dask: str = "") -> Worker:
    """Return a worker that computes sweeps on this machine, or at the Dask scheduler of that address."""
    return Worker(sweep_jobs.handlers(instance, address="", dask=dask))


def figures_of(instance: Path, sweep_id: int) -> dict[str, bytes]:
    """Return the bytes of each figure of each symbol, and of the choice for both."""
    files = sweep_files.of(instance, sweep_id)
    return {
        f"{name} {symbol}": np.asarray(files.figure(name, symbol)).tobytes()
        for name in sweep_files.FIGURES
        for symbol in (0, 1, None)
    }


@pytest.fixture
def alice(world: World) -> User:
    """Who asks; ACME and OTHER have 200 days."""
    for seed, symbol in enumerate(("ACME", "OTHER")):
        store_random_walk(symbol, seed, DAYS)
    return world.user("alice")


@pytest.fixture
def undisturbed(alice: User, tmp_path: Path, world: World) -> Undisturbed:
    """A sweep on this machine from beginning to end."""
    stored = ask(alice)
    assert worker_at(tmp_path).run_waiting() == 1
    findings = world.reload(stored).findings
    assert findings["best"] is not None
    # The next sweep on the same data counts this one's tries: the figures must not.
    named = {name: findings[name] for name in ("best", "settings", "metrics", "stability")}
    return Undisturbed(figures_of(tmp_path, stored.id), named)
