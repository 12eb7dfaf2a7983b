"""Tests of daytrader.engine.runner: what it does for a service that is paused, on hold, in error or stopped."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from daytrader.models.enums import OrderKind, OrderState, ServiceState, TradingMode
from daytrader.models.trading_service import TradingService
from daytrader.services import order_service, trading_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import FLAT, Market, change


@pytest.mark.parametrize("keep", [True, False])
def test_a_paused_service_keeps_its_stop_while_protection_is_on(world: World, keep: bool) -> None:
    """PAUSED takes no signal and no target; its stop works unless the owner has turned it off."""
    market = Market(world, [FLAT, FLAT, (10.0, 12.0, 10.0, 12.0), (9.0, 9.0, 9.0, 9.0)])
    service = market.service(stop_loss_percent=Decimal(5), take_profit_percent=Decimal(10), keep_protection=keep)
    market.run(last=2)
    with SessionManager() as session:
        trading_service.pause(session, market.owner, service.id)

    market.run(2)

    assert market.reload(service).current_shares == (0 if keep else 100)
    assert [decision.reason for decision in market.decisions(service)[2:]] == ["service is paused"] * 2


@pytest.mark.parametrize("keep", [True, False])
def test_a_service_in_error_keeps_its_stop_while_protection_is_on(world: World, keep: bool) -> None:
    """What broke must not leave a position unprotected; no signal, no target, and no new decision."""
    market = Market(world, [FLAT, FLAT, (10.0, 12.0, 10.0, 12.0), (9.0, 9.0, 9.0, 9.0)])
    service = market.service(stop_loss_percent=Decimal(5), take_profit_percent=Decimal(10), keep_protection=keep)
    market.run(last=2)
    change(service, state=ServiceState.ERROR, error_reason="something broke")

    market.run(2)

    after = market.reload(service)
    assert (after.state, after.error_reason) == (ServiceState.ERROR, "something broke")
    assert after.current_shares == (0 if keep else 100)
    assert [order.kind for order in market.orders(service)[1:]] == ([OrderKind.STOP] if keep else [])
    assert len(market.decisions(service)) == 2


def test_a_fill_never_overwrites_hold(world: World) -> None:
    """HOLD is a person's word: a stop sells, the mode stays."""
    market = Market(world, [FLAT, FLAT, (9.0, 9.0, 9.0, 9.0)])
    service = market.service(stop_loss_percent=Decimal(5))
    market.run(last=2)
    change(service, mode=TradingMode.HOLD)

    market.run(2)

    after = market.reload(service)
    assert (after.current_shares, after.mode) == (0, TradingMode.HOLD)


@pytest.mark.parametrize("said", [{"mode": TradingMode.HOLD}, {"state": ServiceState.PAUSED}])
def test_holding_cancels_an_unfilled_entry(world: World, said: dict[str, Any]) -> None:
    """An entry that was decided before HOLD, or a pause, does not fill."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()
    market.run(last=1)
    change(service, **said)

    market.run(1)

    assert market.orders(service)[0].state is OrderState.CANCELLED
    assert market.reload(service).reserved_cash == 0


def test_a_stopped_service_is_left_alone_but_for_corporate_actions(world: World) -> None:
    """INACTIVE decides nothing and is unprotected; a dividend on the kept position is still paid."""
    market = Market(world, [FLAT, FLAT, (5.0, 5.0, 5.0, 5.0), FLAT])
    market.dividend(3, "1")
    service = market.service(stop_loss_percent=Decimal(5))
    market.run(last=2)
    with SessionManager() as session:
        trading_service.stop(session, market.owner, service.id, "keep")

    market.run(2)
    market.run(2)

    kept = market.reload(service)
    assert (kept.current_shares, kept.current_balance) == (100, Decimal("100.00"))
    assert len(market.decisions(service)) == 2


def test_a_sale_ordered_by_a_stop_fills_at_the_next_open(world: World) -> None:
    """Stopping with position = sell places a market order; the engine fills it though the service is INACTIVE."""
    market = Market(world, [FLAT, FLAT, (11.0, 11.0, 11.0, 11.0)])
    service = market.service()
    market.run(last=2)
    with SessionManager() as session:
        trading_service.stop(session, market.owner, service.id, "sell")

    market.run(2)

    sold = market.reload(service)
    assert (sold.state, sold.current_shares, sold.current_balance) == (ServiceState.INACTIVE, 0, Decimal("1100.00"))
    assert market.transactions(service)[0].exit_reason == "service stopped"


def test_a_position_that_is_kept_is_not_sold_by_an_earlier_exit(world: World) -> None:
    """Stopping with position = keep takes back the exit that waits for the open."""
    market = Market(world, [FLAT, FLAT, FLAT])
    service = market.service()
    market.run(last=2)
    with SessionManager() as session:
        order_service.sell_position(session, session.get_one(TradingService, service.id), "flatten")
        trading_service.stop(session, market.owner, service.id, "keep")

    market.run(2)

    assert market.reload(service).current_shares == 100


def test_the_minimum_balance_holds_however_it_is_set(world: World) -> None:
    """A fill that a raised minimum no longer allows is booked all the same, and stops the service (L6)."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()
    market.run(last=1)
    change(service, minimum_balance=Decimal(500))

    market.run(1)

    short = market.reload(service)
    assert (short.state, short.current_shares) == (ServiceState.ERROR, 100)
    assert "minimum balance" in (short.error_reason or "")
