"""Reports as bytes and back: columns as they are, the rest as JSON, compressed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

import numpy as np
import orjson

from daytrader.core.portfolio_report import MemberResult, PortfolioReport
from daytrader.core.report import Pinned, Report, Run
from daytrader.core.trades import Trade, TradeColumns

_FORMAT: Final = b"report/1\n"
_KINDS: Final[Mapping[str, type[Any]]] = {
    kind.__name__: kind for kind in (Report, Run, Pinned, Trade, TradeColumns, PortfolioReport, MemberResult)
}
_LEVEL: Final = 1  # columns of cents compress to a half at any level, at this one within a millisecond


def pack(report: Report | PortfolioReport) -> bytes:
    """Return *report* as bytes that `unpack` reads."""
    columns: list[np.ndarray[Any, Any]] = []
    plain = orjson.dumps(_lower(report, columns))
    parts = [_FORMAT, len(plain).to_bytes(8, "little"), plain]
    parts += [np.ascontiguousarray(column).tobytes() for column in columns]
    return zlib.compress(b"".join(parts), _LEVEL)


def unpack(packed: bytes) -> Report | PortfolioReport:
    """
    Return the report that was packed; its columns are read-only.

    Raises:
        ValueError: If these are not the bytes of a report.
    """
    try:
        body = zlib.decompress(packed)
    except zlib.error as error:
        raise ValueError("not a packed report") from error
    if not body.startswith(_FORMAT):
        raise ValueError("a report of another version")
    at = len(_FORMAT) + 8
    end = at + int.from_bytes(body[at - 8 : at], "little")
    report = _raise(orjson.loads(body[at:end]), _Reader(body, end))
    assert isinstance(report, Report | PortfolioReport)
    return report


class _Reader:
    """The columns, one after the other."""

    def __init__(self, body: bytes, at: int) -> None:
        self._body = body
        self._at = at

    def next(self, kind: str, size: int) -> np.ndarray[Any, Any]:
        column = np.frombuffer(self._body, kind, size, self._at)
        self._at += column.nbytes
        return column


def _lower(value: Any, columns: list[np.ndarray[Any, Any]]) -> Any:
    if isinstance(value, np.ndarray):
        columns.append(value)
        return {"column": value.dtype.str, "size": int(value.size)}
    if is_dataclass(value):
        name = type(value).__name__
        assert name in _KINDS, name
        kept = (f.name for f in fields(value) if f.compare)  # what follows from other fields is not compared: left out
        return {"kind": name, "fields": {name: _lower(getattr(value, name), columns) for name in kept}}
    if isinstance(value, Mapping):
        return {"map": {key: _lower(item, columns) for key, item in value.items()}}
    if isinstance(value, list | tuple):
        return [_lower(item, columns) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _raise(value: Any, reader: _Reader) -> Any:
    if isinstance(value, list):
        return tuple(_raise(item, reader) for item in value)
    if not isinstance(value, dict):
        return value
    if "column" in value:
        return reader.next(value["column"], value["size"])
    if "map" in value:
        return {key: _raise(item, reader) for key, item in value["map"].items()}
    kind = _KINDS[value["kind"]]
    # Read in the order of writing; what a later version no longer has is dropped, what it added has a default.
    given = {name: _raise(item, reader) for name, item in value["fields"].items()}
    known = {f.name for f in fields(kind) if f.init}
    return kind(**{name: item for name, item in given.items() if name in known})
