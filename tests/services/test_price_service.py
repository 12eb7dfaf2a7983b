"""Tests of daytrader.services.price_service, on the shipped sample and on small made-up histories."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from daytrader.core.bars import CorporateEvent, EventKind
from daytrader.models import FeedCursor, Stock, StockDailyPrice
from daytrader.models.enums import PriceSource
from daytrader.services import corporate_action_service, feed_positions, price_rows, price_service
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.services.price_upsert import OnConflict
from daytrader.services.session_manager import SessionManager
from daytrader.utils.days import days_since_epoch
from daytrader.utils.errors import InsufficientDataError
from tests.stored_bars import store_daily, store_intraday

from ..conftest import World

DAY = date(2020, 1, 1)  # the first of World.prices


def midnight(day: date) -> datetime:
    """Return the label of a daily bar."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def minutes(stock: Stock, first: datetime, closes: list[float]) -> None:
    """Persist one-minute bars."""
    rows = [
        {
            "timestamp": first + timedelta(minutes=n),
            "open_price": close,
            "high_price": close,
            "low_price": close,
            "close_price": close,
            "volume": 100,
        }
        for n, close in enumerate(closes)
    ]
    with SessionManager() as session:
        store_intraday(session, stock.id, 1, rows)


def test_stored_bars_come_as_they_were_given(world: World) -> None:
    """The sample through the database and back: every number, dividends and splits with their rows' ids."""
    series = SampleProvider().fetch("MSFT")
    with SessionManager() as session:
        stock = price_service.store_series(session, series)

    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, stock.id)
        actions = corporate_action_service.listing(session, stock.id)

    np.testing.assert_array_equal(bars.time, series.time)
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(bars, name), getattr(series, name))
    assert bars.event_ref.tolist() == [action.id for action in actions]
    assert bars.event_kind.tolist().count(EventKind.SPLIT) == 1
    assert bars.refused == ()
    assert world.published[-1].event.name == "price:update"


def test_an_older_sqlite_counts_the_same_seconds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of its functions is asked depends on its version."""
    stock, first = world.stock(), datetime(2019, 1, 4, 14, 30, tzinfo=UTC)
    world.prices(stock, [1.0, 2.0], first=first.date())
    minutes(stock, first, [3.0, 4.0])
    monkeypatch.setattr(price_rows, "_statement", price_rows._statement.__wrapped__)  # made anew each time
    for has_it in (True, False):
        monkeypatch.setattr(price_rows, "_HAS_UNIXEPOCH", has_it)
        with SessionManager(read_only=True) as session:
            days, own = (price_service.load_bars(session, stock.id, interval, since=first) for interval in (0, 1))
        assert [int(time) - int(midnight(first.date()).timestamp()) for time in days.time] == [0, 86_400]
        assert [int(time) - int(first.timestamp()) for time in own.time] == [0, 60]


def test_bars_until_a_moment_end_with_its_label(world: World) -> None:
    """A daily bar is labelled by midnight UTC of its date."""
    stock = world.stock()
    world.prices(stock, [1.0, 2.0, 3.0])

    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, stock.id, until=midnight(DAY + timedelta(days=1)))

    assert bars.close.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=9)])
def test_bars_since_a_moment_begin_with_its_session(world: World, later: timedelta) -> None:
    """Whatever the hour, the daily bar of the date counts."""
    stock = world.stock()
    world.prices(stock, [1.0, 2.0, 3.0])

    with SessionManager(read_only=True) as session:
        bars = price_service.known_bars(session, stock.id, since=midnight(DAY + timedelta(days=1)) + later)

    assert bars.close.tolist() == [2.0, 3.0]


def test_an_unsound_bar_is_left_out_and_listed(world: World) -> None:
    """Stored, since the model accepts it; reported; never traded on."""
    stock = world.stock()
    world.prices(stock, [1.0, 2.0, 3.0])
    with SessionManager() as session:
        session.add(StockDailyPrice(stock_id=stock.id, price_date=DAY + timedelta(days=9), close_price=4.0))

    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, stock.id)

    assert bars.n == 3
    assert [(bar.index, bar.reason) for bar in bars.refused] == [(3, "price is not a number")]


def test_a_stock_without_prices_has_no_bars(world: World) -> None:
    """Empty, not an error."""
    stock = world.stock()

    with SessionManager(read_only=True) as session:
        assert price_service.load_bars(session, stock.id).n == 0
        assert price_service.load_bars(session, stock.id, 5).n == 0
        assert price_service.last_price(session, stock.id) is None


def test_bars_of_many_stocks_are_counted_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By interval, however many stocks one statement takes; a stock without any is not told of."""
    monkeypatch.setattr(price_service, "_STOCKS_A_STATEMENT", 2)
    stocks = [world.stock(symbol) for symbol in ("ACME", "BETA", "CORP", "DELTA")]
    world.prices(stocks[0], [10.0, 11.0])
    world.prices(stocks[3], [10.0])
    moment = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
    bar = {"timestamp": moment, **dict.fromkeys(("open_price", "high_price", "low_price", "close_price"), 10.0)}
    with SessionManager() as session:
        store_intraday(session, stocks[1].id, 5, [bar])

    with SessionManager(read_only=True) as session:
        ids = [stock.id for stock in stocks]
        assert price_service.counts_of_bars(session, ids) == {ids[0]: 2, ids[3]: 1}
        assert price_service.counts_of_bars(session, ids, 5) == {ids[1]: 1}
        assert price_service.count_bars(session, ids[2]) == 0
        assert price_service.count_bars(session, ids[0]) == 2


def test_adjusted_bars_are_scaled_by_the_adjusted_close(world: World) -> None:
    """The labelled approximation: no events, and an adjusted close for every bar or none at all."""
    stock = world.stock()
    bare = world.stock("BARE")
    row = {"open_price": 9.0, "high_price": 11.0, "low_price": 8.0, "close_price": 10.0, "volume": 100}
    with SessionManager() as session:
        store_daily(session, stock.id, [row | {"price_date": DAY, "adj_close": 5.0}])
        store_daily(session, bare.id, [row | {"price_date": DAY}])

    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, stock.id, prices="adjusted")
        with pytest.raises(InsufficientDataError, match="2020-01-01"):
            price_service.load_bars(session, bare.id, prices="adjusted")

    assert (bars.open[0], bars.high[0], bars.low[0], bars.close[0]) == (4.5, 5.5, 4.0, 5.0)
    assert bars.event_row.size == 0


def test_intraday_bars_are_of_the_regular_session(world: World) -> None:
    """What is traded before the bell is stored but not decided on; the session is New York's date."""
    stock = world.stock()
    bell = datetime(2019, 1, 4, 14, 30, tzinfo=UTC)
    minutes(stock, bell - timedelta(minutes=2), [1.0, 2.0, 3.0, 4.0])

    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, stock.id, 1)

    assert bars.close.tolist() == [3.0, 4.0]
    assert bars.time[0] == int(bell.timestamp())
    assert bars.session.tolist() == [days_since_epoch(date(2019, 1, 4))] * 2


def test_only_final_bars_where_finality_matters(world: World) -> None:
    """A daily bar half an hour after the bell, a minute bar when its minute is over."""
    stock = world.stock()
    friday = date(2019, 1, 4)
    world.prices(stock, [1.0, 2.0], first=friday - timedelta(days=1))
    minutes(stock, datetime(2019, 1, 4, 14, 30, tzinfo=UTC), [5.0, 6.0])

    with SessionManager(read_only=True) as session:
        during = price_service.load_final_bars(session, stock.id, 0, datetime(2019, 1, 4, 21, 29, tzinfo=UTC))
        after = price_service.load_final_bars(session, stock.id, 0, datetime(2019, 1, 4, 21, 30, tzinfo=UTC))
        minute = price_service.load_final_bars(session, stock.id, 1, datetime(2019, 1, 4, 14, 31, tzinfo=UTC))

    assert (during.n, after.n, minute.n) == (1, 2, 1)


def test_the_last_price_is_the_last_that_the_market_knows(world: World) -> None:
    """In a replay that is the replay's position, else the newest bar; always what was asked for explicitly."""
    stock = world.stock()
    world.prices(stock, [1.0, 2.0, 3.0])
    second = midnight(DAY + timedelta(days=1))

    with SessionManager(read_only=True) as session:
        assert price_service.market_time(session) is None
        assert price_service.last_price(session, stock.id) == (midnight(DAY + timedelta(days=2)), Decimal(3))
        assert price_service.last_price(session, stock.id, as_of=midnight(DAY)) == (midnight(DAY), Decimal(1))
        assert price_service.last_price(session, stock.id, as_of=midnight(DAY) - timedelta(days=1)) is None

    with SessionManager() as session:
        session.add(FeedCursor(name=feed_positions.REPLAY_FEED, position=second))
    with SessionManager(read_only=True) as session:
        assert price_service.market_time(session) == second
        assert price_service.last_price(session, stock.id) == (second, Decimal(2))


def test_a_close_of_nothing_is_no_price(world: World) -> None:
    """A position would be worth nothing by it."""
    stock = world.stock()
    world.prices(stock, [1.0, 0.0])
    with SessionManager(read_only=True) as session:
        assert price_service.last_price(session, stock.id) == (midnight(DAY), Decimal(1))


def test_during_a_session_its_daily_bar_is_not_known(world: World) -> None:
    """Its label is midnight, its close is known at the bell: an intraday replay must not look ahead."""
    stock = world.stock()
    world.prices(stock, [1.0, 2.0], first=date(2019, 1, 3))

    with SessionManager(read_only=True) as session:
        before, after = (
            price_service.last_price(session, stock.id, as_of=datetime(2019, 1, 4, hour, tzinfo=UTC))
            for hour in (20, 21)
        )

    assert before == (midnight(date(2019, 1, 3)), Decimal(1))
    assert after == (midnight(date(2019, 1, 4)), Decimal(2))


def test_one_update_is_announced_for_the_newest_bar(world: World) -> None:
    """To everyone who watches prices, with the bar as REST shows it."""
    stock = world.stock()
    world.prices(stock, [1.0, 2.0])

    with SessionManager() as session:
        price_service.price_events(session, stock)

    published, _to_the_feed = world.published
    assert published.event.rooms == ("price_updates", "stock_ACME")
    assert published.event.entity["close_price"] == 2.0
    assert published.event.entity["symbol"] == "ACME"
    assert "interval" not in published.event.entity


def test_storing_a_series_twice_changes_nothing(world: World) -> None:
    """The same bars, the same events, the same ids."""
    series = SampleProvider().fetch("IBM", date(2012, 1, 1))
    with SessionManager() as session:
        stock = price_service.store_series(session, series)
    with SessionManager(read_only=True) as session:
        before = price_service.load_bars(session, stock.id)

    with SessionManager() as session:
        price_service.store_series(session, series)

    with SessionManager(read_only=True) as session:
        after = price_service.load_bars(session, stock.id)
    assert after.data_hash == before.data_hash
    assert after.event_ref.tolist() == before.event_ref.tolist()
    assert world.reload(stock).name == "International Business Machines Corporation"


def test_prices_of_a_provider_have_its_source(world: World) -> None:
    """Sample prices are of the past."""
    with SessionManager() as session:
        stock = price_service.store_series(session, SampleProvider().fetch("FB"))

    newest = next(e for e in world.published if e.event.name == "price:update").event.entity
    assert newest["source"] == PriceSource.HISTORICAL
    assert newest["stock_id"] == stock.id


def test_a_dividend_above_a_fifth_of_the_price_waits_for_a_person(world: World) -> None:
    """It is stored, listed and not paid; one of exactly a fifth of the close before it is paid."""
    stock = world.stock()
    world.prices(stock, [10.0, 8.0, 10.0])
    day = days_since_epoch(DAY)
    events = [
        CorporateEvent(day + 1, EventKind.DIVIDEND, amount=Decimal("2.00")),
        CorporateEvent(day + 2, EventKind.DIVIDEND, amount=Decimal("2.01")),
    ]

    with SessionManager() as session:
        recorded = corporate_action_service.record(session, stock.id, events, source="test")

    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, stock.id)
        stored = corporate_action_service.listing(session, stock.id)
    assert recorded.quarantined == (events[1],)
    assert [action.is_quarantined for action in stored] == [False, True]
    assert bars.event_micros.tolist() == [2_000_000]


def test_a_dividend_that_came_before_its_bars_is_judged_by_them(world: World) -> None:
    """Nobody pays it before a person has looked, whichever came first: it, or the prices it is too large for."""
    stock = world.stock()
    day = days_since_epoch(DAY)
    events = [CorporateEvent(day + ahead, EventKind.DIVIDEND, amount=Decimal("2.01")) for ahead in (1, 2)]
    with SessionManager() as session:
        assert corporate_action_service.record(session, stock.id, events, source="test").quarantined == ()
    world.prices(stock, [10.0, 10.0, 10.0])

    def paid() -> list[int]:
        with SessionManager(read_only=True) as session:
            micros: list[int] = price_service.load_bars(session, stock.id).event_micros.tolist()
            return micros

    assert paid() == []
    with SessionManager() as session:
        first, _second = corporate_action_service.listing(session, stock.id)
        corporate_action_service.release(session, first.id)
    assert paid() == [2_010_000]

    with SessionManager() as session:
        corporate_action_service.record(session, stock.id, [], source="test")
        assert [one.is_quarantined for one in corporate_action_service.listing(session, stock.id)] == [False, True]
    assert paid() == [2_010_000]


def test_an_event_is_stored_once_per_date_and_kind(world: World) -> None:
    """A correction replaces it, or leaves it, as asked."""
    stock = world.stock()
    world.prices(stock, [10.0, 10.0])
    day = days_since_epoch(DAY) + 1

    def record(amount: str, on_conflict: OnConflict) -> list[Decimal]:
        event = CorporateEvent(day, EventKind.DIVIDEND, amount=Decimal(amount))
        with SessionManager() as session:
            corporate_action_service.record(session, stock.id, [event], source="test", on_conflict=on_conflict)
        with SessionManager(read_only=True) as session:
            return [action.amount for action in corporate_action_service.listing(session, stock.id)]

    assert record("0.10", OnConflict.UPDATE) == [Decimal("0.10")]
    assert record("0.20", OnConflict.SKIP) == [Decimal("0.10")]
    assert record("0.20", OnConflict.UPDATE) == [Decimal("0.20")]
