"""Dates and times of bars as text, many at once: looked up in tables, which takes a fraction of formatting each."""

from __future__ import annotations

from functools import cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from daytrader.core.arrays import DayArray, IntArray
from daytrader.utils.days import date_of

_CENTURY: Final = 36_525  # days
_DAY: Final = 86_400
Texts: TypeAlias = npt.NDArray[np.object_]


def dates_of(days: DayArray | IntArray) -> list[str]:
    """Return days since 1970-01-01 as YYYY-MM-DD."""
    dates: list[str] = _iso_dates(days).tolist()
    return dates


def bar_labels(times: IntArray, interval_minutes: int) -> list[str]:
    """Return the dates of bars that start at these epoch seconds; their starts in UTC where they are shorter."""
    texts = _iso_dates(times // _DAY)
    if interval_minutes != 0:
        texts = texts + _clocks(times % _DAY)
    labels: list[str] = texts.tolist()
    return labels


def _iso_dates(days: DayArray | IntArray) -> Texts:
    table = _dates()
    if days.size and (days.min() < 0 or days.max() >= table.size):
        return np.array([_iso(day) for day in days.tolist()], np.object_)
    return table.take(days)


def _clocks(seconds: IntArray) -> Texts:
    """Return seconds since midnight as what follows a date, THH:MM:SSZ."""
    if (seconds % 60).any():
        return np.array([_clock(second) for second in seconds.tolist()], np.object_)
    return _minutes().take(seconds // 60)


def _iso(day: int) -> str:
    return date_of(day).isoformat()


def _clock(second: int) -> str:
    return f"T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


@cache
def _dates() -> Texts:
    """Return the dates from 1970 to 2069: one look-up for all of a report's days."""
    return np.array([_iso(day) for day in range(_CENTURY)], np.object_)


@cache
def _minutes() -> Texts:
    """Return the times of a day's minutes: bars hardly begin at any other."""
    return np.array([_clock(second) for second in range(0, _DAY, 60)], np.object_)
