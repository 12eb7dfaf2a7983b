"""Tests of daytrader.services.column_cache and price_revisions: what is kept is what the database holds, always."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, insert, text

from daytrader.core.bars import Bars, CorporateEvent, EventKind
from daytrader.models import CorporateAction, Stock, StockDailyPrice, StockIntradayPrice
from daytrader.services import (
    column_cache,
    corporate_action_service,
    daily_price_service,
    database,
    intraday_price_service,
    price_revisions,
    price_service,
    stock_service,
)
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from tests.made_once import copy_migrated_database
from tests.stored_bars import store_daily, store_intraday

ADMIN = Actor(1, is_admin=True)
FIRST = date(2020, 1, 1)
BELL = datetime(2020, 1, 2, 14, 30, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A migrated database of each kind, and a folder for the columns."""
    if request.param == "sqlite":
        copy_migrated_database(tmp_path / "world.db")
        engine = database.connect(f"sqlite:///{tmp_path / 'world.db'}", is_durable=False)
    else:
        engine = database.connect(request.getfixturevalue("postgres_url"))
    column_cache.use(tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files are."""
    return tmp_path / column_cache.FOLDER


def _row(day: int, close: float = 10.0) -> dict[str, Any]:
    prices = {"open_price": close, "high_price": close + 1, "low_price": close - 1, "close_price": close}
    return prices | {"price_date": FIRST + timedelta(days=day), "volume": 100, "adj_close": close / 2}


def _bar(minute: int, close: float = 10.0) -> dict[str, Any]:
    prices = {"open_price": close, "high_price": close + 1, "low_price": close - 1, "close_price": close}
    return prices | {"timestamp": BELL + timedelta(minutes=minute)}


@pytest.fixture
def acme(engine: Engine) -> int:
    """The id of ACME, with forty days, a dividend, a split and thirty minutes; every way of reading it is kept."""
    del engine
    with SessionManager() as session:
        stock = Stock(symbol="ACME")
        session.add(stock)
        session.flush()
        store_daily(session, stock.id, [_row(day, 10 + day % 7) for day in range(40)])
        store_intraday(session, stock.id, 1, [_bar(minute, 10 + minute) for minute in range(30)])
        events = [
            CorporateEvent(18_270, EventKind.DIVIDEND, amount=Decimal("0.25")),
            CorporateEvent(18_280, EventKind.SPLIT, numerator=2),
        ]
        corporate_action_service.record(session, stock.id, events, source="test")
    _read(stock.id), _read(stock.id, 1)
    return stock.id


def _read(stock_id: int, interval: int = 0, **how: Any) -> Bars:
    with SessionManager(read_only=True) as session:
        return price_service.load_bars(session, stock_id, interval, **how)


def _directly(stock_id: int, interval: int = 0, **how: Any) -> Bars:
    kept = column_cache.installed()
    column_cache._Installed.cache = None
    try:
        return _read(stock_id, interval, **how)
    finally:
        column_cache._Installed.cache = kept


def _assert_same(one: Bars, other: Bars) -> None:
    assert one.data_hash == other.data_hash
    for name in ("time", "open", "volume", "session", "split_factor", "event_ref"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.refused, one.quarantined, one.interval_minutes) == (
        other.refused,
        other.quarantined,
        other.interval_minutes,
    )


def test_kept_columns_are_the_stored_ones(acme: int, folder: Path, tmp_path: Path) -> None:
    """Whole, up to a moment and adjusted; by the process that wrote them and by one that only finds the files."""
    assert len(list(folder.iterdir())) == 2
    for _ in range(2):
        _assert_same(_read(acme), _directly(acme))
        _assert_same(_read(acme, 1), _directly(acme, 1))
        _assert_same(_read(acme, prices="adjusted"), _directly(acme, prices="adjusted"))
        for moment in (datetime(2020, 1, 20, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)):
            _assert_same(_read(acme, until=moment), _directly(acme, until=moment))
        moment = BELL + timedelta(minutes=10)
        _assert_same(_read(acme, 1, until=moment), _directly(acme, 1, until=moment))
        column_cache.use(tmp_path)


def _sql(statement: str) -> Callable[[int], None]:
    def run(stock_id: int) -> None:
        with SessionManager() as session:
            assert session.execute(text(statement), {"id": stock_id, "day": "2020-01-05"}).rowcount  # type: ignore[attr-defined]  # a cursor's result

    return run


def _unit(work: Callable[[Any, int], object]) -> Callable[[int], None]:
    def run(stock_id: int) -> None:
        with SessionManager() as session:
            work(session, stock_id)

    return run


def _daily(session: Any, stock_id: int) -> Any:
    return session.query(StockDailyPrice.id).filter_by(stock_id=stock_id, price_date=date(2020, 1, 3)).scalar()


def _minute(session: Any, stock_id: int) -> Any:
    return session.query(StockIntradayPrice.id).filter_by(stock_id=stock_id).limit(1).scalar()


def _import(session: Any, stock_id: int) -> None:
    """As an import in one transaction does, whose second part changes what the first has written."""
    with price_revisions.drawn_at_once(session, "stock_daily_prices", [stock_id], 0):
        store_daily(session, stock_id, [_row(3, 55), _row(97, 55)])
        price_service.load_bars(session, stock_id)  # must not be kept under a name that the last rows share
        store_daily(session, stock_id, [_row(3, 56), _row(96, 55)])


def _moved(table: str, which: str) -> Callable[[Any, int], None]:
    """As a person does who mends a symbol by hand."""

    def run(session: Any, stock_id: int) -> None:
        other = Stock(symbol="OTHER" + table[0].upper())
        session.add(other)
        session.flush()
        moved = text(f"UPDATE {table} SET stock_id = :other WHERE stock_id = :id AND {which}")
        assert session.execute(moved, {"other": other.id, "id": stock_id}).rowcount

    return run


def _new_event(session: Any, stock_id: int) -> None:
    row = {"stock_id": stock_id, "ex_date": date(2020, 1, 5), "kind": "DIVIDEND", "amount": Decimal("0.1")}
    session.execute(insert(CorporateAction).values(**row, source="test", is_judged=True))


WRITES: dict[str, tuple[int, Callable[[int], None]]] = {
    "upsert": (0, _unit(lambda s, i: store_daily(s, i, [_row(3, 55)]))),
    "import": (0, _unit(_import)),
    "new day": (0, _unit(lambda s, i: daily_price_service.create(s, ADMIN, {"stock_id": i, **_row(99)}))),
    "changed": (0, _unit(lambda s, i: daily_price_service.update(s, ADMIN, _daily(s, i), {"volume": 7}))),
    "removed": (0, _unit(lambda s, i: daily_price_service.delete(s, ADMIN, _daily(s, i)))),
    "minutes": (1, _unit(lambda s, i: store_intraday(s, i, 1, [_bar(3, 55)]))),
    "new minute": (
        1,
        _unit(lambda s, i: intraday_price_service.create(s, ADMIN, {"stock_id": i, "interval": 1, **_bar(45)})),
    ),
    "removed minute": (1, _unit(lambda s, i: intraday_price_service.delete(s, ADMIN, _minute(s, i)))),
    "dividend": (
        1,
        _unit(
            lambda s, i: corporate_action_service.record(
                s, i, [CorporateEvent(18_263, EventKind.DIVIDEND, amount=Decimal("0.1"))], source="test"
            )
        ),
    ),
    "added by the ORM": (0, _unit(lambda s, i: s.add(StockDailyPrice(stock_id=i, **_row(98))))),
    "SQL update": (0, _sql("UPDATE stock_daily_prices SET close_price = high_price WHERE stock_id = :id")),
    "SQL delete": (0, _sql("DELETE FROM stock_daily_prices WHERE stock_id = :id AND price_date = :day")),
    "SQL to another stock": (0, _unit(_moved("stock_daily_prices", "price_date = '2020-01-10'"))),
    "SQL of a new event": (0, _unit(_new_event)),
    "SQL of an event to another stock": (0, _unit(_moved("corporate_actions", "kind = 'SPLIT'"))),
    "SQL of an event taken away": (0, _sql("DELETE FROM corporate_actions WHERE stock_id = :id AND ex_date > :day")),
    "SQL of an event": (0, _sql("UPDATE corporate_actions SET is_quarantined = true WHERE stock_id = :id")),
    "SQL to another interval": (1, _sql('UPDATE stock_intraday_prices SET "interval" = 5 WHERE stock_id = :id')),
}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", WRITES)
def test_no_write_goes_unseen(acme: int, name: str) -> None:
    """Through whatever door, and by plain SQL."""
    _no_write_goes_unseen(acme, name)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_no_write_goes_unseen_on_postgresql(acme: int) -> None:
    """All of them, one after the other: a database for each would take a second."""
    for name in WRITES:
        _no_write_goes_unseen(acme, name)


def _no_write_goes_unseen(stock_id: int, name: str) -> None:
    interval, write = WRITES[name]
    before = _read(stock_id, interval).data_hash
    write(stock_id)
    _assert_same(_read(stock_id, interval), _directly(stock_id, interval))
    assert _read(stock_id, interval).data_hash != before, name


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("outcome", ["done", "rolled back", "failed and committed"])
def test_writes_after_an_import_are_seen(acme: int, outcome: str) -> None:
    """However it ended: what it lifts for its own rows is in place for those of others."""
    with suppress(ZeroDivisionError), SessionManager() as session:
        try:
            with price_revisions.drawn_at_once(session, "stock_daily_prices", [acme], 0):
                store_daily(session, acme, [_row(3, 57)])
                if outcome != "done":
                    raise ZeroDivisionError
        except ZeroDivisionError:
            if outcome == "rolled back":
                raise
    for name in ("upsert", "new day", "SQL update", "SQL delete"):
        _no_write_goes_unseen(acme, name)


def test_an_unfinished_write_is_seen_by_its_own_transaction_alone(acme: int) -> None:
    """And by nobody once it is rolled back."""
    before = _read(acme).data_hash
    with pytest.raises(ZeroDivisionError), SessionManager() as session:
        store_daily(session, acme, [_row(3, 55)])
        inside = price_service.load_bars(session, acme).data_hash
        assert inside != before
        assert _read(acme).data_hash == before
        raise ZeroDivisionError
    assert _read(acme).data_hash == before
    _assert_same(_read(acme), _directly(acme))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", [name for name in WRITES if not name.startswith(("SQL", "added"))])
def test_what_a_service_wrote_is_kept_again(acme: int, name: str) -> None:
    """The state has a name after every write of ours; without one nobody is told wrong, and everybody waits."""
    interval, write = WRITES[name]
    write(acme)
    with SessionManager(read_only=True) as session:
        assert price_revisions.revision(session, acme, interval) is not None


def test_minutes_leave_the_days_alone(acme: int, folder: Path) -> None:
    """A live feed does not make anybody read the daily history again; the file of the old minutes is removed."""
    days = {path.name for path in folder.glob(f"{acme}_0_*")}
    with SessionManager() as session:
        store_intraday(session, acme, 1, [_bar(31)])
    _read(acme), _read(acme, 1)
    assert {path.name for path in folder.glob(f"{acme}_0_*")} == days
    assert len(list(folder.glob(f"{acme}_1_*"))) == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[:0],
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
        lambda raw: raw[:900] + bytes([raw[900] ^ 64]) + raw[901:],
        lambda raw: b"something else" + raw,
    ],
)
def test_a_damaged_file_is_made_again(
    acme: int, folder: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """Cut short, empty, a single bit: found out, and right again afterwards."""
    (path,) = folder.glob(f"{acme}_0_*")
    sound = path.read_bytes()
    path.unlink()  # not in place: another process may have it mapped
    path.write_bytes(damage(sound))
    column_cache.use(tmp_path)
    _assert_same(_read(acme), _directly(acme))
    assert path.read_bytes() == sound


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_file_of_other_rules_is_made_again(acme: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an update of DayTrader, or of the exchange's hours."""
    monkeypatch.setattr(column_cache, "_recipe", lambda interval: f"other {interval}")
    column_cache.use(tmp_path)
    cache = column_cache.installed()
    assert cache is not None
    with SessionManager(read_only=True) as session:
        revision = price_revisions.revision(session, acme, 0)
    assert revision is not None
    assert cache.get(acme, 0, revision) is None


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_folder_that_cannot_be_written_stops_nobody(acme: int, tmp_path: Path) -> None:
    """A full disk costs time, not answers."""
    (tmp_path / "file").write_text("no folder")
    column_cache.use(tmp_path / "file")
    _assert_same(_read(acme), _directly(acme))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_restored_backup_is_another_state(acme: int, tmp_path: Path, engine: Engine) -> None:
    """The same number of writes on the same id, but other prices: counters would have met."""
    database.backup(engine, tmp_path / "backup.db")
    with SessionManager() as session:
        store_daily(session, acme, [_row(3, 55)])
    later = _read(acme).data_hash
    engine.dispose()
    restored = database.connect(f"sqlite:///{tmp_path / 'backup.db'}")
    with SessionManager() as session:
        store_daily(session, acme, [_row(3, 66)])
    assert _read(acme).data_hash != later
    _assert_same(_read(acme), _directly(acme))
    restored.dispose()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_prices_of_a_deleted_stock_are_gone(acme: int) -> None:
    """The cascade is a write like any other."""
    with SessionManager() as session:
        session.delete(stock_service.get(session, acme))
    assert _read(acme).n == 0


def test_concurrent_writers_leave_nothing_stale(acme: int) -> None:
    """Readers beside writers of the same stock only ever see what was committed together, and at the end all."""
    stop = threading.Event()
    wrong: list[str] = []

    def write(writer: int) -> None:
        for number in range(15):
            close = 100.0 + writer * 1000 + number
            with SessionManager() as session:  # two statements: a reader must see both or none
                store_daily(session, acme, [_row(50 + writer, close)])
                store_daily(session, acme, [_row(60 + writer, close)])

    def read() -> None:
        while not stop.is_set():
            bars = _read(acme)
            closes = dict(zip((bars.time // 86_400 - 18_262).tolist(), bars.close.tolist(), strict=True))
            for writer in range(2):
                if closes.get(50 + writer) != closes.get(60 + writer):
                    wrong.append(str(closes))

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(2)]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert wrong == []
    _assert_same(_read(acme), _directly(acme))
    assert _read(acme).close[-1] == 1114.0


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_writers_do_not_wait_for_each_other(acme: int) -> None:
    """Two open transactions on one stock, the first rolled back: the second one's prices are seen all the same."""
    before = _read(acme).data_hash
    with pytest.raises(ZeroDivisionError), SessionManager() as first:
        store_daily(first, acme, [_row(3, 55)])
        with SessionManager() as second:
            second.execute(text("SET lock_timeout = '2s'"))
            store_daily(second, acme, [_row(4, 66)])
        raise ZeroDivisionError
    assert _read(acme).data_hash != before
    _assert_same(_read(acme), _directly(acme))
