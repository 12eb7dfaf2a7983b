"""Bars as the compiled loop reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from daytrader.core.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from daytrader.core.bars import Bars

Quotes: TypeAlias = npt.NDArray[np.signedinteger]
"""Prices in a unit of their tape: 32 bits each where all fit, else 64."""

_UNITS: Final = (10_000, 100, 1)  # a cent, the finest tick, a micro
_MOST: Final = np.iinfo(np.int32).max

EVENT_ROW: Final = 0
EVENT_KIND: Final = 1
EVENT_NUM: Final = 2
EVENT_DEN: Final = 3
EVENT_MICROS: Final = 4


class Tape(NamedTuple):
    """
    n raw bars of m sessions with e events, int64 but for the prices.

    Attributes:
        open, high, low, close: In *unit*, shape (n,); what is short is read from memory in half the time.
        unit: In micros: the largest in which all of these prices are whole.
        session: Which session each bar belongs to, from 0, shape (n,).
        begin: The first bar of each session, and n, shape (m + 1,).
        settled: The last close of each session in micros, shape (m,).
        day: Its date, days since 1970-01-01, shape (m,).
        highest: The highest of those closes.
        events: Row, kind, numerator, denominator, micros; by row, dividends before splits; shape (e, 5).
        volume: Shares traded, float64, NaN where unknown, shape (n,); read-only.
    """

    open: Quotes
    high: Quotes
    low: Quotes
    close: Quotes
    unit: int
    session: IntArray
    begin: IntArray
    settled: IntArray
    day: IntArray
    highest: int
    events: IntArray
    volume: FloatArray


def _quotes(micros: Sequence[IntArray]) -> tuple[Sequence[Quotes], int]:
    """Return prices in the largest unit in which all are whole and fit, and that unit."""
    highest = max(int(column.max()) for column in micros)
    for unit in _UNITS:
        if highest // unit < _MOST and not any((column % unit).any() for column in micros):
            return [(column // unit).astype(np.int32) for column in micros], unit
    return micros, 1


def tape_of(bars: Bars) -> Tape:
    """Return *bars*, at least one, as a tape."""
    micros, events = bars.micros, bars.events
    (open_, high, low, close), unit = _quotes(micros)
    begin = np.flatnonzero(np.concatenate(((True,), bars.session[1:] != bars.session[:-1], (True,))))
    ends = begin[1:] - 1
    volume = np.ascontiguousarray(bars.volume).view()
    volume.flags.writeable = False  # wherever the bars come from: the loop is compiled for one kind of array
    return Tape(
        open_,
        high,
        low,
        close,
        unit,
        np.repeat(np.arange(ends.size), np.diff(begin)),
        begin,
        micros.close[ends],
        bars.session[ends].astype(np.int64),
        int(micros.close.max()),
        np.stack((events.row, events.kind, events.num, events.den, events.micros), axis=1, dtype=np.int64),
        volume,
    )
