"""Tests of daytrader.engine.stream: sent bars are stored in order, and what was not sent is asked for."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from daytrader.engine.live_feed import LiveFeed
from daytrader.engine.runner import NoFence
from daytrader.engine.stream import StreamCollector
from daytrader.services import price_service
from daytrader.services.data_providers.alpaca_stream import AlpacaStream
from daytrader.services.data_providers.base import PriceSeries
from daytrader.services.data_providers.errors import NetworkError
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import Ohlc
from tests.engine.live import Exchange, Live, at
from tests.services.data_providers.stream_server import speaking
from tests.waiting import eventually


class Silent:
    """A stream that a test speaks for."""

    def listen(self, *_callbacks: Any) -> None:
        """Wait for the end."""
        stopping: threading.Event = _callbacks[-1]
        stopping.wait()


class Streamed(Live):
    """A live world whose bars are sent."""

    def restart(self) -> None:
        """Begin anew, and hear bars from now on."""
        self.streamed = StreamCollector(self.provider, Silent(), clock=lambda: self.now, settling=timedelta())
        self.collector = self.streamed
        self.feed = LiveFeed("stream", self.collector, clock=lambda: self.now, settling=timedelta())
        self.collector._on_bars = self.feed.renew
        self.streamed.connected()

    def send(self, moment: str, row: Ohlc = (10, 10, 10, 10)) -> int:
        """Send the minute that starts at *moment*, a second after its end; return how many bars were taken."""
        start = at(f"2024-01-02T{moment}")
        self.now = start + timedelta(seconds=61)
        columns = [[value] for value in (*row, 100.0)]
        self.streamed.heard(PriceSeries.of("ACME", [int(start.timestamp())], columns, provider="exchange", interval=1))
        return self.take()


def streamed(world: World, interval: int) -> tuple[Streamed, Exchange]:
    """Return a world in which everything before 14:35 is known, and its provider."""
    exchange = Exchange(1)
    for minute in range(30, 35):
        exchange.give(f"2024-01-02T14:{minute}")
    live = Streamed(world, exchange, interval, "2024-01-02T14:34:59")
    live.service()
    live.turn("2024-01-02T14:35:06")
    live.streamed._heard_since = {"ACME": at("2024-01-02T14:35").timestamp()}
    exchange.asked.clear()
    return live, exchange


def closes(live: Live) -> list[float]:
    """Return the stored closes."""
    with SessionManager(read_only=True) as session:
        found: list[float] = price_service.load_bars(session, live.stock.id, live.interval).close.tolist()
    return found


def test_sent_minutes_are_taken_at_once(world: World) -> None:
    """Without asking the provider, each once."""
    live, exchange = streamed(world, 1)

    assert [live.send("14:35"), live.send("14:36", (10, 11, 10, 11)), live.send("14:36", (10, 11, 10, 11))] == [1, 1, 0]
    assert exchange.asked == []
    assert closes(live)[-2:] == [10, 11]


def test_a_coarser_bar_is_made_of_the_minutes_that_were_heard(world: World) -> None:
    """With the last of them, not before."""
    live, exchange = streamed(world, 5)

    taken = [live.send(f"14:{minute}", (10, minute, 10, 10)) for minute in range(35, 40)]

    assert taken == [0, 0, 0, 0, 1]
    assert exchange.asked == []
    with SessionManager(read_only=True) as session:
        assert price_service.load_bars(session, live.stock.id, 5).high[-1] == 39


def test_a_coarser_bar_whose_beginning_was_not_heard_is_asked_for(world: World) -> None:
    """Five seconds after its end."""
    live, exchange = streamed(world, 5)
    live.now = at("2024-01-02T14:37:30")
    live.streamed.connected()
    live.streamed._symbols()
    for minute in range(35, 40):
        exchange.give(f"2024-01-02T14:{minute}", (10, minute, 10, 10))

    assert [live.send(f"14:{minute}") for minute in (38, 39)] == [0, 0]
    assert live.turn("2024-01-02T14:40:03") == 0
    assert live.turn("2024-01-02T14:40:06") == 1
    with SessionManager(read_only=True) as session:
        assert price_service.load_bars(session, live.stock.id, 5).high[-1] == 39


def test_a_bar_in_whose_midst_its_stock_was_subscribed_is_not_taken_by_half(world: World) -> None:
    """The connection is older than the bar, for other stocks were heard before: the bar is asked for all the same."""
    live, exchange = streamed(world, 5)
    live.now = at("2024-01-02T14:31:00")
    live.streamed.connected()
    live.now = at("2024-01-02T14:37:30")
    live.streamed._symbols()
    for minute in range(35, 40):
        exchange.give(f"2024-01-02T14:{minute}", (10, minute, 10, 10))

    assert [live.send(f"14:{minute}", (10, 11, 10, 10)) for minute in (37, 38, 39)] == [0, 0, 0]
    assert live.turn("2024-01-02T14:40:06") == 1
    with SessionManager(read_only=True) as session:
        assert price_service.load_bars(session, live.stock.id, 5).high[-1] == 39

    exchange.asked.clear()
    assert [live.send(f"14:{minute}") for minute in range(40, 45)] == [0, 0, 0, 0, 1]
    assert exchange.asked == []


def test_a_stream_that_says_nothing_holds_up_no_end(world: World) -> None:
    """Its server takes the connection, and is silent before a bar could come."""
    assert world.engine
    has_come, is_over = threading.Event(), threading.Event()

    def silent(_connection: object) -> None:
        has_come.set()
        is_over.wait(30)

    with speaking(silent) as address:
        stream = AlpacaStream("key", "secret", address=address, allows_private=True)
        collector = StreamCollector(Exchange(1), stream)
        collector.start(lambda _key: None)
        assert has_come.wait(30)
        began = time.monotonic()
        collector.stop()
        assert time.monotonic() - began < 5
        is_over.set()


class Slow(Silent):
    """A stream that takes its time to end."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.begun = 0

    def listen(self, *_callbacks: Any) -> None:
        """End when the test says so."""
        self.begun += 1
        assert self.goes_on.wait(30)
        _callbacks[-1].wait()


def test_whoever_is_slow_to_end_does_not_go_on_beside_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question and a stream that outlast a stop: after the next start one thread asks and one listens."""
    live, exchange = streamed(world, 1)
    live.now = at("2024-01-02T14:36:10")
    stream, asks, answers = Slow(), threading.Event(), threading.Event()
    ask = exchange.latest

    def asked(*args: Any) -> PriceSeries:
        asks.set()
        assert answers.wait(30)
        return ask(*args)

    monkeypatch.setattr(exchange, "latest", asked)
    collector = StreamCollector(exchange, stream, clock=lambda: live.now, settling=timedelta())
    before = [thread for thread in threading.enumerate() if thread.name in ("feed", "stream")]

    def names() -> list[str]:
        return sorted(t.name for t in threading.enumerate() if t.name in ("feed", "stream") and t not in before)

    collector.start(lambda _key: None)
    try:
        assert asks.wait(30)
        collector.stop()
        assert names() == ["feed", "stream"]
        collector.start(lambda _key: None)
        eventually(lambda: stream.begun == 2)
        assert names() == ["feed", "feed", "stream", "stream"]
        answers.set()
        stream.goes_on.set()
        eventually(lambda: names() == ["feed", "stream"])
        eventually(lambda: collector.has_looked)
    finally:
        answers.set()
        stream.goes_on.set()
        collector.stop()
    eventually(lambda: names() == [])


def test_a_lost_connection_makes_no_gap(world: World) -> None:
    """What was sent meanwhile is asked for before what is sent next is taken, and taken in order."""
    live, exchange = streamed(world, 1)
    live.send("14:35")
    live.streamed.lost(NetworkError("alpaca's stream is lost"))
    assert live.feed.status().error == "alpaca's stream is lost"
    live.streamed.connected()
    assert live.feed.status().error is None
    exchange.give("2024-01-02T14:35")
    exchange.give("2024-01-02T14:36", (10, 12, 10, 12))

    assert live.send("14:37", (10, 13, 10, 13)) == 2
    assert closes(live)[-3:] == [10, 12, 13]


def test_while_the_gap_cannot_be_filled_nothing_is_taken(world: World) -> None:
    """The provider is asked again in its own time; then everything comes in order."""
    live, exchange = streamed(world, 1)
    live.send("14:35")
    exchange.failure = NetworkError("down")
    assert live.send("14:37") == 0
    assert closes(live)[-1] == 10

    exchange.failure = None
    for minute in (35, 36, 37):
        exchange.give(f"2024-01-02T14:{minute}")
    assert live.turn("2024-01-02T14:38:06") == 2


def test_a_minute_without_any_trade_is_no_gap(world: World) -> None:
    """The provider, asked, has none either."""
    live, exchange = streamed(world, 1)
    live.send("14:35")
    exchange.give("2024-01-02T14:35")

    assert live.send("14:37") == 1
    assert len(exchange.asked) > 0


def test_a_minute_that_late_trades_change_is_not_traded_again(world: World) -> None:
    """It is stored."""
    live, _ = streamed(world, 1)
    live.send("14:35")

    assert live.send("14:35", (10, 15, 10, 15)) == 0
    assert closes(live)[-1] == 15


class _Standby(NoFence):
    """The fence of an engine that does not trade."""

    is_held = False


def test_a_standby_neither_stores_what_is_sent_nor_asks(world: World) -> None:
    """The engine that trades hears it, too."""
    live, exchange = streamed(world, 1)
    before = closes(live)
    live.feed.fence = _Standby()

    assert live.send("14:35") == 0

    assert closes(live) == before
    assert exchange.asked == []
