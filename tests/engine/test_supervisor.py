"""Tests of daytrader.engine.supervisor and lock: the engine as a thread of the server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from daytrader.engine import supervisor
from daytrader.engine.feeds import ReplayFeed
from daytrader.engine.installation import installation_id
from daytrader.engine.lease import HeldLease
from daytrader.engine.lock import engine_lock
from daytrader.engine.reconcile import reconcile
from daytrader.engine.supervisor import EngineSupervisor
from daytrader.services import engine_control, trading_service
from daytrader.services.booking import Booked
from daytrader.services.ledger_service import Breach
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError, UnavailableError
from tests.conftest import World
from tests.engine.builders import FLAT, Market, day, start_replay
from tests.waiting import PATIENCE, eventually


def _allow_no_write(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA query_only=ON")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineSupervisor]:
    """A supervisor that is stopped again."""
    supervisor = EngineSupervisor(database_is_sqlite=True, instance_path=tmp_path / "instance")
    yield supervisor
    assert supervisor.stop()


def test_how_late_decisions_are_is_counted(world: World, engine: EngineSupervisor) -> None:
    """Once a bar, from its release."""
    Market(world, [FLAT] * 3).service()
    start_replay()
    engine.start()

    eventually(lambda: engine.status()["position"] == day(2))
    lag = engine.status()["lag"]
    assert lag["counts"][-1] == 3
    assert sorted(lag["counts"]) == lag["counts"]
    assert 0 < lag["seconds"] < PATIENCE


def test_history_is_hurried_through(world: World, tmp_path: Path) -> None:
    """At a bar an hour the first three come at once; the fourth is waited for."""
    Market(world, [FLAT] * 5).service()
    start_replay(starts_at=0, speed=1 / 3600)
    engine = EngineSupervisor(database_is_sqlite=True, instance_path=tmp_path / "instance", hurries_to=day(2))
    engine.start()

    eventually(lambda: engine.status()["position"] == day(2))
    time.sleep(0.2)
    assert engine.stop()

    assert engine.status()["position"] == day(2)


def test_the_engine_trades_to_the_last_bar_and_idles(world: World, engine: EngineSupervisor) -> None:
    """Services decide on every bar after their activation; the status says where the replay is."""
    market = Market(world, [FLAT] * 5)
    service = market.service()
    start_replay(position=1)
    engine.start()

    eventually(lambda: engine.status()["state"] == "idle")

    status = engine.status()
    assert (status["position"], status["last_bar_at"], status["services"]) == (day(4), day(4), 1)
    assert (status["is_ready"], status["error"]) == (True, None)
    assert [decision.bar_time for decision in market.decisions(service)] == [day(2), day(3), day(4)]
    assert market.reload(service).current_shares == 100
    assert any(published.event.name == "price:update" for published in world.published)


def test_a_service_joins_at_the_position(world: World, engine: EngineSupervisor) -> None:
    """Its first decision is on the first bar after it was activated."""
    market = Market(world, [FLAT] * 4)
    early = market.service(name="early")
    late = market.service(name="late")
    with SessionManager() as session:
        trading_service.stop(session, market.owner, late.id)
    market.run(last=2)
    start_replay(position=1)
    with SessionManager() as session:
        trading_service.activate(session, market.owner, late.id)

    engine.start()
    eventually(lambda: engine.status()["state"] == "idle")

    assert [decision.bar_time for decision in market.decisions(late)] == [day(2), day(3)]
    assert len(market.decisions(early)) == 4


def test_pausing_holds_the_market_and_resuming_goes_on(world: World, engine: EngineSupervisor) -> None:
    """No bar is taken while the engine is paused."""
    market = Market(world, [FLAT] * 3)
    service = market.service()
    engine.start()
    assert engine.wait_until_ready(PATIENCE)
    engine.pause()
    start_replay()
    eventually(lambda: engine.status()["state"] == "paused")
    time.sleep(1.2)  # longer than the engine's own idle wait
    assert market.decisions(service) == []

    engine.resume()
    eventually(lambda: len(market.decisions(service)) == 3)


def test_a_second_engine_is_refused(world: World, engine: EngineSupervisor, tmp_path: Path) -> None:  # noqa: ARG001 (a database)
    """The lock is held while the engine runs, and let go when it stops."""
    engine.start()

    with pytest.raises(ConflictError, match="engine is running"), engine_lock(tmp_path / "instance"):
        pass
    engine.stop()
    with engine_lock(tmp_path / "instance"):
        pass


class Inherited(HeldLease):
    """A lease of which the last holder went without a word, and may still be sending."""

    def take(self) -> float:
        """Take it; what was sent may arrive for a minute."""
        self._token = 1
        return 60.0

    def require(self, _session: Session) -> None:
        """Let every unit of work begin."""

    def give_back(self) -> None:
        """Stand back."""
        self.drop()


def test_who_takes_over_waits_for_what_the_last_engine_sent(world: World, tmp_path: Path) -> None:
    """Nothing is reconciled before it has arrived, and nothing trades; a stop is heeded meanwhile."""
    market = Market(world, [FLAT] * 3)
    service = market.service()
    start_replay()
    lease = Inherited()
    engine = EngineSupervisor(database_is_sqlite=False, instance_path=tmp_path / "instance", speed=0, lease=lease)
    engine.start()
    eventually(lambda: lease.is_held)

    is_ready = engine.wait_until_ready(1.5)
    assert engine.stop()

    assert not is_ready
    assert market.decisions(service) == []


def test_nothing_trades_or_is_sent_before_reconciliation(
    world: World, engine: EngineSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while it is at work, and not where it has failed: then it is tried again first."""
    market = Market(world, [FLAT] * 3)
    service = market.service()
    start_replay()
    seen = []

    def look(*asked: Any) -> list[Breach]:
        seen.append((engine.is_ready, len(market.decisions(service))))
        if len(seen) == 1:
            raise UnavailableError("the database is busy")
        return reconcile(*asked)

    monkeypatch.setattr(supervisor, "reconcile", look)
    engine.start()
    eventually(lambda: len(market.decisions(service)) == 3)

    assert seen == [(False, 0), (False, 0)]


def test_trades_are_told_to_whoever_listens(world: World, tmp_path: Path) -> None:
    """A line for each trade needs its price and its reason."""
    Market(world, [FLAT] * 3).service()
    start_replay()
    told: list[Booked] = []
    engine = EngineSupervisor(
        database_is_sqlite=True, instance_path=tmp_path / "instance", speed=0, on_trade=told.append
    )
    engine.start()
    eventually(lambda: len(told) == 1)
    assert engine.stop()

    assert (told[0].symbol, told[0].shares, told[0].price) == ("ACME", 100, Decimal(10))


def test_what_breaks_the_engine_is_said(
    world: World, engine: EngineSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that fails says why and tries again; it never dies silently."""
    Market(world, [FLAT]).service()
    start_replay()

    def fail(_feed: ReplayFeed) -> None:
        raise ZeroDivisionError("no market")

    monkeypatch.setattr(ReplayFeed, "next", fail)
    engine.start()

    eventually(lambda: engine.status()["state"] == "failed")
    assert engine.status()["error"] == "ZeroDivisionError: no market"


def test_orders_carry_the_installation(tmp_path: Path) -> None:
    """The name is made once and kept."""
    name = installation_id(tmp_path)

    assert name == installation_id(tmp_path)
    assert len(name) == 8


def test_a_pause_is_kept_over_a_restart(world: World, engine: EngineSupervisor, tmp_path: Path) -> None:
    """It is stored: the next engine reconciles, says that it is paused, and takes no bar."""
    market = Market(world, [FLAT] * 3)
    service = market.service()
    start_replay()
    engine.pause()

    again = EngineSupervisor(database_is_sqlite=True, instance_path=tmp_path / "instance")
    again.start()
    assert again.wait_until_ready(PATIENCE)
    eventually(lambda: again.status()["state"] == "paused")
    time.sleep(0.2)
    assert market.decisions(service) == []
    again.resume()
    eventually(lambda: len(market.decisions(service)) == 3)
    assert again.stop()


def test_the_switch_is_heeded_whoever_turns_it(world: World, engine: EngineSupervisor) -> None:
    """Another process pauses and resumes: this engine follows, and tells of it once each."""
    market = Market(world, [FLAT] * 3)
    service = market.service()
    engine.start()
    assert engine.wait_until_ready(PATIENCE)
    for is_paused in (True, False):
        with SessionManager() as session:
            engine_control.turn(session, is_paused=is_paused)
        eventually(lambda is_paused=is_paused: engine.is_paused is is_paused)  # type: ignore[misc]
    start_replay()
    eventually(lambda: len(market.decisions(service)) == 3)

    assert world.notices()[:2] == [
        "All trading was paused by an administrator",
        "All trading was resumed by an administrator",
    ]


def test_the_end_of_the_stored_prices_is_said_once(world: World, tmp_path: Path) -> None:
    """To whoever started the engine, and as a notification; again when newer bars have come and gone."""
    market = Market(world, [FLAT] * 3)
    market.service()
    start_replay(position=1)
    ends: list[datetime] = []
    engine = EngineSupervisor(database_is_sqlite=True, instance_path=tmp_path / "instance", speed=0, on_end=ends.append)
    engine.start()
    eventually(lambda: bool(ends))
    time.sleep(1.2)  # longer than the engine's own idle wait
    assert engine.stop()

    assert ends == [day(2)]
    told = [one.event.entity for one in world.published if one.event.name == "system:notification"]
    assert [one["severity"] for one in told] == ["info"]
    assert told[0]["message"].startswith(f"The stored prices end on {day(2):%Y-%m-%d}")


def test_a_stop_does_not_wait_for_what_is_loaded(
    world: World, engine: EngineSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready before the rules are compiled; told to stop meanwhile, it has nothing in hand, and takes no bar later."""
    Market(world, [FLAT, FLAT]).service()
    start_replay()
    is_loading, may_go_on = threading.Event(), threading.Event()

    def load() -> None:
        is_loading.set()
        assert may_go_on.wait(PATIENCE)

    monkeypatch.setattr(supervisor, "warm_up_rules", load)
    engine.start()
    assert is_loading.wait(PATIENCE)
    assert engine.is_ready

    assert engine.stop(timeout=0)

    may_go_on.set()
    engine.start()
    eventually(lambda: engine.status()["state"] == "idle")
    assert [thread.name for thread in threading.enumerate()].count("engine") == 1


def test_a_database_that_cannot_be_written_stops_trading_in_one_line(
    world: World, engine: EngineSupervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk is nobody's defect: said once, without a trace or the rows, and tried again."""
    Market(world, [FLAT, FLAT]).service()
    start_replay()
    event.listen(world.engine, "begin", _allow_no_write)
    try:
        engine.start()
        eventually(lambda: engine.status()["state"] == "failed")
        assert engine.status()["error"] == "the database cannot be used: attempt to write a readonly database"
    finally:
        event.remove(world.engine, "begin", _allow_no_write)
        engine.stop()
    told = capsys.readouterr()
    assert (told.out + told.err).count("nothing trades") == 1
    assert "Traceback" not in told.out + told.err
    assert "INSERT" not in told.out + told.err
