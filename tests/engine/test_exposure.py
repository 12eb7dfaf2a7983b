"""Tests of services.exposure, exposure_limits and what the engine does by them: kill switch and circuit breakers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.models import TradingService
from daytrader.models.enums import DecisionAction, OrderState, TransactionState
from daytrader.services import exposure, exposure_limits, trading_service, transaction_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import clock
from daytrader.utils.errors import ConflictError
from tests.conftest import World
from tests.engine.builders import FLAT, PLAIN, Market, Ohlc, day

FALL: Ohlc = (10.0, 10.0, 4.0, 4.0)


def limit(user_id: int | None, **limits: Any) -> None:
    """Set limits of a user, or of the installation."""
    with SessionManager() as session:
        exposure_limits.change(session, user_id, limits)


def switch(user_id: int | None, *, is_killed: bool) -> None:
    """Turn a kill switch."""
    with SessionManager() as session:
        if is_killed:
            exposure_limits.kill(session, user_id, "a test")
        else:
            exposure_limits.release(session, user_id)


def reasons(market: Market, service: TradingService) -> list[str]:
    """Return why the service did what it did, bar by bar."""
    return [decision.reason for decision in market.decisions(service)]


@pytest.mark.parametrize("is_own", [True, False])
def test_the_kill_switch_cancels_entries_bars_new_ones_and_is_lifted(world: World, is_own: bool) -> None:
    """What waits for the open is cancelled at once, its cash free again; then nothing buys until the release."""
    market = Market(world, [FLAT] * 5)
    service = market.service()
    market.run(last=1)
    assert [order.state for order in market.orders(service)] == [OrderState.ACCEPTED]

    switch(service.user_id if is_own else None, is_killed=True)

    assert [order.state for order in market.orders(service)] == [OrderState.CANCELLED]
    assert market.reload(service).reserved_cash == 0
    market.run(1, 3)
    assert market.reload(service).current_shares == 0
    said = exposure.KILLED + ("" if is_own else " of the installation")
    assert reasons(market, service)[1:] == [said, said]
    assert market.decisions(service)[1].action is DecisionAction.NOTHING

    switch(service.user_id if is_own else None, is_killed=False)
    market.run(3)
    assert market.reload(service).current_shares == 100


def test_the_kill_switch_keeps_stops(world: World) -> None:
    """A position is protected as before."""
    market = Market(world, [FLAT, FLAT, FALL])
    service = market.service(stop_loss_percent=Decimal(10))
    market.run(last=2)
    switch(None, is_killed=True)

    market.run(2)

    (sold,) = market.transactions(service)
    assert (sold.state, sold.sale_price) == (TransactionState.CLOSED, Decimal(9))


def test_an_entry_that_nobody_was_told_of_is_never_sent_once_the_switch_is_on(world: World) -> None:
    """The switch is turned between the decision and the claim: the order ends before any broker hears of it."""
    market = Market(world, [FLAT] * 3)
    service = market.service()
    broker = PaperBroker()

    def turn(step: str) -> None:
        if step == "unit 1":
            with SessionManager() as session:
                exposure_limits._row(session, None).is_killed = True

    market.run(last=1, runner=Runner(broker, checkpoint=turn))

    (order,) = market.orders(service)
    assert (order.state, order.history[-1]["reason"]) == (OrderState.CANCELLED, exposure.KILLED)
    assert broker.find(order.client_order_id) is None
    assert market.reload(service).reserved_cash == 0


def test_an_entry_that_waits_does_not_fill_while_the_switch_is_on(world: World) -> None:
    """However it came to wait still: the switch is read again at the open that would fill it."""
    market = Market(world, [FLAT] * 2)
    service = market.service()
    market.run(last=1)
    with SessionManager() as session:
        exposure_limits._row(session, service.user_id).is_killed = True

    market.run(1)

    assert market.orders(service)[0].history[-1]["reason"] == exposure.KILLED
    assert (market.reload(service).current_shares, market.reload(service).reserved_cash) == (0, Decimal(0))


def test_one_users_switch_is_not_anothers(world: World) -> None:
    """Services of others trade on, and what they have ordered already waits on."""
    market = Market(world, [FLAT] * 3)
    own = market.service()
    other = world.service(world.user("bob"), market.stock, **{**PLAIN, "name": "other"})
    with SessionManager() as session:
        trading_service.activate(session, Actor(other.user_id), other.id)
    market.run(last=1)
    switch(own.user_id, is_killed=True)
    states = [order.state for service in (own, other) for order in market.orders(service)]
    assert states == [OrderState.CANCELLED, OrderState.ACCEPTED]

    market.run(1)

    assert market.reload(own).current_shares == 0
    assert market.reload(other).current_shares > 0


def test_positions_may_be_worth_so_much(world: World) -> None:
    """
    The first service is let through and counts, pending as it is; the second says what is held and what it takes.

    The installation's limit, which would let it through, is one more.
    """
    market = Market(world, [FLAT] * 3)
    first, second = market.service(name="first"), market.service(name="second")
    limit(first.user_id, max_position_value=Decimal(1500))
    limit(None, max_position_value=Decimal(15_000))

    market.run()

    assert market.reload(first).current_shares == 100
    assert market.reload(second).current_shares == 0
    assert (
        reasons(market, second)
        == ["the limit of 1500.00 in positions would be passed: 1000.00 are held or ordered, this takes 1000.00"] * 3
    )


def test_so_many_orders_may_be_placed_in_a_minute(world: World) -> None:
    """Of three services that want to buy on one bar, two do."""
    market = Market(world, [FLAT] * 2)
    services = [market.service(name=f"s{number}") for number in range(3)]
    limit(None, max_orders_per_minute=2)

    market.run(last=1)

    assert [len(market.orders(service)) for service in services] == [1, 1, 0]
    assert reasons(market, services[2]) == ["the limit of the installation of 2 orders a minute is reached"]


def test_a_loss_too_large_ends_the_buying_of_the_session(world: World) -> None:
    """Told once; a price that recovers does not mend it, the next session does."""
    market = Market(world, [FLAT, FLAT, (10.0, 10.0, 9.0, 9.0), FLAT, FLAT])
    holder = market.service(name="holder")
    market.run(last=2)
    buyer, another = market.service(name="buyer"), market.service(name="another")
    limit(holder.user_id, max_daily_loss=Decimal(100))

    market.run(2, 3)

    said = "the daily loss limit of 100.00 is reached: no buys until the next session"
    assert reasons(market, buyer) == reasons(market, another) == [said]
    assert sum("daily loss limit of 100.00 is reached (-100.00" in notice for notice in world.notices()) == 1
    with SessionManager(read_only=True) as session:
        assert exposure_limits.read(session, holder.user_id).tripped_on == day(2).date()
    limit(holder.user_id, max_daily_loss=Decimal("100.01"))  # weighed anew
    with SessionManager() as session:
        assert exposure.EntryGuard(session, day(2)).refusal(session.get_one(TradingService, buyer.id), 1, 9) is None
    limit(holder.user_id, max_daily_loss=Decimal(100))
    market.run(3)
    assert market.reload(buyer).current_shares == 100


def test_a_loss_below_the_limit_trips_nothing(world: World) -> None:
    """A cent less than the limit is no breach."""
    market = Market(world, [FLAT, FLAT, (10.0, 10.0, 9.0, 9.0)])
    holder = market.service(name="holder")
    market.run(last=2)
    buyer = market.service(name="buyer")
    limit(holder.user_id, max_daily_loss=Decimal("100.01"))

    market.run(2)

    assert [decision.action for decision in market.decisions(buyer)] == [DecisionAction.BUY]


def test_a_loss_of_the_day_is_told_of_what_was_sold_too_and_a_split_is_none(world: World) -> None:
    """Bought at 10, the close before; stopped out at 9 today, and a split of the rest takes nothing away."""
    market = Market(world, [FLAT, FLAT, (5.0, 5.0, 5.0, 5.0), (5.0, 5.0, 4.5, 4.5)])
    market.split(2, 2, 1)
    kept, stopped = market.service(name="kept"), market.service(name="stopped", stop_loss_percent=Decimal(10))
    market.run(last=3)
    with SessionManager(read_only=True) as session:
        assert exposure.usage(session, kept.user_id, day(2)).daily_result == 0
    market.run(3)

    with SessionManager(read_only=True) as session:
        found = exposure.usage(session, kept.user_id, day(3))

    assert market.reload(stopped).current_shares == 0
    assert (found.daily_result, found.position_value) == (Decimal("-200.00"), Decimal("900.00"))


def test_a_buy_by_hand_is_bound_too(world: World) -> None:
    """Refused with the limit's own words."""
    market = Market(world, [FLAT])
    service = market.service()
    limit(service.user_id, max_position_value=Decimal(50))
    with SessionManager() as session, pytest.raises(ConflictError, match=r"the limit of 50\.00 in positions"):
        transaction_service.buy(session, market.owner, service.id, 6)

    with SessionManager() as session:
        transaction_service.buy(session, market.owner, service.id, 5)


def test_a_loss_of_the_day_has_its_fees(world: World) -> None:
    """Of the purchase, and of the sale."""
    market = Market(world, [FLAT, FLAT, (10.0, 10.0, 9.0, 9.0)])
    service = market.service(stop_loss_percent=Decimal(10), commission_per_order=Decimal(3))
    found = []
    for row in range(3):
        market.run(row, row + 1)
        with SessionManager(read_only=True) as session:
            found.append(exposure.usage(session, service.user_id, day(row)).daily_result)

    assert found == [0, Decimal("-3.00"), Decimal("-102.00")]  # of 99 shares


def test_what_waits_and_what_has_no_price_counts_too(world: World) -> None:
    """An entry that waits for its open by the most it may cost, a position without any price by what was paid."""
    market = Market(world, [FLAT])
    waiting = market.service(name="waiting")
    market.run()
    by_hand, unpriced = market.service(name="by hand"), Market(world, [], "OTHER").service(name="unpriced")
    assert market.reload(waiting).reserved_cash == 1000
    with SessionManager() as session:
        transaction_service.buy(session, market.owner, unpriced.id, 20, Decimal(10))
    limit(None, max_position_value=Decimal(1500))

    with SessionManager() as session, pytest.raises(ConflictError, match=r"1200\.00 are held or ordered"):
        transaction_service.buy(session, market.owner, by_hand.id, 31)
    with SessionManager() as session:
        transaction_service.buy(session, market.owner, by_hand.id, 30)


def test_what_others_hold_and_what_is_long_past_takes_nothing_of_a_limit(world: World) -> None:
    """A user's limits are of the own services, and a minute ends."""
    market = Market(world, [FLAT] * 3)
    own = [market.service(name=f"own {number}") for number in range(2)]
    other = world.service(world.user("bob"), market.stock, **{**PLAIN, "name": "other"})
    with SessionManager() as session:
        trading_service.activate(session, Actor(other.user_id), other.id)
    limit(own[0].user_id, max_orders_per_minute=1, max_position_value=Decimal(2000))

    market.run(last=1)
    assert [len(market.orders(service)) for service in (*own, other)] == [1, 0, 1]
    with clock(lambda: datetime.now(UTC) + timedelta(seconds=61)):
        market.run(1)

    assert [market.reload(service).current_shares for service in (*own, other)] == [100, 100, 100]
