"""Sweeps: computed in parts, each kept as it is done, then judged."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from daytrader.core import ranking
from daytrader.core.assessment import Assessment
from daytrader.core.bars import Bars
from daytrader.core.errors import SweepStoppedError
from daytrader.core.overfitting import backtest_overfitting
from daytrader.core.search import Stage
from daytrader.core.stability import stability
from daytrader.core.verdict import NOTHING_TRADED, judge
from daytrader.jobs.cluster import Machines, Task, machines
from daytrader.jobs.worker import Handler, JobControl, JobStopped, Outcome
from daytrader.models import Sweep
from daytrader.models.enums import JobState
from daytrader.services import sweep_files, sweep_request, sweep_results, sweep_service
from daytrader.services.actor import Actor
from daytrader.services.earlier_sweeps import earlier_sweeps
from daytrader.services.session_manager import SessionManager, in_unit
from daytrader.services.sweep_files import Part, Pin, SweepFiles
from daytrader.services.sweep_request import SweepRequest
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError
from daytrader.utils.spool import Spool

SWEEP: Final = "sweep"

# Parts of the whole time, roughly: of the computing, without and with a walk-forward, and of telling luck beside one.
_COMPUTED: Final = 0.8
_COMPUTED_WALKING: Final = 0.4
_LUCK: Final = 0.3
_THREADS: Final = os.cpu_count() or 1
_MOST_RESTATEMENTS: Final = 3  # of prices, before somebody has to say where they end


def handlers(instance: Path, *, address: str, dask: str) -> dict[str, Handler]:
    """
    Return who carries out the jobs of this module, by kind.

    Args:
        instance: In whose folder the results are.
        address: What the addresses of results begin with.
        dask: The scheduler of the cluster to compute on; empty for this machine.
    """
    return {SWEEP: SweepJob(instance, address, dask)}


def _begin(session: Session, sweep_id: int) -> Sweep:
    stored = session.get_one(Sweep, sweep_id)
    stored.state = JobState.RUNNING
    return stored


def _end(session: Session, sweep_id: int, data_hash: str, findings: dict[str, Any]) -> Sweep:
    stored = session.get_one(Sweep, sweep_id)
    stored.data_hash = data_hash
    stored.findings = findings
    stored.best_params = findings["settings"] or {}
    stored.best_value = None if findings["metrics"] is None else findings["metrics"][stored.metric]
    stored.state = JobState.SUCCEEDED
    stored.finished_at = get_current_datetime()
    return stored


class SweepJob:
    """Computes what is not done yet, judges it and stores the verdict."""

    def __init__(self, instance: Path, address: str, dask: str) -> None:
        self._instance = instance
        self._address = address
        self._dask = dask

    def run(self, params: Mapping[str, Any], control: JobControl) -> Outcome:
        """Begun anew it goes on where it was: parts that are done are on disk."""
        sweep_id: int = params["sweep_id"]
        stored = in_unit(partial(_begin, sweep_id=sweep_id))
        search = _Search(stored, sweep_files.of(self._instance, sweep_id), control)
        findings = self._found(search)
        stored = in_unit(partial(_end, sweep_id=sweep_id, data_hash=search.data_hash, findings=findings))
        search.files.finish()
        result = {
            "sweep_id": sweep_id,
            "combinations": stored.combinations,
            "best": findings["settings"],
            "verdict": findings["verdict"]["sentence"],
        }
        return Outcome(result, f"{self._address}/sweeps/{sweep_id}")

    def _found(self, search: _Search) -> dict[str, Any]:
        """
        Return what the best is and what it is worth, all of it on the same prices.

        Raises:
            ConflictError: If they change again and again meanwhile.
        """
        for _ in range(1 + _MOST_RESTATEMENTS):
            try:
                with machines(self._dask) as machines_:
                    search.compute(machines_)
                return search.judge()
            except SweepStoppedError:
                raise JobStopped from None
            except _Restated as restated:
                search.files.forget(restated.place)
        raise ConflictError("prices changed again and again while they were searched: choose an end before they do")

    def discard(self, params: Mapping[str, Any]) -> None:
        """Tell the sweep how its job ended; what came of a job that did not succeed is dropped."""
        stored = in_unit(lambda session: sweep_service.settle(session, params["sweep_id"]))
        if stored is None or stored.state is not JobState.SUCCEEDED:
            sweep_files.of(self._instance, params["sweep_id"]).remove()

    def tidy(self) -> None:
        """Drop the files of sweeps that were deleted."""

        def known() -> list[int]:
            with SessionManager(read_only=True) as session:
                return sweep_service.known_ids(session)

        sweep_files.tidy(self._instance, known)


class _Restated(Exception):  # noqa: N818 (it never leaves this module)
    """The prices of the symbol at *place* are no longer those that parts of it were computed on."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


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
        self._share = _COMPUTED if self._request.walk_forward is None else _COMPUTED_WALKING

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
        """
        Return what the best is, what it is worth, and how choosing it anew would have done.

        Of several symbols that is said of one choice for all, and kept of each of them alone.
        """
        symbols = self._request.symbols
        with SessionManager(read_only=True) as session:
            earlier = earlier_sweeps(session, self._stored)
        judged = len(symbols) + (len(symbols) > 1)
        hashes, summaries, found = [], [], dict[str, Any]()
        for place, symbol in enumerate(symbols):
            bars = self._bars(place)
            hashes.append(bars.data_hash)
            found = self._judge_alone(place, bars, earlier.trials([symbol]), judged)
            summaries.append(sweep_results.summary_of(symbol, found, self._request.metric))
        self.data_hash = sweep_service.data_hash_of(hashes)
        if len(symbols) == 1:
            return found
        self.files.keep_summaries(summaries)
        return self._judge_pooled(earlier.trials(symbols), judged)

    def _judge_alone(self, place: int, bars: Bars, earlier: int, judged: int) -> dict[str, Any]:
        """Judge the symbol at *place*, the first of *judged*; one of several is kept, and not judged again."""
        is_alone = judged == 1
        known = None if is_alone else self.files.findings(place)
        if known is not None:
            return known
        search = self._request.search
        luck = 1.0 if search.walk is None else _LUCK

        room = Spool(self.files.folder)

        def progress(stage: Stage, part: float) -> None:
            room.rest()
            self._report(place + (part * luck if stage == "luck" else luck + part * (1 - luck)), judged)

        found = search.judge(
            symbol=self._request.symbols[place],
            bars=bars,
            combinations=self._request.combinations,
            outcome=self.files.outcome(place),
            earlier_trials=earlier,
            is_one_of_several=not is_alone,
            threads=_THREADS,
            room=room,
            progress=progress,
        ).to_dict()
        if not is_alone:
            self.files.keep_findings(place, found)
        return found

    def _report(self, done: float, judged: int) -> None:
        self._control.report(min(1.0, self._share + done / judged * (1 - self._share)))

    def _tasks(self, missing: list[Part]) -> Iterator[Task]:
        symbol, bars = -1, None
        for part in missing:
            if part.symbol != symbol or bars is None:
                symbol, bars = part.symbol, self._bars(part.symbol)
            yield Task(part, bars, self._request.combinations.part(part.first, part.last))

    def _bars(self, place: int) -> Bars:
        """
        Return the prices of the symbol at *place* that its first part was computed on; later bars are left out.

        Raises:
            _Restated: If they are not what they were.
        """
        with SessionManager(read_only=True) as session:
            bars = sweep_request.load(session, self._request, self._request.symbols[place]).bars
        pin = self.files.pinned(place)
        if pin is None:
            self.files.pin(place, Pin(bars.n, bars.data_hash))
            return bars
        known = bars if bars.n == pin.rows else bars.head(pin.rows)
        if known.data_hash != pin.data_hash:
            raise _Restated(place)
        return known

    def _judge_pooled(self, earlier: int, judged: int) -> dict[str, Any]:
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
            "not_walked": None,
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
                progress=lambda part: self._report(judged - 1 + part, judged),
            )
            near = stability(self._request.combinations, scored, best)
            verdict = judge(overfitting, None, near, int(outcome.trades[best]))
            # The form is the single symbol's.
            shown = Assessment(self._request.metric, best, None, None, None, overfitting, near, verdict).to_dict()
            found |= {name: shown[name] for name in ("overfitting", "stability")}
            found["settings"] = self._request.combinations.of(best)
            found["metrics"] = sweep_results.told({name: getattr(outcome, name) for name in sweep_files.FIGURES}, best)
        found["verdict"] = {
            "level": verdict.level.value,
            "odds_of_luck": verdict.odds_of_luck,
            "sentence": verdict.sentence,
        }
        return found


def params_of(actor: Actor, sweep_id: int) -> dict[str, Any]:
    """Return what the job needs."""
    return {"user_id": actor.user_id, "sweep_id": sweep_id}
