"""Bars as the compiled loop reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

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
        close: The last close of each session in micros, shape (m,).
        day: Its date, days since 1970-01-01, shape (m,).
        highest: The highest of those closes.
        events: Row, kind, numerator, denominator, micros; by row, dividends before splits; shape (e, 5).
    """

    quotes: IntArray
    session: IntArray
    close: IntArray
    day: IntArray
    highest: int
    events: IntArray


def tape_of(bars: Bars) -> Tape:
    """Return *bars*, at least one, as a tape."""
    micros, events = bars.micros, bars.events
    quotes = np.stack(micros, axis=1)
    ends = np.flatnonzero(np.append(bars.session[1:] != bars.session[:-1], True))
    return Tape(
        quotes,
        np.searchsorted(ends, np.arange(bars.n)),
        micros.close[ends],
        bars.session[ends].astype(np.int64),
        int(micros.close.max()),
        np.stack((events.row, events.kind, events.num, events.den, events.micros), axis=1, dtype=np.int64),
    )
