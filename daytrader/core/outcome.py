"""What the combinations of a sweep come to, as columns: while they are computed, and afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import numpy as np

from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.codes import Codes
from daytrader.core.metrics import FIGURES
from daytrader.core.money import CENTS
from daytrader.core.room import Room
from daytrader.core.steps import Records

_SLAB: Final = 4096  # combinations looked at together


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


_COLUMNS: Final = frozenset(column.name for column in fields(Outcome))


class Results(NamedTuple):
    """What comes of k combinations, while it comes: `sums` of shape (k, 2, B), the others (k,)."""

    told: Records
    fees: FloatArray
    sums: FloatArray
    is_valid: BoolArray

    @classmethod
    def made(cls, k: int, blocks: int, room: Room) -> Results:
        return cls(
            told=room.make((k,), FIGURES),
            fees=room.make((k,), np.float64),
            sums=room.make((k, 2, max(1, blocks)), np.float64),
            is_valid=np.zeros(k, np.bool_),
        )

    def keep(self, rows: Codes, told: Records, sums: FloatArray, is_valid: BoolArray) -> None:
        """Store the figures of the combinations *rows*, none of those that are not valid."""
        for name in FIGURES.names or ():
            told[name][~is_valid] = 0 if FIGURES[name].kind == "i" else np.nan
        sums[~is_valid] = np.nan
        self.told[rows], self.sums[rows] = told, sums
        self.fees[rows] = np.where(is_valid, told["fees"] / CENTS, np.nan)

    def take(self, first: int, part: Outcome) -> None:
        """Store what the combinations from *first* on came to elsewhere."""
        rows = slice(first, first + part.size)
        for name in FIGURES.names or ():
            if name in _COLUMNS and name != "fees":
                self.told[name][rows] = getattr(part, name)
        self.fees[rows], self.is_valid[rows] = part.fees, part.is_valid
        self.sums[rows, 0], self.sums[rows, 1] = part.blocks.sum, part.blocks.squares

    def drop_invalid(self) -> None:
        """Take away what was computed after somebody stopped, and what never was."""
        for first in range(0, self.is_valid.size, _SLAB):
            rows = first + np.flatnonzero(~self.is_valid[first : first + _SLAB])
            self.keep(rows, self.told[rows], self.sums[rows], np.zeros(rows.size, np.bool_))

    def outcome(self, count: IntArray, blocks: int) -> Outcome:
        """Return the columns as they are, none copied; *count* sessions are in each of the blocks."""
        own = ("is_valid", "fees", "blocks")
        columns = {column.name: self.told[column.name] for column in fields(Outcome) if column.name not in own}
        kept = slice(0, blocks)  # of the one block that is summed where none is asked for, nothing
        return Outcome(
            is_valid=self.is_valid,
            fees=self.fees,
            **columns,
            blocks=BlockSums(count[kept], self.sums[:, 0, kept], self.sums[:, 1, kept]),
        )
