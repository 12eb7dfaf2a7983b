"""Tests of daytrader.engine.feeds: stored prices, walked through as a market in which time passes."""

from __future__ import annotations

import pytest

from daytrader.engine.feeds import ReplayFeed
from daytrader.services import replay_clock
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError
from tests.conftest import World
from tests.engine.builders import FLAT, Market, day, start_replay


def test_the_feed_takes_all_stocks_through_one_market_time(world: World) -> None:
    """Stocks are walked together; a stock without a bar at a time is left out of it."""
    first = Market(world, [FLAT, FLAT, FLAT])
    second = Market(world, [FLAT], symbol="OTHR")
    first.service()
    second.service()
    start_replay()
    feed = ReplayFeed()

    seen = []
    while (tick := feed.next()) is not None:
        seen.append((tick.time, [stock.symbol for stock, _ in tick.bars]))
        feed.done(tick)

    assert seen == [(day(0), ["ACME", "OTHR"]), (day(1), ["ACME"]), (day(2), ["ACME"])]


def test_the_feed_goes_on_where_it_was(world: World) -> None:
    """The position is in the database; without one it begins at the start that was asked for."""
    Market(world, [FLAT] * 4).service()
    start_replay(starts_at=1)

    tick = ReplayFeed().next()
    assert tick is not None
    assert tick.time == day(1)
    ReplayFeed().done(tick)

    again = ReplayFeed().next()
    assert again is not None
    assert again.time == day(2)


def test_without_a_replay_the_feed_has_nothing(world: World) -> None:
    """Stored prices alone are not a market that moves."""
    Market(world, [FLAT]).service()

    assert ReplayFeed().next() is None


def test_a_replay_begins_where_it_is_asked_to(world: World) -> None:
    """What lies before is known, not traded; it never goes back behind what was decided, nor past what is held."""
    market = Market(world, [FLAT] * 6)
    service = market.service()
    with SessionManager() as session:
        replay_clock.begin_on(session, day(2).date())
    tick = ReplayFeed().next()
    assert tick is not None
    assert tick.time == day(2)

    market.run(last=4)
    with SessionManager() as session, pytest.raises(ConflictError, match="time does not go back"):
        replay_clock.begin_on(session, day(3).date())
    assert market.reload(service).current_shares == 100
    with SessionManager() as session, pytest.raises(ConflictError, match="holds shares"):
        replay_clock.begin_on(session, day(5).date())
