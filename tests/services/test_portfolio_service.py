"""All services of one owner together, by hand."""

from __future__ import annotations

import pytest

from daytrader.services import portfolio_service, trading_service
from daytrader.services.actor import Actor
from daytrader.services.portfolio_service import Portfolio
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import FLAT, Market, Ohlc

# Bought at the open of 10, then worth 12 and 9 a share.
ROUND: list[Ohlc] = [FLAT, (10.0, 12.0, 10.0, 12.0), (12.0, 12.0, 9.0, 9.0)]


def seen(actor: Actor) -> Portfolio:
    """Return the portfolio as a reader asks for it."""
    with SessionManager(read_only=True) as session:
        return portfolio_service.portfolio(session, actor)


def test_one_service_by_hand(world: World) -> None:
    """100 shares from 12 to 9: the last session took 300, and the last decision says why nothing was done."""
    market = Market(world, ROUND)
    service = market.service()
    market.run()

    found = seen(market.owner)

    assert (found.value, found.cash, found.position_value) == (900, 0, 900)
    assert (found.session_change, found.initial_balance) == (-300, 1000)
    assert (found.timestamps[-1], found.as_of) == ("2020-01-03T00:00:00Z", "2020-01-03T00:00:00Z")
    assert found.equity == [1000, 1200, 900]
    (holding,) = found.services
    assert (holding.service_id, holding.equity, holding.session_change) == (service.id, 900, -300)
    assert holding.last_decision is not None
    assert holding.last_decision.bar_time.date().isoformat() == "2020-01-03"


def test_a_service_that_begins_later_moves_no_line(world: World) -> None:
    """Before it began it counts with its initial balance, on sessions that it has not seen with its last equity."""
    market = Market(world, ROUND)
    market.service()
    market.run(0, 2)
    late = market.service(name="late")
    market.run(2)

    found = seen(market.owner)

    assert found.equity[:2] == [2000, 2200]
    assert found.equity[2] == pytest.approx(900 + 1000)
    assert found.session_change == -300
    assert [holding.service_id for holding in found.services][-1] == late.id


def test_archived_and_foreign_services_are_not_in_it(world: World) -> None:
    """Only what the caller runs counts."""
    market = Market(world, ROUND)
    service = market.service()
    market.run()
    other = world.user("other")
    with SessionManager() as session:
        trading_service.stop(session, market.owner, service.id, "keep")
        trading_service.update(session, market.owner, service.id, {"is_active": False})

    empty = Portfolio(None, 0, 0, 0, 0, 0, [], [], [])
    assert seen(market.owner) == empty
    assert seen(Actor(other.id)) == empty
