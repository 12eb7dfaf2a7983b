"""Tests of services.parity_audit.fills: orders and fills that somebody tampered with, and splits that nobody did."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from daytrader.models import Execution, Order
from daytrader.models.enums import OrderState
from daytrader.services import exposure_limits
from daytrader.services.parity_audit import ExplainedKind
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import FLAT, Market, Ohlc
from tests.services.test_parity_audit import audited, change, executions, kinds, waved


def test_a_fill_on_another_bar_than_the_next_one_is_missed(world: World) -> None:
    """The rules fill at the next open, whatever came after it."""
    _, service = waved(world)
    fill = executions(service)[-1]
    assert fill.bar_time is not None
    change(Execution, Execution.id == fill.id, bar_time=fill.bar_time + timedelta(days=1))

    assert "missed" in kinds(audited(service))


def test_a_fill_above_its_orders_limit_is_path(world: World) -> None:
    """It had to expire; its limit is not the rules' either."""
    market, service = waved(world)
    order = market.orders(service)[0]
    change(Order, Order.id == order.id, limit_price=Decimal(5))

    assert kinds(audited(service)) == {"decision": 1, "path": 1}


def test_an_order_that_still_waits_after_the_next_bar_is_missed(world: World) -> None:
    """It neither filled nor ended."""
    above: Ohlc = (12.0, 12.0, 12.0, 12.0)
    market = Market(world, [FLAT, above, above])
    service = market.service()
    market.run(last=2)
    assert audited(service).differences == []
    waiting, later = market.orders(service)
    change(Order, Order.id == later.id, state=OrderState.CANCELLED)  # of a side one order is live
    change(Order, Order.id == waiting.id, state=OrderState.ACCEPTED)

    assert kinds(audited(service))["missed"] == 1


def test_splits_of_what_waits_and_of_what_is_held_are_no_difference(world: World) -> None:
    """An entry's limit, and a position's levels, are of the shares of their time."""
    third: Ohlc = (3.3, 3.3, 3.3, 3.3)
    market = Market(world, [FLAT, third, third, (1.1, 1.1, 1.05, 1.1), (1.1, 1.1, 0.9, 0.9)])
    market.split(1, 3, 1)
    market.split(3, 3, 1)
    service = market.service(stop_loss_percent=Decimal(10))
    market.run()

    assert [order.state for order in market.orders(service)] == [OrderState.FILLED] * 2
    assert audited(service).differences == []


def test_an_entry_that_was_taken_back_is_explained(world: World) -> None:
    """The kill switch, or a person, has said so; nobody expects its fill."""
    market = Market(world, [FLAT] * 2)
    service = market.service()
    market.run(last=1)
    with SessionManager() as session:
        exposure_limits.kill(session, service.user_id)
    market.run(1)

    found = audited(service)
    assert (found.differences, found.explained[ExplainedKind.CANCELLED_ORDERS]) == ([], 1)
