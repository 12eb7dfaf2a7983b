"""What a sweep tries, as it is written on the command line."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Final

from daytrader.utils.errors import InvalidInputError

if TYPE_CHECKING:
    from daytrader.core.combinations import Combinations, Number

_BOUNDS, _RANGE = 2, 3
_MOST_VALUES: Final = 100_000
_SEED: Final = 1


def parse(
    axes: Sequence[tuple[str, str]], draws: int | None, seed: int | None, file: Path | None, strategy: str
) -> Combinations:
    """
    Return the grid of *axes*, *draws* from between their bounds, or the rows of *file*.

    Raises:
        InvalidInputError: If an axis or the file is not understood, axes and file are both given or both missing, or
            there is a *seed* and nothing to draw.
    """
    from daytrader.core import combinations

    if seed is not None and draws is None:
        raise InvalidInputError({"seed": ["goes with --random alone"]})
    if file is not None:
        if axes or draws is not None:
            raise InvalidInputError({"list": ["stands instead of --axis and --random"]})
        return combinations.listed(_rows(file))
    if not axes:
        raise InvalidInputError({"axis": ["name at least one, like --axis fast=5:50:5 or --axis stop_loss=0,2,5"]})
    named = [(setting_name(name), text) for name, text in axes]
    for name, _ in named:
        if [other for other, _ in named].count(name) > 1:
            raise InvalidInputError({"axis": [f"{name} is given twice"]})
    if draws is not None:
        bounds = {name: _bounds(name, text) for name, text in named}
        return combinations.random(bounds, draws, _SEED if seed is None else seed, strategy)
    return combinations.grid({name: _values(name, text) for name, text in named})


def setting_name(name: str) -> str:
    """Return the setting that is meant: as in a stored service, or as the option is called."""
    from daytrader.core.rules import stored_name

    return stored_name(name.strip().lower().replace("-", "_"))


def _values(name: str, text: str) -> list[Number]:
    """Read ``5:50:5`` (both ends included), ``5:50`` (step 1) or ``0,2,5``."""
    from daytrader.core.combinations import stepped

    if ":" not in text:
        return [_number(name, part) for part in text.split(",")]
    parts = [_number(name, part) for part in text.split(":")]
    if len(parts) not in (_BOUNDS, _RANGE):
        raise _refused(name, text)
    values: list[Number] = [*stepped(name, *parts, most=_MOST_VALUES)]
    return values


def _bounds(name: str, text: str) -> tuple[Number, Number]:
    parts = text.split(":")
    if len(parts) != _BOUNDS:
        raise InvalidInputError({"axis": [f"{name}: a random draw needs bounds like {name}=5:50, was {text!r}"]})
    return _number(name, parts[0]), _number(name, parts[1])


def _number(name: str, text: str) -> int | Decimal:
    from daytrader.core.combinations import plain

    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise _refused(name, text) from None
    if not number.is_finite():
        raise _refused(name, text)
    return plain(number)


def _rows(file: Path) -> list[dict[str, Number]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            reader = csv.DictReader(opened)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInputError({"list": [f"{file} cannot be read: {error}"]}) from None
    if not rows:
        raise InvalidInputError({"list": [f"{file} has no rows below a header of setting names"]})
    for line, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise InvalidInputError({"list": [f"{file}, line {line}: as many values as names"]})
    return [{setting_name(name): _number(name, value) for name, value in row.items()} for row in rows]


def _refused(name: str, text: str) -> InvalidInputError:
    return InvalidInputError({"axis": [f"{name}: {text!r} is neither from:to:step nor a list of numbers"]})
