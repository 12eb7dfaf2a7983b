"""What can be wrong with the core's input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from daytrader.utils.errors import DayTraderError, InvalidInputError

if TYPE_CHECKING:
    from daytrader.core.sweep import Outcome


class InvalidParameterError(InvalidInputError):
    """A setting breaks its bounds; *name* is the setting, *allowed* what would have been right."""

    def __init__(self, name: str, allowed: str) -> None:
        super().__init__({name: [allowed]})
        self.name = name


class UnknownStrategyError(InvalidInputError):
    """No strategy has this *name*; the message lists those that exist, and repeats nothing that was sent."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__({"strategy": [f"unknown strategy, known: {', '.join(known)}"]})
        self.name = name


class BrokenStrategyError(DayTraderError):
    """A strategy could not be loaded or broke the protocol."""

    code = "broken_strategy"


class InvalidBarsError(DayTraderError):
    """The bar at *index* (from 0) breaks *rule*."""

    code = "invalid_bars"

    def __init__(self, index: int, rule: str) -> None:
        super().__init__(f"bar {index}: {rule}")
        self.index = index
        self.rule = rule


class BoundsError(DayTraderError):
    """A price, an amount or a number of shares is beyond what exact integers hold."""

    code = "out_of_bounds"


class SweepStoppedError(DayTraderError):
    """
    A sweep ended early because its caller asked for it, with *done* of *total* combinations.

    *outcome* is what those came to, the others not valid; None where that was not kept.
    """

    code = "sweep_stopped"

    def __init__(self, done: int, total: int, outcome: Outcome | None = None) -> None:
        super().__init__(f"stopped after {done:,} of {total:,} combinations")
        self.done = done
        self.total = total
        self.outcome = outcome
