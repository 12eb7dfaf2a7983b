"""The parameters that the addresses of prices have in common."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from flask import request

from daytrader.api.swagger import query_parameter
from daytrader.utils import query_values, validators
from daytrader.utils.constants import DAILY, INTRADAY_INTERVALS
from daytrader.utils.errors import BrokenRuleError, InvalidInputError

INTERVALS: Final = {"daily": DAILY} | {str(minutes): minutes for minutes in (DAILY, *INTRADAY_INTERVALS)}
"""Minutes of a bar, by every way of writing them."""

SPAN: Final[dict[str, Any]] = {
    "start": query_parameter(str, "First session, YYYY-MM-DD", "2024-01-02", format="date"),
    "end": query_parameter(str, "Last session, YYYY-MM-DD", "2024-01-31", format="date"),
    "interval": query_parameter(str, "Minutes of a bar", enum=list(INTERVALS), default="daily"),
}
"""`span` in Swagger's words."""


class Span(NamedTuple):
    """Which bars: minutes (0 for daily), first and last session, None for all there are."""

    interval: int
    start: date | None
    end: date | None


def span() -> Span:
    """
    Return what the address says of *interval*, *start* and *end*.

    Raises:
        InvalidInputError: Naming the parameter.
    """
    start = validators.checked("start", _day, request.args.get("start"))
    end = validators.checked("end", _day, request.args.get("end"))
    if start is not None and end is not None and start > end:
        raise InvalidInputError({"start": ["must not be after the end"]})
    return Span(validators.checked("interval", interval, request.args.get("interval", "daily")), start, end)


def flag(name: str) -> bool:
    """
    Return whether the address says that *name* is so; by default it is not.

    Raises:
        InvalidInputError: Naming the parameter.
    """
    return validators.checked(name, query_values.boolean, request.args.get(name, "false"))


def interval(value: str) -> int:
    """The minutes of a bar, or ``daily``."""
    if value not in INTERVALS:
        raise BrokenRuleError(f"must be one of {', '.join(INTERVALS)}")
    return INTERVALS[value]


def _day(value: str | None) -> date | None:
    return None if value is None else query_values.day(value)
