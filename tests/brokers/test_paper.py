"""Tests of daytrader.brokers.paper: orders meet bars by the core's functions."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from daytrader.brokers.messages import Acknowledgement, FillMode, MarketBar, OrderTicket, Position
from daytrader.brokers.paper import PaperBroker
from daytrader.core.fills import Trigger
from daytrader.core.rules import Costs, RuleInts, Rules
from daytrader.models.enums import OrderSide

AT = datetime(2020, 1, 2, tzinfo=UTC)
RULES = Rules(costs=Costs(per_order=Decimal(1), slippage_bps=Decimal(10))).compiled
UNIT = 1_000_000


def bar(opened: int, high: int, low: int, close: int, volume: float = math.nan) -> MarketBar:
    """Return a bar of whole units."""
    return MarketBar(AT, opened * UNIT, high * UNIT, low * UNIT, close * UNIT, volume)


def ticket(side: OrderSide, limit: int = 0, rules: RuleInts = RULES) -> OrderTicket:
    """Return an order for ten shares."""
    return OrderTicket("dt-test-1", side, 10, limit * UNIT, rules)


def test_an_entry_fills_at_the_open_with_slippage_and_fee() -> None:
    """100 x 1.001 = 100.10, ten of them 1,001.00, and 1.00 for the order."""
    fill = PaperBroker().at_open(ticket(OrderSide.BUY, 101), bar(100, 110, 90, 105)).fill

    assert fill is not None
    assert (fill.price, fill.amount, fill.fee, fill.bar_time) == (100_100_000, 100_100, 100, AT)


def test_an_entry_above_its_limit_does_not_fill() -> None:
    """The limit counts after slippage."""
    answer = PaperBroker().at_open(ticket(OrderSide.BUY, 100), bar(100, 110, 90, 105))

    assert answer == Acknowledgement(is_working=False, reason="the open was above the limit")


def test_a_sale_fills_at_any_open() -> None:
    """A market order has no limit; slippage lowers what it brings."""
    fill = PaperBroker().at_open(ticket(OrderSide.SELL), bar(50, 60, 40, 55)).fill

    assert fill is not None
    assert fill.price == 49_950_000


def test_the_same_order_and_bar_are_the_same_execution() -> None:
    """Matching again after a crash reports the execution under its first name."""
    first, again = (PaperBroker().at_open(ticket(OrderSide.SELL), bar(50, 60, 40, 55)).fill for _ in range(2))

    assert first == again
    assert first is not None
    assert first.execution_ref == f"dt-test-1:open:{int(AT.timestamp())}"


@pytest.mark.parametrize(
    ("market", "trigger", "price"),
    [
        (bar(100, 105, 96, 100), None, 0),
        (bar(100, 105, 95, 100), Trigger.STOP, 94_905_000),
        (bar(90, 105, 85, 100), Trigger.STOP, 89_910_000),
        (bar(100, 110, 96, 100), Trigger.TARGET, 110_000_000),
        (bar(112, 115, 90, 100), Trigger.TARGET, 112_000_000),
    ],
)
def test_a_bracket_fills_where_the_bar_reaches_it(market: MarketBar, trigger: Trigger | None, price: int) -> None:
    """At the level inside a bar, at the open beyond it; stops slip, targets do not."""
    protective = PaperBroker().protect(Position("dt-entry", 10, 95 * UNIT, 110 * UNIT, RULES), market)

    assert (protective and protective.trigger) == trigger
    if protective is not None:
        assert protective.fill is not None
        assert protective.fill.price == price


@pytest.mark.parametrize(("is_target_first", "trigger"), [(False, Trigger.STOP), (True, Trigger.TARGET)])
def test_a_bar_that_touches_both_is_ambiguous(is_target_first: bool, trigger: Trigger) -> None:
    """The stop counts as first, unless the optimistic run asks for the target."""
    broker = PaperBroker(is_target_first=is_target_first)
    protective = broker.protect(Position("dt-entry", 10, 95 * UNIT, 110 * UNIT, RULES), bar(100, 111, 94, 100))

    assert protective is not None
    assert protective.fill is not None
    assert (protective.trigger, protective.fill.is_ambiguous) == (trigger, True)


LIMITED = RULES._replace(volume_limit_ppm=100_000)


@pytest.mark.parametrize(
    ("side", "volume", "expected"),
    [
        (OrderSide.BUY, 100.0, (10, False, None)),
        (OrderSide.BUY, 49.0, (4, False, "the bar's volume let 4 of 10 shares fill")),
        (OrderSide.BUY, 9.0, (0, False, "the bar's volume let none of it fill")),
        (OrderSide.SELL, 49.0, (4, True, "the bar's volume let 4 of 10 shares fill")),
        (OrderSide.SELL, math.nan, (0, True, "the bar's volume let none of it fill")),
    ],
)
def test_a_volume_limit_ends_a_purchase_and_lets_a_sale_wait(
    side: OrderSide, volume: float, expected: tuple[int, bool, str | None]
) -> None:
    """A tenth of the bar's volume; each part pays its own fee."""
    answer = PaperBroker().at_open(ticket(side, 101, LIMITED), bar(100, 110, 90, 105, volume))

    assert (answer.fill.shares if answer.fill else 0, answer.is_working, answer.reason) == expected
    assert answer.fill is None or answer.fill.fee == 100


@pytest.mark.parametrize(("volume", "shares"), [(1000.0, 10), (49.0, 4), (0.0, None)])
def test_a_level_is_reached_whatever_the_volume_gives(volume: float, shares: int | None) -> None:
    """What is left of the position is the caller's to sell."""
    position = Position("dt-entry", 10, 95 * UNIT, 110 * UNIT, LIMITED)
    protective = PaperBroker().protect(position, bar(100, 105, 95, 100, volume))

    assert protective is not None
    assert protective.trigger is Trigger.STOP
    assert (protective.fill and protective.fill.shares) == shares


def test_next_open_orders_wait() -> None:
    """An acknowledgement is not a fill."""
    assert PaperBroker().submit(ticket(OrderSide.SELL), bar(1, 2, 1, 2)) == Acknowledgement(is_working=True)


def test_research_fills_at_the_close_that_decides() -> None:
    """Fill mode close answers with the execution at once, or ends an order that its limit keeps out."""
    broker = PaperBroker(FillMode.CLOSE)

    sold = broker.submit(ticket(OrderSide.SELL), bar(50, 60, 40, 55))
    refused = broker.submit(ticket(OrderSide.BUY, 55), bar(50, 60, 40, 55))

    assert sold.fill is not None
    assert sold.fill.price == 54_945_000
    assert (refused.is_working, refused.fill) == (False, None)


def test_an_order_placed_between_bars_waits_in_any_mode() -> None:
    """Without a deciding bar there is no close to fill at."""
    assert PaperBroker(FillMode.CLOSE).submit(ticket(OrderSide.SELL), None).is_working
