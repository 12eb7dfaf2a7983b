"""What a strategy says about each bar, and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from daytrader.core.arrays import BoolArray, CodeArray, FloatArray
from daytrader.core.errors import BrokenStrategyError

Condition: TypeAlias = tuple[BoolArray, str]


class Deferred(Mapping[str, FloatArray]):
    """Figures by name that are computed when they are first asked for: who only trades never asks."""

    def __init__(self, figures: Mapping[str, Callable[[], FloatArray]]) -> None:
        self._figures = figures
        self._known: dict[str, FloatArray] = {}

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self._known:
            self._known[name] = self._figures[name]()
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)


@dataclass(frozen=True, eq=False)
class Signals:
    """
    What a strategy says about each of n bars.

    Attributes:
        entry: Whether to be in the market from here on, shape (n,).
        exit: Whether to get out, shape (n,).
        entry_code: Index into *reasons* where *entry*, shape (n,).
        exit_code: Index into *reasons* where *exit*, shape (n,).
        reasons: Why, in words a trader understands.
        values: The scale-free figures behind it by name (an RSI), each of shape (n,), NaN while warming up.
        levels: The figures that are prices (an average, a band), likewise, on the scale of `bars.signal`.
        scale: What takes the prices of a row to that scale: the product of the splits up to it, shape (n,).
    """

    entry: BoolArray
    exit: BoolArray
    entry_code: CodeArray
    exit_code: CodeArray
    reasons: tuple[str, ...]
    values: Mapping[str, FloatArray] = field(default_factory=dict)
    levels: Mapping[str, FloatArray] = field(default_factory=dict)
    scale: FloatArray | None = None

    @classmethod
    def of(
        cls,
        entries: Sequence[Condition],
        exits: Sequence[Condition],
        values: Mapping[str, FloatArray] | None = None,
        levels: Mapping[str, FloatArray] | None = None,
    ) -> Signals:
        """Return signals that hold where any condition does; the first that holds on a row gives the reason."""
        entry, entry_code = _any(entries, first_code=0)
        exit_, exit_code = _any(exits, first_code=len(entries))
        reasons = tuple(reason for _, reason in (*entries, *exits))
        return cls(entry, exit_, entry_code, exit_code, reasons, values or {}, levels or {})

    def entry_reason(self, row: int) -> str:
        """Return why row *row* is an entry; meaningful only where it is."""
        return self.reasons[int(self.entry_code[row])]

    def exit_reason(self, row: int) -> str:
        """Return why row *row* is an exit; meaningful only where it is."""
        return self.reasons[int(self.exit_code[row])]

    def evidence(self, row: int) -> dict[str, float | None]:
        """
        Return the figures at row *row*, levels as prices of that day; None while warming up and where one is no number.

        Raises:
            BrokenStrategyError: If a figure has no such row.
        """
        scale = 1.0 if self.scale is None else float(self.scale[row])
        try:
            figures = {name: float(values[row]) for name, values in self.values.items()}
            figures |= {name: float(levels[row]) / scale for name, levels in self.levels.items()}
        except (TypeError, ValueError, LookupError) as error:
            raise BrokenStrategyError(f"a figure of the signals has no number on row {row:,}: {error}") from error
        return {name: figure if math.isfinite(figure) else None for name, figure in figures.items()}


def _any(conditions: Sequence[Condition], first_code: int) -> tuple[BoolArray, CodeArray]:
    first, _ = conditions[0]
    if len(conditions) == 1:  # one number stands for all rows: nothing is written
        return first, np.ndarray(first.shape, np.int16, np.int16(first_code).tobytes(), strides=(0,) * first.ndim)
    holds = first.copy()
    codes = np.full(holds.shape, first_code, np.int16)
    for code, (mask, _) in enumerate(conditions[1:], first_code + 1):
        codes[mask & ~holds] = code
        holds |= mask
    return holds, codes
