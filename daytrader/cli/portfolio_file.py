"""What a portfolio's TOML file says."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from daytrader.cli.options import Fill, Prices
from daytrader.utils.errors import InvalidInputError

if TYPE_CHECKING:
    from daytrader.core.portfolio import Member

_WHOLE: Final = ("cash", "start", "end", "fill", "prices", "interval", "rules", "members")
# Beside these a member may have every rule, by its name on the command line.
_MEMBER: Final = ("name", "symbol", "file", "strategy", "params", "budget")
_DEFAULT_CASH: Final = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class PortfolioFile:
    """What to run: the arguments of `daytrader.core.portfolio.run`."""

    members: list[Member]
    cash: Decimal
    start: date | None
    end: date | None
    fill: Fill
    prices: Prices


def read_portfolio(path: Path) -> PortfolioFile:
    """
    Return what *path* says, with the members' bars.

    A member names a stored ``symbol`` or a ``file`` beside *path*. ``[rules]`` holds for every member that does not
    say otherwise.

    Raises:
        InvalidInputError: Naming the setting that is unknown or wrong.
        NotFoundError: If no stock has a member's symbol.
        InsufficientDataError: If there are no such prices.
    """
    try:
        with path.open("rb") as file:
            told = tomllib.load(file, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError({path.name: [f"is no TOML: {error}"]}) from None
    except ArithmeticError:
        raise InvalidInputError({path.name: ["holds a number beyond all that can be counted"]}) from None
    from daytrader.core.rules import RULE_NAMES

    _check_names(told, _WHOLE, "")
    shared: dict[str, Any] = _take(told, "rules", dict, {})
    _check_names(shared, RULE_NAMES, "rules.")
    listed = _take(told, "members", list, [])
    prices: Prices = _choice(told, "prices", get_args(Prices), "raw")
    interval = told.get("interval")
    if interval is not None and interval not in ("daily", 1, 5, 15, 30, 60):
        raise InvalidInputError({"interval": ["must be daily, 1, 5, 15, 30 or 60"]})
    minutes = 0 if interval == "daily" else interval
    members = [
        _member(one, f"members[{place}].", shared, path.parent, prices, minutes) for place, one in enumerate(listed, 1)
    ]
    return PortfolioFile(
        members,
        _number(told, "cash", _DEFAULT_CASH, ""),
        _day(told, "start"),
        _day(told, "end"),
        _choice(told, "fill", get_args(Fill), "next_open"),
        prices,
    )


def _member(
    told: object, place: str, shared: dict[str, Any], folder: Path, prices: Prices, interval: int | None
) -> Member:
    from daytrader.cli.source import read_bars
    from daytrader.core.portfolio import Member
    from daytrader.core.rules import RULE_NAMES, Rules

    if not isinstance(told, dict):
        raise InvalidInputError({"members": ["must be tables: [[members]]"]})
    _check_names(told, (*_MEMBER, *RULE_NAMES), place)
    if ("symbol" in told) == ("file" in told):
        raise InvalidInputError({f"{place}symbol": ["name a stored symbol, or a file"]})
    source = str(folder / told["file"]) if "file" in told else str(told["symbol"])
    symbol, bars = read_bars(source, prices=prices, interval=interval)
    given = shared | {name: value for name, value in told.items() if name in RULE_NAMES}
    return Member(
        symbol,
        bars,
        str(told.get("strategy", "technical")),
        _take(told, "params", dict, {}),
        Rules.called({name: _number(given, name, None, place) for name in given}),
        _number(told, "budget", None, place) if "budget" in told else None,
        str(told.get("name", "")),
    )


def _check_names(told: Mapping[str, Any], known: Collection[str], place: str) -> None:
    wrong = {f"{place}{name}": [f"unknown setting, known: {', '.join(known)}"] for name in told if name not in known}
    if wrong:
        raise InvalidInputError(wrong)


def _take(told: Mapping[str, Any], name: str, kind: Callable[..., Any], default: Any) -> Any:
    value = told.get(name, default)
    if not isinstance(value, kind):  # type: ignore[arg-type]  # dict or list
        raise InvalidInputError({name: ["must be a table" if kind is dict else "must be a list of tables"]})
    return value


def _number(told: Mapping[str, Any], name: str, default: Any, place: str) -> Any:
    value = told.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InvalidInputError({f"{place}{name}": [f"must be a number, was {value!r}"]})
    return Decimal(value)


def _day(told: Mapping[str, Any], name: str) -> date | None:
    value = told.get(name)
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise InvalidInputError({name: [f"must be a date such as 2005-01-03, was {value!r}"]})
    return value


def _choice(told: Mapping[str, Any], name: str, allowed: Collection[str], default: str) -> Any:
    value = told.get(name, default)
    if value not in allowed:
        raise InvalidInputError({name: [f"must be {' or '.join(allowed)}, was {value!r}"]})
    return value
