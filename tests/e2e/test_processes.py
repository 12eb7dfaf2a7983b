"""
API, engine and worker as processes of their own, on PostgreSQL with Redis, against one process on SQLite.

Two servers, two engines, one worker: sockets of a process that runs no engine hear its trades, a job is done where
nobody asked for it, and the books of the sample's replay are the same as one process keeps.
"""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine, create_engine, func, select, update

from daytrader.models import (
    Base,
    EngineControl,
    Execution,
    FeedCursor,
    Job,
    JournalEntry,
    Order,
    StockDailyPrice,
    TradeDecision,
    TradingService,
    TradingTransaction,
)
from daytrader.models.enums import JobState
from daytrader.services import database, demo, engine_control, ledger_service, replay_clock
from daytrader.services.demo import Credentials
from daytrader.services.session_manager import SessionManager
from tests.api.socket_client import Client
from tests.conftest import PASSWORD
from tests.e2e.server import RunningServer, environment, wait_for
from tests.redis import RedisServer

BEGINS: Final = date(2012, 9, 4)
"""The sample's last six months."""
_DAYTRADER: Final = (sys.executable, "-c", "from daytrader.cli import main; main()")
_OWN: Final = {"id", "created_at", "updated_at", "client_order_id", "execution_ref", "history"}
"""Columns that say when and under which number, not what."""


def fill(url: str, *, is_paused: bool = False) -> datetime:
    """Make the sample's stocks, an account and five services at work, or paused; return the last bar's time."""
    engine = database.connect(url)
    database.upgrade(engine)
    with SessionManager() as session:
        demo.fill(session, Credentials("demo", PASSWORD))
        replay_clock.begin_on(session, BEGINS)
        engine_control.turn(session, is_paused=is_paused)
        last = session.scalars(select(func.max(StockDailyPrice.price_date))).one()
    engine.dispose()
    assert last is not None
    return datetime(last.year, last.month, last.day, tzinfo=UTC)


def position(engine: Engine) -> datetime | None:
    """Return how far the replay has come."""
    with engine.connect() as connection:
        found: datetime | None = connection.scalar(select(FeedCursor.__table__.c.position))
        return found


def books(url: str) -> Mapping[str, list[tuple[Any, ...]]]:
    """Return every row of the ledger, decisions included, as it would read in any database; and audit it."""
    engine = database.connect(url)
    found = {}
    with SessionManager(read_only=True) as session:
        assert ledger_service.audit(session) == []
        for model in (TradingService, TradeDecision, Order, Execution, TradingTransaction, JournalEntry):
            found[model.__tablename__] = sorted(
                (_row(row) for row in session.scalars(select(model))), key=lambda row: tuple(map(str, row))
            )
    engine.dispose()
    return found


def _row(row: Base) -> tuple[Any, ...]:
    names = [attribute.key for attribute in row.__mapper__.column_attrs]
    # Numbers of other rows differ where many are written at once; what they are of is in the columns beside them.
    return tuple(
        getattr(row, name)
        for name in names
        if name not in _OWN and (name == "service_id" or not name.endswith("_id")) and not name.endswith("_at")
    )


@contextmanager
def running(instance: Path, *words: str, **variables: str) -> Iterator[list[str]]:
    """Run a command and yield the lines that it prints, as they come; told to stop at the end, it ends well."""
    process = subprocess.Popen(
        [*_DAYTRADER, *words],
        env=environment(instance) | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    out = process.stdout
    assert out is not None
    reader = threading.Thread(target=lambda: said.extend(map(str.strip, out)), daemon=True)
    reader.start()
    try:
        yield said
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, said
        reader.join()
        assert not any("Traceback" in line for line in said), said
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        reader.join()


class Ears:
    """A socket, and what it hears of its account: services, trades and jobs."""

    def __init__(self, server: RunningServer) -> None:
        self.heard: list[dict[str, Any]] = []
        self._client = Client(reconnection=False)
        self._client.on("*", lambda _name, body: self.heard.append(body))
        self._client.connect(server.address, auth={"token": server.token}, transports=["websocket"], wait_timeout=30)
        room = f"user_{server.get('/users/me').json()['id']}"
        assert self._client.call("join", {"room": room}, timeout=30)["status"] == "ok"

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return what was heard by that name."""
        return [body for body in list(self.heard) if body["event"] == name]

    def hang_up(self) -> None:
        """Close."""
        self._client.eio.ws.sock.close()


def serve(instance: Path, *options: str, **variables: str) -> RunningServer:
    """Start ``daytrader serve`` and wait until it is ready."""
    return RunningServer(instance, "--threads", "32", *options, command="serve", **variables).when_ready()


@pytest.fixture(scope="module")
def secret() -> dict[str, str]:
    """What every process of an installation is started with."""
    return {"DAYTRADER_SECRET_KEY": secrets.token_hex(32), "DAYTRADER_ENV": "development"}


def test_apart_they_do_what_one_process_does(
    empty_postgres_url: str, redis_server: RedisServer, tmp_path: Path, secret: dict[str, str]
) -> None:
    """The whole story, once: it costs a dozen starts."""
    apart, together = tmp_path / "apart", tmp_path / "together"
    variables = secret | {"DAYTRADER_DATABASE_URL": empty_postgres_url, "DAYTRADER_REDIS_URL": redis_server.url}
    last = fill(empty_postgres_url, is_paused=True)
    watching = create_engine(empty_postgres_url)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(serve(apart, "--no-engine", "--no-jobs", **variables)),
            stack.enter_context(serve(apart, "--no-engine", "--no-jobs", **variables)),
        ]
        for server in servers:
            server.sign_in("demo", PASSWORD)
        ears = [Ears(server) for server in servers]
        stack.enter_context(running(apart, "worker", **variables))
        trade = ("engine", "run", "--speed", "0")
        engines = [stack.enter_context(running(apart, *trade, **variables)) for _ in range(2)]
        wait_for(lambda: sorted(map(_state, engines)) == ["paused", "standby"], why=lambda: str(engines))
        with watching.begin() as connection:  # one trades, the other stands by: now come the bars
            connection.execute(update(EngineControl).values(is_paused=False))
        asked = servers[1].post("/sweeps", {"symbol": "IBM", "strategy": "sma_cross", "grid": {"fast": [5, 10]}})
        assert asked.status_code == 202, asked.text
        wait_for(lambda: position(watching) == last, why=lambda: str(position(watching)))
        wait_for(lambda: _ended_jobs(watching) or None)
        wait_for(lambda: len(ears[0].heard) == len(ears[1].heard) or None)
        for each in ears:
            each.hang_up()
        assert [server.stop(signal.SIGTERM) for server in servers] == [0, 0]
    watching.dispose()
    kept = books(empty_postgres_url)

    for each in ears:
        sequences = [body["sequence"] for body in each.heard]
        assert sequences == sorted(set(sequences))
        assert len(each.of("transaction:new")) == len(kept["trading_transactions"]) > 3
        assert len(each.of("decision:new")) == len(kept["decisions"])
    assert ears[0].heard == ears[1].heard
    assert {body["entity"]["state"] for body in ears[1].of("job:update")} >= {"RUNNING", "SUCCEEDED"}

    alone = f"sqlite:///{together / 'daytrader.db'}"
    together.mkdir()
    assert fill(alone) == last
    reference = create_engine(alone)
    with serve(together, "--speed", "0", **secret) as one:
        wait_for(lambda: position(reference) == last, why=lambda: str(position(reference)))
        assert one.stop(signal.SIGTERM) == 0
    reference.dispose()
    expected = books(alone)
    for table, rows in expected.items():
        assert kept[table] == rows, table
    assert len(kept["decisions"]) > 500


def _state(said: Sequence[str]) -> str:
    """Return the last state that an engine has printed."""
    return next((line.split()[-1] for line in reversed(said) if line.startswith("The engine is")), "")


def _ended_jobs(engine: Engine) -> int:
    with engine.connect() as connection:
        table = Job.__table__
        return connection.scalar(select(func.count()).where(table.c.state == JobState.SUCCEEDED.value)) or 0
