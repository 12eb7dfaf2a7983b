"""Tests of daytrader.engine.event_questions: an account has a split at its open, so the books have it before that."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from daytrader.core.bars import CorporateEvent, EventKind
from daytrader.engine.live_feed import Key, LiveFeed
from daytrader.engine.poll import PollCollector
from daytrader.engine.supervisor import EngineSupervisor
from daytrader.services import account_reconciliation, stock_service
from daytrader.services.data_providers.base import PriceSeries
from daytrader.services.data_providers.csv_folder import CsvProvider
from daytrader.services.data_providers.errors import NetworkError
from daytrader.services.session_manager import SessionManager
from daytrader.utils.days import days_since_epoch
from daytrader.utils.errors import DayTraderError
from tests.conftest import World
from tests.waiting import eventually

from .accounts import EVENING, NEXT_EVENING, NEXT_OPEN, Bench
from .live import Exchange, Live


class Announcing(Exchange):
    """A provider whose stock splits two for one on Thursday."""

    questions = 0

    def history(self, symbol: str, *_asked: Any, **_more: Any) -> PriceSeries:
        """Return the split; bars are none of it."""
        self.questions += 1
        split = CorporateEvent(days_since_epoch(date(2024, 1, 4)), EventKind.SPLIT, 2, 1)
        return PriceSeries.of(symbol, [], [[]] * 5, provider=self.name, events=[split])


def test_a_split_is_known_before_the_bell(bench: Bench) -> None:
    """The stop that is renewed at the open is of twice the shares at half the price: the old one would sell at once."""
    service = bench.bought()
    with SessionManager(read_only=True) as session:
        stock = stock_service.by_symbol(session, "ACME")
    bench.world.prices(stock, [100.0, 100.0], date(2024, 1, 2))
    provider = Announcing(0)
    collector = PollCollector(provider, clock=lambda: bench.now)
    bench.at(NEXT_EVENING).alpaca.bell()
    bench.turn()
    collector.collect()
    bench.at(timedelta(seconds=10))
    collector.collect()
    assert provider.questions == 1

    bench.alpaca.positions["ACME"], bench.alpaca.prices["ACME"] = 20, Decimal(50)
    bench.at(NEXT_OPEN).alpaca.is_open = True
    bench.turn()

    (resting,) = bench.resting()
    assert (resting["qty"], resting["legs"][0]["stop_price"]) == ("20", "47.5")
    held = bench.world.reload(service)
    assert (held.current_shares, held.error_reason) == (20, None)
    bench.agree()


def test_a_bar_that_failed_is_asked_for_again_soon(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the question for splits beside it was answered after that, and the bar's day has been over for long."""
    bench.service()
    with SessionManager(read_only=True) as session:
        stock = stock_service.by_symbol(session, "ACME")
    bench.world.prices(stock, [100.0], date(2024, 1, 2))
    provider = Announcing(0)
    collector = PollCollector(provider, clock=lambda: bench.now)
    answer = collector._ask_events

    def ask_late(key: Key, now: datetime) -> PriceSeries | DayTraderError:
        eventually(lambda: collector._supply.is_failing(key))
        return answer(key, now)

    monkeypatch.setattr(collector, "_ask_events", ask_late)
    provider.failure = NetworkError("no route to the provider")
    bench.at(NEXT_OPEN - timedelta(minutes=5))
    collector.collect()
    assert provider.questions == len(provider.asked) == 1

    bench.at(timedelta(seconds=6))
    collector.collect()

    assert len(provider.asked) == 2


def test_nothing_goes_to_an_account_before_splits_were_asked_for(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that starts after a split would else protect the shares of before it."""
    monkeypatch.setattr(account_reconciliation, "check", bench._check)
    provider, may_answer, is_asked = Announcing(0), threading.Event(), threading.Event()

    def latest(symbol: str, *_asked: Any) -> PriceSeries:
        is_asked.set()
        may_answer.wait()
        return PriceSeries.of(symbol, [], [[]] * 5, provider="exchange")

    monkeypatch.setattr(provider, "latest", latest)
    bench.decide(bench.service())
    bench.at(EVENING)
    feed = LiveFeed("poll", PollCollector(provider, clock=lambda: bench.now), clock=lambda: bench.now)
    supervisor = EngineSupervisor(database_is_sqlite=True, instance_path=tmp_path, open_account=bench.open, feed=feed)
    assert supervisor._pump is not None
    supervisor._pump._clock = lambda: bench.now
    supervisor.start()
    try:
        assert is_asked.wait(60)
        assert supervisor.wait_until_ready(60)
        assert not supervisor._may_send()
        assert bench.posted() == []
        may_answer.set()
        eventually(lambda: len(bench.posted()) == 1)
    finally:
        may_answer.set()
        supervisor.stop()


def test_a_round_that_outlasts_a_stop_is_not_the_first_of_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders wait for what is asked after the start, whatever was asked before it."""
    collector = PollCollector(Announcing(0))
    rounds = [(threading.Event(), threading.Event()) for _ in range(2)]
    left, threads = iter(rounds), list[threading.Thread]()

    def collect() -> int:
        has_begun, may_end = next(left)
        threads.append(threading.current_thread())
        has_begun.set()
        assert may_end.wait(30)
        return 0

    monkeypatch.setattr(collector, "collect", collect)
    try:
        for has_begun, _ in rounds:
            collector.start(lambda _key: None)
            assert has_begun.wait(30)
            collector.stop()
        rounds[0][1].set()
        threads[0].join(30)
        assert not threads[0].is_alive()
        assert not collector.has_looked
    finally:
        for _, may_end in rounds:
            may_end.set()
        for thread in threads:
            thread.join(30)


def test_a_folder_of_minutes_alone_is_traded(world: World, tmp_path: Path) -> None:
    """Nobody can be asked for daily bars, with which events come; a line that is no bar is told of, once."""
    file = tmp_path / "ACME-5.csv"
    lines = [f"2023-12-29 {hour}:{minute:02}" for hour in (19, 20) for minute in range(0, 60, 5)]
    lines += ["2024-01-02 14:30", "2024-01-02 14:35"]
    file.write_text("date,open,high,low,close,volume\n" + "".join(f"{line}:00+00:00,10,10,10,10,1\n" for line in lines))
    live = Live(world, CsvProvider(tmp_path), 5, "2024-01-02T14:35:30")
    service = live.service()
    live.turn("2024-01-02T14:35:30")
    assert live.turn("2024-01-02T14:40:02") == 1
    assert live.decisions(service) == [("01-02 14:35", "BUY", "always invested")]
    assert live.feed.status().error is None

    with file.open("a") as more, capture_logs() as logs:
        more.write("2024-01-02 14:40:00+00:00,10,10,10,x,1\n")
        more.flush()
        for second in (2, 10, 20):
            live.turn(f"2024-01-02T14:45:{second:02}")
    (said,) = [entry for entry in logs if entry["event"] == "lines left out"]
    assert (said["file"], said["lines"]) == ("ACME-5.csv", 1)
