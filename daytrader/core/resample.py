"""Bars of longer periods, made from shorter ones."""

from __future__ import annotations

from enum import Enum
from typing import Final

import numpy as np

from daytrader.core.arrays import DayArray, IntArray
from daytrader.core.bars import Bars, CorporateEvent, EventKind

_DAY: Final = 86_400
_WEEK: Final = 7
_FIRST_SATURDAY: Final = 2  # 1970-01-03
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


class Period(Enum):
    """How many sessions one bar covers; a week ends on Friday."""

    SESSION = "session"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def resample(bars: Bars, period: Period) -> Bars:
    """
    Return one bar for each calendar *period* in which *bars* have a session; the last one may still be growing.

    Open is the first open, high the highest, low the lowest, close the last close, volume the sum (NaN where any is
    unknown). A bar is labelled by midnight UTC of its first session; ``session`` is its last one. Where a split falls
    within a period, everything before it is brought to the shares of the period's end, and the bar carries the split,
    so that ``signal`` is what it was. Dividends are left out: these bars are looked at, never traded.
    """
    if period is Period.SESSION and bars.interval_minutes == 0:
        return bars
    if not bars.n:
        return bars
    first = _starts(_period_of(bars.session.astype(np.int64), period))
    last = np.append(first[1:], bars.n) - 1
    to_end = bars.split_factor / np.repeat(bars.split_factor[last], last - first + 1)
    return Bars.build(
        bars.session[first].astype(np.int64) * _DAY,
        (bars.open * to_end)[first],
        np.maximum.reduceat(bars.high * to_end, first),
        np.minimum.reduceat(bars.low * to_end, first),
        bars.close[last],
        np.add.reduceat(bars.volume / to_end, first),
        session=bars.session[last],
        events=_splits(bars, bars.session[last]),
    )


def coarsen(bars: Bars, minutes: int, opens: IntArray) -> Bars:
    """
    Return intraday *bars* as bars of *minutes*, counted from each session's opening bell.

    Open is the first open, high the highest, low the lowest, close the last close, volume the sum (NaN where any is
    unknown); a stretch without any bar stays without one. The last bar may still be growing. Dividends and splits
    stay on the first bar of their session.

    Args:
        bars: Of the regular session, finer than *minutes*.
        minutes: A multiple of the bars' own interval.
        opens: The opening bell of each bar's session, epoch seconds, shape (n,).
    """
    if bars.interval_minutes == minutes or not bars.n:
        return bars
    length = minutes * 60
    label = opens + (bars.time - opens) // length * length
    first = _starts(label)
    last = np.append(first[1:], bars.n) - 1
    return Bars.build(
        label[first],
        bars.open[first],
        np.maximum.reduceat(bars.high, first),
        np.minimum.reduceat(bars.low, first),
        bars.close[last],
        np.add.reduceat(bars.volume, first),
        interval_minutes=minutes,
        session=bars.session[first],
        events=bars.corporate_events(),
    )


def last_session(bars: Bars) -> Bars:
    """Return the bars of the last session in *bars*, without events: those came before its first bar."""
    first = int(np.searchsorted(bars.session, bars.session[-1])) if bars.n else 0
    return Bars.build(
        bars.time[first:],
        bars.open[first:],
        bars.high[first:],
        bars.low[first:],
        bars.close[first:],
        bars.volume[first:],
        interval_minutes=bars.interval_minutes,
        session=bars.session[first:],
    )


def _period_of(session: IntArray, period: Period) -> IntArray:
    """Return a number for each of *session* (days since 1970-01-01) that all days of one period share."""
    if period is Period.SESSION:
        return session
    if period is Period.WEEK:
        return (session - _FIRST_SATURDAY) // _WEEK
    months = session.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months // _MONTHS[period.value]


def _starts(key: IntArray) -> IntArray:
    return np.flatnonzero(np.append(True, key[1:] != key[:-1]))


def _splits(bars: Bars, ends: DayArray) -> list[CorporateEvent]:
    """Return the splits, each dated by its period's end: one dated before the first bar's session would get lost."""
    events = bars.events
    return [
        CorporateEvent(
            int(ends[np.searchsorted(ends, bars.session[row])]), EventKind.SPLIT, int(num), int(den), ref=int(ref)
        )
        for row, kind, num, den, ref in zip(events.row, events.kind, events.num, events.den, events.ref, strict=True)
        if kind == EventKind.SPLIT
    ]
