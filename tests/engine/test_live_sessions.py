"""Tests of daytrader.engine.live_feed and poll: when a bar is complete, by the exchange's hours."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from daytrader.core.bars import CorporateEvent, EventKind
from daytrader.models import TradingTransaction
from daytrader.services import price_service
from daytrader.services.data_providers.simulated import SimulatedProvider
from daytrader.services.session_manager import SessionManager
from daytrader.utils.days import days_since_epoch
from tests.conftest import World
from tests.engine.live import BEFORE, Exchange, Live


@pytest.mark.parametrize("interval", [1, 5, 15, 30, 60, 0])
def test_every_interval_is_made_of_the_finest(world: World, interval: int) -> None:
    """A provider of minutes serves services of every interval, each bar at its own end; daily ones after the bell."""
    live = Live(world, Exchange(1), interval, "2024-01-02T14:30:05", timedelta())
    live.provider = SimulatedProvider(clock=lambda: live.now)
    if interval:
        live.provider.capabilities = Exchange(1).capabilities
    live.restart()
    service = live.service()
    live.turn("2024-01-02T14:30:05")

    if interval:
        live.turn(timedelta(minutes=interval - 1))
        assert live.decisions(service) == []
        live.turn(timedelta(minutes=1))
        assert [bar for bar, _, _ in live.decisions(service)] == ["01-02 14:30"]
    else:
        live.turn("2024-01-02T20:59:59")
        assert live.decisions(service) == []
        live.turn("2024-01-02T21:00:01")
        assert [bar for bar, _, _ in live.decisions(service)] == ["01-02 00:00"]


def test_the_last_hour_of_a_session_is_half_as_long(world: World) -> None:
    """From 15:30 to the bell; nothing is asked for afterwards."""
    exchange = Exchange(60)
    live = Live(world, exchange, 60, "2024-01-02T20:31:00")
    exchange.give("2024-01-02T19:30")
    service = live.service()
    live.turn("2024-01-02T20:31:00")
    exchange.give("2024-01-02T20:30")

    assert live.turn("2024-01-02T20:59:59") == 0
    assert live.turn("2024-01-02T21:00:01") == 1
    asked = len(exchange.asked)
    live.turn("2024-01-03T14:29:00")
    assert len(exchange.asked) == asked
    assert len(live.decisions(service)) == 1


def test_a_half_day_a_holiday_and_the_settling_delay(world: World) -> None:
    """Thanksgiving is closed; the Friday after ends at 13:00, and its daily bar is final half an hour later."""
    exchange = Exchange(0)
    exchange.give("2023-11-21")
    live = Live(world, exchange, 0, "2023-11-22T15:00:00")
    service = live.service()
    live.turn("2023-11-22T15:00:00")
    exchange.give("2023-11-22")
    assert live.turn("2023-11-22T21:29:00") == 0
    assert live.turn("2023-11-22T21:30:00") == 1
    asked = len(exchange.asked)
    live.turn("2023-11-23T22:00:00")
    assert len(exchange.asked) == asked

    exchange.give("2023-11-24", (10, 12, 10, 12))
    assert live.turn("2023-11-24T18:29:59") == 0
    assert live.turn("2023-11-24T18:30:00") == 1
    assert [bar for bar, _, _ in live.decisions(service)] == ["11-22 00:00", "11-24 00:00"]


def test_the_night_the_clocks_change(world: World) -> None:
    """After the weekend of 2024-03-10 the bell rings an hour earlier in UTC."""
    exchange = Exchange(30)
    exchange.give("2024-03-08T20:00")
    live = Live(world, exchange, 30, "2024-03-08T20:45:00")
    service = live.service()
    live.turn("2024-03-08T20:45:00")
    exchange.give("2024-03-08T20:30")
    assert live.turn("2024-03-08T21:00:01") == 1

    exchange.give("2024-03-11T13:30")
    assert live.turn("2024-03-11T13:59:59") == 0
    assert live.turn("2024-03-11T14:00:01") == 1
    assert [bar for bar, _, _ in live.decisions(service)] == ["03-08 20:30", "03-11 13:30"]


@pytest.mark.parametrize(("minutes", "word"), [(5, "ahead of"), (-5, "behind")])
def test_a_clock_that_is_off_by_five_minutes_stops_everything(live: Live, minutes: int, word: str) -> None:
    """What is complete cannot be told; the reason is told once, and trading goes on when the clock is right."""
    service = live.service()
    live.turn(BEFORE)
    live.provider.skew = timedelta(minutes=minutes)
    live.provider.give("2024-01-02T14:35")

    assert live.turn("2024-01-02T14:40:01") == 0
    expected = f"this machine's clock is 5 minutes {word} exchange's"
    assert live.feed.status().error == f"ACME: {expected}"
    assert any(expected in message for message in live.world.notices())
    assert live.decisions(service) == []

    live.provider.skew = timedelta(seconds=2)
    assert live.turn("2024-01-02T14:41:01") == 1
    assert live.feed.status().error is None


def test_a_bar_of_the_future_says_that_a_clock_is_wrong(live: Live) -> None:
    """Even where the provider shows no clock."""
    live.service()
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:45")

    assert live.turn("2024-01-02T14:40:01") == 0
    assert "a clock is wrong" in (live.feed.status().error or "")


def test_a_split_reaches_what_is_held(world: World) -> None:
    """Asked for once a day; on the first bar of its session shares double, without a trade."""
    exchange = Exchange(30)
    exchange.give("2024-01-02T19:30")
    live = Live(world, exchange, 30, "2024-01-02T20:05:00")
    service = live.service()
    live.turn("2024-01-02T20:05:00")
    exchange.give("2024-01-02T20:00")
    live.turn("2024-01-02T20:30:01")
    exchange.give("2024-01-02T20:30")
    live.turn("2024-01-02T21:00:01")
    assert live.world.reload(service).current_shares == 100
    exchange.events.append(CorporateEvent(days_since_epoch(date(2024, 1, 3)), EventKind.SPLIT, 2, 1))
    exchange.give("2024-01-03T14:30", (5, 5, 5, 5))

    live.turn("2024-01-03T15:00:01")

    assert live.world.reload(service).current_shares == 200
    assert len(live.decisions(service)) == 3
    with SessionManager(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(TradingTransaction)) == 1


def test_a_coarse_bar_waits_for_its_last_minute(world: World) -> None:
    """A vendor that is a little behind must not make a quarter of an hour of thirteen minutes."""
    exchange = Exchange(1)
    live = Live(world, exchange, 15, "2024-01-02T14:29:00")
    service = live.service()
    live.turn("2024-01-02T14:29:00")
    for minute in range(30, 44):
        exchange.give(f"2024-01-02T14:{minute}")
    assert live.turn("2024-01-02T14:45:01") == 0
    exchange.give("2024-01-02T14:44", (10, 12, 10, 12))

    assert live.turn("2024-01-02T14:45:08") == 1
    with SessionManager(read_only=True) as session:
        assert price_service.load_bars(session, live.stock.id, 15).close.tolist() == [12]
    assert len(live.decisions(service)) == 1
