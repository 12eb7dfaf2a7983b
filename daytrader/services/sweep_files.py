"""
What a sweep's combinations came to, as columns in files: flat in memory, however many, and resumed after a crash.

Each figure is one array of shape (symbols, combinations), made in full at the beginning and mapped into memory. Parts
are written where they belong, every few seconds all is put on disk, and only then are they marked as done; what was not
marked is computed again, and comes to the same bits.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from daytrader.core.arrays import IntArray
from daytrader.core.combinations import Combinations
from daytrader.core.search import BLOCKS
from daytrader.core.sweep import BlockSums, Outcome
from daytrader.utils import private
from daytrader.utils.errors import InvalidInputError, UnavailableError
from daytrader.utils.spool import reserve

FOLDER: Final = "sweeps"
_Column: TypeAlias = npt.NDArray[Any]
_KINDS: Final[Mapping[str, str]] = {
    "is_valid": "|b1",
    **dict.fromkeys(("final_equity", "max_drawdown_days", "trades", "ambiguous_bars"), "<i8"),
}
FIGURES: Final = tuple(field.name for field in fields(Outcome) if field.name != "blocks")
"""Every column of an outcome."""
_BLOCK_SUMS: Final = ("block_sum", "block_squares")
_SLAB: Final = 1 << 20  # numbers in memory at once
_MARK_SECONDS: Final = 2.0  # of work that a crash costs at most


class Part(NamedTuple):
    """Combinations *first* to *last* - 1 on the symbol at place *symbol*."""

    symbol: int
    first: int
    last: int


class Pin(NamedTuple):
    """The prices that a symbol's parts are computed on: the first *rows* bars, and their hash."""

    rows: int
    data_hash: str


class SweepFiles:
    """
    The files of one sweep.

    Args:
        folder: Its own; made where it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self._mapped: dict[str, _Column] = {}
        self._unmarked: list[tuple[int, int]] = []
        self._marked = time.monotonic()

    def begin(self, combinations: Combinations, symbols: int, part: int) -> list[Part]:
        """Make the files, unless an interrupted run has, and return the parts that are still to be computed."""
        parts = -(-combinations.size // part)
        done = self.folder / "done.npy"
        if not done.exists():
            with _disk():
                self._make_all(combinations, symbols, parts)
        is_done = self._column("done")
        return [
            Part(symbol, number * part, min(combinations.size, (number + 1) * part))
            for symbol, number in np.argwhere(~is_done).tolist()
        ]

    def pin(self, symbol: int, pin: Pin) -> None:
        """Store which prices the symbol at this place is computed on, before anything of it is kept."""
        self._keep_json(f"pinned-{symbol}", pin)

    def pinned(self, symbol: int) -> Pin | None:
        """Return what was stored of them, None if nothing was."""
        found = self._json(f"pinned-{symbol}")
        return None if found is None else Pin(*found)

    def forget(self, symbol: int) -> None:
        """Drop what came of one symbol: it is to be computed anew, on other prices."""
        self.mark()
        self._write("done", (symbol,), np.False_)
        self.mark()
        for name in ("findings", "pinned"):  # the pin last: while it is there it says that the rest is of other prices
            (self.folder / f"{name}-{symbol}.json").unlink(missing_ok=True)

    def keep(self, part: Part, size: int, outcome: Outcome) -> None:
        """Store what *part*, one of parts of *size*, came to; every few seconds what is stored is marked as done."""
        rows = slice(part.first, part.last)
        for name in FIGURES:
            self._write(name, (part.symbol, rows), getattr(outcome, name))
        self._write("block_count", (part.symbol,), outcome.blocks.count)
        self._write("block_sum", (part.symbol, rows), outcome.blocks.sum)
        self._write("block_squares", (part.symbol, rows), outcome.blocks.squares)
        self._unmarked.append((part.symbol, part.first // size))
        if time.monotonic() - self._marked >= _MARK_SECONDS:
            self.mark()

    def mark(self) -> None:
        """Put everything on disk, and mark what is there as done."""
        for column in self._mapped.values():
            column.flush()  # type: ignore[attr-defined]  # they are mapped
        for place in self._unmarked:
            self._write("done", place, np.True_)
        if self._unmarked:
            self._mapped["done"].flush()  # type: ignore[attr-defined]  # likewise
        self._unmarked.clear()
        self._mapped.clear()  # what is on disk need not be in memory
        self._marked = time.monotonic()

    def outcome(self, symbol: int) -> Outcome:
        """Return all that came of one symbol, mapped; with block sums only until `finish`."""
        figures = {name: self._column(name)[symbol] for name in FIGURES}
        return Outcome(**figures, blocks=self._blocks(symbol))

    def pooled(self, symbols: int) -> Outcome:
        """
        Return what came of all symbols together: means of the figures, sums of the counts, returns pooled by block.

        A combination counts where every symbol's strategy takes it; a figure that some symbols do not have is the mean
        of the others'. Kept for `figure`.
        """
        with _disk():
            self._pool(symbols)
        self._mapped.clear()
        count = np.asarray(self._column("block_count")).sum(axis=0)
        figures = {name: self._column(f"pooled-{name}") for name in FIGURES}
        return Outcome(**figures, blocks=BlockSums(count, *(self._column(f"pooled-{name}") for name in _BLOCK_SUMS)))

    def finish(self) -> None:
        """Drop what only the statistics needed: most of the bytes."""
        for name in ("block_count", *_BLOCK_SUMS, *(f"pooled-{name}" for name in _BLOCK_SUMS)):
            (self.folder / f"{name}.npy").unlink(missing_ok=True)
        for pin in self.folder.glob("pinned-*.json"):
            pin.unlink()

    def keep_findings(self, symbol: int, findings: Mapping[str, Any]) -> None:
        """Store what the best is worth on the one symbol at this place."""
        self._keep_json(f"findings-{symbol}", findings)

    def findings(self, symbol: int) -> dict[str, Any] | None:
        """Return what was stored of one symbol, None if it is not there."""
        found: dict[str, Any] | None = self._json(f"findings-{symbol}")
        return found

    def keep_summaries(self, summaries: Sequence[Mapping[str, Any]]) -> None:
        """Store a line for each symbol, in their order: what is listed, without the curves of the walk-forwards."""
        self._keep_json("summaries", summaries)

    def summaries(self) -> list[dict[str, Any]] | None:
        """Return the lines of all symbols, None if they are not there."""
        found: list[dict[str, Any]] | None = self._json("summaries")
        return found

    def remove(self) -> None:
        """Drop everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def is_there(self) -> bool:
        """Return whether there is anything to read."""
        return (self.folder / "done.npy").exists()

    def figure(self, name: str, symbol: int | None) -> _Column:
        """Return a figure of every combination, mapped: of one symbol, or of all together."""
        column: _Column = self._column(f"pooled-{name}") if symbol is None else self._column(name)[symbol]
        return column

    def setting(self, place: int) -> _Column:
        """Return the values of the setting at *place*, mapped, shape (k,)."""
        return self._column(f"setting-{place}")

    def order(self, column: _Column, *, descending: bool) -> IntArray:
        """Return the combinations' numbers in the order of *column*: equals by number, unknown ones last."""
        values = np.asarray(column, np.float64)
        keys = np.where(np.isnan(values), np.inf, -values if descending else values)
        order: IntArray = np.argsort(keys, kind="stable")
        return order

    def _make_all(self, combinations: Combinations, symbols: int, parts: int) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        private.make_folder(self.folder)
        for place, column in enumerate(combinations.columns):
            np.save(self.folder / f"setting-{place}.npy", column)
        for name in FIGURES:
            self._make(name, _KINDS.get(name, "<f8"), (symbols, combinations.size))
        self._make("block_count", "<i8", (symbols, BLOCKS))
        for name in _BLOCK_SUMS:
            self._make(name, "<f8", (symbols, combinations.size, BLOCKS))
        # Last, and under its name at once: where it is, everything is.
        unfinished = self.folder / "done.part"
        with unfinished.open("wb") as file:
            np.save(file, np.zeros((symbols, parts), np.bool_))
        unfinished.replace(self.folder / "done.npy")

    def _pool(self, symbols: int) -> None:
        size = self._column("is_valid").shape[1]
        for name in FIGURES:
            column = self._column(name)
            self._make(f"pooled-{name}", _KINDS.get(name, "<f8"), (size,))
            for slab in _slabs(size, symbols):
                self._write(f"pooled-{name}", (slab,), _together(name, column[:, slab]))
        for name in _BLOCK_SUMS:
            column = self._column(name)
            self._make(f"pooled-{name}", "<f8", (size, BLOCKS))
            for slab in _slabs(size, symbols * BLOCKS):
                self._write(f"pooled-{name}", (slab,), np.nan_to_num(column[:, slab]).sum(axis=0))

    def _keep_json(self, name: str, value: Any) -> None:
        path = self.folder / f"{name}.json"
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(value, allow_nan=False), encoding="utf-8")
        unfinished.replace(path)

    def _json(self, name: str) -> Any:
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def _blocks(self, symbol: int) -> BlockSums:
        return BlockSums(*(self._column(f"block_{name}")[symbol] for name in ("count", "sum", "squares")))

    def _make(self, name: str, kind: str, shape: tuple[int, ...]) -> None:
        path = self.folder / f"{name}.npy"
        made = np.lib.format.open_memmap(path, mode="w+", dtype=np.dtype(kind), shape=shape)
        with path.open("r+b") as file:
            reserve(file.fileno(), made.offset + made.nbytes)

    def _column(self, name: str) -> _Column:
        column: _Column = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        return column

    def _write(self, name: str, place: tuple[Any, ...], values: Any) -> None:
        if name not in self._mapped:
            self._mapped[name] = np.load(self.folder / f"{name}.npy", mmap_mode="r+")
        self._mapped[name][place] = values


def root(instance: Path) -> Path:
    """Return where the sweeps of an installation are."""
    return instance / FOLDER


def of(instance: Path, sweep_id: int) -> SweepFiles:
    """Return the files of one sweep."""
    return SweepFiles(root(instance) / str(sweep_id))


def tidy(instance: Path, known: Callable[[], Sequence[int]]) -> None:
    """Drop the files of sweeps that are no longer *known*."""
    folder = root(instance)
    if not folder.is_dir():
        return
    # Asked for after the look: another process may begin a sweep meanwhile.
    entries = list(os.scandir(folder))
    names = {str(sweep_id) for sweep_id in known()}
    for entry in entries:
        if entry.name not in names:
            shutil.rmtree(entry.path, ignore_errors=True)


@contextmanager
def _disk() -> Iterator[None]:
    """Tell of a disk that has no room as somebody can understand it."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(f"the results of the sweep cannot be stored: {error.strerror or error}") from error


def _slabs(size: int, each: int) -> list[slice]:
    """Return *size* combinations of so many numbers *each* in slices."""
    step = max(1, _SLAB // each)
    return [slice(first, first + step) for first in range(0, size, step)]


def _together(name: str, column: _Column) -> _Column:
    """Return one value for each combination out of those of every symbol, shape (symbols, k)."""
    together: _Column
    if name == "is_valid":
        together = np.logical_and.reduce(column, axis=0)
    elif name == "max_drawdown_days":  # a time, no count
        together = np.rint(column.mean(axis=0)).astype(np.int64)
    elif name in _KINDS:
        together = np.add.reduce(column, axis=0)
    else:
        is_known = ~np.isnan(column)
        count = is_known.sum(axis=0)
        sums = np.where(is_known, column, 0.0).sum(axis=0)
        together = np.where(count > 0, sums / np.maximum(count, 1), np.nan)
    return together


def require_figure(name: str, settings: Sequence[str]) -> None:
    """
    Check that *name* is a figure or one of the *settings*.

    Raises:
        InvalidInputError: If it is not.
    """
    known = (*(figure for figure in FIGURES if figure != "is_valid"), *settings)
    if name not in known:
        raise InvalidInputError({"sort": [f"must be one of {', '.join(known)}"]})
