"""A price file into the database: validated as a whole, then written in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy.orm import Session

from daytrader.core.arrays import IntArray
from daytrader.core.bars import CorporateEvent, EventKind
from daytrader.jobs.price_spool import PriceSpool, Rows
from daytrader.models import Stock
from daytrader.models.enums import PriceSource
from daytrader.services import corporate_action_service, market_calendar, price_service, stock_service
from daytrader.services.data_providers.csv import PriceBlock, PriceFile, RowError, events_of
from daytrader.services.data_providers.csv_dates import DateOrder
from daytrader.services.data_providers.csv_layouts import Field
from daytrader.services.price_upsert import BarTable, OnConflict, upsert
from daytrader.services.session_manager import SessionManager
from daytrader.utils import validators
from daytrader.utils.constants import DAILY
from daytrader.utils.errors import InvalidInputError

Progress = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done and how much there is."""

_DAY: Final = 86_400
_KEPT_ERRORS: Final = 100_000
_ACTION_SOURCE: Final = "csv"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """
    How a file is imported.

    Attributes:
        symbol: The stock of every row; None where the file names its stocks.
        interval: Minutes of a bar, 0 for daily bars; found out where None.
        source: Where the prices come from.
        is_partial: Keep the good rows of a file that has bad ones.
        is_dry_run: Check everything and write nothing.
        on_conflict: What happens to bars and corporate actions that are stored already.
        creates_stocks: Make stocks that are missing; otherwise their rows are errors.
        zone: The zone of times that do not say theirs.
        date_order: Whether the day or the month comes first, for files that leave it open.
    """

    symbol: str | None = None
    interval: int | None = None
    source: PriceSource = PriceSource.HISTORICAL
    is_partial: bool = False
    is_dry_run: bool = False
    on_conflict: OnConflict = OnConflict.UPDATE
    creates_stocks: bool = False
    zone: tzinfo = market_calendar.EXCHANGE_ZONE
    date_order: DateOrder | None = None


@dataclass(slots=True)
class StockImport:
    """What came in for one stock; *first* and *last* label its bars."""

    symbol: str
    rows: int
    first: datetime
    last: datetime
    is_new_stock: bool = False
    new_rows: int = 0
    dividends: int = 0
    splits: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """
    What an import did.

    Attributes:
        interval: Minutes of a bar, 0 for daily bars.
        rows: The file's good rows.
        refused: The number of its bad rows.
        errors: What is wrong with them, by line; the first hundred thousand.
        warnings: Rows that are in, but odd.
        stocks: What came in for whom.
        is_written: Whether the database has changed.
        file_symbol: What the file calls the stock, where the caller said another symbol.
    """

    interval: int
    rows: int
    refused: int
    errors: tuple[RowError, ...]
    warnings: tuple[RowError, ...]
    stocks: tuple[StockImport, ...]
    is_written: bool
    file_symbol: str | None = None


@dataclass(eq=False)
class _Intake:
    """The file as read: good rows in the spool, the rest here."""

    file: PriceFile
    spool: PriceSpool
    refused: int = 0
    errors: list[RowError] = field(default_factory=list)
    events: list[tuple[int, int, CorporateEvent]] = field(default_factory=list)  # line, symbol, event

    def refuse(self, errors: Sequence[RowError]) -> None:
        self.refused += len(errors)
        self.errors.extend(errors[: _KEPT_ERRORS - len(self.errors)])


def import_prices(path: Path, options: ImportOptions, progress: Progress | None = None) -> ImportReport:
    """
    Read the file at *path* and store its bars, dividends and splits: all of them or, unless partial, none.

    Each stock's change is announced by one price:update after the commit.

    Raises:
        UnreadableFileError: If the file as a whole is no table of prices.
        InvalidInputError: If nobody says which stock the prices are of, or the symbol cannot be one.
    """
    report_progress = progress or (lambda _phase, _done, _total: None)
    file = PriceFile(path, interval=options.interval, zone=options.zone, date_order=options.date_order)
    if options.symbol is None and Field.SYMBOL not in file.layout.columns:
        raise InvalidInputError({"symbol": ["is required: the file does not name its stock"]})
    with PriceSpool() as spool:
        intake = _Intake(file, spool)
        for block in file.blocks(lambda done: report_progress("reading", done, file.size)):
            _take(intake, block)
        symbols = _symbols(file, options)
        left_out = spool.repeats()
        intake.refuse(list(left_out.values()))
        if not options.creates_stocks:
            _refuse_unknown(intake, symbols, left_out)
        intake.errors.sort()
        may_write = not options.is_dry_run and (options.is_partial or not intake.refused)
        stocks = _tally(spool, _ascending(left_out), symbols)
        if may_write and stocks:
            with SessionManager() as session:
                _write(session, intake, stocks, left_out, options, report_progress)
        return ImportReport(
            file.interval,
            spool.rows - len(left_out),
            intake.refused,
            tuple(intake.errors),
            tuple(spool.disorder()),
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


def _symbols(file: PriceFile, options: ImportOptions) -> list[str]:
    """Return the symbol that each of the file's codes stands for."""
    if options.symbol is None:
        return list(file.symbols)
    if len(file.symbols) > 1:
        raise InvalidInputError({"symbol": [f"the file holds {len(file.symbols)} stocks: leave the symbol out"]})
    return [validators.checked("symbol", validators.symbol, options.symbol)]


def _refuse_unknown(intake: _Intake, symbols: list[str], left_out: dict[int, RowError]) -> None:
    with SessionManager(read_only=True) as session:
        unknown = [code for code, symbol in enumerate(symbols) if stock_service.find(session, symbol) is None]
    if not unknown:
        return
    start = 0
    for rows in intake.spool.blocks():
        for row in np.flatnonzero(np.isin(rows["symbol"], unknown)).tolist():
            if start + row not in left_out:
                error = RowError(int(rows["line"][row]), Field.SYMBOL.value, "is not a known stock")
                left_out[start + row] = error
                intake.refuse([error])
        start += rows.size


def _ascending(rows: Iterable[int]) -> IntArray:
    return np.array(sorted(rows), np.int64)


def _tally(spool: PriceSpool, left_out: IntArray, symbols: list[str]) -> dict[int, StockImport]:
    """Return by code what comes in for each stock that has good rows."""
    count = np.zeros(len(symbols), np.int64)
    first = np.full(len(symbols), np.iinfo(np.int64).max)
    last = np.full(len(symbols), np.iinfo(np.int64).min)
    for rows in spool.kept(left_out):
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


def _write(
    session: Session,
    intake: _Intake,
    stocks: dict[int, StockImport],
    left_out: dict[int, RowError],
    options: ImportOptions,
    progress: Progress,
) -> None:
    interval = intake.file.interval
    found = {code: _stock(session, tally, options) for code, tally in stocks.items()}
    ids = np.zeros(max(stocks) + 1, np.int64)
    for code, stock in found.items():
        ids[code] = stock.id
        stocks[code].new_rows = -price_service.count_bars(session, stock.id, interval)
    written = 0
    for rows in intake.spool.kept(_ascending(left_out)):
        upsert(session, _table(rows, ids, interval), source=options.source, on_conflict=options.on_conflict)
        written += rows.size
        progress("writing", written, intake.spool.rows)
    lines_left_out = {error.line for error in left_out.values()}
    for code, stock in found.items():
        events = [e for line, symbol, e in intake.events if symbol == code and line not in lines_left_out]
        recorded = corporate_action_service.record(
            session, stock.id, events, source=_ACTION_SOURCE, on_conflict=options.on_conflict
        )
        tally = stocks[code]
        tally.dividends = sum(event.kind is EventKind.DIVIDEND for event in events)
        tally.splits = len(events) - tally.dividends
        tally.quarantined = len(recorded.quarantined)
        tally.new_rows += price_service.count_bars(session, stock.id, interval)
        price_service.price_events(session, stock, interval)


def _stock(session: Session, tally: StockImport, options: ImportOptions) -> Stock:
    if not options.creates_stocks:
        return stock_service.by_symbol(session, tally.symbol)
    stock, tally.is_new_stock = stock_service.ensure(session, tally.symbol)
    return stock


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
