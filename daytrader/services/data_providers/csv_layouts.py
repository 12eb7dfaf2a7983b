"""Which column is what: the headers of the common vendors, and files without one."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from daytrader.services.data_providers.csv_text import UnreadableFileError


class Field(StrEnum):
    """What a column can hold."""

    DATE = "date"
    CLOCK = "time"  # the time of day beside a date
    SYMBOL = "symbol"
    OPEN = "open"
    HIGH = "high"
    LOW = "low"
    CLOSE = "close"
    ADJ_CLOSE = "adj_close"
    VOLUME = "volume"
    DIVIDEND = "dividend"
    SPLIT = "split"


PRICES: Final = (Field.OPEN, Field.HIGH, Field.LOW, Field.CLOSE)

# Header names without case, spaces and punctuation; of several for one field the earlier in its tuple wins. The last
# of each are of German banks and exchanges, where shares (Stück) may stand beside the turnover in money.
_NAMES: Final[Mapping[Field, tuple[str, ...]]] = {
    Field.DATE: ("datetime", "timestamp", "ts", "date", "pricedate", "tradedate", "day", "time", "t", "datum"),
    Field.SYMBOL: ("symbol", "ticker", "stock", "name"),
    Field.OPEN: ("open", "openprice", "o", "eroeffnung", "eroeffnungskurs", "eroeffn", "erster"),
    Field.HIGH: ("high", "highprice", "h", "hoch", "tageshoch", "hoechst"),
    Field.LOW: ("low", "lowprice", "l", "tief", "tagestief", "tiefst"),
    Field.CLOSE: (
        *("close", "closelast", "closeprice", "last", "lastprice", "price", "c"),
        *("schlusskurs", "schluss", "letzter", "zuletzt"),
    ),
    Field.ADJ_CLOSE: ("adjclose", "adjustedclose", "closeadj", "closeadjusted", "adjusted"),
    Field.VOLUME: ("volume", "vol", "v", "stueck", "stuecke", "umsatzinstueck", "volumen", "umsatz"),
    Field.DIVIDEND: ("dividend", "dividends", "dividendamount", "exdividend", "divcash"),
    Field.SPLIT: ("split", "splits", "splitratio", "splitcoefficient", "splitfactor", "stocksplits"),
}
_CLOCK: Final = "time"
_NOT_A_LETTER: Final = re.compile(r"[^a-z0-9]+")
_LETTERS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_MONEY: Final = frozenset("$€£¤")
_ORDINAL: Final = re.compile(r"^\s*\d+\.\s*")  # Alpha Vantage: "1. open"
_PREFIXED: Final = re.compile(r"\s*(?P<prefix>[A-Za-z0-9^.-]{1,10})[._ ](?P<name>[A-Za-z]+)\s*")  # quantmod: AAPL.Open
_ADJUSTED: Final = frozenset({"adj", "adj.", "adjusted"})  # prices of another kind, not of another stock
_SEPARATORS: Final = (",", ";", "\t", "|")
_HEADER_LINES: Final = 10
_LEVELS: Final = 3
_NINJATRADER: Final = re.compile(r"\d{8}( \d{6})?(;\d+(\.\d+)?){4}(;\d+(\.\d+)?)?")


@dataclass(frozen=True, slots=True)
class Layout:
    """
    How a file's lines are to be read.

    Attributes:
        separator: Between the cells.
        columns: Each known field's place, from 0.
        width: Cells in a line.
        first_line: Number of the first line with prices, from 1.
        is_bar_end: Whether times are the bar's end in UTC (NinjaTrader) rather than its start.
    """

    separator: str
    columns: Mapping[Field, int]
    width: int
    first_line: int
    is_bar_end: bool = False


def detect_layout(sample: Sequence[str]) -> Layout:
    """
    Return the layout of the file that starts with the lines *sample*.

    Raises:
        UnreadableFileError: If it is no table of prices, saying what is missing.
    """
    first = next((line for line in sample if line.strip()), "")
    if _NINJATRADER.fullmatch(first.strip()):
        return _ninjatrader(sample, first)
    nearest: tuple[int, dict[Field, int]] = (0, {})
    for number, line in enumerate(sample[:_HEADER_LINES], 1):
        for separator in _SEPARATORS:
            cells = split_line(line, separator)
            columns = columns_of(cells)
            if _has_levels(sample[number - 1 : number + 2], columns, separator):
                return Layout(separator, columns | {Field.DATE: 0}, len(cells), number + 3)
            if Field.DATE in columns and all(price in columns for price in PRICES):
                return Layout(separator, columns, len(cells), number + 1)
            if len(columns) > len(nearest[1]):
                nearest = (number, columns)
    missing = [field.value for field in (Field.DATE, *PRICES) if field not in nearest[1]]
    if len(missing) < len(PRICES):
        raise UnreadableFileError(f"has no column for {', '.join(missing)} in its header (line {nearest[0]})")
    raise UnreadableFileError("is no table of prices: no header with date, open, high, low and close was found")


def _has_levels(lines: Sequence[str], columns: Mapping[Field, int], separator: str) -> bool:
    """Return whether *lines* are a header of yfinance's: what, of which stock, and what the lines go by."""
    if len(lines) < _LEVELS or any(price not in columns for price in PRICES):
        return False
    what, stock, index = (split_line(line, separator) for line in lines)
    return (
        [what[0].strip().lower(), *(cell.strip().lower() for cell in stock[:1])] == ["price", "ticker"]
        and len(set(stock[1:])) == 1
        and Field.DATE in _named(index[:1])
        and not any(cell.strip() for cell in index[1:])
    )


def split_line(line: str, separator: str) -> list[str]:
    """Return the cells of one line; a quote that is never closed ends with the line."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return [line]


def columns_of(cells: Sequence[str]) -> dict[Field, int]:
    """
    Return the place of each field that the header *cells* name; none where a name stands twice.

    Where all prices bear the stock's name in front of theirs, it is left out.
    """
    columns = _named(cells)
    if all(price in columns for price in PRICES):
        return columns
    return _named(_without_prefix(cells)) or columns


def _without_prefix(cells: Sequence[str]) -> Sequence[str]:
    found = [_PREFIXED.fullmatch(cell) for cell in cells]
    prices = [match for match in found if match and match["name"].lower() in PRICES]
    prefixes = {match["prefix"].lower() for match in prices}
    if len(prices) != len(PRICES) or len(prefixes) != 1 or prefixes <= _ADJUSTED:
        return ()
    return [
        match["name"] if match and match["prefix"].lower() in prefixes else cell
        for match, cell in zip(found, cells, strict=True)
    ]


def _named(cells: Sequence[str]) -> dict[Field, int]:
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        name = _NOT_A_LETTER.sub("", _ORDINAL.sub("", cell.lower().translate(_LETTERS)))
        if name in _NAMES[Field.VOLUME] and not _MONEY.isdisjoint(cell):
            continue  # turnover, of which no shares can be told
        if name and name in places:
            return {}  # a header never names two columns alike
        places[name] = place
    columns: dict[Field, int] = {}
    for field, names in _NAMES.items():
        found = next((places[name] for name in names if name in places), None)
        if found is not None:
            columns[field] = found
    clock = places.get(_CLOCK)
    if clock is not None and clock != columns.get(Field.DATE):
        columns[Field.CLOCK] = clock
    return columns


def _ninjatrader(sample: Sequence[str], first: str) -> Layout:
    fields = (Field.DATE, *PRICES, Field.VOLUME)
    width = first.count(";") + 1
    columns = {field: place for place, field in enumerate(fields[:width])}
    return Layout(";", columns, width, sample.index(first) + 1, is_bar_end=True)
