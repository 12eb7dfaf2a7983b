"""A volume limit in the engine: orders that a bar's volume fills in parts, in books, journal and audits."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from daytrader.models import Execution, Order, TradingService
from daytrader.models.enums import OrderKind, OrderSide, OrderState, TradingMode, TransactionState
from daytrader.services import trading_service, transaction_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import FLAT, Market, Ohlc
from tests.services.audits import audited, change, kinds

RISING = {"strategy": "sma_trend", "strategy_params": {"window": 2}}
# Bought at the open of bar 2 for 11, sold by the signal of bar 3 from the open of bar 4 on.
UP_AND_DOWN: list[Ohlc] = [
    FLAT,
    (10.0, 11.0, 10.0, 11.0),
    (11.0, 12.0, 11.0, 12.0),
    (12.0, 12.0, 9.0, 9.0),
    (9.0, 9.0, 9.0, 9.0),
    (8.0, 8.0, 8.0, 8.0),
    (8.0, 8.0, 8.0, 8.0),
    (7.0, 7.0, 7.0, 7.0),
]


def limited(market: Market, percent: str = "10", **overrides: Any) -> TradingService:
    """Open a service that takes no more than *percent* of a bar's volume."""
    return market.service(**{**RISING, "volume_limit_percent": Decimal(percent), **overrides})


def filled(market: Market, service: TradingService) -> list[tuple[OrderKind, OrderState, int, int]]:
    """Return kind, state, shares asked and shares filled of each order."""
    return [(order.kind, order.state, order.shares, order.filled_shares) for order in market.orders(service)]


def sales_by_position(service: TradingService) -> Counter[int]:
    """Return in how many parts each position was sold."""
    sales = select(Execution.transaction_id).where(Execution.service_id == service.id, Execution.side == OrderSide.SELL)
    with SessionManager(read_only=True) as session:
        return Counter(session.scalars(sales))


def said(order: Order) -> str | None:
    """Return why an order is where it is."""
    reason: str | None = order.history[-1]["reason"]
    return reason


def test_an_entry_takes_what_the_volume_gives_and_the_rest_expires(world: World) -> None:
    """10 % of 400 are 40 of the 90 shares that 1,000 could buy; what was kept for the others is free again."""
    market = Market(world, UP_AND_DOWN[:3], volumes=[400] * 3)
    service = limited(market)

    market.run()

    (order,) = market.orders(service)
    assert (order.state, order.shares, order.filled_shares) == (OrderState.EXPIRED, 90, 40)
    assert said(order) == "the bar's volume let 40 of 90 shares fill"
    now = market.reload(service)
    assert (now.current_shares, now.reserved_cash, now.current_balance) == (40, Decimal(0), Decimal(560))
    assert audited(service).differences == []


@pytest.mark.parametrize("volume", [9, 0, None])
def test_an_entry_on_a_bar_that_gives_nothing_expires_with_its_reason(world: World, volume: int | None) -> None:
    """Less than a share, nothing traded, or nobody knows."""
    market = Market(world, UP_AND_DOWN[:3], volumes=[400, 400, volume])
    service = limited(market)

    market.run()

    order = market.orders(service)[0]
    assert (order.state, order.filled_shares) == (OrderState.EXPIRED, 0)
    assert said(order) == "the bar's volume let none of it fill"
    assert market.transactions(service) == []
    assert audited(service).differences == []


def test_a_sale_goes_on_at_each_open_until_nothing_is_left(world: World) -> None:
    """Of 40 shares 15 at 9, none on a bar without volume, 20 at 8 and 5 at 7: one trade, its price the average."""
    market = Market(world, UP_AND_DOWN, volumes=[400, 400, 400, 400, 150, 0, 200, 400])
    service = limited(market, commission_per_order=Decimal(1))

    market.run(last=5)
    (held,) = market.transactions(service)
    assert (held.state, held.open_shares, held.proceeds, held.sell_fee) == (
        TransactionState.OPEN,
        25,
        Decimal(135),
        Decimal(1),
    )
    assert said(market.orders(service)[-1]) == "the bar's volume let 15 of 40 shares fill"
    market.run(first=5)

    (sold,) = market.transactions(service)
    assert (sold.state, sold.proceeds, sold.sell_fee) == (
        TransactionState.CLOSED,
        Decimal(15 * 9 + 20 * 8 + 5 * 7),
        Decimal(3),
    )
    assert sold.sale_price == Decimal("8.25")
    assert sold.sale_date == market.bars().time(7)
    assert filled(market, service)[-1] == (OrderKind.EXIT, OrderState.FILLED, 40, 40)
    waits = [d.reason for d in market.decisions(service)][4:7]
    assert waits == ["waiting for the pending exit"] * 3
    assert market.reload(service).mode is TradingMode.BUY
    assert audited(service).differences == []


def test_what_a_stop_leaves_is_sold_at_the_next_opens_for_its_reason(world: World) -> None:
    """The level holds for the first part; what is being sold is watched no more, and a second stop never comes."""
    bars = [*UP_AND_DOWN[:3], (12.0, 12.0, 9.0, 11.9), (8.0, 8.0, 7.0, 8.0), FLAT]
    market = Market(world, bars, volumes=[400, 400, 400, 100, 200, 400])
    service = limited(market, stop_loss_percent=Decimal(5), strategy="buy_and_hold", strategy_params={})
    market.run(last=4)
    entry, leg, rest = market.orders(service)
    assert (entry.kind, leg.kind, leg.state, leg.filled_shares) == (OrderKind.ENTRY, OrderKind.STOP, "FILLED", 10)
    assert (rest.kind, rest.reason, rest.shares) == (OrderKind.EXIT, "stop loss", 30)
    market.run(first=4)

    (sold,) = market.transactions(service)
    assert (sold.exit_reason, sold.proceeds) == ("stop loss", 10 * Decimal("9.5") + 20 * 8 + 10 * 10)
    now = market.reload(service)
    assert (now.current_shares, now.is_armed) == (0, False)
    assert audited(service).differences == []


def test_a_stop_on_a_bar_without_volume_begins_the_sale(world: World) -> None:
    """Nothing is filled there, and so nothing is ambiguous; a recovery does not call the sale off."""
    bars = [*UP_AND_DOWN[:3], (12.0, 14.0, 9.0, 12.0), (12.0, 12.0, 12.0, 12.0), FLAT]
    market = Market(world, bars, volumes=[400, 400, 400, 0, 400, 400])
    levels: dict[str, Any] = {"stop_loss_percent": Decimal(5), "take_profit_percent": Decimal(30)}
    service = limited(market, **levels, strategy="buy_and_hold", strategy_params={})

    market.run()

    assert filled(market, service)[1] == (OrderKind.EXIT, OrderState.FILLED, 40, 40)
    (sold,) = market.transactions(service)
    assert (sold.exit_reason, sold.sale_price) == ("stop loss", Decimal(12))
    market.reload(service)
    assert audited(service).differences == []


def test_a_split_between_the_parts_scales_what_is_left(world: World) -> None:
    """15 of 40 sold, 2:1: 50 are left, and the order is of 65."""
    bars = [*UP_AND_DOWN[:5], (4.0, 4.0, 4.0, 4.0), (4.0, 4.0, 4.0, 4.0)]
    market = Market(world, bars, volumes=[400, 400, 400, 400, 150, 300, 400])
    market.split(5, 2, 1)
    service = limited(market)

    market.run()

    assert filled(market, service)[-1] == (OrderKind.EXIT, OrderState.FILLED, 65, 65)
    (sold,) = market.transactions(service)
    assert sold.proceeds == 15 * 9 + 50 * 4
    market.reload(service)
    assert audited(service).differences == []


def test_a_person_may_sell_the_rest_by_hand_or_keep_it(world: World) -> None:
    """By hand at once, at the last known price whatever trades; a rest that is kept is held as any position is."""
    market = Market(world, UP_AND_DOWN, volumes=[400, 400, 400, 400, 150, 0, 200, 400])
    one, other = limited(market, name="sold"), limited(market, name="kept")
    market.run(last=6)
    with SessionManager() as session:
        transaction_service.complete(session, market.owner, market.transactions(one)[0].id)
        trading_service.stop(session, market.owner, other.id, "keep")
    market.run(first=6)

    (sold,), (kept,) = market.transactions(one), market.transactions(other)
    assert (sold.state, sold.proceeds) == (TransactionState.CLOSED, Decimal(15 * 9 + 25 * 7))
    assert (kept.state, kept.open_shares) == (TransactionState.OPEN, 25)
    assert filled(market, other)[-1] == (OrderKind.EXIT, OrderState.CANCELLED, 40, 15)
    market.reload(one)
    market.reload(other)
    assert kinds(audited(one)) == {}
    assert kinds(audited(other)) == {}


@pytest.mark.parametrize("seed", range(4))
def test_the_audits_find_nothing_wrong_with_parts(world: World, seed: int) -> None:
    """Random markets, volumes, levels: the parity audit makes the same parts of them, and the books add up."""
    chance = random.Random(seed)
    bars, close = [], 20.0
    for _ in range(60):
        opened = close * (1 + chance.uniform(-0.03, 0.03))
        close = opened * (1 + chance.uniform(-0.05, 0.05))
        bars.append((opened, max(opened, close) * 1.02, min(opened, close) * 0.98, close))
    market = Market(world, bars, volumes=[chance.choice((None, 0, 40, 100, 1000)) for _ in bars])
    market.split(30, 3, 2)
    service = limited(market, stop_loss_percent=Decimal(4), take_profit_percent=Decimal(5))

    market.run()

    market.reload(service)
    assert max(sales_by_position(service).values()) > 1
    assert kinds(audited(service)) == {}


@pytest.mark.parametrize("filled", [39, 41])
def test_the_parity_audit_tells_of_a_fill_that_the_volume_did_not_give(world: World, filled: int) -> None:
    """More than the bar gives, and less of what was left to buy."""
    market = Market(world, UP_AND_DOWN[:3], volumes=[400] * 3)
    service = limited(market)
    market.run()
    change(Execution, Execution.service_id == service.id, shares=filled)

    (told,) = audited(service).differences

    assert (told.kind, told.expected, told.recorded) == ("path", "40", str(filled))
