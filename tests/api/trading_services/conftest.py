"""A service of alice's, made over HTTP, on a stock that rises."""

from __future__ import annotations

import pytest

from tests.conftest import World

from ..conftest import Caller

NEW = {"name": "swing", "stock_symbol": "acme", "initial_balance": 10000}


@pytest.fixture
def service(world: World, alice: Caller) -> int:
    """A service of alice's on ACME, which closed at 10, 11, ... 59."""
    world.prices(world.stock("ACME"), [float(price) for price in range(10, 60)])
    return int(alice.post("/services", NEW).get_json()["id"])
