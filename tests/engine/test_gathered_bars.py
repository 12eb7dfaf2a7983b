"""Tests of daytrader.engine.poll and live_feed: what is stored of what a provider has, when it is asked, who is fed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from daytrader.core.bars import Bars, CorporateEvent, EventKind
from daytrader.engine import bar_journal, feeds
from daytrader.engine.live_feed import Key
from daytrader.models import StockIntradayPrice, TradingService
from daytrader.models.enums import ServiceState
from daytrader.services import corporate_action_service, price_service
from daytrader.services.data_providers.errors import NetworkError, RateLimitError
from daytrader.services.session_manager import SessionManager
from daytrader.utils.days import days_since_epoch
from tests.conftest import World
from tests.engine.builders import Market, day
from tests.engine.live import BEFORE, Live, at


def stored() -> dict[str, float | None]:
    """Return the closes in the table, whoever reads them or not, by the day and time of their bars."""
    with SessionManager(read_only=True) as session:
        rows = session.scalars(select(StockIntradayPrice).order_by(StockIntradayPrice.timestamp)).all()
    return {f"{row.timestamp:%d %H:%M}": row.close_price for row in rows}


def test_a_bar_that_grows_is_not_stored_before_it_is_complete(live: Live) -> None:
    """Or it would never be asked for again, and be decided on as it was half-way."""
    live.service()
    live.provider.give("2024-01-02T14:35", (10, 11, 10, 11))
    live.turn(BEFORE)
    assert stored() == {"02 14:30": 10}

    live.provider.give("2024-01-02T14:35", (10, 12, 10, 12))
    assert live.turn("2024-01-02T14:40:01") == 1
    assert stored() == {"02 14:30": 10, "02 14:35": 12}


def test_a_stored_bar_is_taken_when_it_is_complete(live: Live) -> None:
    """Whoever has stored it, and however early."""
    live.service()
    live.turn(BEFORE)
    early = {"stock_id": live.stock.id, "timestamp": at("2024-01-02T14:35"), "interval": 5, "volume": 1}
    with SessionManager() as session:
        prices = dict.fromkeys(("open_price", "high_price", "low_price", "close_price"), 10.0)
        session.add(StockIntradayPrice(**early, **prices))
    live.feed.forget()
    live.now = at("2024-01-02T14:39:59")
    assert live.take() == 0
    live.now = at("2024-01-02T14:40:00")
    assert live.take() == 1


def test_what_lies_beside_the_session_or_its_grid_is_no_bar(live: Live) -> None:
    """Before the bell, after it, and what begins in the midst of a bar."""
    live.service()
    live.turn(BEFORE)
    for moment in ("02T14:37", "02T20:55", "02T21:00", "02T23:55", "03T14:25", "03T14:30"):
        live.provider.give(f"2024-01-{moment}")
    live.turn("2024-01-03T14:35:01")
    assert list(stored()) == ["02 14:30", "02 20:55", "03 14:30"]


def test_who_fails_is_left_alone_for_a_while(live: Live) -> None:
    """Not asked every second: the longer, the oftener it failed."""
    live.service()
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    live.provider.failure = NetworkError("down")
    live.turn("2024-01-02T14:40:01")
    asked = len(live.provider.asked)

    live.turn(timedelta(milliseconds=500))

    assert len(live.provider.asked) == asked


def test_a_limit_is_on_all_questions(live: Live) -> None:
    """Another stock's bars wait, too."""
    live.service()
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    live.provider.failure = RateLimitError("exchange", 90)
    live.turn("2024-01-02T14:40:01")
    live.provider.failure = None
    live.world.stock("OTHER")
    live.service(name="other", stock_symbol="OTHER")
    live.provider.asked.clear()

    live.turn("2024-01-02T14:41:00")
    assert live.provider.asked == []
    live.turn("2024-01-02T14:41:35")
    assert {symbol for symbol, *_ in live.provider.asked} == {"ACME", "OTHER"}


def test_dividends_and_splits_are_asked_for_once_a_day_and_stored_when_they_are_due(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is announced for tomorrow may change until then."""
    asked, history = [], live.provider.history

    def counted(symbol: str, interval: int, start: date) -> Any:
        asked.append(f"{live.now:%d}")
        return history(symbol, interval, start)

    monkeypatch.setattr(live.provider, "history", counted)
    live.provider.events = [
        CorporateEvent(days_since_epoch(date(2024, 1, each)), EventKind.SPLIT, 2, 1) for each in (2, 3)
    ]
    live.service()
    found = []
    for moment in ("02T14:35", "02T14:40", "03T14:30"):
        live.provider.give(f"2024-01-{moment}")
        live.turn((at(f"2024-01-{moment}") + timedelta(minutes=5, seconds=1)).isoformat()[:19])
        with SessionManager(read_only=True) as session:
            found.append([f"{one.ex_date:%d}" for one in corporate_action_service.listing(session, live.stock.id)])

    assert (asked, found) == (["02", "03"], [["02"], ["02"], ["02", "03"]])


def test_bars_that_were_stored_while_others_were_read_are_read_again(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read is of before: kept, it would hide the newer ones."""
    live.service()
    key, load_bars, reads = Key(live.stock.id, 5, "ACME"), price_service.load_bars, []

    def slow(*asked: Any, **more: Any) -> Bars:
        reads.append(key)
        found = load_bars(*asked, **more)
        if len(reads) == 1:
            live.feed.renew(key)
        return found

    monkeypatch.setattr(price_service, "load_bars", slow)
    for _ in range(3):
        live.feed.bars_of(live.stock.id, 5)
    assert len(reads) == 2


def test_a_bar_of_before_moves_no_service_back(world: World) -> None:
    """Its line is in the journal; the service has been further already."""
    market = Market(world, [(10, 10, 10, 10)] * 3)
    service = market.service()
    market.run(1, 2)
    with SessionManager() as session:
        assert bar_journal.refuse(session, market.stock.id, 0, [day(0)], "too late") == 1
    assert market.reload(service).last_bar_time == day(1)


def test_a_stopped_service_is_fed_while_it_holds_shares(world: World) -> None:
    """Dividends and splits reach it with their bars."""
    market = Market(world, [(10, 10, 10, 10)] * 2)
    service = market.service()
    market.run()
    with SessionManager() as session:
        session.get_one(TradingService, service.id).state = ServiceState.INACTIVE
        session.flush()
        assert feeds.wanted(session) == [(market.stock.id, 0, "ACME")]
        session.get_one(TradingService, service.id).current_shares = 0
        session.flush()
        assert feeds.wanted(session) == []
