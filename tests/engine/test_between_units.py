"""Tests of daytrader.engine.runner between its two units: what is not known is asked, what traded is booked."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest

from daytrader.brokers.messages import FillMode
from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.models import Order, TradingService
from daytrader.models.enums import OrderState
from daytrader.services import order_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.accounts import Died
from tests.engine.builders import FLAT, Market
from tests.engine.house_platform import HousePlatform


def once_sent(act: Callable[[], None]) -> Callable[[str], None]:
    """Return a checkpoint that does *act* when the broker has answered and nobody has noted it."""
    return lambda name: act() if name == "submit" else None


def die() -> None:
    """End the process."""
    raise Died


def end(service: TradingService, state: OrderState) -> None:
    """End the one order of a service in the books."""
    with SessionManager() as session:
        row = session.get_one(TradingService, service.id, with_for_update=True)
        order_service.move(session, row, session.query(Order).one(), state, "test")


def test_an_order_that_may_have_been_sent_is_asked_for_before_it_is_sent_again(world: World) -> None:
    """The engine dies between the broker's answer and its note: the next one finds the order there."""
    market, house = Market(world, [FLAT] * 2), HousePlatform()
    service = market.service(initial_balance=Decimal(2000), allocation_percent=Decimal("0.5"))
    with pytest.raises(Died):
        market.run(last=1, runner=Runner(house, checkpoint=once_sent(die)))

    market.run(runner=Runner(house))

    (order,) = market.orders(service)
    assert (order.state, house.taken) == (OrderState.FILLED, [order.client_order_id])


@pytest.mark.parametrize("ended_as", [OrderState.CANCELLED, OrderState.EXPIRED])
def test_what_traded_is_booked_although_its_order_has_ended_meanwhile(world: World, ended_as: OrderState) -> None:
    """A real fill is a position, whatever the books said of the order by then."""
    market = Market(world, [FLAT])
    service = market.service()

    market.run(runner=Runner(PaperBroker(FillMode.CLOSE), checkpoint=once_sent(partial(end, service, ended_as))))

    held = market.reload(service)
    assert (held.current_shares, held.reserved_cash) == (100, Decimal(0))


@pytest.mark.parametrize("ended_as", [OrderState.CANCELLED, OrderState.EXPIRED])
def test_an_order_that_has_ended_meanwhile_is_not_revived_by_its_brokers_word(
    world: World, ended_as: OrderState
) -> None:
    """It was taken, says the broker: nothing fills at the next open that the books have ended."""
    market = Market(world, [FLAT])
    service = market.service()

    market.run(runner=Runner(PaperBroker(), checkpoint=once_sent(partial(end, service, ended_as))))

    (order,) = market.orders(service)
    assert (order.state, market.reload(service).reserved_cash) == (ended_as, Decimal(0))


def test_an_order_that_is_being_sent_on_paper_is_not_cancelled(world: World) -> None:
    """What its broker has made of it is not known yet: the engine ends it once it is."""
    market = Market(world, [FLAT] * 2)
    service = market.service()
    cancelled = []

    def cancel() -> None:
        with SessionManager() as session:
            row = session.get_one(TradingService, service.id, with_for_update=True)
            cancelled.append(order_service.cancel_live(session, row, None, "test"))

    market.run(last=1, runner=Runner(PaperBroker(), checkpoint=once_sent(cancel)))

    (order,) = market.orders(service)
    assert (cancelled, order.state) == ([0], OrderState.ACCEPTED)


def test_an_order_that_fills_as_it_is_taken_was_taken(world: World) -> None:
    """Its history and its events tell of no end before its fill."""
    market = Market(world, [FLAT])
    service = market.service()
    market.run(runner=Runner(PaperBroker(FillMode.CLOSE)))
    (order,) = market.orders(service)
    assert [passage["state"] for passage in order.history] == ["PENDING", "SUBMITTING", "ACCEPTED", "FILLED"]
