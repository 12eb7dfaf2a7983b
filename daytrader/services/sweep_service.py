"""Sweeps as asked for, stored and found again; what computes them is in ``jobs.sweep``."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Literal, Self

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader import __version__
from daytrader.core import combinations as core
from daytrader.core import ranking
from daytrader.core.arrays import IntArray
from daytrader.core.bars import Bars
from daytrader.core.combinations import Column, Combinations
from daytrader.core.errors import InvalidParameterError
from daytrader.core.search import LeftOut, Search, Walk, nothing_left
from daytrader.models import Job, Sweep
from daytrader.models.enums import JobState
from daytrader.services import backtest_service
from daytrader.services.actor import Actor
from daytrader.services.backtest_request import BacktestRequest
from daytrader.services.backtest_service import Loaded
from daytrader.services.job_service import UNFINISHED
from daytrader.utils.errors import ConflictError, InsufficientDataError, InvalidInputError, NotFoundError

MOST_COMBINATIONS: Final = 2_000_000
"""Of one sweep."""
MOST_BACKTESTS: Final = 4_000_000
"""Combinations times symbols of one sweep."""

_LONGEST_ERROR: Final = 1000
_SAMPLE: Final = 64
_SAMPLE_BARS: Final = 10_000_000  # combination-bars of a sample at most: the caller waits
_SMALLEST_SAMPLE: Final = 4
_TELLING_SECONDS: Final = 0.05
_GROWTH: Final = 8
_MOST_DECIMALS: Final = 6  # of any column that holds a setting
_PART_BARS: Final = 1 << 30  # combination-bars of a part: about a second of one core
_LARGEST_PART: Final = 65_536
_SMALLEST_PART: Final = 64


@dataclass(frozen=True)
class SweepRequest:
    """
    What to search.

    Attributes:
        asked: What every backtest has in common; its symbol is the first one.
        symbols: What to search on.
        space: ``{"method": "grid", "axes": {name: [values]}}``, ``{"method": "random", "axes": {name: [low, high]},
            "draws": n, "seed": s}`` or ``{"method": "list", "rows": [{name: value}]}``, plain numbers throughout.
        metric: What the best is chosen by.
        walk_forward: ``{"mode", "train", "test"}``, of each symbol, or None for none.
        left_out: Symbols that were asked for too, but cannot be searched on.
    """

    asked: BacktestRequest
    symbols: tuple[str, ...]
    space: Mapping[str, Any]
    metric: str = "sharpe_ratio"
    walk_forward: Mapping[str, Any] | None = None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def method(self) -> Literal["grid", "random", "list"]:
        """Return how combinations are found."""
        method: Literal["grid", "random", "list"] = self.space["method"]
        return method

    @property
    def search(self) -> Search:
        """Return the same as the core takes it, for any of the symbols."""
        walk = None if self.walk_forward is None else Walk(**self.walk_forward)
        return Search.of(self.asked, metric=self.metric, walk=walk)

    @cached_property
    def combinations(self) -> Combinations:
        """
        Return what is tried.

        Raises:
            InvalidInputError: If there is nothing to try, or too much.
        """
        axes = self.space.get("axes", {})
        if self.method == "grid":
            size = math.prod(len(values) for values in axes.values())
        else:
            size = self.space["draws"] if self.method == "random" else len(self.space["rows"])
        if size > MOST_COMBINATIONS or size * len(self.symbols) > MOST_BACKTESTS:
            most = min(MOST_COMBINATIONS, MOST_BACKTESTS // len(self.symbols))
            raise InvalidInputError({"combinations": [f"must be at most {most:,} here, were {size:,}"]})
        if self.method == "grid":
            return core.grid(axes)
        if self.method == "random":
            bounds = {name: (low, high) for name, (low, high) in axes.items()}
            try:
                return core.random(bounds, self.space["draws"], self.space["seed"], self.asked.strategy)
            except ValueError:  # steps beyond what can be drawn from
                raise InvalidInputError({"random": ["has bounds that are too large for steps that small"]}) from None
        return core.listed(self.space["rows"])

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "asked": self.asked.to_json(),
            "symbols": list(self.symbols),
            "space": dict(self.space),
            "metric": self.metric,
            "walk_forward": None if self.walk_forward is None else dict(self.walk_forward),
            "left_out": [one.to_dict() for one in self.left_out],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Return the request that `to_json` wrote."""
        return cls(
            BacktestRequest.from_json(plain["asked"]),
            tuple(plain["symbols"]),
            plain["space"],
            plain["metric"],
            plain["walk_forward"],
            tuple(LeftOut(**one) for one in plain.get("left_out", ())),  # older ones left nothing out
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a sweep would take; *seconds* is measured on a sample, on this machine."""

    combinations: int
    symbols: int
    backtests: int
    bars: int
    seconds: float
    part: int


def load(session: Session, request: SweepRequest, symbol: str) -> Loaded:
    """Return the bars of one symbol; see `backtest_service.load` for errors."""
    return backtest_service.load(session, replace(request.asked, symbol=symbol))


def load_first(session: Session, request: SweepRequest) -> tuple[SweepRequest, Loaded]:
    """
    Return the request for those of its symbols that can be traded, the others in *left_out*, and the first one's bars.

    Raises:
        NotFoundError: If a symbol is unknown.
        InvalidInputError: If the dates contradict each other.
        InsufficientDataError: If none of the symbols has a bar to trade.
    """
    first: Loaded | None = None
    kept, left_out = list[str](), list[LeftOut]()
    for symbol in request.symbols:
        try:
            loaded = load(session, request, symbol)
            request.search.require_bars(loaded.bars)
        except InsufficientDataError as error:
            if len(request.symbols) == 1:
                raise
            left_out.append(LeftOut(symbol, str(error)))
        else:
            first = first or loaded
            kept.append(symbol)
    if first is None:
        raise nothing_left(left_out)
    asked = replace(request.asked, symbol=kept[0])
    return replace(request, asked=asked, symbols=tuple(kept), left_out=tuple(left_out)), first


def estimate(request: SweepRequest, first: Loaded) -> Estimate:
    """
    Return how long *request* takes, its walk-forward included, by running a sample of it on its first symbol.

    Raises:
        InvalidInputError: If there is no such strategy, setting or metric, or one is out of bounds.
        InsufficientDataError: If there is no bar to trade, or none to test a walk-forward on.
    """
    ranking.require_metric(request.metric)
    tried = request.combinations
    _check_bounds(request, first.bars, tried)
    each = _seconds_each(request, first.bars, tried)
    backtests = tried.size * len(request.symbols)
    seconds = each * backtests * (1 + _times_walked(request, first.bars))
    part = part_size(first.bars.n)
    return Estimate(tried.size, len(request.symbols), backtests, first.bars.n, seconds, part)


def part_size(bars: int) -> int:
    """Return how many combinations over so many *bars* are one part of a sweep's work."""
    return int(np.clip(_PART_BARS // max(1, bars), _SMALLEST_PART, _LARGEST_PART))


def create(session: Session, actor: Actor, request: SweepRequest, told: Estimate, job: Job) -> Sweep:
    """Store the actor's sweep, which *job* will compute."""
    made = Sweep(
        user_id=actor.user_id,
        job_id=job.id,
        strategy=request.asked.strategy,
        symbol=request.symbols[0],
        symbols=list(request.symbols),
        interval=request.asked.interval,
        method=request.method,
        metric=request.metric,
        combinations=told.combinations,
        request=request.to_json() | {"part": told.part, "estimated_seconds": told.seconds},
        engine_version=__version__,
    )
    session.add(made)
    session.flush()
    return made


def get_owned(session: Session, sweep_id: int, actor: Actor) -> Sweep:
    """
    Return the sweep.

    Raises:
        NotFoundError: If it does not exist or is someone else's and the actor is no administrator.
    """
    found = session.get(Sweep, sweep_id)
    if found is None or not (actor.is_admin or found.user_id == actor.user_id):
        raise NotFoundError("sweep")
    return found


def finished(session: Session, sweep_id: int, actor: Actor) -> Sweep:
    """
    Return the sweep, which has results.

    Raises:
        NotFoundError: As `get_owned`.
        ConflictError: If it is not done, or has failed.
    """
    found = get_owned(session, sweep_id, actor)
    if found.state is not JobState.SUCCEEDED:
        raise ConflictError(f"the sweep has no results: it is {found.state.value}")
    return found


def delete(session: Session, actor: Actor, sweep_id: int) -> None:
    """
    Remove the sweep.

    Raises:
        NotFoundError: As `get_owned`.
        ConflictError: If it waits or runs: cancel its job first.
    """
    found = get_owned(session, sweep_id, actor)
    if found.state in UNFINISHED:
        raise ConflictError("the sweep is not done: cancel its job first")
    session.delete(found)
    session.flush()


def data_hash_of(hashes: Sequence[str]) -> str:
    """Return one hash for the data of several symbols; of one it is that symbol's."""
    return hashes[0] if len(hashes) == 1 else hashlib.sha256(" ".join(hashes).encode()).hexdigest()


def known_ids(session: Session) -> list[int]:
    """Return the ids of all sweeps."""
    return list(session.scalars(select(Sweep.id)))


def settle(session: Session, sweep_id: int) -> Sweep | None:
    """Give the sweep the state of its job, which has ended, and return it; a sweep that is gone stays gone."""
    found = session.get(Sweep, sweep_id)
    job = None if found is None or found.job_id is None else session.get(Job, found.job_id)
    if found is not None and job is not None and job.state not in UNFINISHED:
        found.state, found.finished_at = job.state, job.finished_at
        found.error = None if job.error is None else job.error[:_LONGEST_ERROR]
        session.flush()
    return found


def _seconds_each(request: SweepRequest, bars: Bars, tried: Combinations) -> float:
    """Return the time of one combination, by samples that grow until they take long enough to tell."""
    wanted = int(np.clip(_SAMPLE_BARS // max(1, bars.n), _SMALLEST_SAMPLE, _SAMPLE))
    while True:
        # Neighbours, as a sweep meets them: what they have in common is computed once.
        size = min(wanted, tried.size)
        first = (tried.size - size) // 2
        began = time.perf_counter()
        request.search.run(bars, tried.part(first, first + size))
        taken = time.perf_counter() - began
        if taken >= _TELLING_SECONDS or size == tried.size:
            return taken / size
        wanted *= _GROWTH


def _times_walked(request: SweepRequest, bars: Bars) -> float:
    """Return how many passes over the bars the walk-forward is; one of several symbols may be too short for it."""
    try:
        return request.search.times_walked(bars)
    except InsufficientDataError:
        if len(request.symbols) == 1:
            raise
        return 0.0


def _check_bounds(request: SweepRequest, bars: Bars, tried: Combinations) -> None:
    """Try the extremes of every setting: what is out of bounds is told now, not in the middle of the night."""
    rows = {int(row) for column in tried.columns for row in (np.argmin(column), np.argmax(column), _finest(column))}
    extremes = np.array(sorted(rows))
    try:
        request.search.run(bars, tried.at(extremes), blocks=0)
    except InvalidParameterError:
        if request.method == "list":
            _refuse_row(request, bars, tried, extremes)
        raise


def _finest(column: Column) -> int:
    """Return the row of the number with the most decimals: between whole ones there may be some that are not."""
    for places in range(_MOST_DECIMALS, -1, -1):
        is_finer = column != np.round(column, places)
        if is_finer.any():
            return int(np.argmax(is_finer))
    return 0


def _refuse_row(request: SweepRequest, bars: Bars, tried: Combinations, rows: IntArray) -> None:
    """Raise InvalidInputError for the first of *rows* that is refused by itself, naming it."""
    for row in rows:
        try:
            request.search.run(bars, tried.part(row, row + 1), blocks=0)
        except InvalidParameterError as error:
            fields = {f"combinations.{row}.{name}": reasons for name, reasons in error.fields.items()}
            raise InvalidInputError(fields if error.name in tried.names else error.fields) from None
