"""Bars as the compiled loop reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit

from daytrader.core.arrays import IntArray

if TYPE_CHECKING:
    from daytrader.core.bars import Bars

OPEN: Final = 0
HIGH: Final = 1
LOW: Final = 2
CLOSE: Final = 3

EVENT_ROW: Final = 0
EVENT_KIND: Final = 1
EVENT_NUM: Final = 2
EVENT_DEN: Final = 3
EVENT_MICROS: Final = 4


class Tape(NamedTuple):
    """
    n raw bars of m sessions with e events, all int64.

    Attributes:
        quotes: Open, high, low, close in micros, shape (n, 4).
        session: Which session each bar belongs to, from 0, shape (n,).
        begin: The first bar of each session, and n, shape (m + 1,).
        close: The last close of each session in micros, shape (m,).
        day: Its date, days since 1970-01-01, shape (m,).
        highest: The highest of those closes.
        events: Row, kind, numerator, denominator, micros; by row, dividends before splits; shape (e, 5).
    """

    quotes: IntArray
    session: IntArray
    begin: IntArray
    close: IntArray
    day: IntArray
    highest: int
    events: IntArray


_NEVER: Final = np.iinfo(np.int64).max


@njit(inline="always", error_model="numpy")
def first_touch(quotes: IntArray, row: int, end: int, stop: int, target: int) -> int:
    """Return the first bar from *row* to *end* - 1 that touches *stop* or *target* (0: off), *end* if none does."""
    if stop == 0 and target == 0:
        return end
    if target == 0:
        target = _NEVER
    while row < end and quotes[row, LOW] > stop and quotes[row, HIGH] < target:
        row += 1
    return row


def tape_of(bars: Bars) -> Tape:
    """Return *bars*, at least one, as a tape."""
    micros, events = bars.micros, bars.events
    quotes = np.stack(micros, axis=1)
    begin = np.flatnonzero(np.concatenate(((True,), bars.session[1:] != bars.session[:-1], (True,))))
    ends = begin[1:] - 1
    return Tape(
        quotes,
        np.repeat(np.arange(ends.size), np.diff(begin)),
        begin,
        micros.close[ends],
        bars.session[ends].astype(np.int64),
        int(micros.close.max()),
        np.stack((events.row, events.kind, events.num, events.den, events.micros), axis=1, dtype=np.int64),
    )
