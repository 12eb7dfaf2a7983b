"""Checked rows on disk: an import is validated as a whole before the first row is written, in flat memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from daytrader.core.arrays import IntArray
from daytrader.services.data_providers.csv import PriceBlock, RowError
from daytrader.services.data_providers.csv_layouts import Field

_BARS: Final = (Field.OPEN, Field.HIGH, Field.LOW, Field.CLOSE, Field.ADJ_CLOSE, Field.VOLUME)
_ROW: Final = np.dtype(
    [("line", np.int64), ("time", np.int64), ("symbol", np.int64), *((name.value, np.float64) for name in _BARS)]
)
_IN_MEMORY: Final = 1 << 20
_ROWS_PER_BLOCK: Final = 20_000
_NAMED_LINES: Final = 20

Rows = npt.NDArray[np.void]
"""Rows as records of line, time, symbol, open, high, low, close, adj_close and volume."""


class PriceSpool:
    """The good rows of a file, kept in a temporary file once there are many, and what is odd about their order."""

    def __init__(self) -> None:
        self.rows = 0
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (closed by __exit__)
        self._last: tuple[int, int] | None = None
        self._rising: list[int] = []
        self._falling: list[int] = []
        self._counts = [0, 0]
        self._is_interleaved = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, block: PriceBlock) -> None:
        """Keep the rows of *block*."""
        rows = np.empty(block.time.size, _ROW)
        rows["line"], rows["time"], rows["symbol"] = block.line, block.time, block.symbol
        for name in _BARS:
            rows[name.value] = block.values[name]
        self._file.write(rows.tobytes())
        self.rows += rows.size
        self._watch(rows)

    def kept(self, left_out: IntArray) -> Iterator[Rows]:
        """Yield the rows in the file's order without those whose number (from 0, ascending) is in *left_out*."""
        start = 0
        for rows in self.blocks():
            first, end = np.searchsorted(left_out, (start, start + rows.size))
            start += rows.size
            yield np.delete(rows, left_out[first:end] - (start - rows.size)) if first < end else rows

    def blocks(self) -> Iterator[Rows]:
        """Yield the rows in the file's order."""
        self._file.seek(0)
        while packed := self._file.read(_ROWS_PER_BLOCK * _ROW.itemsize):
            yield np.frombuffer(packed, _ROW)

    def repeats(self) -> dict[int, RowError]:
        """Return the rows (from 0) that repeat an earlier row's symbol and time, with what is wrong with them."""
        if not self._is_interleaved and 0 in self._counts:
            return {}  # strictly one way: nothing can repeat
        keys = np.concatenate([_keys(rows) for rows in self.blocks()] or [np.empty(0, np.int64)])
        order = np.argsort(keys, kind="stable")
        same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
        if not same.size:
            return {}
        first_of: dict[int, int] = {}
        for place in same.tolist():
            earlier = int(order[place])
            first_of[int(order[place + 1])] = first_of.get(earlier, earlier)
        lines = self._lines({*first_of, *first_of.values()})
        return {
            row: RowError(lines[row], Field.DATE.value, f"repeats line {lines[first]}")
            for row, first in sorted(first_of.items())
        }

    def disorder(self) -> list[RowError]:
        """Return the first rows that go back in a file that otherwise goes forward, or the other way round."""
        fewer = min(self._counts)
        if not fewer:
            return []
        lines = self._falling if self._counts[1] == fewer else self._rising
        return [RowError(line, Field.DATE.value, "is out of order") for line in lines]

    def _watch(self, rows: Rows) -> None:
        symbol, time = rows["symbol"], rows["time"]
        if self._last is not None:
            symbol, time = np.append(self._last[0], symbol), np.append(self._last[1], time)
        line = rows["line"][rows["line"].size - max(0, symbol.size - 1) :]
        step = np.diff(time)
        moves = np.diff(symbol)
        self._is_interleaved |= bool((moves < 0).any() or ((moves == 0) & (step == 0)).any())
        same = moves == 0
        for direction, (ahead, lines) in enumerate(((step > 0, self._rising), (step < 0, self._falling))):
            found = np.flatnonzero(ahead & same)
            self._counts[direction] += found.size
            lines.extend(line[found[: _NAMED_LINES - len(lines)]].tolist())
        if rows.size:
            self._last = (int(symbol[-1]), int(time[-1]))

    def _lines(self, wanted: set[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        start = 0
        for rows in self.blocks():
            found |= {row: int(rows["line"][row - start]) for row in wanted if start <= row < start + rows.size}
            start += rows.size
        return found


def _keys(rows: Rows) -> IntArray:
    """Return symbol and time as one number: exact for times within 500 years of 1970 and 2^27 symbols."""
    keys: IntArray = (rows["symbol"] << 35) + rows["time"] + (1 << 34)
    return keys
