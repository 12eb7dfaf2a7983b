"""Dates and times as vendors write them, their form decided once for the whole file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import Enum, StrEnum
from typing import Final

import numpy as np

from daytrader.core.arrays import IntArray
from daytrader.services.data_providers.csv_text import UnreadableFileError
from daytrader.utils.days import days_since_epoch

BAD: Final = int(np.iinfo(np.int64).min)
"""Stands for a text that is no date."""

_DAY: Final = 86_400
_HOUR: Final = 3_600
_CACHE_ENTRIES: Final = 50_000
_EARLIEST: Final = date(1700, 1, 1)  # before any exchange: a damaged year
_PIVOT: Final = 69  # POSIX: 69-99 are of the last century
_MONTH_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS: Final = {name: month for month, name in enumerate(_MONTH_NAMES, 1)}
_TIME: Final = re.compile(
    r"(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:\.\d+)?)?\s*(?P<half>[AaPp][Mm])?"
    r"\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_BEFORE_TIME: Final = re.compile(r"[T ]+(?=\d{1,2}:\d{2})")


class DateForm(Enum):
    """How a date is written."""

    ISO = re.compile(r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})", re.ASCII)
    COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})", re.ASCII)
    NUMERIC = re.compile(r"(?P<first>\d{1,2})([-/.])(?P<second>\d{1,2})\2(?P<year>\d{4})", re.ASCII)
    NUMERIC_SHORT = re.compile(r"(?P<first>\d{1,2})([-/.])(?P<second>\d{1,2})\2(?P<year>\d{2})", re.ASCII)
    DAY_NAMED = re.compile(r"(?P<day>\d{1,2})[- ](?P<name>[A-Za-z]{3,9})[- ,]+(?P<year>\d{4}|\d{2})", re.ASCII)
    MONTH_NAMED = re.compile(r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4})", re.ASCII)
    EPOCH = re.compile(r"(?P<seconds>\d{9,11})", re.ASCII)
    EPOCH_MILLIS = re.compile(r"(?P<seconds>\d{9,11})\d{3}", re.ASCII)

    def split(self, text: str) -> tuple[str, str]:
        """Return the texts of the date and of the time of day, which may be empty."""
        if self in (DateForm.DAY_NAMED, DateForm.MONTH_NAMED):
            parts = _BEFORE_TIME.split(text, maxsplit=1)
            return parts[0], parts[1] if len(parts) > 1 else ""
        # The T of UTC parts nothing.
        day, _, time = text.replace("UTC", "Z").replace("T", " ", 1).partition(" ")
        return day, time


class DateOrder(StrEnum):
    """Which of two numbers is the month."""

    MONTH_FIRST = "mdy"
    DAY_FIRST = "dmy"


_NUMERIC: Final = (DateForm.NUMERIC, DateForm.NUMERIC_SHORT)
_EPOCHS: Final = (DateForm.EPOCH, DateForm.EPOCH_MILLIS)


@dataclass(frozen=True, slots=True)
class DateStyle:
    """
    The one way in which a file writes its dates.

    Attributes:
        form: The shape of the date.
        has_time: Whether a time of day follows it.
        is_zoned: Whether the time says its offset from UTC.
        order: Which number is the month, where the form leaves it open.
    """

    form: DateForm
    has_time: bool
    is_zoned: bool
    order: DateOrder | None = None

    @property
    def needs_order(self) -> bool:
        """Whether day and month could be confused."""
        return self.form in _NUMERIC and self.order is None


def detect_style(cells: Iterable[str]) -> DateStyle:
    """
    Return the style that most of *cells*, a sample, are written in.

    Raises:
        UnreadableFileError: If none of them is a date.
    """
    votes = Counter(style for style in map(_style_of, cells) if style is not None)
    if not votes:
        raise UnreadableFileError("has no dates in a form that is known")
    return votes.most_common(1)[0][0]


def _style_of(cell: str) -> DateStyle | None:
    for form in DateForm:
        day, time = form.split(cell.strip())
        if form.value.fullmatch(day) is None:
            continue
        if form in _EPOCHS:
            return DateStyle(form, has_time=True, is_zoned=True) if not time else None
        clock = _TIME.fullmatch(time.strip())
        if clock is not None or not time:
            return DateStyle(form, has_time=bool(time), is_zoned=clock is not None and clock["zone"] is not None)
    return None


class OrderEvidence:
    """Collects over a whole file which number of its dates is the month."""

    def __init__(self, style: DateStyle) -> None:
        self._style = style
        self._first_lines: dict[DateOrder, int] = {}
        self._seen: set[str] = set()
        self._is_dotted = True  # 03.04.2020: wherever dates are written with dots, the day comes first

    def add(self, cells: Iterable[str], first_line: int) -> None:
        """Look at *cells*, the dates of consecutive lines from *first_line* on."""
        if len(self._first_lines) == len(DateOrder):
            return
        for line, cell in enumerate(cells, first_line):
            if cell in self._seen:
                continue
            if len(self._seen) < _CACHE_ENTRIES:
                self._seen.add(cell)
            day, _ = self._style.form.split(cell.strip())
            found = self._style.form.value.fullmatch(day)
            if found is None:
                continue
            self._is_dotted = self._is_dotted and found[2] == "."
            first, second = int(found["first"]), int(found["second"])
            if first > 12 >= second:  # noqa: PLR2004 (months)
                self._first_lines.setdefault(DateOrder.DAY_FIRST, line)
            elif second > 12 >= first:  # noqa: PLR2004
                self._first_lines.setdefault(DateOrder.MONTH_FIRST, line)

    def settle(self) -> DateStyle:
        """
        Return the style with its order.

        Raises:
            UnreadableFileError: If the dates contradict each other or leave the order open.
        """
        if len(self._first_lines) == len(DateOrder):
            day, month = self._first_lines[DateOrder.DAY_FIRST], self._first_lines[DateOrder.MONTH_FIRST]
            raise UnreadableFileError(
                f"has dates that contradict each other: line {day} has the day first, line {month} the month"
            )
        if not self._first_lines and self._is_dotted:
            return replace(self._style, order=DateOrder.DAY_FIRST)
        if not self._first_lines:
            raise UnreadableFileError(
                "has dates that can be read with the day or the month first (no day is above 12): "
                "say which by date_order (--date-order), dmy or mdy"
            )
        return replace(self._style, order=next(iter(self._first_lines)))


class DateParser:
    """
    Text to epoch seconds UTC.

    With *is_daily* the time of day is dropped: the date as written is the session's. Times without an offset are of
    *zone*.
    """

    def __init__(self, style: DateStyle, *, is_daily: bool, zone: tzinfo) -> None:
        self._style = style
        self._is_daily = is_daily
        self._zone = zone
        # Files repeat dates and times of day: what has been read once is not read again.
        self._moments: dict[str, int] = {}
        self._midnights: dict[str, int] = {}
        self._clocks: dict[str, tuple[int, int | None]] = {}
        self._offsets: dict[int, int] = {}

    def column(self, cells: Sequence[str]) -> list[int]:
        """Return the moment of each cell, BAD where it is no date of the style."""
        for remembered in (self._moments, self._midnights, self._clocks, self._offsets):
            if len(remembered) > _CACHE_ENTRIES:
                remembered.clear()
        if self._style.has_time:
            return [self._moment(cell) for cell in cells]
        for cell in set(cells) - self._moments.keys():
            self._moments[cell] = self._moment(cell)
        return list(map(self._moments.__getitem__, cells))

    def _moment(self, cell: str) -> int:
        day, time = self._style.form.split(cell.strip())
        try:
            midnight = self._midnights[day]
        except KeyError:
            midnight = self._midnights[day] = self._midnight(day)
        if midnight == BAD or self._style.form in _EPOCHS:
            return midnight
        try:
            seconds, offset = self._clocks[time]
        except KeyError:
            seconds, offset = self._clocks[time] = self._clock(time.strip())
        if seconds == BAD:
            return BAD
        if self._is_daily or not self._style.has_time:
            return midnight
        local = midnight + seconds
        return local - (self._offset(local) if offset is None else offset)

    def _midnight(self, text: str) -> int:
        """Return the start of a date, or the moment itself where the file counts seconds."""
        found = self._style.form.value.fullmatch(text)
        if found is None:
            return BAD
        parts = found.groupdict()
        if "seconds" in parts:
            moment = int(parts["seconds"])
            return moment - moment % _DAY if self._is_daily else moment
        try:
            day = self._date(parts)
        except ValueError:
            return BAD
        return BAD if day < _EARLIEST else days_since_epoch(day) * _DAY

    def _date(self, parts: dict[str, str]) -> date:
        year = int(parts["year"])
        if len(parts["year"]) == 2:  # noqa: PLR2004 (digits)
            year += 1900 if year >= _PIVOT else 2000
        if "name" in parts:
            return date(year, _MONTHS.get(parts["name"][:3].lower(), 0), int(parts["day"]))
        if "first" in parts:
            first, second = int(parts["first"]), int(parts["second"])
            month, day = (second, first) if self._style.order is DateOrder.DAY_FIRST else (first, second)
            return date(year, month, day)
        return date(year, int(parts["month"]), int(parts["day"]))

    def _clock(self, text: str) -> tuple[int, int | None]:
        """Return the second of the day (BAD in another form than the style) and the offset from UTC if it says one."""
        if not text:
            return (BAD if self._style.has_time else 0), None
        found = _TIME.fullmatch(text)
        if found is None or not self._style.has_time or (found["zone"] is not None) != self._style.is_zoned:
            return BAD, None
        hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
        if found["half"] is not None:
            if not 1 <= hour <= 12:  # noqa: PLR2004 (a clock with halves)
                return BAD, None
            hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
        if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 (a day)
            return BAD, None
        return hour * _HOUR + minute * 60 + second, None if found["zone"] is None else _zone_offset(found["zone"])

    def _offset(self, local: int) -> int:
        hour = local // _HOUR
        if hour not in self._offsets:
            self._offsets[hour] = _offset_at(hour, self._zone)
        return self._offsets[hour]


def moments_of(wall: IntArray, zone: tzinfo) -> IntArray:
    """Return the moments (epoch seconds UTC) at which clocks in *zone* show *wall* (seconds since 1970 there), (n,)."""
    hours, place = np.unique(wall // _HOUR, return_inverse=True)
    offsets = np.array([_offset_at(hour, zone) for hour in hours.tolist()], np.int64)
    return wall - offsets[place]


def _offset_at(hour: int, zone: tzinfo) -> int:
    # Offsets change on the hour.
    moment = (datetime(1970, 1, 1) + timedelta(hours=hour)).replace(tzinfo=zone)  # noqa: DTZ001 (made aware)
    return int((moment.utcoffset() or timedelta()).total_seconds())


def _zone_offset(zone: str) -> int:
    if zone in ("Z", "UTC"):
        return 0
    sign = -1 if zone[0] == "-" else 1
    return sign * (int(zone[1:3]) * _HOUR + int(zone[-2:]) * 60)
