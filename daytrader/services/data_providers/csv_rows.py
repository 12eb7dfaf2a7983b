"""From lines to checked rows, a block at a time, every bad row with its line, field and reason."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import methodcaller
from typing import Final, NamedTuple

import numpy as np

from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.bars import snap_ratio
from daytrader.core.errors import InvalidParameterError
from daytrader.services.data_providers import csv_plain
from daytrader.services.data_providers.csv_dates import BAD, DateParser
from daytrader.services.data_providers.csv_layouts import PRICES, Field, Layout, split_line
from daytrader.services.data_providers.csv_numbers import DecimalMark, parse_column, parse_splits
from daytrader.utils import csv_cells, validators
from daytrader.utils.constants import DAILY, MAX_PRICE, MAX_VOLUME
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.days import date_of
from daytrader.utils.errors import BrokenRuleError

_DAY: Final = 86_400
_SMALLEST_PRICE: Final = 0.5e-6  # less rounds to no price at all
_NUMBERS: Final = (*PRICES, Field.ADJ_CLOSE, Field.VOLUME, Field.DIVIDEND, Field.SPLIT)


_Cells = Sequence[Sequence[str]]
"""The cells of some rows, column by column."""


class RowError(NamedTuple):
    """Why one line (from 1) is refused; the value itself is never repeated."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True, eq=False)
class PriceBlock:
    """
    Checked rows as columns, each of shape (n,), in the file's order, and the rows refused between them.

    Attributes:
        line: Where each row stands, from 1.
        time: Bar start, epoch seconds UTC; midnight of the date for daily bars.
        symbol: Index into the file's symbols; 0 throughout where the file names none.
        values: Open, high, low, close, adjusted close, volume, dividend and split, by field; NaN where there is none.
    """

    line: IntArray
    time: IntArray
    symbol: IntArray
    values: dict[Field, FloatArray]
    errors: tuple[RowError, ...]


class SymbolCodes:
    """Numbers for the symbols of a file, in the order in which they first turn up; ``XYZ.US`` means XYZ."""

    def __init__(self, symbols: list[str]) -> None:
        self._symbols = symbols
        self._codes: dict[str, int] = {}

    def of(self, cells: Sequence[str]) -> IntArray:
        """Return each cell's place in the symbols, -1 where it cannot be one; shape (n,)."""
        if not self._codes.keys() >= set(cells):
            for cell in dict.fromkeys(cells):
                self._codes.setdefault(cell, self._code(cell))
        return np.fromiter(map(self._codes.__getitem__, cells), np.int64, len(cells))

    def _code(self, cell: str) -> int:
        try:
            symbol = validators.symbol(csv_cells.restored(cell)).removesuffix(".US")
        except BrokenRuleError:
            return -1
        if symbol not in self._symbols:
            self._symbols.append(symbol)
        return self._symbols.index(symbol)


def symbols_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the symbols that *cells* name, each once; what cannot be one is passed over."""
    found: list[str] = []
    SymbolCodes(found).of(cells)
    return tuple(found)


@dataclass(eq=False)
class RowParser:
    """
    Reads the lines of one file.

    Attributes:
        layout: Which cell is what.
        mark: The file's decimal mark.
        dates: Reads its dates.
        interval: Minutes of a bar, 0 for daily bars.
        symbols: The symbols seen so far; grows while the file is read.
    """

    layout: Layout
    mark: DecimalMark
    dates: DateParser
    interval: int
    symbols: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._codes = SymbolCodes(self.symbols)

    def parse(self, lines: Sequence[str], first_line: int) -> PriceBlock:
        """Return the rows of consecutive *lines*, of which the first has the number *first_line*."""
        text = "".join(lines)
        if (block := self._plain(text, len(lines), first_line)) is not None:
            return block
        columns, numbers, errors = self._cells(lines, text, first_line)
        refused: dict[int, tuple[str, str]] = {}
        time = self._times(columns, refused)
        symbol = self._symbols(columns, refused, numbers.size)
        values = self._numbers(columns, refused, numbers.size, is_plain=text.isascii() and "_" not in text)
        judge_rows(time, values, self.interval, refused)
        kept = np.ones(numbers.size, np.bool_)
        for row, (name, reason) in refused.items():
            kept[row] = False
            if any(column[row] for column in columns):  # separators alone, as spreadsheets append them, say nothing
                errors.append(RowError(int(numbers[row]), name, reason))
        errors.sort()
        return PriceBlock(
            numbers[kept],
            self._starts(time[kept]),
            symbol[kept],
            {name: column[kept] for name, column in values.items()},
            tuple(errors),
        )

    def _plain(self, text: str, n: int, first_line: int) -> PriceBlock | None:
        """Return the rows of a large block in which nothing has to be looked at, as nearly every one is; else None."""
        places = self.layout.columns
        if self.mark is not DecimalMark.POINT or Field.CLOCK in places or not csv_plain.is_worthwhile(first_line, n):
            return None
        given = {name: places[name] for name in _NUMBERS if name in places}
        texts = [places[name] for name in (Field.DATE, Field.SYMBOL) if name in places]
        read = csv_plain.read(text, n, self.layout.width, self.layout.separator, given.values(), texts)
        if read is None:
            return None
        days, day = read.texts[places[Field.DATE]]
        time = np.array(self.dates.column(days), np.int64)[day]
        symbol = np.zeros(n, np.int64)
        if Field.SYMBOL in places:
            names, name_of = read.texts[places[Field.SYMBOL]]
            symbol = self._codes.of(names)[name_of]
        values = {name: np.full(n, np.nan) for name in _NUMBERS} | {
            name: read.numbers[place] for name, place in given.items()
        }
        values[Field.VOLUME] = _whole(values[Field.VOLUME])
        if (time == BAD).any() or (symbol < 0).any() or _suspects(time, values, self.interval).any():
            return None
        return PriceBlock(np.arange(first_line, first_line + n), self._starts(time), symbol, values, ())

    def _starts(self, time: IntArray) -> IntArray:
        """Return when bars begin that the file labels with *time*."""
        return time - self.interval * 60 if self.layout.is_bar_end and self.interval != DAILY else time

    def _cells(self, lines: Sequence[str], text: str, first_line: int) -> tuple[_Cells, IntArray, list[RowError]]:
        """Return the cells of the lines of the right width by column, their numbers, and the other lines as errors."""
        separator, width = self.layout.separator, self.layout.width
        numbers = np.arange(first_line, first_line + len(lines))
        if '"' not in text and set(map(methodcaller("count", separator), lines)) == {width - 1}:
            # Three times as fast as the csv module, and the same where nothing is quoted.
            cells = text.removesuffix("\n").replace("\n", separator).split(separator)
            return [cells[place::width] for place in range(width)], numbers, []
        rows = self._rows(lines)
        errors = []
        fitting: list[int] = []
        for row, row_cells in enumerate(rows):
            if len(row_cells) > width and not any(row_cells[width:]):
                del row_cells[width:]  # separators at the end of the line
            if len(row_cells) == width:
                fitting.append(row)
            elif any(cell.strip() for cell in row_cells):
                reason = f"has {len(row_cells)} cells, the header {width}"
                errors.append(RowError(int(numbers[row]), "row", reason))
        columns = list(zip(*(rows[row] for row in fitting), strict=True)) if fitting else [()] * width
        return columns, numbers[fitting], errors

    def _rows(self, lines: Sequence[str]) -> list[list[str]]:
        try:
            rows = list(csv.reader(lines, delimiter=self.layout.separator))
        except csv.Error:
            rows = []
        if len(rows) == len(lines):
            return rows
        # A quote is never closed: it must not swallow the lines that follow.
        return [split_line(line, self.layout.separator) for line in lines]

    def _times(self, columns: _Cells, refused: dict[int, tuple[str, str]]) -> IntArray:
        cells = columns[self.layout.columns[Field.DATE]]
        time = np.array(self.dates.column(date_cells(self.layout, columns)), np.int64)
        for row in np.flatnonzero(time == BAD).tolist():
            reason = "is not a date like the others" if cells[row].strip() else "is missing"
            refused[row] = (Field.DATE.value, reason)
        return time

    def _symbols(self, columns: _Cells, refused: dict[int, tuple[str, str]], n: int) -> IntArray:
        place = self.layout.columns.get(Field.SYMBOL)
        if place is None:
            return np.zeros(n, np.int64)
        codes = self._codes.of(columns[place])
        for row in np.flatnonzero(codes < 0).tolist():
            refused.setdefault(row, (Field.SYMBOL.value, "is not a symbol"))
        return codes

    def _numbers(
        self, columns: _Cells, refused: dict[int, tuple[str, str]], n: int, *, is_plain: bool
    ) -> dict[Field, FloatArray]:
        values: dict[Field, FloatArray] = {}
        for name in _NUMBERS:
            place = self.layout.columns.get(name)
            if place is None:
                values[name] = np.full(n, np.nan)
                continue
            parse = parse_splits if name is Field.SPLIT else parse_column
            values[name], reasons = parse(columns[place], self.mark, is_plain=is_plain)
            if name in PRICES:
                for row in np.flatnonzero(np.isnan(values[name])).tolist():
                    refused.setdefault(row, (name.value, reasons.get(row, "is missing")))
            for row, reason in reasons.items():
                refused.setdefault(row, (name.value, reason))
        values[Field.VOLUME] = _whole(values[Field.VOLUME])
        return values


def _whole(volume: FloatArray) -> FloatArray:
    # Vendors adjust volumes for splits, which leaves fractions of shares.
    return np.floor(volume + 0.5)


def date_cells(layout: Layout, columns: _Cells) -> Sequence[str]:
    """Return the date of each row, with its time of day where that stands in a column of its own."""
    days = columns[layout.columns[Field.DATE]]
    place = layout.columns.get(Field.CLOCK)
    if place is None:
        return days
    return [f"{day} {clock}" for day, clock in zip(days, columns[place], strict=True)]


def judge_rows(
    time: IntArray, values: dict[Field, FloatArray], interval: int, refused: dict[int, tuple[str, str]]
) -> None:
    """Add to *refused*, by row, the field and the reason of whatever breaks a rule; *time* is in epoch seconds."""
    for row in np.flatnonzero(_suspects(time, values, interval)).tolist():
        if row not in refused:
            _judge(row, time, values, interval, refused)


def _suspects(time: IntArray, values: dict[Field, FloatArray], interval: int) -> BoolArray:
    """Return the rows that may break a rule; the rules themselves are asked about those alone."""
    opened, high, low, close = (values[name] for name in PRICES)
    now = get_current_datetime()
    horizon = now + timedelta(hours=13) if interval == DAILY else now
    with np.errstate(invalid="ignore"):
        bad = (low > high) | (low > opened) | (low > close) | (opened > high) | (close > high)
        bad |= (low < _SMALLEST_PRICE) | (opened < _SMALLEST_PRICE) | (close < _SMALLEST_PRICE)
        bad |= high > float(MAX_PRICE)
        bad |= time > int(horizon.timestamp()) - (_DAY if interval == DAILY else 0)
        bad |= (values[Field.ADJ_CLOSE] < 0) | (values[Field.ADJ_CLOSE] > float(MAX_PRICE))
        bad |= (values[Field.VOLUME] < 0) | (values[Field.VOLUME] > MAX_VOLUME)
        bad |= (values[Field.DIVIDEND] < 0) | (values[Field.DIVIDEND] > float(MAX_PRICE))
        split = values[Field.SPLIT]
        bad |= ~np.isnan(split) & (split != 0) & (split != 1)
    return bad


def _judge(
    row: int,
    time: IntArray,
    values: dict[Field, FloatArray],
    interval: int,
    refused: dict[int, tuple[str, str]],
) -> None:
    """Apply the rules that models and schemas have too to one row."""
    prices = {f"{name.value}_price": float(values[name][row]) for name in PRICES}

    def rule(name: str, check: Callable[[], object]) -> None:
        try:
            check()
        except (BrokenRuleError, InvalidParameterError) as error:
            refused.setdefault(row, (name, str(error)))

    rule(Field.DATE.value, lambda: _check_time(int(time[row]), interval))
    for name in PRICES:
        rule(name.value, lambda price=float(values[name][row]): _check_price(price))  # type: ignore[misc]
    rule("prices", lambda: validators.price_order(**prices))
    for name in (Field.ADJ_CLOSE, Field.DIVIDEND):
        amount = float(values[name][row])
        if not np.isnan(amount):
            rule(name.value, lambda amount=amount: validators.price(amount))  # type: ignore[misc]
    volume, split = float(values[Field.VOLUME][row]), float(values[Field.SPLIT][row])
    if not np.isnan(volume):
        rule(Field.VOLUME.value, lambda: validators.volume(volume))
    if not np.isnan(split) and split != 0:
        rule(Field.SPLIT.value, lambda: _check_split(split))


def _check_time(moment: int, interval: int) -> None:
    if interval == DAILY:
        validators.price_date(date_of(moment // _DAY))
    else:
        validators.timestamp(datetime.fromtimestamp(moment, UTC))


def _check_price(price: float) -> None:
    validators.price(price)
    if price < _SMALLEST_PRICE:
        raise BrokenRuleError("must be above 0")


def _check_split(ratio: float) -> None:
    try:
        snap_ratio(ratio)
    except InvalidParameterError:
        raise BrokenRuleError("is no split ratio") from None
