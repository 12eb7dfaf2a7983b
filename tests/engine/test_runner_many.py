"""Tests of daytrader.engine.runner: many services side by side, of which none is another's affair."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from daytrader.brokers.paper import PaperBroker
from daytrader.core import strategy as strategies
from daytrader.core.bars import Bars
from daytrader.core.decision import decide
from daytrader.core.strategy import Signals
from daytrader.engine import bar_signals, bar_unit
from daytrader.engine.runner import Runner
from daytrader.models.enums import OrderState, ServiceState
from daytrader.models.trading_service import TradingService
from tests.conftest import World
from tests.engine.builders import FLAT, Market, change


def test_a_service_that_raises_goes_into_error_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others trade on; the reason is kept, nothing of the failed bar is."""
    market = Market(world, [FLAT] * 3)
    good = market.service(name="good")
    bad = market.service(name="bad", strategy="sma_trend")
    after = market.service(name="after")

    def fail(strategy: Any, bars: Bars, params: Any) -> Signals:
        if strategy.name == "sma_trend" and bars.n == 2:
            raise ZeroDivisionError("no volume")
        return strategies.compute(strategy, bars, params)

    monkeypatch.setattr(bar_signals, "compute", fail)
    market.run()

    failed = market.reload(bad)
    assert (failed.state, failed.error_reason) == (ServiceState.ERROR, "ZeroDivisionError: no volume")
    assert len(market.decisions(bad)) == 1
    for service in (good, after):
        assert (market.reload(service).current_shares, len(market.decisions(service))) == (100, 3)


def test_services_on_one_stock_do_not_mix(world: World) -> None:
    """A runner for one service leaves the others where they are."""
    market = Market(world, [FLAT, FLAT])
    mine, other = market.service(name="mine"), market.service(name="other")

    market.run(runner=Runner(PaperBroker(), only=[mine.id]))

    assert (market.reload(mine).current_shares, market.reload(other).last_bar_time) == (100, None)


def test_the_one_that_fails_is_found_among_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of nine raise while they are decided: seven trade the bar, with one decision each, and two say why."""
    market = Market(world, [FLAT])
    services = [market.service(name=f"service {number}") for number in range(9)]
    broken = {services[2].id, services[7].id}

    def fail(account: Any, *rest: Any) -> Any:
        if account.cash == 77_700:
            raise ValueError("cannot think")
        return decide(account, *rest)

    for service_id in broken:
        change(world.reload(next(one for one in services if one.id == service_id)), current_balance=Decimal(777))
    monkeypatch.setattr(bar_unit, "decide", fail)
    market.run()

    after = {service.id: world.reload(service) for service in services}
    assert {one.id for one in after.values() if one.state is ServiceState.ERROR} == broken
    assert {one.error_reason for one in after.values() if one.id in broken} == {"ValueError: cannot think"}
    decided = [len(market.decisions(service)) for service in services]
    assert decided == [int(service.id not in broken) for service in services]
    orders = [order.state for service in services for order in market.orders(service)]
    assert orders == [OrderState.ACCEPTED] * 7


def test_many_services_trade_as_each_would_alone(world: World) -> None:
    """Whole and quiet ones side by side, of several strategies and rules: each ends as it does alone."""
    bars = [(10.0 + move, 10.6 + move, 9.4 + move, 10.2 + move) for move in (0, 1, -1, 2, -2, 1, 3, -3, 0, 2)]
    kinds: list[dict[str, Any]] = [
        {
            "strategy": "sma_trend",
            "strategy_params": {"window": 2 + number % 3},
            "stop_loss_percent": Decimal(number % 4),
        }
        for number in range(12)
    ]
    together, alone = Market(world, bars, "MANY"), Market(world, bars, "LONE")
    many = [together.service(name=f"m{number}", **kinds[number % 12]) for number in range(24)]
    together.run()
    lone = [alone.service(name=f"l{number}", **kind) for number, kind in enumerate(kinds)]
    for service in lone:
        alone.run(runner=Runner(PaperBroker(), only=[service.id]))

    def story(market: Market, service: TradingService) -> Any:
        held = market.reload(service)
        told = [(d.bar_time, d.action, d.shares, d.reason, d.evidence) for d in market.decisions(service)]
        booked = [(entry.kind, entry.amount, entry.shares_change) for entry in market.journal(service)]
        return held.current_balance, held.is_armed, held.last_bar_time, told, booked

    expected = [story(alone, service) for service in lone]
    assert len({len(one[4]) for one in expected}) > 1
    assert [story(together, service) for service in many] == expected * 2
