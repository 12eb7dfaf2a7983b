"""Tests of /backtests/preview over HTTP: the same report, which nothing is left of, and the newest wins."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from daytrader.api.backtesting import Backtesting, SupersededError
from daytrader.models import Backtest
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.waiting import PATIENCE, eventually

from ..conftest import Caller
from .conftest import SMA, report_of


@pytest.mark.usefixtures("acme")
def test_a_preview_is_the_report_and_leaves_nothing(world: World, alice: Caller) -> None:
    """The same figures; no row, no event."""
    kept = alice.post("/backtests", SMA)
    world.published.clear()
    shown = alice.post("/backtests/preview", SMA)
    assert shown.get_json() == report_of(kept.get_json())
    with SessionManager(read_only=True) as session:
        assert session.query(Backtest).count() == 1
    assert world.published == []


def test_of_previews_the_newest_wins() -> None:
    """An older one ends before its next step, waiting or running; another user's goes on."""
    running = Backtesting(2)
    loading, go_on = threading.Event(), threading.Event()
    ended: list[str] = []

    def load() -> bool:
        loading.set()
        return go_on.wait(PATIENCE)

    def ask(name: str) -> None:
        try:
            running.preview(7, None, load, lambda _: ended.append(name))
        except SupersededError:
            ended.append(f"{name} superseded")

    first = threading.Thread(target=ask, args=("first",))
    first.start()
    assert loading.wait(PATIENCE)
    second = threading.Thread(target=ask, args=("second",))
    second.start()
    _arrived(running, 2)
    assert running.preview(8, None, lambda: 1, lambda one: one + 1) == 2
    third = threading.Thread(target=ask, args=("third",))
    third.start()
    _arrived(running, 3)
    go_on.set()
    for thread in (first, second, third):
        thread.join(PATIENCE)
    assert sorted(ended) == ["first superseded", "second superseded", "third"]


def test_a_preview_that_was_overtaken_on_its_way_does_not_end_the_newer_one() -> None:
    """Which is the newer one is the caller's word: what arrives last may be what it gave up first."""
    running = Backtesting(2)
    loading, go_on = threading.Event(), threading.Event()
    ended: list[int] = []

    def load() -> bool:
        loading.set()
        return go_on.wait(PATIENCE)

    newer = threading.Thread(target=running.preview, args=(7, 2000, load, lambda _: ended.append(2000)))
    newer.start()
    assert loading.wait(PATIENCE)
    with ThreadPoolExecutor() as pool:
        older = pool.submit(running.preview, 7, 1000, lambda: True, lambda _: ended.append(1000))
        _arrived(running, 2)
        go_on.set()
        with pytest.raises(SupersededError):
            older.result(PATIENCE)
    newer.join(PATIENCE)
    assert ended == [2000]
    # Nothing of it stays: a caller whose clock goes slow is heard the next time.
    assert running.preview(7, 5, lambda: 1, lambda one: one) == 1


def _arrived(running: Backtesting, number: int) -> None:
    eventually(lambda: running._previews[7].in_flight >= number)


@pytest.mark.usefixtures("acme")
def test_when_a_preview_was_asked_for_is_a_whole_number(alice: Caller) -> None:
    """Anything else is told by its name."""
    assert alice.post("/backtests/preview?asked_at=1764162000000", SMA).status_code == 200
    refused = alice.post("/backtests/preview?asked_at=soon", SMA)
    assert refused.status_code == 400
    assert set(refused.get_json()["validation_errors"]) == {"asked_at"}
