"""Dates as the core counts them: days since 1970-01-01."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

_EPOCH: Final = date(1970, 1, 1)


def days_since_epoch(day: date) -> int:
    """Return *day* as the core counts dates."""
    return (day - _EPOCH).days


def date_of(days: int) -> date:
    """Return the date that the core calls *days*."""
    return _EPOCH + timedelta(days=days)
