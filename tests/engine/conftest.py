"""What tests of orders at a broker, and of a live feed, start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from daytrader.services import promotion_service
from tests.conftest import World

from .accounts import Bench
from .live import BEFORE, Exchange, Live


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What a test opened is closed behind it."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def bench(world: World, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """An owner with an account at Alpaca and a stock; every service is promoted, and in the end the books add up."""
    monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: None)
    world.stock("ACME")
    bench = Bench(world, stack)
    yield bench
    bench.audit()


@pytest.fixture
def live(world: World) -> Live:
    """Five-minute bars; the one of 14:30 is complete and known before anybody trades."""
    exchange = Exchange(5)
    exchange.give("2024-01-02T14:30")
    return Live(world, exchange, 5, BEFORE)
