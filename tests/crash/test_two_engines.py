"""Two engines on one PostgreSQL: one trades, the other stands by; whatever happens to one, no bar is taken twice."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import InternalError, OperationalError

from daytrader.brokers.messages import Acknowledgement, MarketBar, OrderTicket
from daytrader.brokers.paper import PaperBroker
from daytrader.core.rules_warmup import warm_up_rules
from daytrader.engine.lease import BorrowedLease, HeldLease
from daytrader.engine.runner import Runner
from daytrader.models import EngineLease, FeedCursor, Order, TradeDecision, TradingService
from daytrader.models.enums import OrderState
from daytrader.services import database, engine_lease, ledger_service, replay_clock
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError, LostLeaseError
from tests.conftest import World
from tests.crash.matrix import market_bars
from tests.crash.nursery import Nursery
from tests.engine.builders import FLAT, Market, day
from tests.waiting import eventually

LIFE, SEND = 3.0, 0.5
SERVICES = 5
SOME, FEW = 20.0, 4.0
"""Bars a second."""
PAIRS = int(os.environ.get("PAIRS", "500"))
"""Services' bars that two engines share; a multiple of five hundred takes as many times as long."""
PATIENCE = 120.0 * PAIRS / 500


@pytest.fixture
def world(postgres_url: str) -> Iterator[World]:
    """An empty PostgreSQL database."""
    engine = database.connect(postgres_url)
    yield World(engine)
    engine.dispose()


def holder() -> str:
    """Return the process id of the engine that trades, as the lease names it."""
    with SessionManager(read_only=True) as session:
        return (session.scalar(select(EngineLease.holder)) or "::").split(":")[-2]


def trade_at(bars_per_second: float) -> None:
    """Let the replay take so many bars a second from now on, 0 for as many as it can."""
    with SessionManager() as session:
        session.execute(update(FeedCursor).values(bars_per_second=bars_per_second))


def decisions() -> int:
    """Return how many there are."""
    with SessionManager(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(TradeDecision)) or 0


@pytest.mark.timeout(300 * PAIRS / 500)
def test_two_engines_take_every_bar_once(world: World, postgres_url: str, nest: Nursery, tmp_path: Path) -> None:
    """
    Five services, a hundred bars: 500 pairs, or as many as `PAIRS` says, none twice, none missed.

    Whoever trades is stopped (SIGSTOP) beyond its lease, the other takes over; the first wakes up (SIGCONT), finds
    another token and stands back; then the second is killed and the first takes over again.
    """
    market = Market(world, market_bars(3, PAIRS // SERVICES))
    for number in range(SERVICES):
        params = {"window": 2 + number % 3}
        market.service(name=f"service {number}", strategy="sma_trend", strategy_params=params)
    with SessionManager() as session:
        replay_clock.set_up(session)
        session.execute(update(FeedCursor).values(starts_at=day(0)))
    trade_at(SOME)
    engines = [nest.start("tests.crash.work:run_engine", postgres_url, str(tmp_path), LIFE, SEND) for _ in range(2)]

    eventually(lambda: decisions() >= PAIRS // 10, seconds=PATIENCE, what="nobody trades")
    first = int(holder())
    os.kill(first, signal.SIGSTOP)
    frozen, seen = time.monotonic(), decisions()
    trade_at(FEW)  # however late this test looks, there are bars left
    (second,) = set(engines) - {first}
    eventually(lambda: holder() == str(second), seconds=PATIENCE, what="nobody took over")
    eventually(lambda: decisions() > seen, seconds=PATIENCE, what="the second engine does not trade")
    assert time.monotonic() - frozen < 30
    os.kill(first, signal.SIGCONT)
    seen = decisions()
    eventually(lambda: decisions() > seen, seconds=PATIENCE, what="nobody trades")
    assert holder() == str(second)
    os.kill(second, signal.SIGKILL)
    trade_at(0)
    eventually(lambda: decisions() == PAIRS, seconds=PATIENCE, what="the bars do not end")
    os.kill(first, signal.SIGTERM)

    assert (nest.wait(first), nest.wait(second)) == (0, -signal.SIGKILL)
    with SessionManager(read_only=True) as session:
        pairs = session.execute(select(TradeDecision.service_id, TradeDecision.bar_time).distinct()).all()
        assert len(pairs) == PAIRS
        assert ledger_service.audit(session) == []
        assert len(session.scalars(select(TradingService.last_bar_time).distinct()).all()) == 1
        assert session.scalar(select(func.count()).select_from(Order).where(Order.state == OrderState.FILLED))


class Recorder(PaperBroker):
    """A broker that should not be called."""

    calls: ClassVar[list[OrderTicket]] = []

    def submit(self, ticket: OrderTicket, bar: MarketBar | None) -> Acknowledgement:
        """Note the call."""
        self.calls.append(ticket)
        return super().submit(ticket, bar)


def test_an_engine_that_was_replaced_stores_and_sends_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a bar nor an order of its own: every unit of work asks for the token, and every call for the time."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()
    warm_up_rules()  # a unit that compiles is silent for longer than this lease lives
    old, new = HeldLease(4.0, 0.0), HeldLease(60, 0.0)

    def fail(*_: object) -> None:
        raise LookupError("the network is away")

    monkeypatch.setattr("daytrader.services.engine_lease.renew", fail)
    assert old.take() == 0.0

    def sleep_through(name: str) -> None:
        if name == "claim":
            eventually(lambda: new.take() is not None, seconds=PATIENCE, what="the lease does not expire")

    runner = Runner(Recorder(), fence=old, checkpoint=sleep_through)
    with pytest.raises(LostLeaseError):
        runner.step(market.bars(), 0)
    monkeypatch.setattr(old, "require_time_to_send", lambda: None)  # a clock that stood still: the token alone refuses
    with pytest.raises(LostLeaseError):
        runner.step(market.bars(), 1)

    assert (Recorder.calls, len(market.decisions(service))) == ([], 1)
    (order,) = market.orders(service)
    assert order.state is OrderState.SUBMITTING  # whoever trades now asks the broker first
    old.drop()
    new.drop()


def test_an_engine_that_hangs_within_a_unit_holds_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database ends its session after a lease's life; what the unit had written is undone."""
    market = Market(world, [FLAT])
    service = market.service()
    warm_up_rules()  # a unit that compiles is silent for longer than this lease lives
    old, new = HeldLease(4.0, 0.0), HeldLease(60, 0.0)
    is_over = threading.Event()
    monkeypatch.setattr("daytrader.services.engine_lease.renew", lambda *_: is_over.wait(60))
    assert old.take() == 0.0

    def hang(name: str) -> None:
        if name == "unit 1 written":
            eventually(lambda: new.take() is not None, seconds=PATIENCE, what="the unit that hangs holds the lease")

    with pytest.raises(InternalError):
        Runner(PaperBroker(), fence=old, checkpoint=hang).step(market.bars(), 0)

    assert market.decisions(service) == []
    old.drop()
    new.drop()
    is_over.set()


@pytest.mark.usefixtures("world")
def test_an_engine_that_hangs_within_a_batch_of_statements_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """To PostgreSQL's timeout a session is at work until its batch has ended; whoever waits for the lease ends it."""
    old, new = HeldLease(2.0, 0.0), HeldLease(2.0, 0.0)  # whoever waits lets the other be silent for a life of its own
    is_over = threading.Event()
    monkeypatch.setattr("daytrader.services.engine_lease.renew", lambda *_: is_over.wait(60))
    assert old.take() == 0.0

    with pytest.raises(OperationalError), SessionManager() as session:
        old.require(session)
        connection: Any = session.connection().connection.dbapi_connection
        with pytest.raises(psycopg.OperationalError), connection.pipeline():
            connection.execute("SELECT 1")
            connection.pgconn.send_flush_request()
            connection.pgconn.flush()
            eventually(lambda: new.take() is not None, seconds=PATIENCE, what="the batch that hangs holds the lease")
        assert connection.closed
        session.execute(select(1))

    old.drop()
    new.drop()
    is_over.set()


@pytest.mark.usefixtures("world")
def test_a_lease_is_one_engines() -> None:
    """Nobody takes what is held; what is given back is free at once, what is left behind after its life and a wait."""
    one, two = HeldLease(60, 7.0), HeldLease(60, 7.0)
    assert one.take() == 0.0
    assert two.take() is None
    one.give_back()
    assert two.take() == 0.0
    two.drop()
    with SessionManager() as session:
        session.execute(update(EngineLease).values(expires_at=day(0)))
    assert one.take() == 7.0
    with SessionManager(read_only=True) as session:
        assert session.scalar(select(EngineLease.token)) == 3
    with pytest.raises(LostLeaseError), SessionManager() as session:
        engine_lease.renew(session, 2, timedelta(seconds=60))  # who was replaced keeps nobody's lease alive
    one.give_back()


def test_what_is_asked_for_beside_the_engine_stands_or_falls_with_it(world: World) -> None:
    """A process without an engine borrows the lease of the one that trades; when another takes over it is refused."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()
    with pytest.raises(ConflictError, match="no engine trades"):
        BorrowedLease()
    one, two = HeldLease(60, 0.0), HeldLease(60, 0.0)
    one.take()
    borrowed = BorrowedLease()
    Runner(PaperBroker(), fence=borrowed).step(market.bars(), 0)
    one.give_back()
    two.take()

    with pytest.raises(LostLeaseError):
        Runner(PaperBroker(), fence=borrowed).step(market.bars(), 1)
    with pytest.raises(LostLeaseError):
        borrowed.require_time_to_send()

    assert [order.state for order in market.orders(service)] == [OrderState.ACCEPTED]
    assert len(market.decisions(service)) == 1
    two.give_back()
