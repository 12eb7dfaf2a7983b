"""Dividends and splits: what happened to a share between two bars."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np

from daytrader.core.arrays import DayArray, FloatArray, IntArray, KindArray
from daytrader.core.errors import InvalidParameterError
from daytrader.core.money import to_micros

_LARGEST_DENOMINATOR: Final = 1000
_LARGEST_NUMERATOR: Final = 1_000_000
_QUARANTINE_PARTS: Final = 5  # above a fifth of the price it is no ordinary dividend


class EventKind(IntEnum):
    """What a corporate event does; on one date dividends come first."""

    DIVIDEND = 0
    SPLIT = 1


@dataclass(frozen=True, slots=True)
class CorporateEvent:
    """
    A dividend or a split.

    Attributes:
        session: The ex-date, days since 1970-01-01.
        kind: Dividend or split.
        numerator: New shares ...
        denominator: ... for so many old ones (1 to 1000).
        amount: Cash for each share, currency units.
        ref: Whatever the caller knows the event by.
        is_released: Whether it was judged where it is stored: it is paid however large it is.

    Raises:
        InvalidParameterError: If the ratio or the amount cannot be.
    """

    session: int
    kind: EventKind
    numerator: int = 1
    denominator: int = 1
    amount: Decimal = Decimal(0)
    ref: int = 0
    is_released: bool = False

    def __post_init__(self) -> None:
        if not (1 <= self.numerator <= _LARGEST_NUMERATOR and 1 <= self.denominator <= _LARGEST_DENOMINATOR):
            raise InvalidParameterError("split", f"{self.numerator}/{self.denominator} is no split ratio")
        if not self.amount.is_finite() or self.amount < 0:
            raise InvalidParameterError("dividend", f"{self.amount} is no dividend")


class EventColumns(NamedTuple):
    """Events as columns, shape (k,), ordered by row, dividends before splits on a row."""

    row: IntArray
    kind: KindArray
    num: IntArray
    den: IntArray
    micros: IntArray
    ref: IntArray

    def head(self, rows: int) -> EventColumns:
        """Return the events of the first *rows* bars."""
        k = int(np.searchsorted(self.row, rows))
        return EventColumns(self.row[:k], self.kind[:k], self.num[:k], self.den[:k], self.micros[:k], self.ref[:k])


def snap_ratio(ratio: float) -> tuple[int, int]:
    """
    Return the fraction p, q with q <= 1000 nearest to a split *ratio* (new shares / old): vendors round theirs.

    Raises:
        InvalidParameterError: If it is not a positive number or no such fraction is near.
    """
    if not (math.isfinite(ratio) and 0 < ratio <= _LARGEST_NUMERATOR):
        raise InvalidParameterError("split", f"{ratio} is no split ratio")
    snapped = Fraction(ratio).limit_denominator(_LARGEST_DENOMINATOR)
    if snapped == 0:
        raise InvalidParameterError("split", f"{ratio} is smaller than 1/{_LARGEST_DENOMINATOR}")
    return snapped.numerator, snapped.denominator


def needs_a_person(dividend: int, previous_close: int) -> bool:
    """Return whether a *dividend* is above 20 % of the previous close, both in micros: it is not paid unasked."""
    return dividend * _QUARANTINE_PARTS > previous_close


def place(
    events: Iterable[CorporateEvent], session: DayArray, close: IntArray, refused_sessions: frozenset[int]
) -> tuple[EventColumns, tuple[CorporateEvent, ...]]:
    """
    Put each event on its bar: the first one at or after the ex-date.

    An event from before the first bar or after the last has no bar. One whose own session was refused goes with it,
    and so does a dividend above 20 % of the previous close, which waits for a person instead unless one released it.

    Args:
        events: In any order.
        session: Each bar's session, shape (n,).
        close: Raw closes in micros, shape (n,).
        refused_sessions: Sessions of which every bar was refused.

    Returns:
        The placed events, and the quarantined ones.
    """
    placed: list[tuple[int, int, int, int, int, int]] = []
    quarantined: list[CorporateEvent] = []
    for event in events:
        if session.size == 0 or event.session < session[0] or event.session in refused_sessions:
            continue
        row = int(np.searchsorted(session, event.session))
        if row == session.size:
            continue
        micros = 0
        if event.kind is EventKind.DIVIDEND:
            micros = to_micros(event.amount)
            if row > 0 and not event.is_released and needs_a_person(micros, int(close[row - 1])):
                quarantined.append(event)
                continue
        placed.append((row, int(event.kind), event.numerator, event.denominator, micros, event.ref))
    placed.sort()
    table = np.array(placed, np.int64).reshape(len(placed), 6)
    row_, kind, num, den, amount, ref = (np.ascontiguousarray(column) for column in table.T)
    return EventColumns(row_, kind.astype(np.int8), num, den, amount, ref), tuple(quarantined)


def split_factors(events: EventColumns, n: int) -> FloatArray:
    """Return for each of *n* bars the product of the split ratios up to it: later splits change nothing earlier."""
    ratios: FloatArray = np.ones(n)
    for row, kind, num, den in zip(events.row, events.kind, events.num, events.den, strict=True):
        if kind == EventKind.SPLIT:
            ratios[row] *= num / den
    return np.multiply.accumulate(ratios, dtype=np.float64)
