"""What a strategy is, what it says about each bar, and where strategies are found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import numpy as np

from daytrader.core.arrays import BoolArray, CodeArray, FloatArray
from daytrader.core.errors import BrokenStrategyError, InvalidParameterError, UnknownStrategyError

if TYPE_CHECKING:
    from daytrader.core.bars import Bars

ENTRY_POINT_GROUP: Final = "daytrader.strategies"
Params: TypeAlias = Mapping[str, int | float]
Condition: TypeAlias = tuple[BoolArray, str]

# Always there, even where the package is run without being installed.
_SHIPPED: Final = {
    "bollinger_reversion": "daytrader.core.strategies.bollinger_reversion:BollingerReversion",
    "breakout": "daytrader.core.strategies.breakout:Breakout",
    "buy_and_hold": "daytrader.core.strategies.buy_and_hold:BuyAndHold",
    "macd": "daytrader.core.strategies.macd:Macd",
    "rsi_reversion": "daytrader.core.strategies.rsi_reversion:RsiReversion",
    "sma_cross": "daytrader.core.strategies.sma_cross:SmaCross",
    "sma_trend": "daytrader.core.strategies.sma_trend:SmaTrend",
    "technical": "daytrader.core.strategies.technical:Technical",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a strategy; *minimum* and *maximum* are allowed values."""

    name: str
    type: type[int] | type[float]
    default: int | float
    minimum: int | float
    maximum: int | float
    description: str

    def parse(self, value: object) -> int | float:
        """
        Return *value* (a number, or its text) as this parameter's type.

        Raises:
            InvalidParameterError: If it is no such number or outside the bounds.
        """
        kind = "whole number" if self.type is int else "number"
        allowed = f"must be a {kind} between {self.minimum} and {self.maximum}, was {value!r}"
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise InvalidParameterError(self.name, allowed)
        try:
            number = float(value)
        except ValueError as error:
            raise InvalidParameterError(self.name, allowed) from error
        if not (math.isfinite(number) and self.minimum <= number <= self.maximum):
            raise InvalidParameterError(self.name, allowed)
        if self.type is int:
            if not number.is_integer():
                raise InvalidParameterError(self.name, allowed)
            return int(number)
        return number


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
        """Return the figures at row *row*, levels as prices of that day; None while warming up."""
        scale = 1.0 if self.scale is None else float(self.scale[row])
        figures = {name: float(values[row]) for name, values in self.values.items()}
        figures |= {name: float(levels[row]) / scale for name, levels in self.levels.items()}
        return {name: None if math.isnan(figure) else figure for name, figure in figures.items()}


class Strategy(Protocol):
    """
    A rule that reads bars and says when to be in the market.

    No state, no I/O; row i of the signals depends on rows <= i only, and not on the price's scale.
    """

    @property
    def name(self) -> str:
        """Return the name it is chosen by."""

    @property
    def description(self) -> str:
        """Return what it does, in one sentence."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return its settings."""

    def warmup(self, params: Params) -> int:
        """Return the first row (from 0) that may carry a signal."""

    def signals(self, bars: Bars, params: Params) -> Signals:
        """Return what it says about each bar; read prices from `bars.signal`."""


def resolve_params(strategy: Strategy, given: Mapping[str, object]) -> dict[str, int | float]:
    """
    Return every parameter of *strategy*: as *given*, else its default.

    Raises:
        InvalidParameterError: For a name the strategy does not have or a value outside its bounds.
    """
    known = {parameter.name: parameter for parameter in strategy.parameters}
    for name in given:
        if name not in known:
            names = ", ".join(known) or "none"
            raise InvalidParameterError(name, f"unknown parameter of {strategy.name}, known: {names}")
    return {
        name: parameter.parse(given[name]) if name in given else parameter.default for name, parameter in known.items()
    }


def compute(strategy: Strategy, bars: Bars, params: Mapping[str, object]) -> Signals:
    """
    Return the signals of *strategy* on *bars*: none before its warm-up, and exit wins over entry on a row.

    The one call for backtest, engine and checks.

    Raises:
        InvalidParameterError: As `resolve_params`.
        BrokenStrategyError: If the strategy's arrays do not have the bars' length or are not what they should be.
    """
    resolved = resolve_params(strategy, params)
    raw = strategy.signals(bars, resolved)
    for name, array, kind in (
        ("entry", raw.entry, np.bool_),
        ("exit", raw.exit, np.bool_),
        ("entry_code", raw.entry_code, np.int16),
        ("exit_code", raw.exit_code, np.int16),
    ):
        if array.shape != (bars.n,) or array.dtype != kind:
            raise BrokenStrategyError(
                f"{strategy.name}: {name} must be {bars.n} values of {kind.__name__}, "
                f"was {array.shape} of {array.dtype}"
            )
    first = strategy.warmup(resolved)
    exit_ = raw.exit.copy()
    exit_[:first] = False
    entry = raw.entry & ~exit_
    entry[:first] = False
    return replace(raw, entry=entry, exit=exit_, scale=bars.split_factor)


def get_strategy(name: str) -> Strategy:
    """
    Return the strategy called *name*.

    Raises:
        UnknownStrategyError: If there is none.
        BrokenStrategyError: If it cannot be loaded.
    """
    found = _found()
    if name not in found:
        raise UnknownStrategyError(name, sorted(found))
    return _load(name)


def list_strategies() -> tuple[Strategy, ...]:
    """Return every strategy there is, by name; see `get_strategy` for errors."""
    return tuple(_load(name) for name in sorted(_found()))


@cache
def _found() -> dict[str, EntryPoint]:
    shipped = {name: EntryPoint(name, value, ENTRY_POINT_GROUP) for name, value in _SHIPPED.items()}
    # A third party may add names but not replace what ours mean.
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)} | shipped


@cache
def _load(name: str) -> Strategy:
    try:
        loaded = _found()[name].load()
    except (ImportError, AttributeError) as error:
        raise BrokenStrategyError(f"strategy {name} cannot be loaded: {error}") from error
    strategy: Strategy = loaded() if isinstance(loaded, type) else loaded
    return strategy


def _any(conditions: Sequence[Condition], first_code: int) -> tuple[BoolArray, CodeArray]:
    first, _ = conditions[0]
    holds = first.copy()
    codes = np.full(holds.shape, first_code, np.int16)
    for code, (mask, _) in enumerate(conditions[1:], first_code + 1):
        codes[mask & ~holds] = code
        holds |= mask
    return holds, codes
