"""The outbox as it grows, on PostgreSQL with several writers: nothing twice, nothing missed, nothing out of order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext

import pytest
from sqlalchemy import select

from daytrader.models import User
from daytrader.services import database, event_log
from daytrader.services.bells import EVENTS, Bells
from daytrader.services.event_tail import EventTail
from daytrader.services.events import Event, PublishedEvent, events
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConfigurationError
from tests.conftest import World
from tests.redis import RedisServer
from tests.waiting import PATIENCE, eventually


@pytest.fixture
def world(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An empty PostgreSQL database."""
    engine = database.connect(postgres_url)
    monkeypatch.setattr(events, "publish", lambda _event: None)
    # Threads that take no turns are like processes to each other.
    monkeypatch.setattr(events, "in_turn", lambda _session: nullcontext())
    yield World(engine)
    engine.dispose()


@pytest.fixture
def follow() -> Iterator[Callable[[], tuple[EventTail, list[PublishedEvent]]]]:
    """Start tails; stopped at the end."""
    tails: list[EventTail] = []

    def start() -> tuple[EventTail, list[PublishedEvent]]:
        heard: list[PublishedEvent] = []
        tail = EventTail(heard.extend)
        tail.start()
        tails.append(tail)
        return tail, heard

    yield start
    for tail in tails:
        tail.stop()


@pytest.fixture
def bells(redis_server: RedisServer) -> Iterator[list[Bells]]:
    """The bells of two processes."""
    both = [Bells(redis_server.url), Bells(redis_server.url)]
    for each in both:
        each.start()
    eventually(lambda: all(each.status == "ok" for each in both))
    yield both
    for each in both:
        each.stop()


def tell(owner_id: int | None = None, **entity: object) -> None:
    """Commit one event."""
    with SessionManager() as session:
        events.record(session, Event("stock:update", "updated", ("stocks",), entity, owner_id))


Follow = Callable[[], tuple[EventTail, list[PublishedEvent]]]


def test_what_many_commit_at_once_is_heard_once_and_in_order(world: World, follow: Follow) -> None:
    """Four writers, 200 events, one of them for each user; a tail that looks all the time misses none."""
    owners = [world.user(f"user{number}").id for number in range(4)]
    tail, heard = follow()
    writing = threading.Event()

    def write(owner_id: int) -> None:
        for number in range(50):
            tell(owner_id, number=number)

    def look() -> None:
        while not writing.is_set():
            tail.ring()
            time.sleep(0.0005)

    looking = threading.Thread(target=look)
    writers = [threading.Thread(target=write, args=(owner,)) for owner in owners]
    for thread in (looking, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    writing.set()
    looking.join()
    tail.ring()
    eventually(lambda: len(heard) >= 200)

    sequences = [published.sequence for published in heard]
    assert sequences == sorted(set(sequences))
    assert len(sequences) == 200
    for owner in owners:
        mine = [published.event.entity["number"] for published in heard if published.event.owner_id == owner]
        assert mine == list(range(50))


def test_a_unit_that_commits_late_does_not_come_late(world: World, follow: Follow) -> None:
    """Sequences are given out last of all: what was begun first and commits last is told last, with the last number."""
    _, heard = follow()
    with SessionManager() as slow:
        events.record(slow, Event("stock:update", "updated", ("stocks",), {"name": "slow"}))
        slow.flush()
        tell(name="fast")
    eventually(lambda: len(heard) == 2)
    assert [published.event.entity["name"] for published in heard] == ["fast", "slow"]
    assert heard[0].sequence < heard[1].sequence
    assert world.engine.dialect.name == "postgresql"


def test_units_that_change_and_tell_of_the_same_users_never_deadlock(world: World) -> None:
    """Whoever stores events waits for nothing while it holds up the others: rows were locked before."""
    users = [world.user(f"user{number}").id for number in range(2)]
    failures: list[BaseException] = []

    def change(mine: int, other: int) -> None:
        try:
            for number in range(40):
                with SessionManager() as session:
                    user = session.scalars(select(User).where(User.id == mine).with_for_update()).one()
                    user.email = f"{mine}.{number}@example.com"
                    events.record(session, Event("user:update", "updated", ("users",), {"id": mine}, mine))
                tell(other)
        except Exception as error:  # noqa: BLE001 - reported by the assertion
            failures.append(error)

    threads = [threading.Thread(target=change, args=pair) for pair in (users, users[::-1]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert failures == []


def test_a_listener_that_fails_silences_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither does a database that is away for a while: what happened meanwhile is heard when it is back."""
    heard: list[object] = []

    def hear(told: Sequence[PublishedEvent]) -> None:
        heard.extend(published.event.entity["number"] for published in told)
        if len(heard) == 1:
            raise RuntimeError("deaf")

    tail = EventTail(hear)
    tail.start()
    tell(number=1)
    eventually(lambda: heard == [1])
    read, has_failed = event_log.after, threading.Event()

    def fail(*_: object) -> list[PublishedEvent]:
        has_failed.set()
        raise OSError("the database is away")

    monkeypatch.setattr(event_log, "after", fail)
    tell(number=2)
    tail.ring()
    assert has_failed.wait(PATIENCE)
    monkeypatch.setattr(event_log, "after", read)
    tail.ring()
    eventually(lambda: heard == [1, 2])
    tail.stop()
    assert world.engine.dialect.name == "postgresql"


@pytest.mark.usefixtures("world")
def test_a_bell_is_heard_in_the_other_process_at_once(bells: list[Bells], follow: Follow) -> None:
    """Long before the second is over after which everybody looks anyway."""
    tail, heard = follow()
    rung = threading.Event()
    bells[1].listen(EVENTS, rung.set)
    assert rung.wait(0.2) is False
    tell(number=1)
    bells[0].ring(EVENTS)
    assert rung.wait(PATIENCE)
    tail.ring()
    eventually(lambda: len(heard) == 1)


@pytest.mark.usefixtures("world")
def test_without_redis_events_come_a_second_later_and_with_it_again_at_once(
    bells: list[Bells], follow: Follow, redis_server: RedisServer
) -> None:
    """Nobody who rings waits or fails; when Redis is back it is used again."""
    _, heard = follow()
    redis_server.stop()
    eventually(lambda: bells[0].status == bells[1].status == "does not answer")
    bells[0].ring(EVENTS)
    tell(number=1)
    eventually(lambda: len(heard) == 1)  # the tail looks by itself

    redis_server.start()
    eventually(lambda: bells[0].status == bells[1].status == "ok")
    rung = threading.Event()
    bells[1].listen(EVENTS, rung.set)
    bells[0].ring(EVENTS)
    assert rung.wait(PATIENCE)


def test_who_rings_waits_for_no_redis(bells: list[Bells], monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes to hear of it."""
    may_go_on, hangs = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        hangs.set()
        assert may_go_on.wait(PATIENCE)

    monkeypatch.setattr(bells[0]._redis, "publish", hang)
    for _ in range(2):
        bells[0].ring(EVENTS)
        assert hangs.wait(PATIENCE)
    may_go_on.set()


def test_a_redis_that_failed_once_is_well_spoken_of_again(bells: list[Bells], monkeypatch: pytest.MonkeyPatch) -> None:
    """Though whoever listens over another connection has noticed nothing."""
    assert bells[0]._redis is not None
    publish, failures = bells[0]._redis.publish, [ConnectionError("reset")]

    def fail_once(*asked: str) -> object:
        if failures:
            raise failures.pop()
        return publish(*asked)

    monkeypatch.setattr(bells[0]._redis, "publish", fail_once)
    bells[0].ring(EVENTS)
    eventually(lambda: bells[0].status == "does not answer")
    bells[0].ring(EVENTS)
    eventually(lambda: bells[0].status == "ok")


def test_without_an_address_bells_ring_here_alone() -> None:
    """And there is nothing to wait for."""
    alone, rung = Bells(), threading.Event()
    alone.listen(EVENTS, rung.set)
    alone.start()
    alone.ring(EVENTS)
    assert rung.is_set()
    assert alone.status == "none"
    alone.stop()


def test_what_is_no_address_of_a_redis_is_refused() -> None:
    """By the name of the setting."""
    with pytest.raises(ConfigurationError, match="DAYTRADER_REDIS_URL"):
        Bells("http://localhost")
