"""Tests of services.parity_audit.fills: orders and fills that are not as the rules make them, and splits that are."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from daytrader.models import Execution, Order, StockDailyPrice, TradingService
from daytrader.models.enums import OrderSide, OrderState
from daytrader.services import exposure_limits, trading_service
from daytrader.services.parity_audit import DifferenceKind, ExplainedKind
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import FLAT, Market, Ohlc, day
from tests.services.audits import SWINGS, WAVE, audited, change, executions, kinds, waved


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


def test_a_fill_on_an_open_that_was_corrected_since_is_data(world: World) -> None:
    """Not slippage: nobody could have filled at a price that came later."""
    _, service = waved(world)
    at = next(each.bar_time for each in executions(service) if each.bar_time is not None)
    with SessionManager() as session:
        bar = session.scalars(select(StockDailyPrice).where(StockDailyPrice.price_date == at.date())).one()
        bar.open_price = (bar.open_price or 0) - 0.05

    assert kinds(audited(service)) == {"data": 1}


@pytest.mark.parametrize("side", list(OrderSide))
def test_slippage_is_told_in_basis_points(world: World, side: OrderSide) -> None:
    """Of entries and exits."""
    _, service = waved(world)
    fill = next(each for each in executions(service) if each.side is side)
    change(Execution, Execution.id == fill.id, price=fill.price * Decimal("1.001"))

    (told,) = audited(service).differences

    assert (told.kind, told.order_id, told.bar_time) == (DifferenceKind.SLIPPAGE, fill.order_id, fill.bar_time)
    assert told.message == "filled +10.00 basis points from the price that the rules make"
    assert Decimal(told.expected) == fill.price


def test_a_rejected_order_is_told_with_its_reason(world: World) -> None:
    """The broker's own."""
    market = Market(world, WAVE[:3])
    service = market.service(**SWINGS)
    market.run()
    (order,) = market.orders(service)
    passage = {"state": "REJECTED", "at": order.history[-1]["at"], "reason": "insufficient buying power"}
    with SessionManager() as session:
        session.execute(
            update(Order)
            .where(Order.id == order.id)
            .values(state=OrderState.REJECTED, history=[*order.history, passage])
        )

    (told,) = audited(service).differences

    assert (told.kind, told.recorded) == (DifferenceKind.REJECT, "insufficient buying power")


def test_a_stop_that_was_passed_over_is_path(world: World) -> None:
    """A position that is held through its stop is the worst that an audit may not see."""
    market = Market(world, [FLAT, FLAT, (10.0, 10.0, 8.5, 9.8), FLAT])
    service = market.service(stop_loss_percent=Decimal(0))
    market.run()
    assert audited(service).differences == []
    change(TradingService, TradingService.id == service.id, stop_loss_percent=Decimal(10))

    (told,) = audited(service).differences

    assert (told.kind, told.bar_time, told.expected) == (DifferenceKind.PATH, day(2), "9.000000")
    assert told.message == "the stop was reached and not taken"


def test_a_stop_taken_where_none_was_reached_is_path(world: World) -> None:
    """By the level that the settings make."""
    market = Market(world, [FLAT, FLAT, (10.0, 10.0, 8.5, 9.8), FLAT])
    service = market.service(stop_loss_percent=Decimal(10))
    market.run(last=3)
    assert audited(service).differences == []
    change(TradingService, TradingService.id == service.id, stop_loss_percent=Decimal(20))

    (told,) = audited(service).differences

    assert (told.kind, told.message) == (DifferenceKind.PATH, "the stop was taken, the bar reaches nothing")


def test_a_position_kept_by_a_stopped_service_is_a_gap_alone(world: World) -> None:
    """Nobody watched its stop, as it was said when the service was stopped; its bars were not decided on."""
    market = Market(world, [FLAT, FLAT, (10.0, 10.0, 8.5, 9.8), FLAT, FLAT])
    service = market.service(stop_loss_percent=Decimal(10))
    market.run(last=2)
    with SessionManager() as session:
        trading_service.stop(session, market.owner, service.id)
    market.run(2, 4)
    with SessionManager() as session:
        trading_service.activate(session, market.owner, service.id)
    market.run(4)

    (told,) = audited(service).differences

    assert (told.kind, told.bar_time) == (DifferenceKind.MISSED, day(2))
    assert told.message == "2 bars were not decided on: the service was stopped, or missed them"


def test_an_order_that_expired_within_its_limit_is_path(world: World) -> None:
    """The open was one that it could have had."""
    market = Market(world, [FLAT, (11.0, 11.0, 11.0, 11.0)])
    service = market.service()
    market.run()
    assert [order.state for order in market.orders(service)] == [OrderState.EXPIRED, OrderState.ACCEPTED]
    assert audited(service).differences == []
    change(TradingService, TradingService.id == service.id, allocation_percent=Decimal("0.5"))
    change(Order, Order.service_id == service.id, limit_price=Decimal(12))

    assert kinds(audited(service))["path"] == 1
