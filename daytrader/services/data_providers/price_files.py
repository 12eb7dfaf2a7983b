"""Any file of prices: what it is shows in its first bytes."""

from __future__ import annotations

import gzip
import zlib
from datetime import tzinfo
from pathlib import Path
from typing import Final

from daytrader.services import market_calendar
from daytrader.services.data_providers import parquet
from daytrader.services.data_providers.csv import PriceFile
from daytrader.services.data_providers.csv_dates import DateOrder
from daytrader.services.data_providers.csv_layouts import Field, detect_layout, split_line
from daytrader.services.data_providers.csv_rows import symbols_of
from daytrader.services.data_providers.json_rows import open_rows
from daytrader.services.data_providers.parquet import ParquetPriceFile

AnyPriceFile = PriceFile | ParquetPriceFile

_GZIP: Final = b"\x1f\x8b"
_ARCHIVES: Final = (b"PK\x03\x04", b"PK\x05\x06", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zX", b"\x28\xb5\x2f\xfd")
_MOST_UNPACKED: Final = 1 << 30
# Prices pack to a fifth; a thousandth is a bomb. Small files may be as repetitive as they like.
_MOST_TIMES: Final = 100
_HARMLESS: Final = 1 << 24
_CHUNK: Final = 1 << 20


def open_price_file(
    path: Path,
    *,
    interval: int | None = None,
    zone: tzinfo = market_calendar.EXCHANGE_ZONE,
    date_order: DateOrder | None = None,
) -> AnyPriceFile:
    """
    Return the file at *path*, text, JSON, gzip or Parquet, ready to be read; see `PriceFile` for the arguments.

    Raises:
        UnreadableFileError: If it is no table of prices.
    """
    kind = ParquetPriceFile if _start(path) == parquet.MAGIC else PriceFile
    return kind(path, interval=interval, zone=zone, date_order=date_order)


def stocks_at_start(path: Path) -> tuple[str, ...] | None:
    """
    Look at the start of the file, and return the stocks that its rows there are of; None where no column says so.

    Raises:
        UnreadableFileError: If it is no table of prices.
    """
    if _start(path) == parquet.MAGIC:
        return ParquetPriceFile(path).stocks_at_start
    sample = open_rows(path).sample()
    layout = detect_layout(sample)
    place = layout.columns.get(Field.SYMBOL)
    if place is None:
        return None
    rows = [split_line(line, layout.separator) for line in sample[layout.first_line - 1 :]]
    return symbols_of([cells[place] for cells in rows if len(cells) == layout.width])


def is_archive(path: Path) -> bool:
    """Return whether *path* is of a kind that holds other files, or is packed otherwise than by gzip."""
    return _start(path).startswith(_ARCHIVES)


def is_bomb(path: Path) -> bool:
    """Return whether the file is gzip and unpacks to more than prices ever do; reads no further than it must."""
    if not _start(path).startswith(_GZIP):
        return False
    packed, unpacked = path.stat().st_size, 0
    try:
        with gzip.open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                unpacked += len(chunk)
                if unpacked > _MOST_UNPACKED or unpacked > max(_HARMLESS, packed * _MOST_TIMES):
                    return True
    except (OSError, EOFError, zlib.error):
        return False  # damaged: whoever reads it will say so
    return False


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError:
        return b""  # whoever reads it will say why
