"""Stored bars as files, row by row: read as a stream, written as a stream, read back as the same bars."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from daytrader.models import Stock, StockDailyPrice, StockIntradayPrice
from daytrader.models.enums import CorporateActionKind
from daytrader.services import corporate_action_service, market_calendar
from daytrader.utils import csv_cells
from daytrader.utils.constants import DAILY

_BLOCK: Final = 5_000
_PRICES: Final = ("open", "high", "low", "close")
_DAILY_COLUMNS: Final = ("symbol", "date", *_PRICES, "adj_close", "volume", "dividend", "split")
_INTRADAY_COLUMNS: Final = ("symbol", "timestamp", *_PRICES, "volume")

Row = tuple[Any, ...]


class ExportFormat(StrEnum):
    """What a file of prices can be."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"


def export(
    session: Session,
    stock: Stock,
    form: ExportFormat,
    interval: int = DAILY,
    start: date | None = None,
    end: date | None = None,
) -> Iterator[bytes]:
    """
    Yield a file of the stock's bars of *interval* minutes (0: daily), of the sessions from *start* to *end*, by time.

    Daily bars carry their dividends and splits. Imported again the file gives the same bars; those that lack a price
    are in it too, and an import names them. Memory does not grow with the number of bars.
    """
    columns = _DAILY_COLUMNS if interval == DAILY else _INTRADAY_COLUMNS
    blocks = _blocks(session, stock, interval, start, end)
    return _WRITERS[form](columns, blocks)


def _blocks(session: Session, stock: Stock, interval: int, start: date | None, end: date | None) -> Iterator[list[Row]]:
    session.flush()
    query = _daily(stock, start, end) if interval == DAILY else _intraday(stock, interval, start, end)
    result = session.execute(query, execution_options={"stream_results": True, "yield_per": _BLOCK})
    happened = _happened(session, stock) if interval == DAILY else {}
    for rows in result.partitions():
        if interval == DAILY:
            yield [(stock.symbol, *row, *happened.get(row[0], (None, None))) for row in rows]
        else:
            yield [(stock.symbol, *row) for row in rows]


def _daily(stock: Stock, start: date | None, end: date | None) -> Select[*tuple[Any, ...]]:
    bar = StockDailyPrice
    prices = (bar.open_price, bar.high_price, bar.low_price, bar.close_price, bar.adj_close, bar.volume)
    query = select(bar.price_date, *prices).where(bar.stock_id == stock.id).order_by(bar.price_date)
    if start is not None:
        query = query.where(bar.price_date >= start)
    return query if end is None else query.where(bar.price_date <= end)


def _intraday(stock: Stock, interval: int, start: date | None, end: date | None) -> Select[*tuple[Any, ...]]:
    bar = StockIntradayPrice
    prices = (bar.open_price, bar.high_price, bar.low_price, bar.close_price, bar.volume)
    mine = (bar.stock_id == stock.id, bar.interval == interval)
    query = select(bar.timestamp, *prices).where(*mine).order_by(bar.timestamp)
    if start is not None:
        query = query.where(bar.timestamp >= _midnight(start))
    return query if end is None else query.where(bar.timestamp < _midnight(end + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    """Return when *day* begins at the exchange: sessions are its days."""
    return datetime.combine(day, time(), market_calendar.EXCHANGE_ZONE).astimezone(UTC)


def _happened(session: Session, stock: Stock) -> dict[date, tuple[float | None, float | None]]:
    """Return the dividend and the split of each day that has any."""
    found: dict[date, tuple[float | None, float | None]] = {}
    for action in corporate_action_service.listing(session, stock.id):
        dividend, split = found.get(action.ex_date, (None, None))
        if action.kind is CorporateActionKind.DIVIDEND:
            dividend = float(action.amount)
        else:
            split = action.ratio_numerator / action.ratio_denominator
        found[action.ex_date] = (dividend, split)
    return found


def _csv(columns: Sequence[str], blocks: Iterable[list[Row]]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for rows in blocks:
        symbol = csv_cells.safe(rows[0][0])
        writer.writerows((symbol, _moment(moment), *values) for _, moment, *values in rows)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def _json(columns: Sequence[str], blocks: Iterable[list[Row]]) -> Iterator[bytes]:
    opening = b"["
    for rows in blocks:
        shown = [dict(zip(columns, (row[0], _moment(row[1]), *row[2:]), strict=True)) for row in rows]
        yield opening + orjson.dumps(shown)[1:-1]
        opening = b",\n"
    yield b"]" if opening != b"[" else b"[]"


def _parquet(columns: Sequence[str], blocks: Iterable[list[Row]]) -> Iterator[bytes]:
    # Half a second: only for those who want such a file.
    import pyarrow as pa
    from pyarrow import parquet

    types = {"symbol": pa.string(), "date": pa.date32(), "timestamp": pa.timestamp("us", "UTC"), "volume": pa.int64()}
    schema = pa.schema([(name, types.get(name, pa.float64())) for name in columns])
    sink = _Sink()
    with parquet.ParquetWriter(sink, schema) as writer:
        for rows in blocks:
            writer.write_table(pa.table([pa.array(column, type_) for column, type_ in _typed(rows, schema)], schema))
            yield sink.take()
    yield sink.take()


def _typed(rows: list[Row], schema: Any) -> Iterator[tuple[Row, Any]]:
    return zip(zip(*rows, strict=True), schema.types, strict=True)


def _moment(moment: date | datetime) -> str:
    text = moment.isoformat()
    return text.replace("+00:00", "Z") if isinstance(moment, datetime) else text


class _Sink(io.RawIOBase):
    """A file whose bytes are taken away while it is written."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._taken = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._bytes += data
        return len(data)

    def tell(self) -> int:
        return self._taken + len(self._bytes)

    def take(self) -> bytes:
        taken = bytes(self._bytes)
        self._taken += len(taken)
        self._bytes.clear()
        return taken


_WRITERS: Final = {ExportFormat.CSV: _csv, ExportFormat.JSON: _json, ExportFormat.PARQUET: _parquet}
