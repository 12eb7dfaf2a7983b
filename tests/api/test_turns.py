"""Tests of daytrader.api.turns: threads one after the other, as long as each is short."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from daytrader.api import turns as module
from daytrader.api.turns import Turns

LONG = 30.0


def test_short_ones_go_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many come at once; each has its turn."""
    monkeypatch.setattr(module, "MOMENT", LONG)
    turns, within, most = Turns(), 0, 0

    def work(_: int) -> None:
        nonlocal within, most
        with turns.taken():
            within += 1
            most = max(most, within)
            time.sleep(0.001)
            within -= 1

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(work, range(40)))) == 40
    assert (within, most) == (0, 1)


def test_who_takes_long_is_waited_for_a_moment_only() -> None:
    """The others go on, one after the other again; the end of the long one takes nobody's turn away."""
    turns, has_begun, may_end = Turns(), threading.Event(), threading.Event()

    def take_long() -> None:
        with turns.taken():
            has_begun.set()
            assert may_end.wait(LONG)

    long = threading.Thread(target=take_long)
    long.start()
    assert has_begun.wait(LONG)
    with turns.taken():
        may_end.set()
        long.join(LONG)
        assert turns._holder == threading.get_ident()
    assert turns._holder is None


def test_a_turn_may_end_before_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a socket's does, which is served for hours; at an error it ends, too."""
    monkeypatch.setattr(module, "MOMENT", LONG)
    turns = Turns()
    with turns.taken():
        turns.end()
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(turns.taken().__enter__).exception(LONG) is None
    assert turns._holder is not None
    turns._holder = None
    with pytest.raises(ZeroDivisionError), turns.taken():
        raise ZeroDivisionError
    assert turns._holder is None


def test_who_waits_long_looks_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind many who take long each waits for as long as those may, not for a moment again and again."""
    monkeypatch.setattr(module, "MOMENT", 0.02)
    turns, looks = Turns(), 0

    def look() -> float:
        nonlocal looks
        looks += 1
        return time.monotonic()

    def take_long(_: int) -> None:
        with turns.taken():
            time.sleep(0.5)

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=look))  # not that of other threads in this process
    with ThreadPoolExecutor(24) as pool:
        list(pool.map(take_long, range(24)))
    assert looks < 24 * 5
