"""A provider that answers without the bars that should be there: nothing fails, so somebody has to be told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daytrader.services.data_providers.errors import NetworkError
from tests.conftest import World
from tests.engine.live import BEFORE, Exchange, Live, at

NONE = "exchange answers, but has no sound bar of 5 minutes since that of 2024-01-02 14:35 UTC"


@pytest.fixture
def live(live: Live) -> Live:
    """Five-minute bars, of which the last that comes begins at 14:35."""
    live.service()
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    assert live.turn("2024-01-02T14:40:01") == 1
    return live


def quiet(live: Live, moment: str) -> None:
    """Let the provider have nothing new until *moment*, asked each half minute."""
    while live.now < at(moment):
        assert live.turn(timedelta(seconds=30)) == 0


def test_bars_that_do_not_come_are_told_once_and_that_they_come_again(live: Live) -> None:
    """A quarter of an hour after the first that is missing; until bars come the status says so, and since when."""
    quiet(live, "2024-01-02T14:59:31")
    assert (live.world.notices(), live.feed.status().error, live.feed.status().stale) == ([], None, 0)

    quiet(live, "2024-01-02T18:00:00")
    assert live.world.notices() == [f"No prices of ACME: {NONE}. Nothing is decided on it until they come"]
    assert (live.feed.status().error, live.feed.status().stale) == (f"ACME: {NONE}", 1)

    live.provider.give("2024-01-02T17:55")
    assert live.turn("2024-01-02T18:00:10") == 1
    assert live.world.notices()[1:] == ["Prices of ACME come again"]
    assert (live.feed.status().error, live.feed.status().stale) == (None, 0)


def test_bars_that_are_always_late_are_told_too(live: Live) -> None:
    """They come, twenty minutes after their end: each is journalled as stale, and that is no "come again"."""
    for minutes in range(0, 60, 5):
        moment = at("2024-01-02T14:40") + timedelta(minutes=minutes)
        live.provider.give(moment.isoformat()[:19])
        live.turn((moment + timedelta(minutes=25)).isoformat()[:19])
    (told,) = live.world.notices()
    assert told.startswith("No prices of ACME: exchange answers, but has no sound bar of 5 minutes")
    assert live.feed.status().stale == 1


def test_an_error_within_the_silence_is_said_and_ends_no_silence(live: Live) -> None:
    """Nobody is told twice, and answers without bars are no good news."""
    quiet(live, "2024-01-02T16:00:00")
    live.provider.failure = NetworkError("exchange is out of order (502)")
    quiet(live, "2024-01-02T16:10:00")
    assert live.feed.status().error == "ACME: exchange is out of order (502)"
    live.provider.failure = None
    quiet(live, "2024-01-02T16:30:00")
    assert (len(live.world.notices()), live.feed.status().error) == (1, f"ACME: {NONE}")


def test_while_the_exchange_is_closed_no_bar_is_missed(world: World) -> None:
    """From the last bar of Friday to a quarter of an hour after the first of Monday's should have come."""
    exchange = Exchange(5)
    exchange.give("2024-01-05T20:55")
    live = Live(world, exchange, 5, "2024-01-05T21:00:05")
    live.service()
    live.turn("2024-01-05T21:00:05")
    for moment in ("2024-01-06T15:00:00", "2024-01-08T14:29:00", "2024-01-08T14:49:59"):
        live.turn(moment)
    assert (world.notices(), live.feed.status().stale) == ([], 0)
    live.turn("2024-01-08T14:50:06")
    assert len(world.notices()) == live.feed.status().stale == 1


def test_a_session_may_end_without_a_trade(world: World) -> None:
    """A quarter of an hour is without one as well as at noon: nothing is stale overnight, and bars go on next day."""
    exchange = Exchange(1)
    exchange.give("2024-01-05T20:46")
    live = Live(world, exchange, 1, "2024-01-05T20:50:00", timedelta())
    live.service()
    for moment in ("2024-01-05T20:50:00", "2024-01-05T21:30:00", "2024-01-06T15:00:00", "2024-01-08T14:31:30"):
        live.turn(moment)
        assert (world.notices(), live.feed.status().stale) == ([], 0)
    live.turn("2024-01-08T14:32:01")
    (told,) = world.notices()
    assert "no sound bar of 1 minutes since that of 2024-01-05 20:46 UTC" in told


def test_a_bar_that_does_not_come_any_more_is_asked_for_seldom(world: World) -> None:
    """Every five minutes from a quarter of an hour after the bell; the next session's first is asked for at its end."""
    exchange = Exchange(1)
    exchange.give("2024-01-04T20:58")
    live = Live(world, exchange, 1, "2024-01-04T20:59:00", timedelta())
    live.service()

    def questions(until: str) -> int:
        before = len(exchange.asked)
        while live.now < at(until):
            live.turn(timedelta(seconds=5))
        return len(exchange.asked) - before

    live.turn("2024-01-04T21:00:00")
    assert questions("2024-01-04T21:15:00") == 180
    assert questions("2024-01-04T22:15:00") == 12
    live.turn("2024-01-05T14:29:00")
    assert questions("2024-01-05T14:30:55") == 0
    exchange.give("2024-01-05T14:30")
    assert live.turn("2024-01-05T14:31:00") == 1


def test_a_daily_bar_that_is_an_hour_late_is_told(world: World) -> None:
    """After the settling delay of half an hour."""
    exchange = Exchange(0)
    exchange.give("2024-01-02")
    live = Live(world, exchange, 0, "2024-01-03T15:00:00")
    live.service()
    for moment in ("2024-01-03T15:00:00", "2024-01-03T22:29:59"):
        live.turn(moment)
        assert world.notices() == []
    live.turn("2024-01-03T22:30:05")
    (told,) = world.notices()
    assert "no sound bar of a day since that of 2024-01-02 00:00 UTC" in told


def test_a_stock_without_any_bar_is_told_at_once_and_forgotten_with_its_services(world: World) -> None:
    """Whoever trades nothing that is stale is not told of it for ever."""
    live = Live(world, Exchange(5), 5, BEFORE)
    service = live.service()
    live.turn(BEFORE)
    assert live.feed.status().error == "ACME: exchange answers, but has no sound bar of 5 minutes"

    live.stop(service)
    live.turn("2024-01-02T14:37:00")
    assert (live.feed.status().error, live.feed.status().stale) == (None, 0)
