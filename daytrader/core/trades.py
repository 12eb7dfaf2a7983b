"""Round trips: one by one for readers, as columns for everything that counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Final, overload

import numpy as np

from daytrader.core.arrays import BoolArray, IntArray

OPEN: Final = -1
"""The exit time of a trade that is open."""


@dataclass(frozen=True, slots=True)
class Trade:
    """
    One position from fill to fill.

    Attributes:
        entry_time: Start of the bar of the entry, epoch seconds UTC.
        entry_price: As filled, micros, not split-scaled.
        shares: As filled.
        exit_time: Start of the bar of the exit, None while open.
        exit_price: As filled, micros, None while open.
        gain_loss: Cents, dividends and cash in lieu included, None while open.
        cost_basis: Cents: cost and buy fee.
        entry_reason: Why it was bought.
        exit_reason: Why it was sold, None while open.
    """

    entry_time: int
    entry_price: int
    shares: int
    exit_time: int | None
    exit_price: int | None
    gain_loss: int | None
    cost_basis: int
    entry_reason: str
    exit_reason: str | None


@dataclass(frozen=True, eq=False)
class TradeColumns(Sequence[Trade]):
    """
    Trades in the order of their entries, as columns of shape (k,); reads as a sequence of `Trade`.

    `exit_time` is -1 while open; the reasons are codes into *reasons*.
    """

    entry_time: IntArray
    entry_price: IntArray
    shares: IntArray
    exit_time: IntArray
    exit_price: IntArray
    gain_loss: IntArray
    cost_basis: IntArray
    entry_code: IntArray
    exit_code: IntArray
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, trades: Iterable[Trade]) -> TradeColumns:
        """Return *trades* as columns."""
        if isinstance(trades, LateTrades):
            return trades.columns
        if isinstance(trades, cls):
            return trades
        rows = tuple(trades)
        codes: dict[str, int] = {}
        for trade in rows:
            codes.setdefault(trade.entry_reason, len(codes))
            codes.setdefault(trade.exit_reason or "", len(codes))
        return cls(
            _column(trade.entry_time for trade in rows),
            _column(trade.entry_price for trade in rows),
            _column(trade.shares for trade in rows),
            _column(OPEN if trade.exit_time is None else trade.exit_time for trade in rows),
            _column(trade.exit_price or 0 for trade in rows),
            _column(trade.gain_loss or 0 for trade in rows),
            _column(trade.cost_basis for trade in rows),
            _column(codes[trade.entry_reason] for trade in rows),
            _column(codes[trade.exit_reason or ""] for trade in rows),
            tuple(codes),
        )

    @property
    def open_rows(self) -> list[int]:
        """Return the places of the trades that are open."""
        is_open = self.exit_time == OPEN
        rows: list[int] = is_open.nonzero()[0].tolist() if is_open.any() else []
        return rows

    @property
    def closed_gain_loss(self) -> IntArray:
        """Return the cents gained or lost by each closed trade."""
        closed: IntArray = self.gain_loss[self.exit_time != OPEN]
        return closed

    def where(self, chosen: BoolArray) -> TradeColumns:
        """Return the trades where *chosen*, shape (k,)."""
        columns = {field.name: getattr(self, field.name)[chosen] for field in fields(self) if field.name != "reasons"}
        return replace(self, **columns)

    def __len__(self) -> int:
        return int(self.entry_time.size)

    @overload
    def __getitem__(self, index: int) -> Trade: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Trade]: ...
    def __getitem__(self, index: int | slice) -> Trade | Sequence[Trade]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        is_open = self.exit_time[index] == OPEN
        return Trade(
            int(self.entry_time[index]),
            int(self.entry_price[index]),
            int(self.shares[index]),
            None if is_open else int(self.exit_time[index]),
            None if is_open else int(self.exit_price[index]),
            None if is_open else int(self.gain_loss[index]),
            int(self.cost_basis[index]),
            self.reasons[int(self.entry_code[index])],
            None if is_open else self.reasons[int(self.exit_code[index])],
        )

    def __iter__(self) -> Iterator[Trade]:
        # All columns become Python's numbers at once: one by one would take several times as long.
        columns = (
            self.entry_time,
            self.entry_price,
            self.shares,
            self.exit_time,
            self.exit_price,
            self.gain_loss,
            self.cost_basis,
            self.entry_code,
            self.exit_code,
        )
        reasons = self.reasons
        for entered, bought, shares, left, sold, gain, basis, why_in, why_out in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            if left == OPEN:
                yield Trade(entered, bought, shares, None, None, None, basis, reasons[why_in], None)
            else:
                yield Trade(entered, bought, shares, left, sold, gain, basis, reasons[why_in], reasons[why_out])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # compared by content, like any sequence that is not frozen


class LateTrades(Sequence[Trade]):
    """So many trades, made when one of them is first asked for: who only asks what a run came to never waits for it."""

    def __init__(self, count: int, make: Callable[[], TradeColumns]) -> None:
        self._count = count
        self._make = make

    @cached_property
    def columns(self) -> TradeColumns:
        """Return them as columns."""
        return self._make()

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Trade: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Trade]: ...
    def __getitem__(self, index: int | slice) -> Trade | Sequence[Trade]:
        return self.columns[index]

    def __iter__(self) -> Iterator[Trade]:
        return iter(self.columns)

    def __eq__(self, other: object) -> bool:
        return self.columns == other

    __hash__ = None  # type: ignore[assignment]  # as of `TradeColumns`


def _column(values: Iterable[int]) -> IntArray:
    return np.array(tuple(values), np.int64)
