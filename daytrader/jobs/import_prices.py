"""A price file into the database: validated as a whole, then written in one transaction unless a part will do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy.orm import Session

from daytrader.core.arrays import IntArray
from daytrader.core.bars import CorporateEvent, EventKind
from daytrader.jobs.import_report import ImportOptions, ImportReport, StockImport
from daytrader.jobs.price_spool import PriceSpool, Rows
from daytrader.models import Stock
from daytrader.services import corporate_action_service, market_calendar, price_revisions, price_service, stock_service
from daytrader.services.data_providers.csv import PriceBlock, RowError, events_of
from daytrader.services.data_providers.csv_layouts import Field
from daytrader.services.data_providers.price_files import AnyPriceFile, open_price_file
from daytrader.services.price_upsert import BarTable, OnConflict, table_name, upsert
from daytrader.services.session_manager import SessionManager, in_unit
from daytrader.utils import validators
from daytrader.utils.constants import DAILY
from daytrader.utils.errors import InvalidInputError

Progress = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done and how much there is."""

_DAY: Final = 86_400
_KEPT_ERRORS: Final = 100_000
_ACTION_SOURCE: Final = "csv"


@dataclass(eq=False)
class _Intake:
    """The file as read: good rows in the spool, the rest here."""

    file: AnyPriceFile
    spool: PriceSpool
    refused: int = 0
    errors: list[RowError] = field(default_factory=list)
    events: list[tuple[int, int, CorporateEvent]] = field(default_factory=list)  # line, symbol, event
    left_out: IntArray = field(default_factory=lambda: np.empty(0, np.int64))  # rows of the spool, ascending
    lines_left_out: set[int] = field(default_factory=set)  # of rows that carry events

    def events_of(self, code: int) -> Iterator[tuple[int, CorporateEvent]]:
        """Return the dividends and splits that come in for the stock of this code, each with its line."""
        for line, symbol, event in self.events:
            if symbol == code and line not in self.lines_left_out:
                yield line, event

    def refuse(self, errors: Sequence[RowError]) -> None:
        self.refused += len(errors)
        self.errors.extend(errors[: _KEPT_ERRORS - len(self.errors)])

    def leave_out(self, rows: IntArray) -> None:
        """Do not store these rows of the spool, nor what they say of dividends and splits."""
        self.left_out = np.union1d(self.left_out, rows)
        eventful = {line for line, _symbol, _event in self.events}
        start = 0
        for block in self.spool.blocks() if eventful else ():
            here = rows[(rows >= start) & (rows < start + block.size)] - start
            self.lines_left_out |= eventful & set(block["line"][here].tolist())
            start += block.size


def import_prices(path: Path, options: ImportOptions, progress: Progress | None = None) -> ImportReport:
    """
    Read the file at *path* and store its bars, dividends and splits: all of them or, unless partial, none.

    Each stock's change is announced by one price:update after the commit.

    Raises:
        UnreadableFileError: If the file as a whole is no table of prices.
        InvalidInputError: If nobody says which stock the prices are of, or the symbol cannot be one.
    """
    report_progress = progress or (lambda _phase, _done, _total: None)
    file = open_price_file(path, interval=options.interval, zone=options.zone, date_order=options.date_order)
    if options.symbol is None and not file.names_stocks:
        raise InvalidInputError({"symbol": ["is required: the file does not name its stock"]})
    with PriceSpool() as spool:
        intake = _Intake(file, spool)
        for block in file.blocks(lambda done: report_progress("reading", done, file.size)):
            _take(intake, block)
        symbols = _symbols(file, options)
        repeats = spool.repeats()
        intake.refuse(list(repeats.values()))
        intake.leave_out(np.array([*repeats], np.int64))
        if options.symbol is not None and len(file.symbols) > 1:
            others = [code for code, named in enumerate(file.symbols) if named != symbols[code]]
            _refuse(intake, others, "is of another stock than was asked for: leave the symbol out")
        if not options.creates_stocks:
            _refuse_unknown(intake, symbols)
        intake.errors.sort()
        may_write = not options.is_dry_run and (options.is_partial or not intake.refused)
        stocks = _tally(intake, symbols)
        kept = _kept_as_booked(intake, stocks) if options.on_conflict is OnConflict.UPDATE else []
        if may_write and stocks:
            _Writing(intake, stocks, options, report_progress).carry_out()
        return ImportReport(
            file.interval,
            spool.rows - intake.left_out.size,
            intake.refused,
            tuple(intake.errors),
            tuple(sorted([*spool.disorder(), *kept])),
            tuple(stocks.values()),
            is_written=may_write and bool(stocks),
            file_symbol=next((symbol for symbol in file.symbols if options.symbol and symbol not in symbols), None),
        )


def _take(intake: _Intake, block: PriceBlock) -> None:
    intake.refuse(block.errors)
    intake.spool.add(block)
    dividend, split = block.values[Field.DIVIDEND], block.values[Field.SPLIT]
    eventful = (dividend > 0) | ((split > 0) & (split != 1))
    for row in np.flatnonzero(eventful).tolist():
        time = block.time[row : row + 1]
        session = time // _DAY if intake.file.interval == DAILY else market_calendar.session_dates(time)
        line, symbol = int(block.line[row]), int(block.symbol[row])
        events = events_of(session, dividend[row : row + 1], split[row : row + 1])
        intake.events.extend((line, symbol, event) for event in events)


def _symbols(file: AnyPriceFile, options: ImportOptions) -> list[str]:
    """Return the symbol that each of the file's codes stands for."""
    if options.symbol is None:
        return list(file.symbols)
    given = validators.checked("symbol", validators.symbol, options.symbol).removesuffix(".US")
    return [given] * max(1, len(file.symbols))


def _refuse_unknown(intake: _Intake, symbols: list[str]) -> None:
    with SessionManager(read_only=True) as session:
        unknown = [code for code, symbol in enumerate(symbols) if stock_service.find(session, symbol) is None]
    _refuse(intake, unknown, "is not a known stock")


def _refuse(intake: _Intake, codes: Sequence[int], reason: str) -> None:
    """Leave out what came in for the stocks of these *codes*, each row with its line."""
    if not codes:
        return
    start, found = 0, []
    for rows in intake.spool.blocks():
        refused = np.setdiff1d(np.flatnonzero(np.isin(rows["symbol"], codes)) + start, intake.left_out)
        lines = rows["line"][refused - start].tolist()
        intake.refuse([RowError(line, Field.SYMBOL.value, reason) for line in lines])
        found.append(refused)
        start += rows.size
    intake.leave_out(np.concatenate(found or [np.empty(0, np.int64)]))


def _tally(intake: _Intake, symbols: list[str]) -> dict[int, StockImport]:
    """Return by code what comes in for each stock that has good rows."""
    count = np.zeros(len(symbols), np.int64)
    first = np.full(len(symbols), np.iinfo(np.int64).max)
    last = np.full(len(symbols), np.iinfo(np.int64).min)
    for rows in intake.spool.kept(intake.left_out):
        count += np.bincount(rows["symbol"], minlength=len(symbols))
        np.minimum.at(first, rows["symbol"], rows["time"])
        np.maximum.at(last, rows["symbol"], rows["time"])
    return {
        code: StockImport(
            symbols[code],
            int(count[code]),
            datetime.fromtimestamp(int(first[code]), UTC),
            datetime.fromtimestamp(int(last[code]), UTC),
        )
        for code in np.flatnonzero(count).tolist()
    }


def _kept_as_booked(intake: _Intake, stocks: dict[int, StockImport]) -> list[RowError]:
    """Return a warning for each dividend and split that stays otherwise, as a service has booked it."""
    found: list[RowError] = []
    if not intake.events:
        return found
    with SessionManager(read_only=True) as session:
        for code, tally in stocks.items():
            stock = stock_service.find(session, tally.symbol)
            line_of = {event: line for line, event in intake.events_of(code)}
            if stock is None or not line_of:
                continue
            for event in corporate_action_service.booked_otherwise(session, stock.id, line_of):
                column = Field.DIVIDEND if event.kind is EventKind.DIVIDEND else Field.SPLIT
                found.append(
                    RowError(line_of[event], column.value, "differs from what a service has booked, which stays")
                )
    return found


class _Writing:
    """What is checked, into the database: in one transaction, or in several where a part is welcome too."""

    def __init__(
        self, intake: _Intake, stocks: dict[int, StockImport], options: ImportOptions, progress: Progress
    ) -> None:
        self._intake = intake
        self._interval = intake.file.interval
        self._stocks = stocks
        self._options = options
        self._progress = progress
        self._written = 0
        self._before: dict[int, int] = {}  # bars by stock id
        self._opened: list[Stock] = []  # held: a session forgets what nobody holds, and asks for it again

    def carry_out(self) -> None:
        if not self._options.is_partial:
            in_unit(self._write_all)
            return
        # Chunk by chunk, so that others may write between them.
        ids = in_unit(self._open)
        for rows in self._rows():
            in_unit(partial(self._write, ids=ids, rows=rows))
            self._tell(rows)
        in_unit(partial(self._close, ids=ids))

    def _write_all(self, session: Session) -> None:
        self._written = 0
        ids = self._open(session)
        stock_ids = ids[list(self._stocks)].tolist()
        with price_revisions.drawn_at_once(session, table_name(self._interval), stock_ids, self._interval):
            for rows in self._rows():
                self._write(session, ids, rows)
                self._tell(rows)
        self._close(session, ids)

    def _rows(self) -> Iterator[Rows]:
        return self._intake.spool.kept(self._intake.left_out)

    def _open(self, session: Session) -> IntArray:
        """Return the stocks' ids by code, and begin to count what is new."""
        self._opened = self._found_or_made(session)
        ids = np.zeros(max(self._stocks) + 1, np.int64)
        ids[list(self._stocks)] = [stock.id for stock in self._opened]
        self._before = price_service.counts_of_bars(session, ids[list(self._stocks)].tolist(), self._interval)
        return ids

    def _found_or_made(self, session: Session) -> list[Stock]:
        symbols = [tally.symbol for tally in self._stocks.values()]
        if not self._options.creates_stocks:
            return [stock_service.by_symbol(session, symbol) for symbol in symbols]
        ensured = stock_service.ensure_all(session, symbols)
        for tally, (_stock, is_new) in zip(self._stocks.values(), ensured, strict=True):
            tally.is_new_stock = is_new
        return [stock for stock, _is_new in ensured]

    def _write(self, session: Session, ids: IntArray, rows: Rows) -> None:
        table = _table(rows, ids, self._interval)
        upsert(session, table, source=self._options.source, on_conflict=self._options.on_conflict)

    def _tell(self, rows: Rows) -> None:
        self._written += rows.size
        self._progress("writing", self._written, self._intake.spool.rows)

    def _close(self, session: Session, ids: IntArray) -> None:
        """Store dividends and splits, finish counting, announce each stock once."""
        intake = self._intake
        stored = price_service.counts_of_bars(session, ids[list(self._stocks)].tolist(), self._interval)
        for code, tally in self._stocks.items():
            stock = stock_service.get(session, int(ids[code]))
            events = [event for _line, event in intake.events_of(code)]
            recorded = corporate_action_service.record(
                session, stock.id, events, source=_ACTION_SOURCE, on_conflict=self._options.on_conflict
            )
            tally.dividends = sum(event.kind is EventKind.DIVIDEND for event in events)
            tally.splits = len(events) - tally.dividends
            tally.quarantined = len(recorded.quarantined)
            gained = stored.get(stock.id, 0) - self._before.get(stock.id, 0)
            tally.new_rows = max(0, gained)  # somebody may have deleted more of a partial one's than it brought
            price_service.price_events(session, stock, self._interval)


def _table(rows: Rows, ids: IntArray, interval: int) -> BarTable:
    return BarTable(
        ids[rows["symbol"]],
        rows["time"],
        rows[Field.OPEN.value],
        rows[Field.HIGH.value],
        rows[Field.LOW.value],
        rows[Field.CLOSE.value],
        rows[Field.VOLUME.value],
        rows[Field.ADJ_CLOSE.value],
        interval,
    )
