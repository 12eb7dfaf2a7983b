"""Values as an address spells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from daytrader.utils import validators
from daytrader.utils.errors import BrokenRuleError

_LARGEST_INTEGER: Final = 2**63 - 1
_LARGEST_NUMBER: Final = 10**15
_MOST_DIGITS: Final = 100
_LAST_YEAR: Final = 9998  # one short of datetime's last: an inclusive end adds a day


def parse(kind: type, value: str) -> Any:
    """
    Return *value* as *kind*: bool, int, float, Decimal, date, datetime, str or an Enum.

    Raises:
        BrokenRuleError: Saying what would have been right.
    """
    if issubclass(kind, Enum):
        return validators.member_of(kind)(value)
    return _PARSERS[kind](value)


def text(value: str) -> str:
    """Any text that a database can hold."""
    if "\x00" in value:
        raise BrokenRuleError("must not contain a null character")
    return value


def whole(value: str, low: int, high: int | None = None) -> int:
    """A whole number in plain digits, at least *low*, at most *high*."""
    wanted = f"from {low} to {high}" if high is not None else f"of at least {low}"
    if not (value.isascii() and value.isdigit()) or len(value) > _MOST_DIGITS:
        raise BrokenRuleError(f"must be a whole number {wanted}")
    number = int(value)
    if number < low or (high is not None and number > high):
        raise BrokenRuleError(f"must be a whole number {wanted}")
    return number


def choice(value: str, allowed: Iterable[str]) -> str:
    """One of a few words."""
    if value not in allowed:
        raise BrokenRuleError(f"must be one of {', '.join(sorted(allowed))}")
    return value


def is_date(value: str) -> bool:
    """Return whether *value* names a day, not a moment in it."""
    try:
        day(value)
    except BrokenRuleError:
        return False
    return True


def day(value: str) -> date:
    """A date."""
    try:
        if len(value) != len("YYYY-MM-DD") or "W" in value:  # ISO 8601 has other forms of a date
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise BrokenRuleError("must be a date: YYYY-MM-DD") from None


def moment(value: str) -> datetime:
    """A moment; a date is its first instant, and what says no zone is UTC."""
    try:
        if is_date(value):
            return datetime.combine(min(day(value), date(_LAST_YEAR, 1, 1)), time(), UTC)
        given = datetime.fromisoformat(value)
        aware = given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BrokenRuleError("must be a date or a date and time: YYYY-MM-DDTHH:MM:SSZ") from None
    return aware


def integer(value: str) -> int:
    """A whole number that a database can compare."""
    exact = number(value)
    if exact != exact.to_integral_value() or abs(exact) > _LARGEST_INTEGER:
        raise BrokenRuleError("must be a whole number")
    return int(exact)


def number(value: str) -> Decimal:
    """A finite number in plain digits."""
    if not value.isascii():
        raise BrokenRuleError("must be a number")
    exact = validators.decimal(value)
    if abs(exact) > _LARGEST_NUMBER:
        raise BrokenRuleError(f"must be between -{_LARGEST_NUMBER:,} and {_LARGEST_NUMBER:,}")
    return exact


def boolean(value: str) -> bool:
    """True or false."""
    try:
        return {"true": True, "1": True, "false": False, "0": False}[value.lower()]
    except KeyError:
        raise BrokenRuleError("must be true or false") from None


_PARSERS: Final[Mapping[type, Callable[[str], Any]]] = {
    bool: boolean,
    int: integer,
    float: number,
    Decimal: number,
    date: day,
    datetime: moment,
    str: text,
}
