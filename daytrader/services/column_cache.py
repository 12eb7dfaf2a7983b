"""
Prices as columns in files that are mapped into memory, so that nobody reads the same rows from the database twice.

A file is named by the revision of the prices it holds (`price_revisions`), so it is right or it is not asked for: there
is nothing to invalidate. It is written under another name and then renamed; what is damaged is made again; what is in
the way is removed. The folder may be emptied at any time.
"""

from __future__ import annotations

import mmap
import os
import threading
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
import structlog

from daytrader import __version__
from daytrader.core.arrays import FloatArray
from daytrader.core.bars import Bars, CorporateEvent, EventKind, RefusedBar
from daytrader.utils import private
from daytrader.utils.constants import DAILY

logger = structlog.get_logger(__name__)

FOLDER: Final = "columns"

_MAGIC: Final = b"daytrader columns 1\n"
_HEADER: Final = len(_MAGIC) + 8  # then the length of the JSON and the checksum of all that follows
_ALIGNED: Final = 64
_MOST_OPEN: Final = 128
_MOST_BYTES: Final = 256_000_000
_COLUMNS: Final = (
    ("time", "<i8"),
    ("open", "<f8"),
    ("high", "<f8"),
    ("low", "<f8"),
    ("close", "<f8"),
    ("volume", "<f8"),
    ("session", "<i4"),
    ("split_factor", "<f8"),
)
_EVENT_COLUMNS: Final = (
    ("event_row", "<i8"),
    ("event_kind", "|i1"),
    ("event_num", "<i8"),
    ("event_den", "<i8"),
    ("event_micros", "<i8"),
    ("event_ref", "<i8"),
)


class Prices(NamedTuple):
    """A stock's bars, and the vendor's adjusted close of each, shape (n,), where there is one."""

    bars: Bars
    adj_close: FloatArray | None


class ColumnCache:
    """The files of one folder, the last few open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: OrderedDict[tuple[int, int], tuple[str, Prices, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, stock_id: int, interval: int, revision: str) -> Prices | None:
        """Return the prices of that revision, or None if they are not here or no longer sound."""
        with self._lock:
            held = self._open.get((stock_id, interval))
            if held is not None and held[0] == revision:
                self._open.move_to_end((stock_id, interval))
                return held[1]
        path = self._path(stock_id, interval, revision)
        try:
            prices, size = _map(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            logger.warning("damaged columns are made again", file=path.name, exc_info=True)
            return None
        self._hold(stock_id, interval, revision, prices, size)
        return prices

    def put(self, stock_id: int, interval: int, revision: str, prices: Prices) -> Prices:
        """Keep the prices of that revision, drop those of others, and return them as they are kept."""
        path = self._path(stock_id, interval, revision)
        try:
            private.make_folder(self._folder)
            unfinished = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
            unfinished.write_bytes(_pack(prices))
            unfinished.replace(path)
            for other in self._folder.glob(f"{stock_id}_{interval}_*.columns"):
                if other != path:
                    other.unlink(missing_ok=True)
        except OSError as error:  # a full disk must not keep anyone from reading prices
            logger.warning("columns not kept", file=path.name, why=str(error))
            return prices
        return self.get(stock_id, interval, revision) or prices

    def _hold(self, stock_id: int, interval: int, revision: str, prices: Prices, size: int) -> None:
        with self._lock:
            self._bytes += size - self._forget((stock_id, interval))
            self._open[stock_id, interval] = (revision, prices, size)
            while len(self._open) > _MOST_OPEN or (self._bytes > _MOST_BYTES and len(self._open) > 1):
                self._bytes -= self._forget(next(iter(self._open)))

    def _forget(self, key: tuple[int, int]) -> int:
        held = self._open.pop(key, None)
        return 0 if held is None else held[2]

    def _path(self, stock_id: int, interval: int, revision: str) -> Path:
        return self._folder / f"{stock_id}_{interval}_{revision}.columns"


class _Installed:
    """The cache of this process."""

    cache: ColumnCache | None = None


def use(instance: Path | None) -> None:
    """Keep columns in the *instance* folder from now on; None keeps none."""
    _Installed.cache = None if instance is None else ColumnCache(instance / FOLDER)


def installed() -> ColumnCache | None:
    """Return the cache in use, if any."""
    return _Installed.cache


@cache
def _recipe(interval: int) -> str:
    """Return what the columns depend on besides the rows: our rules, and of intraday bars the exchange's hours."""
    return __version__ if interval == DAILY else f"{__version__} {version('exchange-calendars')}"


def _pack(prices: Prices) -> bytes:
    bars = prices.bars
    columns = [(name, kind, getattr(bars, name)) for name, kind in (*_COLUMNS, *_EVENT_COLUMNS)]
    if prices.adj_close is not None:
        columns.append(("adj_close", "<f8", prices.adj_close))
    described = {
        "recipe": _recipe(bars.interval_minutes),
        "interval": bars.interval_minutes,
        "data_hash": bars.data_hash,
        "refused": [[bar.index, bar.time, bar.reason] for bar in bars.refused],
        "quarantined": [
            [event.session, int(event.kind), event.numerator, event.denominator, str(event.amount), event.ref]
            for event in bars.quarantined
        ],
        "columns": [[name, kind, int(values.size)] for name, kind, values in columns],
    }
    plain = orjson.dumps(described)
    body = plain + bytes(-(_HEADER + len(plain)) % _ALIGNED)
    parts = [body]
    for _, kind, values in columns:
        raw = np.ascontiguousarray(values, kind).tobytes()
        parts += [raw, bytes(-len(raw) % _ALIGNED)]
    rest = b"".join(parts)
    return b"".join((_MAGIC, len(body).to_bytes(4, "little"), zlib.crc32(rest).to_bytes(4, "little"), rest))


def _map(path: Path) -> tuple[Prices, int]:
    """
    Return the prices of a file and its size in bytes.

    Raises:
        ValueError: If it is damaged, or made by other rules.
    """
    with path.open("rb") as file:
        # Private to this process: compiled code wants columns that it could write to.
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    if mapped[: len(_MAGIC)] != _MAGIC:
        raise ValueError("no columns")
    body = int.from_bytes(mapped[len(_MAGIC) : len(_MAGIC) + 4], "little")
    checksum = int.from_bytes(mapped[len(_MAGIC) + 4 : _HEADER], "little")
    with memoryview(mapped) as view, view[_HEADER:] as rest:
        if zlib.crc32(rest) != checksum:
            raise ValueError("the checksum does not fit")
    described = orjson.loads(mapped[_HEADER : _HEADER + body].rstrip(b"\0"))
    if described["recipe"] != _recipe(described["interval"]):
        raise ValueError("made by another version")
    found: dict[str, Any] = {}
    at = _HEADER + body
    for name, kind, size in described["columns"]:
        found[name] = np.frombuffer(mapped, kind, size, at)
        at += found[name].nbytes + -found[name].nbytes % _ALIGNED
    adj_close = found.pop("adj_close", None)
    return Prices(_bars(found, described), adj_close), len(mapped)


def _bars(columns: Mapping[str, Any], described: Mapping[str, Any]) -> Bars:
    bars = Bars(
        **columns,
        interval_minutes=described["interval"],
        refused=tuple(RefusedBar(*bar) for bar in described["refused"]),
        quarantined=tuple(
            CorporateEvent(session, EventKind(kind), numerator, denominator, Decimal(amount), ref)
            for session, kind, numerator, denominator, amount, ref in described["quarantined"]
        ),
    )
    vars(bars)["data_hash"] = described["data_hash"]  # where `cached_property` keeps it
    return bars
