"""Numbers as vendors write them: $438.00, 1,234.5, 1.234,50, 1'234.5, 1 234,5, 31702200.0, 1.2M."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final

import numpy as np

from daytrader.core.arrays import FloatArray
from daytrader.services.data_providers.csv_text import UnreadableFileError
from daytrader.utils.errors import BrokenRuleError

MISSING: Final = frozenset({"", "-", "--", "nan", "null", "none", "n/a", "na", "#n/a"})
"""What vendors write where they have no value, in lower case."""

_PLAIN: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
# 1'234.50 in Switzerland, 1 234,50 in France, by whatever space: beside either decimal mark.
_MARKED: Final = re.compile(r"[+-]?\d{1,3}(?P<mark>['\u2019 \u00a0\u202f])\d{3}((?P=mark)\d{3})*([.,]\d+)?", re.ASCII)
_MARKS: Final = str.maketrans("", "", "'\u2019 \u00a0\u202f")
_CURRENCY: Final = "$€£"
_MULTIPLES: Final = {"k": 1e3, "m": 1e6, "b": 1e9}
_RATIO: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(?::|/|for)\s*(\d+(?:\.\d+)?)", re.ASCII)
_COMMA_EVIDENCE: Final = re.compile(r"[+-]?\d+(\.\d{3})*,(\d{1,2}|\d{4,})|[+-]?\d{1,3}(\.\d{3})+,\d+", re.ASCII)
_POINT_EVIDENCE: Final = re.compile(r"[+-]?\d*(,\d{3})*\.(\d{1,2}|\d{4,})|[+-]?\d{1,3}(,\d{3})+\.\d+", re.ASCII)


class DecimalMark(Enum):
    """What separates whole numbers from decimals; the other one may group thousands."""

    POINT = "."
    COMMA = ","


def decimal_mark(cells: Iterable[str], separator: str) -> DecimalMark:
    """
    Return the decimal mark of *cells*, prices of a sample.

    Raises:
        UnreadableFileError: If they can be read with either mark.
    """
    if separator == ",":
        return DecimalMark.POINT
    # Where another separator stands between cells, a comma inside one can be either mark.
    values = [_unmarked(cell.strip().strip(_CURRENCY)) for cell in cells]
    commas = sum(_COMMA_EVIDENCE.fullmatch(value) is not None for value in values)
    points = sum(_POINT_EVIDENCE.fullmatch(value) is not None for value in values)
    if not commas and not points and any(_GROUPED.fullmatch(value) for value in values):
        raise UnreadableFileError("has prices such as 1,234 whose comma can be a decimal or a thousands mark")
    return DecimalMark.COMMA if commas > points else DecimalMark.POINT


def parse_column(cells: Sequence[str], mark: DecimalMark, *, is_plain: bool) -> tuple[FloatArray, dict[int, str]]:
    """
    Return *cells* as numbers, shape (n,), NaN where there is none, and the reason for each cell that is no number.

    *is_plain* promises that the text is ASCII without underscores, so that Python reads no more than it should.
    """
    if is_plain and mark is DecimalMark.POINT:
        try:
            numbers = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            pass
        else:
            if np.isfinite(numbers).all():
                return numbers, {}
    reasons: dict[int, str] = {}
    parsed = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        try:
            parsed[row] = parse(cell, mark)
        except BrokenRuleError as error:
            reasons[row] = str(error)
    return parsed, reasons


def parse(cell: str, mark: DecimalMark) -> float:
    """
    Return the number in *cell*, NaN when it says that there is none.

    Raises:
        BrokenRuleError: If it is no finite number.
    """
    text = cell.strip().strip(_CURRENCY).lower()
    if text in MISSING:
        return np.nan
    text = _unmarked(text)
    if mark is DecimalMark.COMMA:
        text = text.translate({ord("."): ",", ord(","): "."})
    multiple = _MULTIPLES.get(text[-1], 1.0)
    if multiple != 1.0:
        text = text[:-1]
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    elif not _PLAIN.fullmatch(text):
        raise BrokenRuleError("is not a number")
    number = float(text) * multiple
    if not np.isfinite(number):
        raise BrokenRuleError("is not a finite number")
    return number


def _unmarked(text: str) -> str:
    """Return *text* without thousands marks that can be nothing else."""
    return text.translate(_MARKS) if _MARKED.fullmatch(text) else text


def parse_splits(cells: Sequence[str], mark: DecimalMark, *, is_plain: bool) -> tuple[FloatArray, dict[int, str]]:
    """Return *cells* as ratios of new to old shares, "4:1" included, as `parse_column` does."""
    numbers, reasons = parse_column(cells, mark, is_plain=is_plain)
    for row in list(reasons):
        ratio = _RATIO.fullmatch(cells[row].strip().lower())
        if ratio is not None and float(ratio[2]) > 0:
            numbers[row] = float(ratio[1]) / float(ratio[2])
            del reasons[row]
    return numbers, reasons
