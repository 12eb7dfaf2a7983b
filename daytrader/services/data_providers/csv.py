"""Price files of the common vendors: what they hold is found out once, then they are read block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from daytrader.core.arrays import DayArray, FloatArray, IntArray
from daytrader.core.bars import Bars, CorporateEvent, EventKind, RefusedBar, snap_ratio
from daytrader.services import market_calendar
from daytrader.services.data_providers.csv_dates import (
    BAD,
    DateOrder,
    DateParser,
    DateStyle,
    OrderEvidence,
    detect_style,
)
from daytrader.services.data_providers.csv_layouts import PRICES, Field, Layout, detect_layout, split_line
from daytrader.services.data_providers.csv_numbers import DecimalMark, decimal_mark
from daytrader.services.data_providers.csv_rows import PriceBlock, RowError, RowParser, date_cells
from daytrader.services.data_providers.csv_text import TextFile, UnreadableFileError
from daytrader.services.data_providers.intervals import settle_interval
from daytrader.services.data_providers.json_rows import open_rows
from daytrader.utils import constants
from daytrader.utils.errors import InsufficientDataError

__all__ = ["BarsFile", "PriceBlock", "PriceFile", "RowError", "UnreadableFileError", "events_of", "read_bars_file"]

_DAY: Final = 86_400
_NAMED: Final = 5  # symbols that a message names


class PriceFile:
    """
    A file of daily or intraday prices.

    Args:
        path: Text, JSON or gzip; see the user guide for the layouts that are known.
        interval: Minutes of a bar or 0 for daily bars; found out where None.
        zone: The zone of times that do not say theirs; the exchange's by default.
        date_order: Whether the day or the month comes first, for files whose dates leave it open.

    Raises:
        UnreadableFileError: If it is no table of prices, or cannot be understood without guessing.
    """

    def __init__(
        self,
        path: Path,
        *,
        interval: int | None = None,
        zone: tzinfo = market_calendar.EXCHANGE_ZONE,
        date_order: DateOrder | None = None,
    ) -> None:
        self._text = open_rows(path)
        sample = self._text.sample()
        self.layout = detect_layout(sample)
        columns = _sample_columns(sample, self.layout)
        dates = date_cells(self.layout, columns)
        style = self._settle(detect_style(dates), date_order)
        if self.layout.is_bar_end:
            zone = UTC
        self.interval = _settle_interval(dates, style, zone, interval)
        self._mark = (
            DecimalMark.POINT
            if self.layout.is_bar_end
            else decimal_mark(
                (cell for name in PRICES for cell in columns[self.layout.columns[name]]), self.layout.separator
            )
        )
        self._style = style
        self._zone = zone
        self.symbols: list[str] = []
        """The symbols named in what has been read so far; empty where the file names none."""

    @property
    def names_stocks(self) -> bool:
        """Whether a column says whose each row is."""
        return Field.SYMBOL in self.layout.columns

    @property
    def size(self) -> int:
        """Return the file's bytes, for progress."""
        return self._text.size

    def blocks(self, progress: Callable[[int], None] | None = None) -> Iterator[PriceBlock]:
        """
        Yield the rows, some twenty thousand at a time; *progress* hears how many bytes of the file have been read.

        Raises:
            UnreadableFileError: If the rest of the file cannot be read.
        """
        dates = DateParser(self._style, is_daily=self.interval == constants.DAILY, zone=self._zone)
        parser = RowParser(self.layout, self._mark, dates, self.interval, self.symbols)
        for first_line, lines in _after_header(self._text, self.layout, progress):
            yield parser.parse(lines, first_line)

    def _settle(self, style: DateStyle, given: DateOrder | None) -> DateStyle:
        if not style.needs_order:
            return style
        if given is not None:
            return replace(style, order=given)
        # The order is a property of the whole file: a row alone would be a guess.
        evidence = OrderEvidence(style)
        place = self.layout.columns[Field.DATE]
        for first_line, lines in _after_header(self._text, self.layout, None):
            evidence.add((_cell(line, self.layout.separator, place) for line in lines), first_line)
        return evidence.settle()


class BarsFile(NamedTuple):
    """A price file in memory; *adj_close* has one value per bar, None where the file has no such column."""

    symbol: str | None
    bars: Bars
    adj_close: FloatArray | None


def read_bars_file(
    path: Path,
    *,
    symbol: str | None = None,
    interval: int | None = None,
    zone: tzinfo = market_calendar.EXCHANGE_ZONE,
    date_order: DateOrder | None = None,
) -> BarsFile:
    """
    Return what a backtest needs of one file, without a database; of several symbols in it, *symbol*'s rows.

    Refused rows are listed in ``bars.refused``, their index counting the file's lines from 0; their dividends and
    splits go with them.

    Raises:
        UnreadableFileError: If it is no table of prices, or holds several symbols and *symbol* is none of them.
        InsufficientDataError: If it has no sound bar.
    """
    file = PriceFile(path, interval=interval, zone=zone, date_order=date_order)
    blocks = list(file.blocks())
    named = _choose(file.symbols, symbol)
    chosen = file.symbols.index(named) if named is not None else 0
    line, time, values = _joined(blocks, chosen)
    order = np.argsort(time, kind="stable")
    if file.interval != constants.DAILY:
        order = order[market_calendar.in_regular_session(time[order])]
    line, time = line[order], time[order]
    values = {name: column[order] for name, column in values.items()}
    session = (time // _DAY).astype(np.int32)
    if file.interval != constants.DAILY:
        session = market_calendar.session_dates(time)
    events = events_of(session, values[Field.DIVIDEND], values[Field.SPLIT])
    opened, high, low, close = (values[name] for name in PRICES)
    volume = values[Field.VOLUME]
    bars = Bars.sift(
        time, opened, high, low, close, volume, interval_minutes=file.interval, session=session, events=events
    )
    if not bars.n:
        raise InsufficientDataError("the file has no sound bar")
    adj_close = None
    if Field.ADJ_CLOSE in file.layout.columns:
        adj_close = np.delete(values[Field.ADJ_CLOSE], [bar.index for bar in bars.refused])
    unsound = [RefusedBar(int(line[bar.index]) - 1, bar.time, bar.reason) for bar in bars.refused]
    unread = [RefusedBar(e.line - 1, 0, f"{e.field}: {e.reason}") for block in blocks for e in block.errors]
    refused = tuple(sorted(unsound + unread, key=lambda bar: bar.index))
    return BarsFile(named, replace(bars, refused=refused), adj_close)


def events_of(session: DayArray | IntArray, dividend: FloatArray, split: FloatArray) -> list[CorporateEvent]:
    """Return the dividends and splits of rows, all of shape (n,); ratios of 0 and 1 and dividends of 0 are none."""
    events = []
    for row in np.flatnonzero(dividend > 0).tolist():
        amount = Decimal(repr(float(dividend[row]))).quantize(Decimal("0.000001"))
        events.append(CorporateEvent(int(session[row]), EventKind.DIVIDEND, amount=amount))
    for row in np.flatnonzero((split > 0) & (split != 1)).tolist():
        numerator, denominator = snap_ratio(float(split[row]))
        if numerator != denominator:
            events.append(CorporateEvent(int(session[row]), EventKind.SPLIT, numerator, denominator))
    return events


def _choose(symbols: list[str], wanted: str | None) -> str | None:
    if not symbols:
        return None
    if wanted is not None:
        if wanted.upper() not in symbols:
            raise UnreadableFileError(f"holds {', '.join(symbols[:_NAMED])}, no {wanted.upper()}")
        return wanted.upper()
    if len(symbols) > 1:
        raise UnreadableFileError(f"holds {len(symbols)} symbols: say which one is meant")
    return symbols[0]


def _joined(blocks: list[PriceBlock], chosen: int) -> tuple[IntArray, IntArray, dict[Field, FloatArray]]:
    if not blocks:
        raise InsufficientDataError("the file has no rows")
    kept = np.concatenate([block.symbol for block in blocks]) == chosen
    line = np.concatenate([block.line for block in blocks])[kept]
    time = np.concatenate([block.time for block in blocks])[kept]
    values = {name: np.concatenate([block.values[name] for block in blocks])[kept] for name in blocks[0].values}
    return line, time, values


def _cell(line: str, separator: str, place: int) -> str:
    cells = split_line(line, separator) if '"' in line else line.split(separator, place + 1)
    return cells[place] if len(cells) > place else ""


def _sample_columns(sample: list[str], layout: Layout) -> list[tuple[str, ...]]:
    rows = [split_line(line, layout.separator) for line in sample[layout.first_line - 1 :]]
    fitting = [cells for cells in rows if len(cells) == layout.width]
    if not fitting:
        raise UnreadableFileError("has no rows under its header")
    return list(zip(*fitting, strict=True))


def _after_header(
    text: TextFile, layout: Layout, progress: Callable[[int], None] | None
) -> Iterator[tuple[int, list[str]]]:
    """Yield blocks of the lines with prices, each with the number of its first line."""
    line = 1
    for block in text.blocks(progress):
        skipped = max(0, min(len(block), layout.first_line - line))
        if len(block) > skipped:
            yield line + skipped - text.headings, block[skipped:]
        line += len(block)


def _settle_interval(cells: Sequence[str], style: DateStyle, zone: tzinfo, given: int | None) -> int:
    """Return the minutes of a bar: as given, or as the sample's times are apart."""
    if not style.has_time:
        if given not in (None, constants.DAILY):
            raise UnreadableFileError("has dates without a time of day: its bars are daily")
        return constants.DAILY
    moments = np.array(DateParser(style, is_daily=False, zone=zone).column(cells), np.int64)
    days = np.array(DateParser(style, is_daily=True, zone=zone).column(cells), np.int64)
    sound = moments != BAD
    times = np.unique(moments[sound])
    return settle_interval(times, np.unique(days[sound]), given)
