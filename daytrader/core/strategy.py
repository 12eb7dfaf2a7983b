"""What a strategy is, how it is asked, and where strategies are found."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast

from daytrader.core.answers import answer, failure, first_signal_row, raw_signals
from daytrader.core.errors import BrokenStrategyError, InvalidParameterError, UnknownStrategyError
from daytrader.core.signals import Signals
from daytrader.utils import plugins
from daytrader.utils.errors import DayTraderError

if TYPE_CHECKING:
    from daytrader.core.bars import Bars

__all__ = [
    "ENTRY_POINT_GROUP",
    "BrokenSource",
    "Parameter",
    "Params",
    "Signals",
    "Strategy",
    "broken_strategies",
    "compute",
    "failure",
    "flaw_of",
    "get_strategy",
    "list_strategies",
    "register",
    "resolve_params",
    "use_local",
]

ENTRY_POINT_GROUP: Final = "daytrader.strategies"
Params: TypeAlias = Mapping[str, int | float]
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,49}")  # as long as a service's column

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
    """One setting; *minimum* and *maximum* are allowed values, *decimals* its most decimal places, None for any."""

    name: str
    type: type[int] | type[float]
    default: int | float
    minimum: int | float
    maximum: int | float
    description: str
    decimals: int | None = None

    def parse(self, value: object) -> int | float:
        """
        Return *value* (a number, or its text) as this parameter's type.

        Raises:
            InvalidParameterError: If it is no such number or outside the bounds.
        """
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise self._refusal()
        try:
            number = float(value)
        except (ValueError, OverflowError) as error:
            raise self._refusal() from error
        if not (math.isfinite(number) and self.minimum <= number <= self.maximum):
            raise self._refusal()
        if self.type is int:
            if not number.is_integer():
                raise self._refusal()
            return int(number)
        if self.decimals is not None and number != round(number, self.decimals):
            raise self._refusal()
        return number

    def _refusal(self) -> InvalidParameterError:
        kind = "whole number" if self.type is int else "number"
        allowed = f"must be a {kind} between {self.minimum} and {self.maximum}"
        if self.decimals is not None:
            allowed += f", with at most {self.decimals} decimal places"
        return InvalidParameterError(self.name, allowed)


class Strategy(Protocol):
    """
    A rule that reads bars and says when to be in the market.

    No state, no I/O; row i of the signals depends on rows <= i only, and not on the price's scale. Where not all
    allowed values go together, a method `check(params)` may raise `InvalidParameterError`.
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
        InvalidParameterError: For a name the strategy does not have, a value outside its bounds, or values that do not
            go together.
        BrokenStrategyError: If the strategy fails to say whether they do.
    """
    known = {parameter.name: parameter for parameter in strategy.parameters}
    for name in given:
        if name not in known:
            names = ", ".join(known) or "none"
            raise InvalidParameterError(name, f"unknown parameter of {strategy.name}, known: {names}")
    resolved = {
        name: parameter.parse(given[name]) if name in given else parameter.default for name, parameter in known.items()
    }
    if hasattr(strategy, "check"):
        answer(strategy, "to check its parameters", lambda: strategy.check(resolved))
    return resolved


def compute(strategy: Strategy, bars: Bars, params: Mapping[str, object]) -> Signals:
    """
    Return the signals of *strategy* on *bars*: none before its warm-up, and exit wins over entry on a row.

    The one call for backtest, engine and checks.

    Raises:
        InvalidParameterError: As `resolve_params`.
        BrokenStrategyError: If the strategy fails, or its arrays do not have the bars' length or kind, its reasons are
            none or its warm-up is no number of rows.
    """
    return compute_resolved(strategy, bars, resolve_params(strategy, params))


def compute_resolved(strategy: Strategy, bars: Bars, params: Params) -> Signals:
    """
    Return what `compute` does, of parameters that `resolve_params` gave.

    Raises:
        BrokenStrategyError: As `compute`.
    """
    raw = raw_signals(strategy, bars, params)
    first = first_signal_row(strategy, params)
    exit_ = raw.exit.copy()
    exit_[:first] = False
    entry = raw.entry > exit_  # and not: without an array between
    entry[:first] = False
    return Signals(
        entry, exit_, raw.entry_code, raw.exit_code, raw.reasons, raw.values, raw.levels, scale=bars.split_factor
    )


@dataclass(frozen=True, slots=True)
class BrokenSource:
    """A strategy that cannot be used: its name, or its file's where none was read, and why."""

    name: str
    why: str


def get_strategy(name: str | Strategy) -> Strategy:
    """
    Return the strategy called *name*; a strategy itself is returned as it is, known by its name or not.

    Raises:
        UnknownStrategyError: If there is none.
        BrokenStrategyError: If there is one, but it cannot be loaded or does not describe itself rightly.
    """
    if not isinstance(name, str):
        flaw = "it is a class: give one made of it" if isinstance(name, type) else flaw_of(name)
        if flaw:
            raise BrokenStrategyError(f"strategy cannot be used: {flaw}")
        return name
    if name in _local:
        return _local[name]
    if name in _found():
        return _load(name)
    for broken in _local_broken:
        if broken.name == name:
            raise BrokenStrategyError(broken.why)
    raise UnknownStrategyError(name, sorted(_found().keys() | _local.keys()))


def list_strategies() -> tuple[Strategy, ...]:
    """Return every strategy that can be used, by name; `broken_strategies` tells of the others."""
    found = dict(_local)
    for name in _found():
        try:
            found[name] = _load(name)
        except BrokenStrategyError:
            continue
    return tuple(found[name] for name in sorted(found))


def broken_strategies() -> tuple[BrokenSource, ...]:
    """Return every strategy that was found and cannot be used, by name: none of them keeps another from working."""
    broken = list(_local_broken)
    for name in _found():
        try:
            _load(name)
        except BrokenStrategyError as error:
            broken.append(BrokenSource(name, str(error)))
    return tuple(sorted(broken, key=lambda source: source.name))


def use_local(strategies: Iterable[tuple[str, Strategy]], broken: Iterable[BrokenSource]) -> None:
    """
    Make the strategies of this installation known by name, in place of those it had before.

    A name that is taken is refused, not replaced: "sma_cross" means the same everywhere.

    Args:
        strategies: Each with its origin, which is told when it is refused.
        broken: What could not be read.
    """
    usable: dict[str, tuple[str, Strategy]] = {}
    refused = list(broken)
    for origin, strategy in strategies:
        flaw = flaw_of(strategy) or _taken(strategy.name, usable)
        if flaw is None:
            usable[strategy.name] = origin, strategy
        else:
            refused.append(BrokenSource(str(getattr(strategy, "name", "")), f"{origin}: {flaw}"))
    _local.clear()
    _local.update({name: strategy for name, (_, strategy) in usable.items()})
    _local_broken[:] = refused


def register(strategy: Strategy) -> None:
    """
    Make *strategy* known by its name in this process, in place of one that was registered so before.

    For programs and notebooks; an installation keeps its own in a folder.

    Raises:
        BrokenStrategyError: If it does not describe itself rightly, or an installed strategy has its name.
    """
    flaw = flaw_of(strategy) or _taken(strategy.name, {})
    if flaw:
        raise BrokenStrategyError(f"strategy cannot be used: {flaw}")
    _local[strategy.name] = strategy


def _taken(name: str, usable: Mapping[str, tuple[str, Strategy]]) -> str | None:
    if name in _found():
        return f"the name {name} is taken by a strategy that is installed"
    return f"the name {name} is taken by {usable[name][0]}" if name in usable else None


def flaw_of(strategy: object) -> str | None:
    """Return what is wrong with how *strategy* describes itself, None if nothing is."""
    name, description, parameters = (getattr(strategy, part, None) for part in ("name", "description", "parameters"))
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        return f"name must be a word of up to 50 small letters, digits and underscores, was {name!r}"
    if not (isinstance(description, str) and description.strip()):
        return "description must say in a sentence what it does"
    for method in ("warmup", "signals"):
        if not callable(getattr(strategy, method, None)):
            return f"it has no method {method}"
    return _flaw_of_parameters(parameters) or _flaw_of_defaults(cast("Strategy", strategy))


def _flaw_of_parameters(parameters: object) -> str | None:
    if not (isinstance(parameters, tuple) and all(isinstance(parameter, Parameter) for parameter in parameters)):
        return "parameters must be a tuple of Parameter"
    if len({parameter.name for parameter in parameters}) != len(parameters):
        return "two parameters have one name"
    try:
        for parameter in parameters:
            parameter.parse(parameter.default)
    except InvalidParameterError as error:
        return f"default of {error}"
    return None


def _flaw_of_defaults(strategy: Strategy) -> str | None:
    try:
        first_signal_row(strategy, resolve_params(strategy, {}))
    except DayTraderError as error:
        return f"with its defaults: {error}"
    return None


# What this installation adds to the installed packages; see services/strategy_folder.py.
_local: dict[str, Strategy] = {}
_local_broken: list[BrokenSource] = []


@cache
def _found() -> dict[str, EntryPoint]:
    return plugins.found(ENTRY_POINT_GROUP, _SHIPPED)


@cache
def _load(name: str) -> Strategy:
    try:
        loaded = _found()[name].load()
        strategy: Strategy = loaded() if isinstance(loaded, type) else loaded
    except Exception as error:
        raise BrokenStrategyError(f"strategy {name} cannot be loaded: {failure(error)}") from error
    flaw = flaw_of(strategy) or (None if strategy.name == name else f"it calls itself {strategy.name}")
    if flaw:
        raise BrokenStrategyError(f"strategy {name} cannot be used: {flaw}")
    return strategy
