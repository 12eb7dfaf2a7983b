"""Bounds and lengths that more than one layer needs."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

MAX_PRICE: Final = Decimal(90_000_000)
MAX_CASH: Final = Decimal(100_000_000_000)
MAX_VOLUME: Final = 2**53
"""Shares of a bar: a double holds no greater whole number for sure."""

INTRADAY_INTERVALS: Final = (1, 5, 15, 30, 60)
DAILY: Final = 0
"""The interval of a daily bar, where intervals are minutes."""

USERNAME_LENGTH: Final = (3, 50)
EMAIL_LENGTH: Final = 120
PASSWORD_LENGTH: Final = (8, 128)
SYMBOL_LENGTH: Final = 10
STOCK_NAME_LENGTH: Final = 200
SECTOR_LENGTH: Final = 100
DESCRIPTION_LENGTH: Final = 1000
SERVICE_NAME_LENGTH: Final = 100
