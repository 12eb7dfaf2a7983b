"""Tests of daytrader.engine.runner: dividends and splits reach what is held and what is on order."""

from __future__ import annotations

from decimal import Decimal

from daytrader.models.enums import OrderState, ServiceState, TransactionState
from tests.conftest import World
from tests.engine.builders import FLAT, Market


def test_dividends_and_splits_reach_holders_once(world: World) -> None:
    """A dividend goes to the shares held at the previous close, a split scales holding and levels."""
    market = Market(world, [FLAT, FLAT, FLAT, (5.0, 5.0, 5.0, 5.0)])
    market.dividend(2, "0.25")
    market.split(3, 2, 1)
    service = market.service(stop_loss_percent=Decimal(40))

    market.run()
    market.run()

    held = market.reload(service)
    assert (held.current_shares, held.current_balance, held.stop_price) == (200, Decimal("25.00"), Decimal("3.00"))
    (transaction,) = market.transactions(service)
    assert (transaction.shares, transaction.open_shares, transaction.adjustments) == (
        Decimal(100),
        200,
        Decimal("25.00"),
    )


def test_a_split_that_leaves_nothing_closes_the_trade(world: World) -> None:
    """Less than one new share is paid in cash; the reason is the split, and there is no fee."""
    market = Market(world, [FLAT, FLAT, (10_000.0, 10_000.0, 10_000.0, 10_000.0)])
    market.split(2, 1, 1000)
    service = market.service(commission_per_order=Decimal(1), initial_balance=Decimal(1001))

    market.run()

    closed = market.transactions(service)[0]
    assert (closed.state, closed.exit_reason, closed.sell_fee) == (TransactionState.CLOSED, "split", Decimal(0))
    assert (closed.adjustments, closed.gain_loss) == (Decimal("1000.00"), Decimal("-1.00"))
    assert market.reload(service).current_shares == 0


def test_a_pending_entry_splits_with_the_stock(world: World) -> None:
    """Its shares are floored, its limit divided and rounded down to the tick."""
    market = Market(world, [FLAT, (3.3, 3.3, 3.3, 3.3)])
    market.split(1, 3, 1)
    service = market.service()

    market.run()

    (order,) = market.orders(service)
    assert (order.shares, order.limit_price, order.state) == (300, Decimal("3.33"), OrderState.FILLED)
    assert market.reload(service).current_shares == 300


def test_a_split_entry_never_costs_more_than_was_reserved(world: World) -> None:
    """A commission per share grows with the shares: the order keeps as many as its reserve pays for."""
    market = Market(world, [FLAT, (3.33, 3.33, 3.33, 3.33)])
    market.split(1, 3, 1)
    service = market.service(commission_per_share=Decimal("0.1"))

    market.run(last=1)
    assert market.reload(service).reserved_cash == Decimal("999.90")
    market.run(1)

    after = market.reload(service)
    assert (after.state, after.current_shares) == (ServiceState.ACTIVE, 291)
    assert (after.current_balance, after.reserved_cash) == (Decimal("1.87"), Decimal(0))


def test_a_split_that_leaves_nothing_of_an_entry_ends_it(world: World) -> None:
    """Seven shares at 1 for 1000 are none: the order expires and holds no cash."""
    market = Market(world, [FLAT, (10_000.0, 10_000.0, 10_000.0, 10_000.0)])
    market.split(1, 1, 1000)
    service = market.service(fixed_shares=7)

    market.run()

    (order,) = market.orders(service)
    assert (order.shares, order.state) == (0, OrderState.EXPIRED)
    assert [passage["state"] for passage in order.history] == ["PENDING", "SUBMITTING", "ACCEPTED", "EXPIRED"]
