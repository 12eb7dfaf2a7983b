"""The strategies there are, as callers see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daytrader.core.errors import UnknownStrategyError
from daytrader.core.strategy import Strategy, get_strategy, list_strategies, resolve_params
from daytrader.utils.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Setting:
    """One parameter of a strategy; *type* is ``integer`` or ``number``."""

    name: str
    type: str
    default: int | float
    minimum: int | float
    maximum: int | float
    description: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One strategy; *warmup* is the first row that may carry a signal, with the default parameters."""

    name: str
    description: str
    warmup: int
    parameters: Sequence[Setting]


def entries() -> list[Entry]:
    """Return every strategy by name."""
    return [entry_of(strategy) for strategy in list_strategies()]


def get(name: str) -> Entry:
    """
    Return the strategy called *name*.

    Raises:
        NotFoundError: If there is none.
    """
    try:
        return entry_of(get_strategy(name))
    except UnknownStrategyError:
        raise NotFoundError("strategy") from None


def entry_of(strategy: Strategy) -> Entry:
    """Return *strategy* as callers see it."""
    settings = [
        Setting(
            parameter.name,
            "integer" if parameter.type is int else "number",
            parameter.default,
            parameter.minimum,
            parameter.maximum,
            parameter.description,
        )
        for parameter in strategy.parameters
    ]
    return Entry(strategy.name, strategy.description, strategy.warmup(resolve_params(strategy, {})), settings)
