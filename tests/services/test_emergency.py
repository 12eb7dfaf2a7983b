"""Tests of daytrader.services.emergency: out of everything, whatever a service does."""

from __future__ import annotations

from decimal import Decimal

import pytest

from daytrader.models import TradingService
from daytrader.models.enums import ServiceState
from daytrader.services import emergency
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import Market


@pytest.mark.parametrize("state", list(ServiceState))
def test_every_position_is_sold_whatever_its_service_does(world: World, state: ServiceState) -> None:
    """Paused, in error, or stopped with its position kept: it is sold at the next open, once."""
    market = Market(world, [(10, 10, 10, 10)] * 3)
    service = market.service()
    market.run(last=2)
    with SessionManager() as session:
        stored = session.get_one(TradingService, service.id)
        stored.state = state
        stored.error_reason = "test" if state is ServiceState.ERROR else None

    for _ in range(2):
        with SessionManager() as session:
            assert emergency.flatten(session).selling == 1
    market.run(2)

    after = market.reload(service)
    assert (after.current_shares, after.current_balance) == (0, Decimal("1000.00"))
