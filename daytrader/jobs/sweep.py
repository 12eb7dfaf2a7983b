"""Sweeps: computed in parts, each kept as it is done, then judged."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from daytrader.core import ranking, walk_forward
from daytrader.core.assessment import Assessment, assess
from daytrader.core.bars import Bars
from daytrader.core.errors import SweepStoppedError
from daytrader.core.overfitting import backtest_overfitting
from daytrader.core.stability import stability
from daytrader.core.verdict import NOTHING_TRADED, judge
from daytrader.jobs.cluster import Machines, Task, machines
from daytrader.jobs.worker import Handler, JobControl, JobStopped, Outcome
from daytrader.models import Sweep
from daytrader.models.enums import JobState
from daytrader.services import sweep_files, sweep_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.services.sweep_files import Part, SweepFiles
from daytrader.services.sweep_service import SweepRequest
from daytrader.utils.current_datetime import get_current_datetime

SWEEP: Final = "sweep"

# Parts of the whole time, roughly; without a walk-forward its part is the computing's.
_COMPUTED: Final = 0.8
_JUDGED: Final = 0.2
_WALKED: Final = 0.5
_THREADS: Final = os.cpu_count() or 1


def handlers(instance: Path, *, address: str, dask: str) -> dict[str, Handler]:
    """
    Return who carries out the jobs of this module, by kind.

    Args:
        instance: In whose folder the results are.
        address: What the addresses of results begin with.
        dask: The scheduler of the cluster to compute on; empty for this machine.
    """
    return {SWEEP: SweepJob(instance, address, dask)}


class SweepJob:
    """Computes what is not done yet, judges it and stores the verdict."""

    def __init__(self, instance: Path, address: str, dask: str) -> None:
        self._instance = instance
        self._address = address
        self._dask = dask

    def run(self, params: Mapping[str, Any], control: JobControl) -> Outcome:
        """Begun anew it goes on where it was: parts that are done are on disk."""
        sweep_id: int = params["sweep_id"]
        with SessionManager() as session:
            stored = session.get_one(Sweep, sweep_id)
            stored.state = JobState.RUNNING
        search = _Search(stored, sweep_files.of(self._instance, sweep_id), control)
        with machines(self._dask) as machines_:
            search.compute(machines_)
        try:
            findings = search.judge()
        except SweepStoppedError:
            raise JobStopped from None
        with SessionManager() as session:
            stored = session.get_one(Sweep, sweep_id)
            stored.data_hash = search.data_hash
            stored.findings = findings
            stored.best_params = findings["settings"] or {}
            stored.best_value = None if findings["metrics"] is None else findings["metrics"][stored.metric]
            stored.state = JobState.SUCCEEDED
            stored.finished_at = get_current_datetime()
        search.files.finish()
        result = {
            "sweep_id": sweep_id,
            "combinations": stored.combinations,
            "best": findings["settings"],
            "verdict": findings["verdict"]["sentence"],
        }
        return Outcome(result, f"{self._address}/sweeps/{sweep_id}")

    def discard(self, params: Mapping[str, Any]) -> None:
        """Tell the sweep how its job ended; what came of a job that did not succeed is dropped."""
        with SessionManager() as session:
            stored = sweep_service.settle(session, params["sweep_id"])
        if stored is None or stored.state is not JobState.SUCCEEDED:
            sweep_files.of(self._instance, params["sweep_id"]).remove()

    def tidy(self) -> None:
        """Drop the files of sweeps that were deleted."""

        def known() -> list[int]:
            with SessionManager(read_only=True) as session:
                return sweep_service.known_ids(session)

        sweep_files.tidy(self._instance, known)


class _Search:
    """One sweep under way."""

    def __init__(self, stored: Sweep, files: SweepFiles, control: JobControl) -> None:
        self.files = files
        self.data_hash = ""
        self._stored = stored
        self._request = SweepRequest.from_json(stored.request)
        self._part: int = stored.request["part"]
        self._control = control
        self._total = self._request.combinations.size * len(self._request.symbols)
        self._walks = self._request.walk_forward is not None and len(self._request.symbols) == 1
        self._share = _COMPUTED * (_WALKED if self._walks else 1)

    def compute(self, machines_: Machines) -> None:
        """Compute and keep every part that is not done."""
        tried = self._request.combinations
        missing = self.files.begin(tried, len(self._request.symbols), self._part)
        done = self._total - sum(part.last - part.first for part in missing)

        def report(within: int) -> None:
            self._control.report(min(1.0, (done + within) / self._total) * self._share)

        report(0)
        try:
            for part, outcome in machines_.run(self._request, self._tasks(missing), report):
                self.files.keep(part, self._part, outcome)
                done += part.last - part.first
                report(0)
        finally:
            self.files.mark()

    def judge(self) -> dict[str, Any]:
        """Return what the best is, what it is worth, and how choosing it anew would have done."""
        bars = [self._bars(symbol) for symbol in self._request.symbols]
        self.data_hash = sweep_service.data_hash_of([one.data_hash for one in bars])
        with SessionManager(read_only=True) as session:
            earlier = sweep_service.earlier_trials(session, self._stored)
        if len(bars) > 1:
            return self._judge_pooled(earlier)
        assessed = self._assess(bars[0], earlier)
        found: dict[str, Any] = {**assessed.to_dict(), "earlier_trials": earlier, "walk_forward": None}
        if self._walks:
            found["walk_forward"] = self._walk(bars[0])
        return found

    def _tasks(self, missing: list[Part]) -> Iterator[Task]:
        symbol, bars = -1, None
        for part in missing:
            if part.symbol != symbol or bars is None:
                symbol, bars = part.symbol, self._bars(self._request.symbols[part.symbol])
            yield Task(part, bars, self._request.combinations.part(part.first, part.last))

    def _bars(self, symbol: str) -> Bars:
        with SessionManager(read_only=True) as session:
            return sweep_service.load(session, self._request, symbol).bars

    def _assess(self, bars: Bars, earlier: int) -> Assessment:
        asked = self._request.asked
        return assess(
            bars,
            asked.strategy,
            self._request.combinations,
            self.files.outcome(0),
            asked.rules,
            symbol=asked.symbol,
            params=asked.params,
            cash=asked.cash,
            start=asked.start,
            end=asked.end,
            fill=asked.fill,
            prices=asked.prices,
            metric=self._request.metric,
            earlier_trials=earlier,
            threads=_THREADS,
            progress=lambda part: self._control.report(self._share + part * _JUDGED),
        )

    def _judge_pooled(self, earlier: int) -> dict[str, Any]:
        """Judge one choice for all symbols: by the means of the figures, and by returns pooled over the symbols."""
        outcome = self.files.pooled(len(self._request.symbols))
        scored = ranking.scores(outcome, self._request.metric)
        best = ranking.best(scored)
        found: dict[str, Any] = {
            "metric": self._request.metric,
            "best": best,
            "settings": None,
            "metrics": None,
            "deflated_sharpe": None,  # one series of returns is needed for it
            "overfitting": None,
            "stability": None,
            "earlier_trials": earlier,
            "walk_forward": None,
        }
        verdict = NOTHING_TRADED
        if best is not None:
            blocks = outcome.blocks
            overfitting = backtest_overfitting(
                blocks.count,
                blocks.sum,
                blocks.squares,
                ranking.traded(outcome),
                threads=_THREADS,
                progress=lambda part: self._control.report(self._share + part * _JUDGED),
            )
            near = stability(self._request.combinations, scored, best)
            verdict = judge(overfitting, None, near, int(outcome.trades[best]))
            # The form is the single symbol's.
            shown = Assessment(self._request.metric, best, None, None, None, overfitting, near, verdict).to_dict()
            found |= {name: shown[name] for name in ("overfitting", "stability")}
            found["settings"] = self._request.combinations.of(best)
            found["metrics"] = {name: getattr(outcome, name)[best].item() for name in sweep_files.FIGURES}
        found["verdict"] = {
            "level": verdict.level.value,
            "odds_of_luck": verdict.odds_of_luck,
            "sentence": verdict.sentence,
        }
        return found

    def _walk(self, bars: Bars) -> dict[str, Any]:
        asked, how = self._request.asked, self._request.walk_forward
        assert how is not None
        before = self._share + _JUDGED
        walked = walk_forward.run(
            bars,
            asked.strategy,
            self._request.combinations,
            asked.rules,
            symbol=asked.symbol,
            params=asked.params,
            cash=asked.cash,
            mode=how["mode"],
            train=how["train"],
            test=how["test"],
            metric=self._request.metric,
            start=asked.start,
            end=asked.end,
            fill=asked.fill,
            prices=asked.prices,
            progress=lambda done, total: self._control.report(before + done / total * (1 - before)),
        )
        return walked.to_dict()


def params_of(actor: Actor, sweep_id: int) -> dict[str, Any]:
    """Return what the job needs."""
    return {"user_id": actor.user_id, "sweep_id": sweep_id}
