"""
Many backtests of one stock's bars: every combination's figures, as columns.

Each row is, in every bit, what `backtest.run` tells for those settings; neither threads nor the way a sweep is cut into
parts change it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numba import get_num_threads

from daytrader.core import kernel
from daytrader.core.arrays import BoolArray, IntArray
from daytrader.core.backtest import Fill, first_row, positive_cents, require_ways
from daytrader.core.bars import Bars
from daytrader.core.codes import Codes, coded, shortest
from daytrader.core.combinations import Column, Combinations, grid, listed, random
from daytrader.core.errors import InvalidParameterError, SweepStoppedError
from daytrader.core.flags import flags_of, words_of
from daytrader.core.metrics import FIGURES
from daytrader.core.outcome import BlockSums, Outcome, Results
from daytrader.core.room import MEMORY, Room
from daytrader.core.rules import RULE_FIELDS, Rules
from daytrader.core.strategy import Strategy, compute, get_strategy

__all__ = ["BlockSums", "Combinations", "Fill", "Outcome", "grid", "listed", "random", "run"]

_PIECE: Final = 1024  # combinations a thread takes at once
_SIGNALS: Final = 64  # distinct signals among them
_ROWS: Final = 1 << 22  # bars of all of them together


def run(
    bars: Bars,
    strategy: str | Strategy,
    combinations: Combinations,
    rules: Rules,
    *,
    params: Mapping[str, object] | None = None,
    cash: Decimal,
    start: date | None = None,
    end: date | None = None,
    fill: Fill = "next_open",
    blocks: int = 16,
    threads: int | None = None,
    room: Room = MEMORY,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Outcome:
    """
    Backtest every combination on *bars*.

    A value outside its setting's bounds refuses the whole sweep. A combination of allowed values that the strategy
    refuses (`sma_cross` with fast >= slow) is skipped, and `Outcome.skipped` counts it.

    Args:
        bars: The whole history: indicators start at its first bar whatever *start* is.
        strategy: Its name, or the strategy itself.
        combinations: What to try.
        rules: Sizing, protection and costs where *combinations* does not name them.
        params: The strategy's parameters that differ from their defaults and that *combinations* does not name.
        cash: Initial balance, currency units.
        start: The first session that may be decided on.
        end: The last session.
        fill: Fill at the next open, or (research only) at the close that decides.
        blocks: Into how many blocks `Outcome.blocks` sums returns, 0 for none.
        threads: As many as there are cores where None.
        room: Where the results are made, 400 bytes a combination with 16 blocks.
        progress: Told now and then, in this thread: combinations done, and how many there are.
        should_stop: Asked as often.

    Raises:
        UnknownStrategyError: If no strategy has this name.
        InvalidParameterError: If a setting or *cash* is out of bounds or is named twice, or *fill* is none there is.
        InsufficientDataError: If there is no bar between *start* and *end*.
        BoundsError: If an amount outgrows exact integers.
        SweepStoppedError: If *should_stop* said so; it has what was done until then.
    """
    require_ways(fill)
    used = bars.until(end)
    task = _Task.of(used, get_strategy(strategy), combinations, rules, params or {}, cash, start, fill, blocks)
    results = Results.made(combinations.size, blocks, room)
    done, is_stopped = 0, False
    with ThreadPoolExecutor(threads or get_num_threads()) as pool:
        try:
            for piece, is_valid in pool.map(lambda piece: task.work(piece, results), task.pieces()):
                results.is_valid[piece] = is_valid
                done += piece.size
                if progress is not None:
                    progress(done, combinations.size)
                if should_stop is not None and should_stop():
                    is_stopped = True
                    break
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if is_stopped:
        results.drop_invalid()
        raise SweepStoppedError(done, combinations.size, results.outcome(np.diff(task.edges), blocks))
    return results.outcome(np.diff(task.edges), blocks)


class _Settings(NamedTuple):
    """
    The distinct settings of the strategy among the combinations, d of them.

    Each is known by the place of a combination that has it, `rows` of shape (d,): written out, a million settings would
    outweigh all else.
    """

    tried: Combinations  # only the strategy's parameters
    rows: Codes

    def of(self, place: int) -> dict[str, int | float]:
        return self.tried.of(int(self.rows[place]))


@dataclass(frozen=True, eq=False)
class _Task:
    """A sweep with everything looked up: what is left is work for threads."""

    bars: Bars
    strategy: Strategy
    fixed: dict[str, object]
    book: IntArray  # shape (11,)
    cash: int
    first: int
    at_close: bool
    edges: IntArray
    settings: _Settings
    which: Codes  # by which of them each combination trades, shape (k,)
    rules: tuple[tuple[int, IntArray, Codes], ...]  # place in `RuleInts`, distinct values, which of them
    order: Codes  # combinations by `which`

    @classmethod
    def of(
        cls,
        bars: Bars,
        strategy: Strategy,
        combinations: Combinations,
        rules: Rules,
        params: Mapping[str, object],
        cash: Decimal,
        start: date | None,
        fill: Fill,
        blocks: int,
    ) -> _Task:
        for name in combinations.names:
            if name in params:
                raise InvalidParameterError(name, "must be fixed or tried, not both")
        columns = {name: coded(column) for name, column in zip(combinations.names, combinations.columns, strict=True)}
        own = [name for name in combinations.names if name not in RULE_FIELDS]
        which, settings = _distinct(combinations.size, combinations.only(own), columns)
        _check(strategy, params, {name: columns[name][0] for name in own})
        first = first_row(bars, start)
        begin, sessions = int(bars.tape.session[first]), bars.tape.settled.size
        return cls(
            bars=bars,
            strategy=strategy,
            fixed=dict(params),
            book=np.array(rules.compiled, np.int64),
            cash=positive_cents(cash),
            first=first,
            at_close=fill == "close",
            edges=begin + np.arange(max(1, blocks) + 1) * (sessions - begin) // max(1, blocks),
            settings=settings,
            which=which,
            rules=tuple(_rule(rules, name, *columns[name]) for name in combinations.names if name in RULE_FIELDS),
            order=np.argsort(which, kind="stable").astype(np.int32),
        )

    def pieces(self) -> list[Codes]:
        """Return the combinations in pieces, each of few distinct signals."""
        signals = max(1, min(_SIGNALS, _ROWS // self.bars.n))
        which = self.which[self.order]
        ends = [0]
        while ends[-1] < which.size:
            begin, beyond = ends[-1], int(which[ends[-1]]) + signals
            # Asked for in the codes' own kind, which may be too short for what is beyond them all.
            is_last = beyond > which[-1]
            end = which.size if is_last else int(np.searchsorted(which, which.dtype.type(beyond)))
            ends.append(min(begin + _PIECE, end))
        return [self.order[begin:end] for begin, end in pairwise(ends)]

    def work(self, piece: Codes, results: Results) -> tuple[Codes, BoolArray]:
        """Compute the combinations of *piece*; return it, and which of them the strategy takes."""
        which = self.which[piece].astype(np.int64)
        lowest = int(which[0])
        which -= lowest
        is_valid = np.ones(piece.size, np.bool_)
        flags = np.zeros((int(which[-1]) + 1, 2, words_of(self.bars.n)), np.uint64)
        for place in range(len(flags)):
            try:
                signals = compute(self.strategy, self.bars, {**self.fixed, **self.settings.of(lowest + place)})
            except InvalidParameterError:
                is_valid[which == place] = False
            else:
                flags[place] = flags_of(signals.entry, signals.exit)
        books = np.tile(self.book, (piece.size, 1))
        for place, values, codes in self.rules:
            books[:, place] = values[codes[piece]]
        told, sums = np.empty(piece.size, FIGURES), np.empty((piece.size, *results.sums.shape[1:]))
        kernel.run_many(
            self.bars.tape,
            flags,
            which,
            books,
            self.cash,
            first=self.first,
            at_close=self.at_close,
            edges=self.edges,
            told=told,
            sums=sums,
        )
        results.keep(piece, told, sums, is_valid)
        return piece, is_valid


def _check(strategy: Strategy, params: Mapping[str, object], tried: Mapping[str, Column]) -> None:
    """Look at every value before anything is computed; which of them go together, the strategy says."""
    known = {parameter.name: parameter for parameter in strategy.parameters}
    for name in (*params, *tried):
        if name not in known:
            raise InvalidParameterError(name, f"is neither a rule nor a parameter of {strategy.name}")
    for name, value in params.items():
        known[name].parse(value)
    for name, values in tried.items():
        for value in values.tolist():
            known[name].parse(value)


def _distinct(k: int, tried: Combinations, columns: Mapping[str, tuple[Column, Codes]]) -> tuple[Codes, _Settings]:
    """Return which of the distinct settings of *tried* each of *k* combinations has, and those settings."""
    which: Codes = np.zeros(k, np.uint8)
    size = 1
    for name in tried.names:
        values, codes = columns[name]
        size *= values.size
        pairs = which.astype(shortest(size))
        pairs *= pairs.dtype.type(values.size)
        pairs += codes.astype(pairs.dtype)
        found, which = coded(pairs)
        size = found.size
    rows = np.zeros(size, np.int32)
    rows[which] = np.arange(k, dtype=np.int32)
    return which, _Settings(tried, rows)


def _rule(rules: Rules, name: str, values: Column, codes: Codes) -> tuple[int, IntArray, Codes]:
    place = tuple(RULE_FIELDS).index(name)  # as in `RuleInts`
    compiled = [rules.changed({name: value}).compiled[place] for value in values.tolist()]
    return place, np.array(compiled, np.int64), codes
