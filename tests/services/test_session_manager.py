"""The unit of work: commit on success, roll back on error, publish only after the commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from daytrader.models import Base, EventOutbox, Stock, StockDailyPrice
from daytrader.services import bulk, database
from daytrader.services.events import Event, PublishedEvent, events
from daytrader.services.session_manager import SessionManager, retried, savepoint, with_session
from daytrader.utils.errors import ConflictError, UnavailableError
from tests.conftest import World


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind in turn, in force."""
    if request.param == "sqlite":
        engine = database.connect(f"sqlite:///{tmp_path / 'unit.db'}")
        Base.metadata.create_all(engine)
    else:
        engine = database.connect(request.getfixturevalue("postgres_url"))
    yield engine
    engine.dispose()


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[PublishedEvent]:
    """What has left the house."""
    seen: list[PublishedEvent] = []
    monkeypatch.setattr(events, "publish", seen.append)
    return seen


class UndoneError(Exception):
    """What psycopg raises."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


def _symbols() -> list[str]:
    with SessionManager(read_only=True) as session:
        return list(session.scalars(select(Stock.symbol).order_by(Stock.symbol)))


def _told(symbol: str) -> Event:
    return Event("stock:update", "created", ("stocks",), {"symbol": symbol})


@pytest.mark.usefixtures("engine")
def test_what_a_unit_does_is_there_after_it() -> None:
    """Commit on success."""
    with SessionManager() as session:
        session.add(Stock(symbol="ACME"))
    assert _symbols() == ["ACME"]


@pytest.mark.usefixtures("engine")
def test_a_unit_that_raises_leaves_nothing_and_tells_nobody(published: list[PublishedEvent]) -> None:
    """Roll back on error: the rows, the outbox and the events."""
    with pytest.raises(ConflictError), SessionManager() as session:
        session.add(Stock(symbol="ACME"))
        events.record(session, _told("ACME"))
        session.flush()
        raise ConflictError("no")
    assert _symbols() == []
    assert published == []
    with SessionManager(read_only=True) as session:
        assert session.scalar(select(func.count(EventOutbox.id))) == 0


@pytest.mark.usefixtures("engine")
def test_events_leave_after_the_commit_in_order_with_their_place_in_the_outbox(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A listener finds in the database what it is told of."""
    seen: list[tuple[int, list[str]]] = []
    monkeypatch.setattr(events, "publish", lambda event: seen.append((event.sequence, _symbols())))
    with SessionManager() as session:
        for symbol in ("ACME", "IBM"):
            session.add(Stock(symbol=symbol))
            events.record(session, _told(symbol))
        assert seen == []
    assert [symbols for _, symbols in seen] == [["ACME", "IBM"]] * 2
    assert [sequence for sequence, _ in seen] == sorted({sequence for sequence, _ in seen})


@pytest.mark.usefixtures("engine")
def test_a_commit_that_fails_raises_and_tells_nobody(published: list[PublishedEvent]) -> None:
    """A constraint that only the commit sees is an error of the unit."""
    with SessionManager() as session:
        session.add(Stock(symbol="ACME"))
    with pytest.raises(IntegrityError), SessionManager() as session:
        events.record(session, _told("ACME"))
        session.add(Stock(symbol="ACME"))
    assert published == []


@pytest.mark.usefixtures("engine")
def test_a_read_only_unit_writes_nothing_and_what_it_read_stays_readable() -> None:
    """The rows outlive the unit, detached."""
    with SessionManager() as session:
        session.add(Stock(symbol="ACME", name="before"))
    with SessionManager(read_only=True) as session:
        stock = session.scalars(select(Stock)).one()
    assert stock.name == "before"
    with SessionManager(read_only=True) as session:
        session.scalars(select(Stock)).one().name = "after"
        session.flush()
    with SessionManager(read_only=True) as session:
        assert session.scalars(select(Stock.name)).one() == "before"


@pytest.mark.usefixtures("engine")
def test_a_savepoint_undoes_its_part_alone_with_its_events(published: list[PublishedEvent]) -> None:
    """What came before it in the unit is kept."""
    with SessionManager() as session:
        session.add(Stock(symbol="ACME"))
        events.record(session, _told("ACME"))
        with pytest.raises(ConflictError), savepoint(session):
            session.add(Stock(symbol="IBM"))
            events.record(session, _told("IBM"))
            raise ConflictError("no")
    assert _symbols() == ["ACME"]
    assert [event.event.entity["symbol"] for event in published] == ["ACME"]


@pytest.mark.usefixtures("engine")
def test_with_session_makes_a_function_one_unit(published: list[PublishedEvent]) -> None:
    """The decorator commits, rolls back and publishes as the block does."""

    @with_session
    def add(session: Session, symbol: str, *, fails: bool = False) -> int:
        stock = Stock(symbol=symbol)
        session.add(stock)
        events.record(session, _told(symbol))
        session.flush()
        if fails:
            raise ConflictError("no")
        return stock.id

    assert add("ACME") > 0
    with pytest.raises(ConflictError):
        add("IBM", fails=True)
    assert _symbols() == ["ACME"]
    assert len(published) == 1


@pytest.mark.parametrize(("sqlstate", "runs"), [("40001", 2), ("40P01", 2), ("23505", 1), ("40003", 1)])
def test_a_unit_that_the_database_undid_for_anothers_sake_is_run_again(sqlstate: str, runs: int) -> None:
    """A serialization failure and a deadlock leave nothing behind; whatever else goes wrong is told at once."""
    runs_of = []

    def unit() -> str:
        runs_of.append(sqlstate)
        if len(runs_of) == 1:
            raise DBAPIError("COMMIT", {}, UndoneError(sqlstate))
        return "done"

    if runs == 1:
        with pytest.raises(DBAPIError):
            retried(unit)
    else:
        assert retried(unit) == "done"
    assert len(runs_of) == runs


@pytest.mark.usefixtures("engine")
def test_foreign_keys_are_enforced() -> None:
    """On SQLite too, where they are off by default."""
    with pytest.raises(IntegrityError), SessionManager() as session:
        session.execute(
            StockDailyPrice.__table__.insert().values(  # type: ignore[attr-defined]  # a Table, typed FromClause
                stock_id=99, price_date=func.current_date(), source="HISTORICAL"
            )
        )


def test_sqlite_is_durable_and_lets_readers_read_while_one_writes(world: World, tmp_path: Path) -> None:
    """Write-ahead log, synchronous FULL where it is not thrown away, a busy timeout."""
    with world.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA busy_timeout")) == database.SQLITE_BUSY_SECONDS * 1000
    durable = database.connect(f"sqlite:///{tmp_path / 'durable.db'}")
    with durable.connect() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == 2
    durable.dispose()


def test_a_reader_does_not_wait_for_the_writer(world: World) -> None:
    """It sees what was committed before."""
    world.stock("ACME")
    with SessionManager() as writer:
        writer.add(Stock(symbol="IBM"))
        writer.flush()
        assert _symbols() == ["ACME"]  # who waited would be told in the end that the database is busy


def test_a_second_writer_waits_for_the_first(world: World) -> None:
    """BEGIN IMMEDIATE: it starts with the lock, so that it never fails half-way."""
    world.stock("ACME")
    first_has_begun, order = threading.Event(), list[str]()

    def first() -> None:
        with SessionManager() as session:
            session.execute(select(Stock))
            first_has_begun.set()
            time.sleep(0.3)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    first_has_begun.wait()
    with SessionManager() as session:
        session.execute(select(Stock))
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


@pytest.mark.usefixtures("world")
def test_a_unit_that_only_tells_and_one_that_writes_never_wait_for_each_other(
    published: list[PublishedEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose turn it is to publish has the database already: both would wait until their patience ends otherwise."""
    is_asked = threading.Event()
    in_turn = events.in_turn

    def watched(session: Session) -> AbstractContextManager[None]:
        is_asked.set()
        return in_turn(session)

    def tell() -> None:
        with SessionManager() as session:
            events.record(session, _told("TELLS"))

    with SessionManager() as session:
        session.add(Stock(symbol="WRITES"))
        session.flush()
        events.record(session, _told("WRITES"))
        monkeypatch.setattr(events, "in_turn", watched)
        other = threading.Thread(target=tell)
        other.start()
        assert not is_asked.wait(0.5)  # it waits for the database, not for its turn
    other.join()
    assert [one.event.entity["symbol"] for one in published] == ["WRITES", "TELLS"]


@pytest.mark.parametrize("is_asked_first", [False, True])
def test_a_database_that_stays_locked_is_unavailable_not_an_error_of_ours(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_asked_first: bool
) -> None:
    """Whether the unit asks for something first or commits alone: the API answers 503; nothing was written."""
    monkeypatch.setattr(database, "SQLITE_BUSY_SECONDS", 0.1)
    impatient = database.connect(f"sqlite:///{tmp_path / 'world.db'}")
    holder = world.engine.connect()
    holder.begin()
    with pytest.raises(UnavailableError, match="busy"), SessionManager() as session:
        session.add(Stock(symbol="ACME"))
        if is_asked_first:
            session.flush()
    holder.close()
    assert _symbols() == []
    impatient.dispose()


@pytest.mark.usefixtures("engine")
def test_ids_reserved_in_a_part_that_is_undone_are_not_used() -> None:
    """The database would give them to somebody else again."""

    class FailedError(Exception):
        pass

    with SessionManager() as session:
        with pytest.raises(FailedError), savepoint(session):
            bulk.reserve(session, Stock, 5)
            session.add(Stock(id=bulk.next_id(session, Stock), symbol="GONE"))
            raise FailedError
        assert bulk.next_id(session, Stock) is None
        bulk.reserve(session, Stock, 1)
        reserved = [bulk.next_id(session, Stock), bulk.next_id(session, Stock)]
        session.add_all(Stock(id=one, symbol=f"KEPT{place}") for place, one in enumerate(reserved))
    assert reserved[1] is None
    assert _symbols() == ["KEPT0", "KEPT1"]
