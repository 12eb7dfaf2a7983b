"""What tests of orders at a broker start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from daytrader.services import promotion_service
from tests.conftest import World

from .accounts import Bench


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
