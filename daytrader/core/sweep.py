"""
Many backtests of one stock's bars: every combination's figures, as columns.

Each row is, in every bit, what `backtest.run` tells for those settings; neither threads nor the way a sweep is cut into
parts change it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final

import numpy as np
from numba import get_num_threads

from daytrader.core import kernel
from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.backtest import Fill, first_row, positive_cents
from daytrader.core.bars import Bars
from daytrader.core.combinations import Column, Combinations, grid, listed, random
from daytrader.core.errors import InvalidParameterError, SweepStoppedError
from daytrader.core.flags import flags_of, words_of
from daytrader.core.metrics import FIGURES
from daytrader.core.money import CENTS
from daytrader.core.rules import RULE_FIELDS, Rules
from daytrader.core.steps import Records
from daytrader.core.strategy import Strategy, compute, get_strategy

__all__ = ["BlockSums", "Combinations", "Fill", "Outcome", "grid", "listed", "random", "run"]

_PIECE: Final = 1024  # combinations a thread takes at once
_SIGNALS: Final = 64  # distinct signals among them
_ROWS: Final = 1 << 22  # bars of all of them together


@dataclass(frozen=True, eq=False, slots=True)
class BlockSums:
    """
    Session returns summed over B contiguous blocks of the sessions, as even as they can be.

    Attributes:
        count: Sessions in each block, shape (B,).
        sum: Of the simple returns, shape (k, B).
        squares: Of their squares, shape (k, B).
    """

    count: IntArray
    sum: FloatArray
    squares: FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """
    What k combinations came to; every column has shape (k,).

    The figures are those of a report's `metrics`, NaN where it says null. A combination that the strategy refuses is
    not `is_valid`: zero in whole numbers, NaN in the others.

    Attributes:
        is_valid: Whether the strategy takes these settings.
        final_equity: Cents.
        total_return_pct, annualized_return_pct, max_drawdown_pct, volatility, sharpe_ratio, sortino_ratio,
            calmar_ratio, win_rate_pct, profit_factor, expectancy, exposure_pct, fees: As reported.
        max_drawdown_days, trades, ambiguous_bars: Likewise, whole numbers.
        blocks: Session returns by block.
    """

    is_valid: BoolArray
    final_equity: IntArray
    total_return_pct: FloatArray
    annualized_return_pct: FloatArray
    max_drawdown_pct: FloatArray
    max_drawdown_days: IntArray
    volatility: FloatArray
    sharpe_ratio: FloatArray
    sortino_ratio: FloatArray
    calmar_ratio: FloatArray
    trades: IntArray
    win_rate_pct: FloatArray
    profit_factor: FloatArray
    expectancy: FloatArray
    exposure_pct: FloatArray
    fees: FloatArray
    ambiguous_bars: IntArray
    blocks: BlockSums

    @property
    def size(self) -> int:
        """Return the number of combinations."""
        return int(self.final_equity.size)

    @property
    def skipped(self) -> int:
        """Return how many combinations the strategy refused."""
        return int(np.count_nonzero(~self.is_valid))

    @classmethod
    def joined(cls, parts: Sequence[Outcome]) -> Outcome:
        """Return the outcomes of consecutive `Combinations.part`s as one."""
        columns = {
            column.name: np.concatenate([getattr(part, column.name) for part in parts])
            for column in fields(cls)
            if column.name != "blocks"
        }
        blocks = BlockSums(
            parts[0].blocks.count,
            np.concatenate([part.blocks.sum for part in parts]),
            np.concatenate([part.blocks.squares for part in parts]),
        )
        return cls(**columns, blocks=blocks)


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
        progress: Told now and then, in this thread: combinations done, and how many there are.
        should_stop: Asked as often.

    Raises:
        UnknownStrategyError: If no strategy has this name.
        InvalidParameterError: If a setting or *cash* is out of bounds or is named twice.
        InsufficientDataError: If there is no bar between *start* and *end*.
        BoundsError: If an amount outgrows exact integers.
        SweepStoppedError: If *should_stop* said so; it has what was done until then.
    """
    used = bars.until(end)
    task = _Task.of(used, get_strategy(strategy), combinations, rules, params or {}, cash, start, fill, blocks)
    told = np.zeros(combinations.size, FIGURES)
    sums = np.empty((combinations.size, 2, max(1, blocks)))
    is_valid = np.ones(combinations.size, np.bool_)
    is_done = np.zeros(combinations.size, np.bool_)
    done, is_stopped = 0, False
    with ThreadPoolExecutor(threads or get_num_threads()) as pool:
        pieces = task.pieces()
        try:
            for piece in pool.map(lambda piece: task.work(piece, told, sums, is_valid), pieces):
                is_done[piece] = True
                done += piece.size
                if progress is not None:
                    progress(done, combinations.size)
                if should_stop is not None and should_stop():
                    is_stopped = True
                    break
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    outcome = _outcome(told, sums, is_valid & is_done, np.diff(task.edges), blocks)
    if is_stopped:
        raise SweepStoppedError(done, combinations.size, outcome)
    return outcome


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
    settings: tuple[dict[str, int | float], ...]  # of the strategy, distinct
    which: IntArray  # by which of them each combination trades, shape (k,)
    rules: tuple[tuple[int, IntArray, IntArray], ...]  # place in `RuleInts`, distinct values, which of them
    order: IntArray  # combinations by `which`

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
        columns = {
            name: np.unique(column, return_inverse=True)
            for name, column in zip(combinations.names, combinations.columns, strict=True)
        }
        own = [name for name in combinations.names if name not in RULE_FIELDS]
        which, settings = _distinct(combinations.size, {name: columns[name] for name in own})
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
            order=np.argsort(which, kind="stable"),
        )

    def pieces(self) -> list[IntArray]:
        """Return the combinations in pieces, each of few distinct signals."""
        signals = max(1, min(_SIGNALS, _ROWS // self.bars.n))
        which = self.which[self.order]
        ends = [0]
        while ends[-1] < which.size:
            begin = ends[-1]
            ends.append(min(begin + _PIECE, int(np.searchsorted(which, which[begin] + signals))))
        return [self.order[begin:end] for begin, end in pairwise(ends)]

    def work(self, piece: IntArray, told: Records, sums: FloatArray, is_valid: BoolArray) -> IntArray:
        """Compute the combinations of *piece* and return it."""
        which = self.which[piece]
        lowest = int(which[0])
        flags = np.zeros((int(which[-1]) - lowest + 1, 2, words_of(self.bars.n)), np.uint64)
        for place, settings in enumerate(self.settings[lowest : lowest + len(flags)]):
            try:
                signals = compute(self.strategy, self.bars, {**self.fixed, **settings})
            except InvalidParameterError:
                is_valid[piece[which == lowest + place]] = False
            else:
                flags[place] = flags_of(signals.entry, signals.exit)
        books = np.tile(self.book, (piece.size, 1))
        for place, values, codes in self.rules:
            books[:, place] = values[codes[piece]]
        own, own_sums = np.empty(piece.size, FIGURES), np.empty((piece.size, *sums.shape[1:]))
        kernel.run_many(
            self.bars.tape,
            flags,
            which - lowest,
            books,
            self.cash,
            first=self.first,
            at_close=self.at_close,
            edges=self.edges,
            told=own,
            sums=own_sums,
        )
        told[piece], sums[piece] = own, own_sums
        return piece


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


def _distinct(
    k: int, columns: Mapping[str, tuple[Column, IntArray]]
) -> tuple[IntArray, tuple[dict[str, int | float], ...]]:
    """Return which of the distinct settings each of *k* combinations has, and those settings."""
    codes = np.zeros(k, np.int64)
    for values, inverse in columns.values():
        codes = codes * values.size + inverse
    found, which = np.unique(codes, return_inverse=True)
    settings: list[dict[str, int | float]] = []
    for code in found.tolist():
        rest, own = code, {}
        for name, (values, _) in reversed(list(columns.items())):
            rest, place = divmod(rest, values.size)
            own[name] = values[place].item()
        settings.append(own)
    return which, tuple(settings)


def _rule(rules: Rules, name: str, values: Column, codes: IntArray) -> tuple[int, IntArray, IntArray]:
    place = tuple(RULE_FIELDS).index(name)  # as in `RuleInts`
    compiled = [rules.changed({name: value}).compiled[place] for value in values.tolist()]
    return place, np.array(compiled, np.int64), codes


def _outcome(told: Records, sums: FloatArray, is_valid: BoolArray, count: IntArray, blocks: int) -> Outcome:
    for name in FIGURES.names or ():
        told[name][~is_valid] = 0 if FIGURES[name].kind == "i" else np.nan
    sums[~is_valid] = np.nan
    columns = {column.name: told[column.name] for column in fields(Outcome) if column.name in (FIGURES.names or ())}
    columns["fees"] = np.where(is_valid, told["fees"] / CENTS, np.nan)
    kept = slice(0, blocks)  # of the one block that is summed where none is asked for, nothing
    return Outcome(is_valid=is_valid, **columns, blocks=BlockSums(count[kept], sums[:, 0, kept], sums[:, 1, kept]))
