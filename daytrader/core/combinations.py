"""Which settings a sweep tries: a grid, a random draw or a list."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from daytrader.core.arrays import IntArray
from daytrader.core.errors import InvalidParameterError
from daytrader.core.rules import RULE_FIELDS
from daytrader.core.strategy import Parameter, get_strategy

Number: TypeAlias = int | float | Decimal
Column: TypeAlias = npt.NDArray[np.int64 | np.float64]

_LARGEST: Final = 100_000_000
_HIGHEST: Final = 10**15  # a float64 still has its thousandths
_DECIMALS: Final = 12  # of a strategy's own numbers
_FEW: Final = 1000
_NOISE: Final = 1e-6


@dataclass(frozen=True, eq=False, slots=True)
class Combinations:
    """
    Settings to try: one column of shape (k,) for each name, int64 or float64.

    A name is a strategy's parameter or one of `RULE_FIELDS`; what is not named stays as it is.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def size(self) -> int:
        """Return the number of combinations."""
        return int(self.columns[0].size) if self.columns else 0

    def of(self, index: int) -> dict[str, int | float]:
        """Return one combination by name."""
        return {name: column[index].item() for name, column in zip(self.names, self.columns, strict=True)}

    def only(self, names: Sequence[str]) -> Combinations:
        """Return the columns of these settings alone."""
        return Combinations(tuple(names), tuple(self.columns[self.names.index(name)] for name in names))

    def at(self, rows: IntArray) -> Combinations:
        """Return the combinations at these places."""
        return Combinations(self.names, tuple(column[rows] for column in self.columns))

    def part(self, first: int, last: int) -> Combinations:
        """Return combinations *first* to *last* - 1: what one machine, or one step of a job, computes."""
        return Combinations(self.names, tuple(column[first:last] for column in self.columns))


def stepped(
    name: str, low: Decimal | int, high: Decimal | int, step: Decimal | int = 1, *, most: int
) -> list[int | Decimal]:
    """
    Return the values of the setting *name* from *low* by *step* up to *high*, both included where the steps meet it.

    Raises:
        InvalidParameterError: If they do not go up, or are more than *most*.
    """
    if step <= 0 or high < low:
        raise InvalidParameterError(name, "must go up from its lowest to its highest value")
    first, width = Decimal(low), Decimal(step)
    if (high - first) / width >= most:
        raise InvalidParameterError(name, f"must be at most {most:,} values")
    return [plain(first + width * place) for place in range(int((high - first) / width) + 1)]


def plain(number: Decimal) -> int | Decimal:
    """Return *number*, as an int where it is whole."""
    return int(number) if number == number.to_integral_value() else number


def grid(axes: Mapping[str, Sequence[Number]]) -> Combinations:
    """
    Return every combination of the values of *axes*, the last axis changing fastest.

    Raises:
        InvalidParameterError: If there is no axis, an axis has no values or one twice, or there are more than
            100,000,000.
    """
    _need(axes)
    values = [_column(name, axis) for name, axis in axes.items()]
    for name, column in zip(axes, values, strict=True):
        if np.unique(column).size < column.size:
            raise InvalidParameterError(name, "must name each value once: a try counts as often as it is made")
    size = 1
    for column in values:
        size *= column.size
    if size > _LARGEST:
        raise InvalidParameterError("combinations", f"must be at most {_LARGEST:,}, were {size:,}")
    columns: list[Column] = []
    inner = size
    for column in values:
        outer, inner = size // inner, inner // column.size
        columns.append(np.tile(np.repeat(column, inner), outer))
    return Combinations(tuple(axes), tuple(columns))


def random(axes: Mapping[str, tuple[Number, Number]], n: int, seed: int, strategy: str) -> Combinations:
    """
    Return *n* draws, each setting uniform between its bounds, both included; *seed* decides all of them.

    Whole-number settings are drawn as such, the others to two decimals, to more where fewer than a thousand values
    would lie between the bounds and the setting allows them.

    Raises:
        UnknownStrategyError: If there is no such strategy.
        InvalidParameterError: If there is no axis, a bound is no number or bounds are reversed, or *n* is not
            1 to 100,000,000.
    """
    _need(axes)
    if not 1 <= n <= _LARGEST:
        raise InvalidParameterError("combinations", f"must be 1 to {_LARGEST:,}, were {n:,}")
    own = get_strategy(strategy).parameters
    decimals = {**RULE_FIELDS, **{setting.name: _decimals_of(setting) for setting in own}}
    rng = np.random.default_rng(seed)
    columns: list[Column] = []
    for name, bounds in axes.items():
        low, high = _column(name, bounds).tolist()
        if low > high:
            raise InvalidParameterError(name, "must have its lower bound first")
        steps = _steps(high - low, decimals.get(name, _DECIMALS))
        drawn = rng.integers(math.ceil(low * steps - _NOISE), math.floor(high * steps + _NOISE), n, endpoint=True)
        columns.append(drawn if steps == 1 else drawn / steps)
    return Combinations(tuple(axes), tuple(columns))


def listed(rows: Sequence[Mapping[str, Number]]) -> Combinations:
    """
    Return the given combinations, in their order.

    Raises:
        InvalidParameterError: If there are none, they do not name the same settings or two are the same.
    """
    if not rows:
        raise InvalidParameterError("combinations", "must be at least one")
    names = tuple(rows[0])
    for place, row in enumerate(rows):
        if set(row) != set(names):
            raise InvalidParameterError(f"combinations.{place}", f"must name {', '.join(names)}, as the first does")
    _need(rows[0])
    columns = tuple(_column(name, [row[name] for row in rows]) for name in names)
    _, firsts = np.unique(np.column_stack(columns), axis=0, return_index=True)
    if firsts.size < len(rows):
        place = int(np.setdiff1d(np.arange(len(rows)), firsts)[0])
        raise InvalidParameterError(f"combinations.{place}", "was listed before: a try counts as often as it is made")
    return Combinations(names, columns)


def _need(axes: Mapping[str, object]) -> None:
    if not axes:
        raise InvalidParameterError("combinations", "must name at least one setting")


def _decimals_of(setting: Parameter) -> int:
    if setting.type is int:
        return 0
    return _DECIMALS if setting.decimals is None else setting.decimals


def _steps(width: float, decimals: int) -> int:
    """Return into how many steps a unit is cut."""
    steps: int = 10 ** min(2, decimals)
    while 0 < width * steps < _FEW and steps < 10**decimals:
        steps *= 10
    return steps


def _column(name: str, values: Sequence[Number]) -> Column:
    if not values or any(isinstance(value, bool) or not isinstance(value, int | float | Decimal) for value in values):
        raise InvalidParameterError(name, "must be one or more numbers")
    if not all(-_HIGHEST <= value <= _HIGHEST for value in values):
        raise InvalidParameterError(name, f"must be finite numbers, at most {_HIGHEST:,}")
    column: Column = np.array([value if isinstance(value, int) else float(value) for value in values])
    return column
