"""Price files in Parquet: the same columns by the same names as in text, read batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

import numpy as np

from daytrader.core.arrays import FloatArray, IntArray
from daytrader.services import market_calendar
from daytrader.services.data_providers.csv_dates import (
    BAD,
    DateOrder,
    DateParser,
    DateStyle,
    OrderEvidence,
    detect_style,
    moments_of,
)
from daytrader.services.data_providers.csv_layouts import PRICES, Field, columns_of
from daytrader.services.data_providers.csv_numbers import DecimalMark, parse_column, parse_splits
from daytrader.services.data_providers.csv_rows import PriceBlock, RowError, SymbolCodes, judge_rows, symbols_of
from daytrader.services.data_providers.csv_text import UnreadableFileError
from daytrader.services.data_providers.intervals import settle_interval
from daytrader.utils.constants import DAILY

MAGIC: Final = b"PAR1"
MOST_ROWS: Final = 20_000_000
MOST_BYTES: Final = 1 << 30
"""Unpacked: a file of a few kilobytes may claim a thousand times as much."""

_BATCH: Final = 20_000
_SAMPLE: Final = 2_000
_DAY: Final = 86_400
_NUMBERS: Final = (*PRICES, Field.ADJ_CLOSE, Field.VOLUME, Field.DIVIDEND, Field.SPLIT)


class ParquetPriceFile:
    """
    A Parquet file of daily or intraday prices; see `PriceFile` for the arguments.

    Dates are dates, times with or without a zone, seconds since 1970, or text. Rows are counted from 1.

    Raises:
        UnreadableFileError: If it is no table of prices, or unpacks to more than `MOST_ROWS` or `MOST_BYTES`.
    """

    def __init__(
        self,
        path: Path,
        *,
        interval: int | None = None,
        zone: tzinfo = market_calendar.EXCHANGE_ZONE,
        date_order: DateOrder | None = None,
    ) -> None:
        # Half a second: only for those who have such a file.
        import pyarrow as pa
        from pyarrow import parquet

        self._pa = pa
        self._path = path
        with self._guarded():
            schema = parquet.read_schema(path)
            texts = [field.name for field in schema if pa.types.is_string(field.type) or _is_large_text(pa, field.type)]
            # Words once, however often they stand there: a column of one long text must not unpack to gigabytes.
            self._file = parquet.ParquetFile(path, read_dictionary=texts, buffer_size=1 << 20, pre_buffer=False)
        metadata = self._file.metadata
        self.size: int = metadata.num_rows
        """Rows, for progress."""
        groups = (metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
        if self.size > MOST_ROWS or sum(groups) > MOST_BYTES:
            raise UnreadableFileError("unpacks to more than is taken at once: divide it")
        self._columns = columns_of([*schema.names])
        missing = [name.value for name in (Field.DATE, *PRICES) if name not in self._columns]
        if missing:
            raise UnreadableFileError(f"has no column for {', '.join(missing)}")
        self._names = {name: schema.names[place] for name, place in self._columns.items()}
        self._zone = zone
        self.symbols: list[str] = []
        self._style = self._date_style(date_order)
        self.interval = self._settle(interval)

    @property
    def names_stocks(self) -> bool:
        """Whether a column says whose each row is."""
        return Field.SYMBOL in self._names

    @property
    def stocks_at_start(self) -> tuple[str, ...] | None:
        """The stocks that the first rows name, None where no column says whose each row is."""
        if not self.names_stocks:
            return None
        return symbols_of(self._texts(next(self._batches(_SAMPLE, [Field.SYMBOL])), Field.SYMBOL))

    def blocks(self, progress: Callable[[int], None] | None = None) -> Iterator[PriceBlock]:
        """
        Yield the rows, twenty thousand at a time; *progress* hears how many have been read.

        Raises:
            UnreadableFileError: If the rest of the file cannot be read.
        """
        codes = SymbolCodes(self.symbols)
        dates = None if self._style is None else self._parser(self._style, is_daily=self.interval == DAILY)
        done = 0
        for batch in self._batches(_BATCH, list(self._names)):
            yield self._block(batch, done + 1, codes, dates)
            done += batch.num_rows
            if progress is not None:
                progress(done)

    def _block(self, batch: Any, first: int, codes: SymbolCodes, dates: DateParser | None) -> PriceBlock:
        n = batch.num_rows
        refused: dict[int, tuple[str, str]] = {}
        time = self._times(batch, dates)
        for row in np.flatnonzero(time == BAD).tolist():
            refused[row] = (Field.DATE.value, "is missing or not a date like the others")
        symbol = np.zeros(n, np.int64)
        if self.names_stocks:
            symbol = codes.of(self._texts(batch, Field.SYMBOL))
            for row in np.flatnonzero(symbol < 0).tolist():
                refused.setdefault(row, (Field.SYMBOL.value, "is not a symbol"))
        values = {name: self._numbers(batch, name, refused) for name in _NUMBERS}
        values[Field.VOLUME] = np.floor(values[Field.VOLUME] + 0.5)
        judge_rows(time, values, self.interval, refused)
        kept = np.ones(n, np.bool_)
        kept[list(refused)] = False
        lines = np.arange(first, first + n)
        errors = tuple(RowError(int(lines[row]), *refused[row]) for row in sorted(refused))
        return PriceBlock(
            lines[kept], time[kept], symbol[kept], {name: column[kept] for name, column in values.items()}, errors
        )

    def _date_style(self, given: DateOrder | None) -> DateStyle | None:
        """Return how the dates are written where they are text, None where they are typed."""
        if self._is_typed():
            return None
        style = detect_style(self._words(next(self._batches(_SAMPLE, [Field.DATE, Field.CLOCK]), None)))
        if not style.needs_order:
            return style
        if given is not None:
            return replace(style, order=given)
        evidence, line = OrderEvidence(style), 1
        for batch in self._batches(_BATCH, [Field.DATE, Field.CLOCK]):
            evidence.add(self._words(batch), line)
            line += batch.num_rows
        return evidence.settle()

    def _settle(self, given: int | None) -> int:
        batch = next(self._batches(_SAMPLE, [Field.DATE, Field.CLOCK]), None)
        if batch is None:
            raise UnreadableFileError("has no rows")
        has_time = self._style.has_time if self._style is not None else not self._pa.types.is_date(self._date_type())
        if not has_time:
            if given not in (None, DAILY):
                raise UnreadableFileError("has dates without a time of day: its bars are daily")
            return DAILY
        moments, days = (self._moments(batch, is_daily=is_daily) for is_daily in (False, True))
        sound = moments != BAD
        return settle_interval(np.unique(moments[sound]), np.unique(days[sound]), given)

    def _moments(self, batch: Any, *, is_daily: bool) -> IntArray:
        if self._style is None:
            return self._typed_times(batch, is_daily=is_daily)
        return np.array(self._parser(self._style, is_daily=is_daily).column(self._words(batch)), np.int64)

    def _parser(self, style: DateStyle, *, is_daily: bool) -> DateParser:
        return DateParser(style, is_daily=is_daily, zone=self._zone)

    def _times(self, batch: Any, dates: DateParser | None) -> IntArray:
        if dates is None:
            return self._typed_times(batch, is_daily=self.interval == DAILY)
        return np.array(dates.column(self._words(batch)), np.int64)

    def _typed_times(self, batch: Any, *, is_daily: bool) -> IntArray:
        """Return epoch seconds UTC of dates and times, BAD where there is none; daily ones by their own date."""
        import pyarrow.compute as pc

        pa, column = self._pa, batch.column(self._names[Field.DATE])
        missing = column.is_null().to_numpy(zero_copy_only=False)
        kind = column.type
        is_zoned = pa.types.is_timestamp(kind) and kind.tz is not None
        wall = pc.local_timestamp(column) if is_zoned and is_daily else column
        seconds = wall.cast(pa.timestamp("s", tz=getattr(wall.type, "tz", None)), safe=False).cast(pa.int64())
        time: IntArray = np.array(seconds.fill_null(0), np.int64)
        if is_daily:
            time -= time % _DAY
        elif not is_zoned:
            time = moments_of(time, self._zone)
        time[missing] = BAD
        return time

    def _words(self, batch: Any) -> Sequence[str]:
        if batch is None:
            raise UnreadableFileError("has no rows")
        days = self._texts(batch, Field.DATE)
        if Field.CLOCK not in self._names:
            return days
        return [f"{day} {clock}" for day, clock in zip(days, self._texts(batch, Field.CLOCK), strict=True)]

    def _texts(self, batch: Any, name: Field) -> list[str]:
        pa, column = self._pa, batch.column(self._names[name])
        if not pa.types.is_dictionary(column.type):
            column = self._cast(column, pa.string(), name).dictionary_encode()
        words = ["" if word is None else str(word) for word in column.dictionary.to_pylist()]
        return ["" if index is None else words[index] for index in column.indices.to_pylist()]

    def _numbers(self, batch: Any, name: Field, refused: dict[int, tuple[str, str]]) -> FloatArray:
        if name not in self._names:
            return np.full(batch.num_rows, np.nan)
        column, types = batch.column(self._names[name]), self._pa.types
        reasons: dict[int, str] = {}
        if types.is_dictionary(column.type) or types.is_string(column.type):
            parse = parse_splits if name is Field.SPLIT else parse_column
            numbers, reasons = parse(self._texts(batch, name), DecimalMark.POINT, is_plain=False)
        else:
            numbers = np.array(self._cast(column, self._pa.float64(), name).fill_null(np.nan), np.float64)
            reasons = dict.fromkeys(np.flatnonzero(np.isinf(numbers)).tolist(), "is not a finite number")
        if name in PRICES:
            for row in np.flatnonzero(np.isnan(numbers)).tolist():
                refused.setdefault(row, (name.value, reasons.get(row, "is missing")))
        for row, reason in reasons.items():
            refused.setdefault(row, (name.value, reason))
        return numbers

    def _cast(self, column: Any, kind: Any, name: Field) -> Any:
        try:
            return column.cast(kind, safe=False)
        except self._pa.ArrowException:
            raise UnreadableFileError(f"has a {name.value} column of type {column.type}") from None

    def _is_typed(self) -> bool:
        types, kind = self._pa.types, self._date_type()
        return Field.CLOCK not in self._names and (types.is_date(kind) or types.is_timestamp(kind))

    def _date_type(self) -> Any:
        return self._file.schema_arrow.field(self._names[Field.DATE]).type

    def _batches(self, rows: int, wanted: Sequence[Field]) -> Iterator[Any]:
        columns = [self._names[name] for name in wanted if name in self._names]
        with self._guarded():
            yield from self._file.iter_batches(rows, columns=columns, use_threads=False)

    def _guarded(self) -> _Guard:
        return _Guard(self._pa)


class _Guard:
    """Turn whatever reading a damaged file raises into one clear error."""

    def __init__(self, pa: Any) -> None:
        self._errors = (pa.ArrowException, OSError)

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, self._errors):
            raise UnreadableFileError("is a damaged Parquet file") from None


def _is_large_text(pa: Any, kind: Any) -> bool:
    return bool(pa.types.is_large_string(kind))
