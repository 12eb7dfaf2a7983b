"""Many writers of one service, a busy database, units that PostgreSQL undoes: nothing is lost and nobody gets a 5xx."""

from __future__ import annotations

import io
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from daytrader.models import StockDailyPrice, TradeDecision, TradingService, TradingTransaction
from daytrader.models.enums import TransactionState
from daytrader.services import database, ledger_service, positions, user_service
from daytrader.services.events import events
from daytrader.services.session_manager import MOST_TRIES, SessionManager, in_unit
from tests.engine.builders import Market
from tests.waiting import PATIENCE

from ..conftest import World
from ..made_once import copy_migrated_database
from .conftest import Caller

NEW: Final = {"name": "swing", "stock_symbol": "ACME", "initial_balance": 10_000}
WRITERS: Final = 8
SECONDS: Final = 5.0
VERBS: Final = {"buy", "complete", "cancel", "pause", "resume"}


def on_postgresql(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield an empty PostgreSQL."""
    engine = database.connect(url)
    world = World(engine)
    monkeypatch.setattr(events, "publish", world.published.append)
    yield world
    engine.dispose()


@pytest.fixture
def postgres(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An empty PostgreSQL."""
    yield from on_postgresql(postgres_url, monkeypatch)


@pytest.fixture
def caller_of(app: Flask, alice: Caller) -> Callable[[], Caller]:
    """Alice, at one more client of hers."""
    return lambda: Caller(app.test_client(), alice.user, alice.token)


class TestOnBothDatabases:
    """What holds whichever database it is."""

    @pytest.fixture(params=["sqlite", "postgresql"])
    def world(self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
        """An empty database of each kind in turn."""
        if request.param == "postgresql":
            yield from on_postgresql(request.getfixturevalue("postgres_url"), monkeypatch)
            return
        copy_migrated_database(tmp_path / "world.db")
        engine = database.connect(f"sqlite:///{tmp_path / 'world.db'}", is_durable=False)
        world = World(engine)
        monkeypatch.setattr(events, "publish", world.published.append)
        yield world
        engine.dispose()

    def test_eight_writers_of_one_service_keep_its_books(
        self, active_service: TradingService, caller_of: Callable[[], Caller]
    ) -> None:
        """Buy, complete, cancel, pause and resume for five seconds: L5 holds at every read, and nothing is a 5xx."""
        answers, broken, until = Counter[tuple[str, int]](), list[Decimal](), time.monotonic() + SECONDS

        def all_done() -> bool:
            done = {verb for verb, status in list(answers) if status < 300}
            return done == VERBS or time.monotonic() > until + PATIENCE

        def write(seed: int) -> None:
            caller, draw = caller_of(), random.Random(seed)
            while (
                time.monotonic() < until or not all_done()
            ):  # which five seconds of a busy machine may not be enough for
                verb = draw.choice(["buy", "buy", "complete", "cancel", "pause", "resume", "resume"])
                answers[verb, act(caller, verb, active_service.id)] += 1
                difference = difference_of_l5(active_service.id)
                if difference:
                    broken.append(difference)

        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write, range(WRITERS)))

        assert broken == []
        assert {status for _, status in answers} <= {200, 201, 400, 404, 409}
        assert {verb for verb, status in answers if status < 300} == VERBS
        with SessionManager(read_only=True) as session:
            assert ledger_service.audit(session) == []

    def test_a_hundred_keys_by_eight_threads_have_a_hundred_effects(
        self, alice: Caller, world: World, caller_of: Callable[[], Caller]
    ) -> None:
        """Whichever of the eight comes first, all get its answer."""
        world.stock("ACME")

        def send(key: int) -> Any:
            body = NEW | {"name": f"service {key}"}
            return caller_of().post("/services", body, headers={"Idempotency-Key": f"key-{key}"})

        with ThreadPoolExecutor(WRITERS) as pool:
            answers = list(pool.map(send, [key for key in range(100) for _ in range(WRITERS)]))

        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.get_json()["id"] for answer in answers}) == 100
        for first in range(0, len(answers), WRITERS):
            assert len({answer.get_data() for answer in answers[first : first + WRITERS]}) == 1
        assert alice.get("/services").get_json()["pagination"]["total_items"] == 100


def act(caller: Caller, verb: str, service: int) -> int:
    """Let *caller* do one thing to *service* and return the status of the answer."""
    if verb == "buy":
        return caller.post("/transactions", {"service_id": service, "shares": 3}).status_code
    if verb in ("pause", "resume"):
        return caller.post(f"/services/{service}/{verb}").status_code
    with SessionManager(read_only=True) as session:
        held = positions.open_transaction(session, service)
    place = f"/transactions/{0 if held is None else held.id}/{verb}"
    return caller.post(place, {"reason": "mistaken"} if verb == "cancel" else {}).status_code


def difference_of_l5(service_id: int) -> Decimal:
    """Return by how much L5 is broken: in one statement, which sees one moment of the books."""
    held = TradingTransaction
    tied = (
        select(func.sum(held.cost + held.buy_fee - held.proceeds + held.sell_fee - held.adjustments))
        .where(held.service_id == TradingService.id, held.state == TransactionState.OPEN)
        .scalar_subquery()
    )
    query = select(
        TradingService.current_balance,
        func.coalesce(tied, 0),
        TradingService.initial_balance,
        TradingService.total_gain_loss,
    ).where(TradingService.id == service_id)
    with SessionManager(read_only=True) as session:
        balance, bound, initial, gained = session.execute(query).one()
    return Decimal(balance) + Decimal(bound) - Decimal(initial) - Decimal(gained)


@pytest.mark.parametrize(("held", "status"), [(4.0, 201), (30.0, 503)], ids=["four seconds", "thirty seconds"])
def test_a_busy_sqlite_is_waited_for_and_then_refused(world: World, alice: Caller, held: float, status: int) -> None:
    """A lock that ends in time is not noticed; one that stays is a 503 that says when to come again, and no trace."""
    world.stock("ACME")
    is_over = threading.Event()
    with world.engine.connect() as holder:
        holder.begin()

        def let_go() -> None:
            is_over.wait(held)
            holder.rollback()

        timer = threading.Thread(target=let_go)
        timer.start()
        answer = alice.post("/services", NEW)
        is_over.set()  # who was refused need not see the end of it
        timer.join()

    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert alice.get("/services").get_json()["pagination"]["total_items"] == (status == 201)


class TestUnitsThatPostgresqlUndoes:
    """A fifth of all units fail as serialization failures do."""

    @pytest.fixture
    def world(self, postgres: World) -> World:
        """An empty PostgreSQL."""
        return postgres

    def test_the_api_carries_them_out_again(self, world: World, alice: Caller) -> None:
        """Nobody who asks is told of it, and nothing is done twice."""
        world.prices(world.stock("ACME"), [10.0, 20.0])
        fail_every(world, 5)

        for number in range(20):
            service = alice.post("/services", NEW | {"name": f"service {number}"})
            assert service.status_code == 201
            made = service.get_json()["id"]
            assert alice.post(f"/services/{made}/activate").status_code == 200
            assert alice.post("/transactions", {"service_id": made, "shares": 1}).status_code == 201

        assert tries(world) > 60
        assert alice.get("/transactions").get_json()["pagination"]["total_items"] == 20
        with SessionManager(read_only=True) as session:
            assert ledger_service.audit(session) == []

    def test_the_engine_takes_each_bar_once(self, world: World) -> None:
        """Decisions, orders and books are those of a quiet database."""
        market = Market(world, [(10.0 + row % 7, 11.0 + row % 7, 9.0 + row % 7, 10.0 + row % 7) for row in range(40)])
        service = market.service(strategy="sma_trend", strategy_params={"window": 3}, stop_loss_percent=Decimal(5))
        fail_every(world, 5)

        market.run()

        assert tries(world) > 40
        assert market.reload(service).buy_count > 1
        with SessionManager(read_only=True) as session:
            assert session.scalar(select(func.count()).select_from(TradeDecision)) == 40

    def test_jobs_carry_them_out_again(self, world: World, admin: Caller, app: Flask) -> None:
        """Imports end as on a quiet database, each bar and each new one counted once; so does what a console does."""
        fail_every(world, 5)
        jobs = app.extensions["jobs"]
        lines = "\n".join(f"2024-01-{day:02},1,1,1,1,1" for day in range(2, 12))

        for number in range(12):
            world.stock(f"S{number}")
            data = {"file": (io.BytesIO(f"date,open,high,low,close,volume\n{lines}\n".encode()), "bars.csv")}
            query = {"symbol": f"S{number}", "partial": "true" if number % 2 else "false"}
            made = admin.post("/prices/import", data=data, query_string=query)
            assert made.status_code == 202, made.get_data(as_text=True)
            jobs.run_waiting()
            job = admin.get(f"/jobs/{made.get_json()['id']}").get_json()
            assert job["state"] == "SUCCEEDED", job
            assert [stock["new_rows"] for stock in job["result"]["stocks"]] == [10], job
        for number in range(10):
            name = f"user{number}"
            in_unit(partial(user_service.create, username=name, email=f"{name}@x.io", password="Quite long 1"))

        assert tries(world) > 40
        with SessionManager(read_only=True) as session:
            assert session.scalar(select(func.count()).select_from(StockDailyPrice)) == 120

    def test_after_five_more_tries_it_is_busy(self, world: World, alice: Caller) -> None:
        """503 with Retry-After, and nothing written: never an endless loop."""
        world.stock("ACME")
        fail_every(world, 1)

        answer = alice.post("/services", NEW)

        assert (answer.status_code, tries(world)) == (503, MOST_TRIES)
        assert int(answer.headers["Retry-After"]) > 0
        assert alice.get("/services").get_json()["items"] == []


def fail_every(world: World, nth: int) -> None:
    """Let every *nth* unit of work that tells of something fail: a sequence counts on whatever is undone."""
    with world.engine.begin() as connection:
        for statement in (
            "CREATE SEQUENCE tries",
            f"""CREATE FUNCTION fail() RETURNS trigger AS $$ BEGIN
                IF coalesce(current_setting('test.is_counted', true), '') = '' THEN
                    PERFORM set_config('test.is_counted', 'yes', true);
                    IF nextval('tries') % {nth} = 0 THEN RAISE EXCEPTION 'forced' USING ERRCODE = '40001'; END IF;
                END IF;
                RETURN NULL; END $$ LANGUAGE plpgsql""",
            "CREATE TRIGGER fail BEFORE INSERT ON event_outbox FOR EACH STATEMENT EXECUTE FUNCTION fail()",
        ):
            connection.execute(text(statement))


def tries(world: World) -> int:
    """Return how many units have come to the point where they may fail."""
    with world.engine.connect() as connection:
        return int(connection.scalar(text("SELECT last_value FROM tries")) or 0)
