"""What vendors and brokers say that makes no sense: it is said, nothing trades on it, and nothing else stops."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text, update

from daytrader.engine import stream, supervisor
from daytrader.engine.stream import StreamCollector
from daytrader.engine.supervisor import EngineSupervisor
from daytrader.models import FeedCursor
from daytrader.services import price_service
from daytrader.services.data_providers.base import PriceSeries
from daytrader.services.data_providers.errors import RateLimitError
from daytrader.services.feed_positions import UnreadablePositionError
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.accounts import EVENING, Bench
from tests.engine.builders import FLAT, Market, start_replay
from tests.engine.live import BEFORE, Exchange, Live, at
from tests.waiting import eventually


@pytest.mark.parametrize("seconds", [7200.0, 1e12, math.inf])
def test_a_limit_beyond_an_hour_is_told_at_once_and_no_end(live: Live, seconds: float) -> None:
    """A wrong header must not silence a feed for good."""
    live.service()
    live.turn(BEFORE)
    live.provider.failure = RateLimitError("exchange", seconds)
    live.provider.give("2024-01-02T14:35")
    live.turn("2024-01-02T14:40:01")
    assert "takes no more requests" in live.world.notices()[0]
    assert "takes no more requests" in (live.feed.status().error or "")
    live.provider.failure = None
    for minutes in range(5, 65, 5):
        live.provider.give((at("2024-01-02T14:35") + timedelta(minutes=minutes)).isoformat()[:19])

    assert live.turn("2024-01-02T15:00:00") == 0
    assert live.turn("2024-01-02T15:40:02") == 13
    assert live.feed.status().error is None


def test_what_cannot_be_stored_is_that_stocks_failure_alone(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other stock's bar of the same round is stored and traded, and the reason is told."""
    right, wrong_stock = live.service(), live.world.stock("AAAA")
    wrong = live.service(name="wrong", stock_symbol=wrong_stock.symbol)
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    latest = live.provider.latest

    def spoilt(symbol: str, *asked: Any) -> PriceSeries:
        series: PriceSeries = latest(symbol, *asked)
        return replace(series, open=series.open[:0]) if symbol == "AAAA" else series

    monkeypatch.setattr(live.provider, "latest", spoilt)
    for second in (1, 10, 30):
        live.turn(f"2024-01-02T14:40:{second:02}")

    assert [bar for bar, *_ in live.decisions(right)] == ["01-02 14:35"]
    assert live.decisions(wrong) == []
    (told,) = live.world.notices()
    assert told.startswith("No prices of AAAA: what exchange says cannot be stored: ")
    assert "AAAA" in (live.feed.status().error or "")


def test_a_volume_that_no_share_count_has_is_refused(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be stored as another number: below zero."""
    service = live.service()
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    latest = live.provider.latest

    def spoilt(*asked: Any) -> PriceSeries:
        series: PriceSeries = latest(*asked)
        return replace(series, volume=np.where(series.time == series.time[-1], 1e300, series.volume))

    monkeypatch.setattr(live.provider, "latest", spoilt)
    assert live.turn("2024-01-02T14:40:01") == 0
    ((_, _, reason),) = live.decisions(service)
    assert reason.startswith("the bar is refused: volume is not from 0 to ")


def test_a_position_that_lies_ahead_is_said(live: Live) -> None:
    """No bar would be new to the stock, and nobody would know."""
    live.service()
    live.turn(BEFORE)
    with SessionManager() as session:
        session.execute(update(FeedCursor).values(position=at("2099-01-01T00:00")))
    live.provider.give("2024-01-02T14:35")
    assert live.turn("2024-01-02T14:40:01") == 0
    assert live.feed.status().error == "ACME: its last bar is of 2099-01-01 00:00 UTC, none is taken before"

    with SessionManager() as session:
        session.execute(update(FeedCursor).values(position=at("2024-01-02T14:30")))
    assert live.turn("2024-01-02T14:40:02") == 1
    assert live.feed.status().error is None


@pytest.mark.parametrize("junk", ["'next week'", "20240102", "x'00ff'"])
def test_a_position_that_is_none_stops_its_own_stock_alone(live: Live, junk: str) -> None:
    """SQLite takes any text there. It is told, in words, once; mended, the stock goes on with the next bar."""
    right, wrong_stock = live.service(), live.world.stock("AAAA")
    wrong = live.service(name="wrong", stock_symbol=wrong_stock.symbol)
    live.turn(BEFORE)
    name = f"live:{wrong_stock.id}:5"
    with SessionManager() as session:
        session.execute(text(f"UPDATE feed_cursors SET position = {junk} WHERE name = '{name}'"))
    live.provider.give("2024-01-02T14:35")
    live.provider.give("2024-01-02T14:40")
    live.turn("2024-01-02T14:40:01")
    live.turn("2024-01-02T14:45:01")

    assert [bar for bar, *_ in live.decisions(right)] == ["01-02 14:35", "01-02 14:40"]
    assert live.decisions(wrong) == []
    (told,) = live.world.notices()
    assert told.startswith(
        f"No bar of AAAA is taken, for stops neither: the position of the feed {name} cannot be read"
    )
    status = live.feed.status()
    assert (status.position, status.error) == (at("2024-01-02T14:40"), told.partition("neither: ")[2])

    live.provider.give("2024-01-02T14:45")
    with SessionManager() as session:
        session.execute(update(FeedCursor).where(FeedCursor.name == name).values(position=at("2024-01-02T14:40")))
    assert live.turn("2024-01-02T14:50:01") == 2
    assert [bar for bar, *_ in live.decisions(wrong)] == ["01-02 14:45"]
    assert (live.feed.status().error, live.world.notices()[1:]) == (None, ["Bars of AAAA are taken again"])


@pytest.mark.parametrize("column", ["position", "starts_at", "bars_per_second"])
def test_a_replay_that_cannot_tell_where_it_is_says_so(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    """Status, metrics and prices are asked for meanwhile, and answered in words; mended, it goes on."""
    monkeypatch.setattr(supervisor, "RETRY_SECONDS", 0.05)
    market = Market(world, [FLAT] * 3)
    service = market.service()
    start_replay()
    with SessionManager() as session:
        session.execute(text(f"UPDATE feed_cursors SET {column} = 'next week'"))
    engine = EngineSupervisor(database_is_sqlite=True, instance_path=tmp_path / "instance")
    engine.start()
    try:
        eventually(lambda: engine.status()["state"] == "failed")
        assert "the position of the feed replay cannot be read" in engine.status()["error"]
        if column == "position":
            with pytest.raises(UnreadablePositionError), SessionManager(read_only=True) as session:
                price_service.last_price(session, market.stock.id)
        assert market.decisions(service) == []

        with SessionManager() as session:
            session.execute(text(f"UPDATE feed_cursors SET {column} = {0 if column == 'bars_per_second' else 'NULL'}"))
        eventually(lambda: len(market.decisions(service)) == 3)
        eventually(lambda: engine.status()["state"] == "idle")
        assert engine.status()["error"] is None
    finally:
        assert engine.stop()


def test_a_stream_that_raises_is_begun_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it raises; until then its status says what is wrong."""
    monkeypatch.setattr(stream, "AGAIN_SECONDS", 0.0)
    words: list[str | None] = []
    has_begun_again = threading.Event()

    class Broken:
        def listen(self, *callbacks: Any) -> None:
            words.append(collector.error)
            if len(words) == 1:
                raise OverflowError("date value out of range")
            has_begun_again.set()
            callbacks[-1].wait()

    assert world.engine
    collector = StreamCollector(Exchange(1), Broken())
    collector.start(lambda _key: None)
    try:
        assert has_begun_again.wait(60)
    finally:
        collector.stop()
    assert words == [None, "the stream fails: OverflowError: date value out of range"]


def test_a_broker_that_stays_busy_is_told_of_and_asked_again(bench: Bench) -> None:
    """After a minute, once; however long it wants to be left alone, stops and sales are not forgotten for longer."""
    bench.alpaca.is_too_busy = True
    bench.alpaca.retry_after = "9" * 400
    bench.decide(bench.service())
    bench.turn(EVENING)
    (account,) = bench.pump.status()
    assert account["paused_until"] == EVENING + timedelta(minutes=5)
    assert "takes no more requests" in account["error"]
    assert "takes no more requests" in bench.told()[0]

    bench.alpaca.retry_after = "\u00b2"  # a digit to some, no number
    bench.turn(EVENING + timedelta(minutes=5))
    assert len(bench.told()) == 1
    bench.alpaca.is_too_busy = False
    bench.turn(EVENING + timedelta(minutes=10))
    assert bench.orders() == [("ENTRY", "ACCEPTED", 10, 0)]
    assert bench.told()[1:] == ["The account PA3TEST at alpaca is reached again: orders go on"]
    bench.agree()
