"""Transactions as CSV text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any, Final

from daytrader.utils.csv_cells import safe
from daytrader.utils.current_datetime import iso_utc

COLUMNS: Final = (
    "id",
    "service_id",
    "stock_symbol",
    "state",
    "shares",
    "open_shares",
    "purchase_date",
    "purchase_price",
    "cost",
    "buy_fee",
    "sale_date",
    "sale_price",
    "proceeds",
    "sell_fee",
    "adjustments",
    "gain_loss",
    "is_manual",
    "entry_reason",
    "exit_reason",
    "notes",
)


def header() -> str:
    """Return the line of names."""
    return _lines([COLUMNS])


def rows(transactions: Iterable[Any]) -> str:
    """Return one line per transaction: exact decimals, moments ISO 8601 UTC, text that no spreadsheet computes."""
    return _lines([_cell(getattr(one, name)) for name in COLUMNS] for one in transactions)


def _lines(table: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return iso_utc(value)
    return safe(value) if isinstance(value, str) else str(value)
