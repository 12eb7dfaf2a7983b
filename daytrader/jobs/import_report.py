"""An import as it is asked for, and what is told of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from typing import Any

from daytrader.models.enums import PriceSource
from daytrader.services import market_calendar
from daytrader.services.data_providers.csv import RowError
from daytrader.services.data_providers.csv_dates import DateOrder
from daytrader.services.price_upsert import OnConflict
from daytrader.utils.current_datetime import iso_utc


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """
    How a file is imported.

    Attributes:
        symbol: The stock of every row; None where the file names its stocks.
        interval: Minutes of a bar, 0 for daily bars; found out where None.
        source: Where the prices come from.
        is_partial: Keep the good rows of a file that has bad ones; written in several transactions.
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

    def to_dict(self) -> dict[str, Any]:
        """Return what was done as JSON values, without the row errors, which may be many."""
        return {
            "interval": self.interval,
            "rows": self.rows,
            "refused": self.refused,
            "file_symbol": self.file_symbol,
            "is_written": self.is_written,
            "warnings": [warning._asdict() for warning in self.warnings],
            "stocks": [
                asdict(stock) | {"first": iso_utc(stock.first), "last": iso_utc(stock.last)} for stock in self.stocks
            ],
        }
