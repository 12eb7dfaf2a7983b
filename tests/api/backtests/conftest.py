"""A stock that swings, and a backtest on it to ask for."""

from __future__ import annotations

from typing import Any

import pytest

from daytrader.api.schemas.backtest import ReportSchema
from daytrader.models import Stock
from tests.conftest import World

SMA = {"symbol": "ACME", "strategy": "sma_cross", "params": {"fast": 3, "slow": 8}}
REPORT = set(ReportSchema().dump_fields)
CLOSES = [100 + 10 * ((day // 7) % 3) + day % 5 for day in range(120)]


@pytest.fixture
def acme(world: World) -> Stock:
    """ACME with 120 daily bars that swing."""
    stock = world.stock("ACME")
    world.prices(stock, [float(close) for close in CLOSES])
    return stock


def report_of(told: dict[str, Any]) -> dict[str, Any]:
    """Return what of an answer is the report."""
    return {name: value for name, value in told.items() if name in REPORT}
