"""Tests of daytrader.engine.live_feed, poll and bar_journal: each bar is traded once or never, with the reason kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from daytrader.engine.feeds import Tick
from daytrader.engine.live_feed import Key, LiveFeed
from daytrader.engine.poll import PollCollector
from daytrader.engine.runner import NoFence
from daytrader.engine.supervisor import EngineSupervisor
from daytrader.models import StockIntradayPrice
from daytrader.services import price_service
from daytrader.services.data_providers.simulated import SimulatedProvider
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import LostLeaseError
from tests.conftest import World
from tests.engine.builders import Ohlc
from tests.engine.live import BEFORE, Exchange, Live, at
from tests.undone import undo_every_other
from tests.waiting import eventually


def test_a_bar_is_taken_once_it_is_complete_and_once(live: Live) -> None:
    """What was complete before the service began is history; one that is growing is not looked at."""
    service = live.service()
    live.provider.give("2024-01-02T14:35")
    assert live.turn(BEFORE) == 0

    live.provider.give("2024-01-02T14:40")  # growing
    assert live.turn("2024-01-02T14:40:02") == 1
    assert live.turn("2024-01-02T14:40:10") == 0

    assert live.turn("2024-01-02T14:45:01") == 1
    assert [(bar, action) for bar, action, _ in live.decisions(service)] == [
        ("01-02 14:35", "BUY"),
        ("01-02 14:40", "NOTHING"),
    ]
    assert live.world.reload(service).current_shares == 100


def test_a_tick_says_when_its_bars_were_complete(live: Live) -> None:
    """By the clock on the wall, however late they came: that is what decisions are late by."""
    live.service()
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    live.now = at("2024-01-02T14:40:07")
    live.collector.collect()

    tick = live.feed.next()

    assert tick is not None
    assert (tick.time, tick.complete_at) == (at("2024-01-02T14:35"), at("2024-01-02T14:40"))


def test_what_the_database_undoes_is_done_again(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bars stored, a gap given up, the position kept: each a unit of work that is run again, not a failure."""
    service = live.service()
    undo_every_other(monkeypatch)
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    live.provider.give("2024-01-02T14:45")
    assert live.turn("2024-01-02T14:50:01") == 2
    assert [bar for bar, _, _ in live.decisions(service)] == ["01-02 14:35", "01-02 14:40", "01-02 14:45"]


def test_a_bar_that_comes_late_decides_nothing(live: Live) -> None:
    """Later than its own length: the reason is in the journal, and the next one in time is traded."""
    service = live.service()
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")

    assert live.turn("2024-01-02T14:45:01") == 1
    live.provider.give("2024-01-02T14:40")
    live.provider.give("2024-01-02T14:45")
    live.turn("2024-01-02T14:50:01")

    found = live.decisions(service)
    assert [(bar, action) for bar, action, _ in found] == [
        ("01-02 14:35", "NOTHING"),
        ("01-02 14:40", "NOTHING"),
        ("01-02 14:45", "BUY"),
    ]
    assert found[0][2] == "the bar came 5 minutes late: nothing is decided on stale prices"


def test_a_stop_holds_on_a_late_bar(live: Live) -> None:
    """It stands in the market, whatever comes late; only new decisions are refused."""
    service = live.service(stop_loss_percent=Decimal(10))
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    live.turn("2024-01-02T14:40:01")
    live.provider.give("2024-01-02T14:40")
    live.turn("2024-01-02T14:45:01")
    assert live.world.reload(service).current_shares == 100

    live.provider.give("2024-01-02T14:45", (10, 10, 8, 8))
    live.turn("2024-01-02T15:10:00")

    assert live.world.reload(service).current_shares == 0
    assert "late" in live.decisions(service)[-1][2]


def test_a_gap_is_given_up_and_filled_without_trading(live: Live) -> None:
    """Once a later bar is taken the missing one is journalled; if it comes after all it is history."""
    service = live.service()
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:40")
    assert live.turn("2024-01-02T14:45:01") == 1
    before = live.decisions(service)
    assert before[0] == ("01-02 14:35", "NOTHING", "no bar came before the next one")

    live.provider.give("2024-01-02T14:35", (1, 1, 1, 1))
    live.provider.give("2024-01-02T14:45")
    series = live.provider.latest("ACME", 5, at("2024-01-02T14:35"))  # asked from before the gap
    live.now = at("2024-01-02T14:50:01")
    live.collector._take(Key(live.stock.id, 5, "ACME"), series, live.now)
    assert live.take() == 1

    assert live.decisions(service)[:2] == before
    with SessionManager(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(StockIntradayPrice)) == 4


def test_bars_out_of_order_and_twice(live: Live) -> None:
    """Sorted, each taken once."""
    service = live.service()
    live.turn(BEFORE)
    for moment in ("14:45", "14:35", "14:40", "14:35", "14:45"):
        live.provider.give(f"2024-01-02T{moment}")

    assert live.turn("2024-01-02T14:50:01") == 3
    assert [bar[-5:] for bar, _, _ in live.decisions(service)] == ["14:35", "14:40", "14:45"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((10, float("nan"), 10, 10), "not a number"),
        ((10, 10, 0, 10), "positive"),
        ((-1, 10, -1, 10), "positive"),
        ((10, 9, 11, 10), "high"),
    ],
)
def test_an_unsound_bar_is_refused_for_good(live: Live, row: Ohlc, reason: str) -> None:
    """With the reason in the journal; a correction is stored and not traded."""
    service = live.service()
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35", row)

    assert live.turn("2024-01-02T14:40:01") == 0
    ((bar, action, said),) = live.decisions(service)
    assert (bar, action) == ("01-02 14:35", "NOTHING")
    assert said.startswith("the bar is refused: ")
    assert reason in said

    live.provider.give("2024-01-02T14:35")
    live.turn("2024-01-02T14:40:10")
    assert live.decisions(service) == [(bar, action, said)]
    with SessionManager(read_only=True) as session:
        assert price_service.load_bars(session, live.stock.id, 5).n == 2


def test_a_corrected_bar_is_stored_and_not_traded_again(live: Live) -> None:
    """The last bar is asked for once more with the next."""
    service = live.service()
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    live.turn("2024-01-02T14:40:01")
    live.provider.give("2024-01-02T14:35", (10, 11, 10, 11))
    live.provider.give("2024-01-02T14:40")

    assert live.turn("2024-01-02T14:45:01") == 1
    assert [action for _, action, _ in live.decisions(service)] == ["BUY", "NOTHING"]
    with SessionManager(read_only=True) as session:
        assert price_service.load_bars(session, live.stock.id, 5).close.tolist() == [10, 11, 10]


def test_after_downtime_missed_bars_are_replayed(live: Live) -> None:
    """With decisions, on paper; a service that was activated meanwhile begins with the next bar."""
    service = live.service()
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    live.turn("2024-01-02T14:40:01")
    for moment in ("14:40", "14:45"):
        live.provider.give(f"2024-01-02T{moment}")
    young = live.service(name="young")

    live.now = at("2024-01-02T15:00:30")
    live.restart()
    live.provider.give("2024-01-02T14:55")
    live.turn("2024-01-02T15:00:31")

    assert [(bar[-5:], action) for bar, action, _ in live.decisions(service)] == [
        ("14:35", "BUY"),
        ("14:40", "NOTHING"),
        ("14:45", "NOTHING"),
        ("14:55", "NOTHING"),
    ]
    assert live.world.reload(service).current_shares == 100
    assert live.decisions(young) == [
        ("01-02 14:55", "NOTHING", "nothing was decided before the engine was down: it begins with the next bar")
    ]


def test_the_engine_runs_on_a_live_feed(world: World, tmp_path: Path) -> None:
    """Its threads gather, trade and stop; the status names feed and provider."""
    now = at("2024-01-02T14:36:00")
    provider = SimulatedProvider(clock=lambda: now)
    live = Live(world, provider, 5, "2024-01-02T14:36:00", timedelta())
    service = live.service()
    collector = PollCollector(provider, clock=lambda: now, settling=timedelta())
    feed = LiveFeed("simulated", collector, clock=lambda: now, settling=timedelta())
    engine = EngineSupervisor(database_is_sqlite=True, instance_path=tmp_path / "instance", feed=feed)
    engine.start()
    try:
        eventually(lambda: engine.status()["state"] == "idle")
        now = at("2024-01-02T14:40:05")
        eventually(lambda: len(live.decisions(service)) == 1)
        eventually(lambda: engine.status()["position"] == at("2024-01-02T14:35"))  # kept once the bar is done
        status = engine.status()
    finally:
        assert engine.stop()

    assert (status["feed"], status["provider"], status["error"]) == ("simulated", "simulated", None)


class _NotOurs:
    """The fence of an engine that another one has replaced."""

    is_held = False

    def require(self, session: Session) -> None:
        """Refuse every unit of work."""
        del session
        raise LostLeaseError("another")

    def require_time_to_send(self) -> None:
        """Refuse every order."""
        raise LostLeaseError("another")


def test_a_replaced_engine_stores_journals_and_moves_nothing(world: World) -> None:
    """What it gathers is left to the engine that trades, and its feed says that it has lost the lease."""
    exchange = Exchange(5)
    exchange.give("2024-01-02T14:30")
    live = Live(world, exchange, 5, "2024-01-02T14:36:30")
    service = live.service()
    live.turn("2024-01-02T14:36:30")
    exchange.give("2024-01-02T14:35", (10, 9, 11, 10))
    exchange.give("2024-01-02T14:40")
    before, asked = live.decisions(service), len(exchange.asked)
    live.feed.fence = _NotOurs()
    live.now = at("2024-01-02T14:45:01")

    assert (live.collector.collect(), len(exchange.asked)) == (0, asked + 1)
    assert live.decisions(service) == before
    with SessionManager(read_only=True) as session:
        assert price_service.load_bars(session, live.stock.id, 5).n == 1

    live.feed.fence = NoFence()
    live.turn("2024-01-02T14:46")
    missing = live.decisions(service)
    live.feed.fence = _NotOurs()
    exchange.give("2024-01-02T14:50")
    with pytest.raises(LostLeaseError):
        live.feed.done(Tick(live.now, [], 0))
    assert live.decisions(service) == missing
