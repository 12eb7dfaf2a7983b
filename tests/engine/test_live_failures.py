"""Tests of daytrader.engine.live_feed and poll: a provider that hangs, refuses or fails, and what is told of it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from daytrader.engine.live_feed import Key
from daytrader.services.data_providers.base import PriceSeries
from daytrader.services.data_providers.errors import AccessError, NetworkError, RateLimitError
from tests.engine.live import BEFORE, Live


def test_an_answer_that_comes_late_holds_up_no_others_bar(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two stocks asked at once the one whose provider hangs is stored when it comes, the other before."""
    service, answers, stored = live.service(), threading.Event(), list[str]()
    live.world.stock("SLOW")
    slow = live.service(name="slow", stock_symbol="SLOW")
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    latest, renew = live.provider.latest, live.collector._on_bars

    def ask(symbol: str, *asked: Any) -> PriceSeries:
        assert symbol != "SLOW" or answers.wait(60), "the other one was never stored"
        found: PriceSeries = latest(symbol, *asked)
        return found

    def on_bars(key: Key) -> None:
        stored.append(key.symbol)
        answers.set()
        renew(key)

    monkeypatch.setattr(live.provider, "latest", ask)
    monkeypatch.setattr(live.collector, "_on_bars", on_bars)
    assert live.turn("2024-01-02T14:40:01") == 2
    assert stored == ["ACME", "SLOW"]
    assert len(live.decisions(service)) == len(live.decisions(slow)) == 1


def test_a_limit_is_waited_out(live: Live) -> None:
    """Nobody is asked before the vendor allows it; the bar is traded if it is still in time."""
    live.service()
    live.turn(BEFORE)
    live.provider.failure = RateLimitError("exchange", 90)
    live.provider.give("2024-01-02T14:35")
    live.turn("2024-01-02T14:40:01")
    asked = len(live.provider.asked)
    live.provider.failure = None

    assert live.turn("2024-01-02T14:41:00") == 0
    assert len(live.provider.asked) == asked
    assert live.turn("2024-01-02T14:41:35") == 1


def test_failures_are_told_once_and_so_is_their_end(live: Live) -> None:
    """A passing one is not worth a word; three in a row are, and what asking again cannot help is at once."""
    live.service()
    live.turn(BEFORE)
    live.provider.failure = NetworkError("exchange is out of order (503)")
    live.provider.give("2024-01-02T14:35")
    for second in (1, 10, 30, 59):
        live.turn(f"2024-01-02T14:40:{second:02}")
        if second == 1:
            assert live.world.notices() == []
    assert len(live.world.notices()) == 1
    assert "No prices of ACME: exchange is out of order" in live.world.notices()[0]

    live.provider.failure = None
    assert live.turn("2024-01-02T14:42:30") == 1
    assert live.world.notices()[1:] == ["Prices of ACME come again"]

    live.provider.failure = AccessError("exchange refuses access (401)")
    live.turn("2024-01-02T14:45:01")
    assert "401" in live.world.notices()[-1]


def test_another_packages_provider_may_raise_anything(live: Live) -> None:
    """It is that provider's failure; the feed goes on."""
    live.service()
    live.turn(BEFORE)
    live.provider.failure = ZeroDivisionError("its bug")

    live.turn("2024-01-02T14:40:01")

    assert "ZeroDivisionError: its bug" in (live.feed.status().error or "")
