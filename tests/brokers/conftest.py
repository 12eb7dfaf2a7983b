"""An Alpaca on this machine, and an account there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from daytrader.brokers import Access
from daytrader.brokers.alpaca import AlpacaBroker
from tests.brokers.alpaca_api import Alpaca
from tests.brokers.alpaca_server import KEY, SECRET, serve

EVENING = datetime(2024, 1, 3, 0, 30, tzinfo=UTC)  # 19:30 in New York on 2 January


@dataclass
class Desk:
    """The market as a test moves it, its address and an account in it."""

    alpaca: Alpaca
    address: str
    broker: AlpacaBroker


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Alpaca in the evening, before the next session."""
    alpaca = Alpaca(EVENING)
    alpaca.prices["ACME"] = Decimal(100)
    with serve(alpaca) as address:
        yield Desk(alpaca, address, AlpacaBroker(Access(KEY, SECRET, is_live=False), address=address))
