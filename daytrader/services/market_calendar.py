"""When the exchange was open: sessions, their ends, and New York's date of a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from daytrader.core.arrays import BoolArray, DayArray, IntArray
from daytrader.utils.constants import DAILY
from daytrader.utils.days import date_of, days_since_epoch

EXCHANGE_ZONE: Final = ZoneInfo("America/New_York")
SETTLING: Final = timedelta(minutes=30)
"""A vendor's bar of the day still changes for a while after the bell."""

_LEAST_DELAY: Final = timedelta(seconds=60)
_DAY: Final = 86_400
_HOUR: Final = 3_600
# The library's default, twenty years back, is shorter than the histories people import.
_FIRST_SESSION: Final = "1970-01-02"


@dataclass(frozen=True, eq=False)
class _Schedule:
    """Every session: its date (days since the epoch), its first and its last second, ascending."""

    day: IntArray
    opens: IntArray
    closes: IntArray


def session_close(day: date) -> datetime | None:
    """Return when the session of *day* ends (UTC, half days included), or None when the exchange is closed that day."""
    schedule = _schedule()
    number = days_since_epoch(day)
    row = int(np.searchsorted(schedule.day, number))
    if row == schedule.day.size or schedule.day[row] != number:
        return None
    return datetime.fromtimestamp(int(schedule.closes[row]), UTC)


def is_final(price_date: date, now: datetime, *, settling: timedelta = SETTLING) -> bool:
    """
    Return whether the daily bar of *price_date* can no longer change at *now*.

    A date without a session (another exchange's, a Sunday's) counts as closed at midnight in New York.
    """
    if now - datetime(price_date.year, price_date.month, price_date.day, tzinfo=UTC) > timedelta(days=3):
        return True  # long past on every exchange: no need to load the calendar
    close = session_close(price_date)
    if close is None:
        following = price_date + timedelta(days=1)
        close = datetime(following.year, following.month, following.day, tzinfo=EXCHANGE_ZONE)
    return now >= close + settling


def sessions_after(day: date, count: int) -> list[date]:
    """Return the next *count* sessions after *day*; fewer where the calendar, a year ahead of today, ends."""
    schedule = _schedule()
    first = int(np.searchsorted(schedule.day, days_since_epoch(day), side="right"))
    return [date_of(number) for number in schedule.day[first : first + count].tolist()]


def session_dates(times: IntArray) -> DayArray:
    """Return New York's date (days since the epoch) at each of *times* (epoch seconds UTC), both of shape (n,)."""
    hours, place = np.unique(times // _HOUR, return_inverse=True)  # the zone's offset changes on the hour
    offsets = np.array([_offset(hour) for hour in hours.tolist()], np.int64)
    return ((times + offsets[place]) // _DAY).astype(np.int32)


def in_regular_session(times: IntArray) -> BoolArray:
    """Return which of *times*, bar starts in epoch seconds UTC, shape (n,), lie in a regular session."""
    schedule = _schedule()
    row = np.searchsorted(schedule.opens, times, side="right") - 1
    inside: BoolArray = (row >= 0) & (times < schedule.closes[np.maximum(row, 0)])
    return inside


def is_open(moment: datetime) -> bool:
    """Return whether *moment* lies in a regular session."""
    return bool(in_regular_session(np.array([int(moment.timestamp())], np.int64))[0])


def next_open(moment: datetime) -> datetime:
    """Return the first opening bell after *moment*."""
    opens = _schedule().opens
    return datetime.fromtimestamp(int(opens[np.searchsorted(opens, moment.timestamp(), side="right")]), UTC)


def open_after(day: date) -> datetime:
    """Return the opening bell of the first session after *day*."""
    schedule = _schedule()
    return datetime.fromtimestamp(
        int(schedule.opens[np.searchsorted(schedule.day, days_since_epoch(day), side="right")]), UTC
    )


def session_opens(times: IntArray) -> IntArray:
    """Return when the session of each of *times* began (epoch seconds UTC, all within sessions), shape (n,)."""
    schedule = _schedule()
    return schedule.opens[np.maximum(np.searchsorted(schedule.opens, times, side="right") - 1, 0)]


def complete_at(times: IntArray, interval: int, *, settling: timedelta = SETTLING) -> IntArray:
    """
    Return when the bars of sessions that start at *times*, shape (n,), are complete: epoch seconds, shape (n,).

    An intraday bar ends after *interval* minutes, the last one of a session at the bell; a daily bar *settling* after
    the bell, and a date without a session at midnight in New York and *settling*.
    """
    schedule = _schedule()
    if interval != DAILY:
        row = np.maximum(np.searchsorted(schedule.opens, times, side="right") - 1, 0)
        ends: IntArray = np.minimum(times + interval * 60, schedule.closes[row])
        return ends
    row = np.minimum(np.searchsorted(schedule.day, times // _DAY), schedule.day.size - 1)
    closes = schedule.closes[row].copy()
    for place in np.flatnonzero(schedule.day[row] != times // _DAY).tolist():
        following = date_of(int(times[place] // _DAY) + 1)
        midnight = datetime(following.year, following.month, following.day, tzinfo=EXCHANGE_ZONE)
        closes[place] = int(midnight.timestamp())
    settled: IntArray = closes + int(settling.total_seconds())
    return settled


def end_of(bar_time: datetime, interval: int) -> datetime:
    """Return when the bar of a session that starts at *bar_time* is complete."""
    return datetime.fromtimestamp(int(complete_at(np.array([int(bar_time.timestamp())], np.int64), interval)[0]), UTC)


def longest_delay(interval: int) -> timedelta:
    """Return how long after its end a bar of *interval* minutes (0: daily) may still be acted on."""
    return timedelta(days=1) if interval == DAILY else max(timedelta(minutes=interval), _LEAST_DELAY)


def bar_starts(first: date, last: date, interval: int) -> IntArray:
    """
    Return the start of every bar of the sessions from *first* to *last*, both included: epoch seconds UTC, shape (n,).

    Intraday bars are counted from the opening bell; daily ones are labelled by midnight UTC of their date.
    """
    schedule = _schedule()
    rows = slice(
        int(np.searchsorted(schedule.day, days_since_epoch(first))),
        int(np.searchsorted(schedule.day, days_since_epoch(last), side="right")),
    )
    if interval == DAILY:
        days: IntArray = schedule.day[rows] * _DAY
        return days
    spans = zip(schedule.opens[rows].tolist(), schedule.closes[rows].tolist(), strict=True)
    starts = [np.arange(opens, closes, interval * 60, dtype=np.int64) for opens, closes in spans]
    return np.concatenate(starts) if starts else np.empty(0, np.int64)


def complete_bars(after: int, now: datetime, interval: int, *, settling: timedelta = SETTLING) -> IntArray:
    """Return the starts, later than *after* (epoch seconds), of the bars that are complete at *now*, shape (n,)."""
    first = date_of(after // _DAY)
    starts = bar_starts(first, now.date(), interval)
    starts = starts[starts > after]
    complete: IntArray = starts[complete_at(starts, interval, settling=settling) <= now.timestamp()]
    return complete


def last_complete_bar(now: datetime, interval: int, *, settling: timedelta = SETTLING) -> int:
    """Return the start (epoch seconds) of the newest bar that is complete at *now*."""
    back = now - timedelta(days=14)  # longer than the exchange was ever closed since 1970
    return int(complete_bars(int(back.timestamp()), now, interval, settling=settling)[-1])


def next_completion(now: datetime, interval: int, *, settling: timedelta = SETTLING) -> int:
    """Return when (epoch seconds) the first bar is complete that is not at *now*."""
    day = timedelta(days=1)
    starts = bar_starts(now.date() - day, now.date() + 14 * day, interval)
    ends = complete_at(starts, interval, settling=settling)
    return int(ends[np.searchsorted(ends, now.timestamp(), side="right")])


def _offset(hour: int) -> int:
    offset = datetime.fromtimestamp(hour * _HOUR, EXCHANGE_ZONE).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


@cache
def _schedule() -> _Schedule:
    import exchange_calendars  # two seconds and pandas: only for those who need the exchange's holidays

    calendar = exchange_calendars.get_calendar("XNYS", start=_FIRST_SESSION)
    nanos = 1_000_000_000
    return _Schedule(
        calendar.sessions_nanos // (nanos * _DAY), calendar.opens_nanos // nanos, calendar.closes_nanos // nanos
    )
