"""Every rule about a single value, once: models and schemas both call these.

Each takes a value, returns it normalised and raises BrokenRuleError with a message that a person can act on. None
echoes the value: a password must never travel back in an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from daytrader.utils import constants
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import BrokenRuleError, InvalidInputError

E = TypeVar("E", bound=Enum)
T = TypeVar("T")
R = TypeVar("R")

_USERNAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})+")
_SYMBOL: Final = re.compile(r"[A-Z0-9.-]{1,10}")
_BROKER: Final = re.compile(r"[a-z][a-z0-9-]{0,19}")
# The most common passwords that satisfy the composition rule, lower-cased: a list of thousands would add little to it.
_COMMON_PASSWORDS: Final = frozenset(
    """
    password1 password12 password123 passw0rd p@ssw0rd qwerty123 qwerty1234 welcome1 welcome123 letmein1 admin123
    admin1234 abc12345 abcd1234 iloveyou1 monkey123 football1 baseball1 sunshine1 princess1 trustno1 changeme1
    changeme123 test1234 test12345 a1b2c3d4 1q2w3e4r 1qaz2wsx qwer1234 asdf1234 zaq12wsx summer2024 winter2024
    spring2025 summer2025 master123 dragon123 shadow123 michael1 charlie1
    """.split()  # noqa: SIM905 (forty lines otherwise)
)
# A clock a few minutes off must not refuse the bar that has just completed.
_CLOCK_TOLERANCE: Final = timedelta(minutes=5)


def checked(field: str, rule: Callable[[T], R], value: T) -> R:
    """
    Apply *rule* to *value* and name the field when it is broken.

    Raises:
        InvalidInputError: With the rule's message under *field*.
    """
    try:
        return rule(value)
    except BrokenRuleError as error:
        raise InvalidInputError({field: [str(error)]}) from None


def text(value: object, *, shortest: int, longest: int) -> str:
    """Return trimmed text of a permitted length."""
    if not isinstance(value, str):
        raise BrokenRuleError("must be text")
    trimmed = value.strip()
    if "\x00" in trimmed:
        raise BrokenRuleError("must not contain a null character")
    if not shortest <= len(trimmed) <= longest:
        wanted = f"{shortest} to {longest}" if shortest else f"at most {longest}"
        raise BrokenRuleError(f"must be {wanted} characters long")
    return trimmed


def username(value: object) -> str:
    """3 to 50 letters, digits, underscores or hyphens."""
    shortest, longest = constants.USERNAME_LENGTH
    name = text(value, shortest=shortest, longest=longest)
    if not _USERNAME.fullmatch(name):
        raise BrokenRuleError("may hold only letters, digits, '_' and '-'")
    return name


def email(value: object) -> str:
    """A mail address, lower-cased, so that one mailbox is one account."""
    address = text(value, shortest=3, longest=constants.EMAIL_LENGTH).lower()
    if not _EMAIL.fullmatch(address) or ".." in address:
        raise BrokenRuleError("must be a mail address such as name@example.com")
    return address


def password(value: object) -> str:
    """8 to 128 characters with an upper-case letter, a lower-case letter and a digit, and not a common one."""
    if not isinstance(value, str):
        raise BrokenRuleError("must be text")
    shortest, longest = constants.PASSWORD_LENGTH
    if not shortest <= len(value) <= longest:
        raise BrokenRuleError(f"must be {shortest} to {longest} characters long")
    if not (any(c.isupper() for c in value) and any(c.islower() for c in value) and any(c.isdigit() for c in value)):
        raise BrokenRuleError("must hold an upper-case letter, a lower-case letter and a digit")
    if value.lower() in _COMMON_PASSWORDS:
        raise BrokenRuleError("is one of the most common passwords")
    return value


def symbol(value: object) -> str:
    """1 to 10 letters, digits, dots or hyphens, upper-cased (BRK.B)."""
    if not isinstance(value, str) or not _SYMBOL.fullmatch(ticker := value.strip().upper()):
        raise BrokenRuleError(f"must be 1 to {constants.SYMBOL_LENGTH} letters, digits, '.' or '-'")
    return ticker


def broker_name(value: object) -> str:
    """1 to 20 lower-case letters, digits or hyphens, a letter first."""
    if not isinstance(value, str) or not _BROKER.fullmatch(value):
        raise BrokenRuleError("must be 1 to 20 lower-case letters, digits or hyphens, a letter first")
    return value


def optional_text(longest: int) -> Callable[[object], str | None]:
    """Return a rule: nothing, or trimmed text of at most *longest* characters."""

    def rule(value: object) -> str | None:
        return None if value is None else text(value, shortest=0, longest=longest)

    return rule


stock_name = optional_text(constants.STOCK_NAME_LENGTH)
sector = optional_text(constants.SECTOR_LENGTH)
description = optional_text(constants.DESCRIPTION_LENGTH)


def service_name(value: object) -> str:
    """1 to 100 characters."""
    return text(value, shortest=1, longest=constants.SERVICE_NAME_LENGTH)


def member_of(kind: type[E]) -> Callable[[object], E]:
    """Return a rule: a member of *kind*, or its name in any case."""

    def rule(value: object) -> E:
        if isinstance(value, kind):
            return value
        names = {str(member.value).upper(): member for member in kind}
        found = names.get(str(value).upper())
        if found is None:
            raise BrokenRuleError(f"must be one of {', '.join(names)}")
        return found

    return rule


def decimal(value: object) -> Decimal:
    """A finite decimal number."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float | str):
        raise BrokenRuleError("must be a number")
    written = str(value)
    if not written.isascii() or "_" in written:  # Decimal reads the digits of every script
        raise BrokenRuleError("must be a number")
    try:
        number = Decimal(written)
    except InvalidOperation:
        raise BrokenRuleError("must be a number") from None
    if not number.is_finite():
        raise BrokenRuleError("must be a finite number")
    return number


def between(
    low: Decimal | int, high: Decimal | int, *, above_low: bool = False, places: int = 2
) -> Callable[[object], Decimal]:
    """Return a rule: a decimal in [low, high], or (low, high] with *above_low*, of at most *places* decimal places."""

    def rule(value: object) -> Decimal:
        number = decimal(value)
        wanted = f"must be {'above' if above_low else 'at least'} {low} and at most {high:,}"
        if number > high or number < low or (above_low and number == low):
            raise BrokenRuleError(wanted)
        if number != round(number, places):
            raise BrokenRuleError(f"{wanted}, with at most {places} decimal places")
        return number

    return rule


initial_balance = between(0, constants.MAX_CASH, above_low=True)
# An all-in buy is legal, so zero is; what is owed is never negative.
current_balance = between(0, constants.MAX_CASH)
minimum_balance = between(0, constants.MAX_CASH)
shares = between(0, 1_000_000_000, above_low=True)
fill_price = between(0, constants.MAX_PRICE, above_low=True, places=6)
buy_threshold = between(0, 100)
sell_threshold = between(0, 1000)
stop_loss_percent = between(0, 100)
take_profit_percent = between(0, 100_000)
slippage_bps = between(0, 5000)
gap_reserve_percent = between(0, 100)


def volume_limit_percent(value: object) -> Decimal | None:
    """Nothing for no limit, else above 0 and at most 100 percent."""
    return None if value is None else between(0, 100, above_low=True)(value)


commission_amount = between(0, 1_000_000)
commission_per_share = between(0, 1_000_000, places=6)
commission_percent = between(0, 50, places=4)


def sale_price(value: object) -> Decimal | None:
    """Nothing while the position is open, else a price; zero when a split left no share."""
    return None if value is None else between(0, constants.MAX_PRICE, places=6)(value)


def allocation_percent(value: object) -> Decimal:
    """The fraction of spendable cash that one buy may use, above 0 and at most 1."""
    fraction = decimal(value)
    if fraction > 1:
        raise BrokenRuleError("is a fraction of the spendable cash: 0.5 means half; it must be above 0 and at most 1")
    return between(0, 1, above_low=True)(fraction)


def fixed_shares(value: object) -> int | None:
    """Nothing, or a whole number of shares above zero."""
    if value is None:
        return None
    return whole(1, 1_000_000_000)(value)


def whole(low: int, high: int) -> Callable[[object], int]:
    """Return a rule: a whole number in [low, high]."""

    def rule(value: object) -> int:
        number = decimal(value)
        if number != number.to_integral_value() or not low <= number <= high:
            raise BrokenRuleError(f"must be a whole number from {low:,} to {high:,}")
        return int(number)

    return rule


def service_interval(value: object) -> int:
    """0 for daily bars, else the bar's minutes."""
    return _one_of(value, (constants.DAILY, *constants.INTRADAY_INTERVALS))


def intraday_interval(value: object) -> int:
    """The bar's minutes."""
    return _one_of(value, constants.INTRADAY_INTERVALS)


def _one_of(value: object, allowed: tuple[int, ...]) -> int:
    number = decimal(value)
    if number not in allowed:
        raise BrokenRuleError(f"must be one of {', '.join(map(str, allowed))}")
    return int(number)


def price_date(value: object) -> date:
    """A date that is not in the future anywhere on Earth's exchanges."""
    if isinstance(value, datetime) or not isinstance(value, date):
        raise BrokenRuleError("must be a date")
    if value > (get_current_datetime() + timedelta(hours=14)).date():
        raise BrokenRuleError("must not be in the future")
    return value


def timestamp(value: object) -> datetime:
    """An aware moment that is not in the future, in UTC."""
    if not isinstance(value, datetime):
        raise BrokenRuleError("must be a date and time")
    if value.tzinfo is None:
        raise BrokenRuleError("must say its time zone")
    if value > get_current_datetime() + _CLOCK_TOLERANCE:
        raise BrokenRuleError("must not be in the future")
    return value.astimezone(UTC)


def price(value: object) -> float | None:
    """Nothing, or a finite price that is not negative."""
    if value is None:
        return None
    number = float(decimal(value))
    if not 0 <= number <= constants.MAX_PRICE:
        raise BrokenRuleError(f"must be at least 0 and at most {constants.MAX_PRICE:,}")
    return number


def volume(value: object) -> int | None:
    """Nothing, or a whole number of shares traded."""
    return None if value is None else whole(0, constants.MAX_VOLUME)(value)


def price_order(
    open_price: float | None, high_price: float | None, low_price: float | None, close_price: float | None
) -> None:
    """
    Check that low <= open, close <= high where present.

    Raises:
        BrokenRuleError: Naming the first pair out of order.
    """
    named = {"open": open_price, "close": close_price, "high": high_price, "low": low_price}
    for lower, upper in (("low", "high"), ("low", "open"), ("low", "close"), ("open", "high"), ("close", "high")):
        below, above = named[lower], named[upper]
        if below is not None and above is not None and below > above:
            raise BrokenRuleError(f"{lower} price is above {upper} price")


PROMOTION_RULES: Final[dict[str, Callable[[object], object]]] = {
    "min_backtest_sessions": whole(1, 100_000),
    "min_backtest_trades": whole(1, 1_000_000),
    "min_backtest_return_percent": between(-100, 1_000_000),
    "min_backtest_sharpe_ratio": between(-100, 100),
    "max_backtest_drawdown_percent": between(0, 100),
    "min_paper_sessions": whole(1, 100_000),
    "min_paper_trades": whole(1, 1_000_000),
    "min_paper_return_percent": between(-100, 1_000_000),
    "max_paper_drawdown_percent": between(0, 100),
}
"""Bounds of what an owner may ask of a service before it trades real money."""


def time_zone(name: str) -> ZoneInfo:
    """The zone of the tz database that is called *name*."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BrokenRuleError("is not known; an example is America/New_York") from None


TRADING_RULES: Final[dict[str, Callable[[object], object]]] = {
    "buy_threshold": buy_threshold,
    "sell_threshold": sell_threshold,
    "minimum_balance": minimum_balance,
    "allocation_percent": allocation_percent,
    "stop_loss_percent": stop_loss_percent,
    "take_profit_percent": take_profit_percent,
    "interval": service_interval,
    "fixed_shares": fixed_shares,
    "commission_per_order": commission_amount,
    "commission_per_share": commission_per_share,
    "commission_percent": commission_percent,
    "commission_minimum": commission_amount,
    "slippage_bps": slippage_bps,
    "gap_reserve_percent": gap_reserve_percent,
    "volume_limit_percent": volume_limit_percent,
}
"""
Bounds and decimal places of the settings that a service, a backtest and a replay have in common, by the service's name.

The decimals are those of the columns: what is accepted anywhere can be stored, and gives the same everywhere.
"""
