"""Tests of daytrader.services.data_feed."""

from __future__ import annotations

from datetime import UTC, datetime

from daytrader.models import Stock
from daytrader.services import data_feed, price_service
from daytrader.services.session_manager import SessionManager

from ..conftest import World


def _fed(world: World) -> list[tuple[list[str], datetime]]:
    """Return the symbols and the time of each message to the feed."""
    told = [published.event for published in world.published if published.event.rooms == (data_feed.ROOM,)]
    return [([price["symbol"] for price in event.entity["prices"]], event.entity["timestamp"]) for event in told]


def _two(world: World) -> list[Stock]:
    stocks = [world.stock("AAA"), world.stock("BBB")]
    for stock in stocks:
        world.prices(stock, [1.0, 2.0])
    return stocks


def test_bars_of_one_time_are_one_message(world: World) -> None:
    """What one unit of work tells of stock by stock is told to the feed together, after it."""
    with SessionManager() as session:
        for stock in _two(world):
            price_service.price_events(session, session.get_one(Stock, stock.id))

    assert _fed(world) == [(["AAA", "BBB"], datetime(2020, 1, 2, tzinfo=UTC))]
    assert len(world.published) == 3
    assert world.published[-1].sequence == world.published[0].sequence + 2


def test_bars_of_two_times_are_two_messages(world: World) -> None:
    """One message per bar time."""
    first, second = _two(world)
    with SessionManager() as session:
        early = datetime(2020, 1, 1, tzinfo=UTC)
        price_service.price_events(session, session.get_one(Stock, first.id), bar_time=early)
        price_service.price_events(session, session.get_one(Stock, second.id))

    assert _fed(world) == [(["AAA"], datetime(2020, 1, 1, tzinfo=UTC)), (["BBB"], datetime(2020, 1, 2, tzinfo=UTC))]


def test_who_walks_the_bars_announces_a_time_once(world: World) -> None:
    """Units of work that leave it to another say nothing; the other tells of all stocks that have a bar then."""
    stocks = _two(world)
    for stock in stocks:
        with SessionManager() as session:
            data_feed.leave(session)
            price_service.price_events(session, session.get_one(Stock, stock.id))
    assert _fed(world) == []

    with SessionManager() as session:
        data_feed.announce(session, datetime(2020, 1, 2, tzinfo=UTC), [(stock.id, 0) for stock in stocks])

    assert _fed(world) == [(["AAA", "BBB"], datetime(2020, 1, 2, tzinfo=UTC))]
