"""
The deterministic simulation: the production runner, order service, reconciliation and database, driven from one seed.

Replaced are the clock, the source of ids, the broker and the feed. The engine dies at any of its checkpoints, between
two events or inside the broker; the line to the broker fails before and after an order is taken; bars come twice. After
every death the books are audited; at the end they are those of a run in which nothing failed, and tell of exactly what
the broker executed. The same seed dies the same deaths; some seeds on end are lives of one world.
"""

from __future__ import annotations

import hashlib
import random
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar
from unittest.mock import patch

from sqlalchemy import Engine, func, select, update

from daytrader.brokers.messages import FillMode
from daytrader.core.money import to_micros
from daytrader.engine.reconcile import reconcile
from daytrader.engine.runner import Runner
from daytrader.engine.stock_bars import StockBars
from daytrader.models import (
    Base,
    Execution,
    FeedCursor,
    JournalEntry,
    Order,
    TradeDecision,
    TradingService,
    TradingTransaction,
    User,
)
from daytrader.models.enums import OrderKind, ServiceState
from daytrader.services import events as outbox
from daytrader.services import feed_positions, ledger_service
from daytrader.services.events import events
from daytrader.services.session_manager import SessionManager
from daytrader.utils import current_datetime, unique_ids
from daytrader.utils.errors import DayTraderError
from tests.conftest import World
from tests.crash.matrix import Books, read_books
from tests.engine.builders import Market, day
from tests.simulation.broker import SimulatedBroker, Truth
from tests.simulation.plan import Act, Plan, plan

T = TypeVar("T")

LIVES: Final = 4
"""Seeds that are of one plan, each with faults of its own."""
_DIES: Final = 0.01
_COMES_TWICE: Final = 0.05
_MOST_DEATHS_ON_A_BAR: Final = 20
_CLOSE: Final = timedelta(hours=21)
_TICK: Final = timedelta(microseconds=1000)
_TABLES: Final[Sequence[type[Base]]] = (
    TradingService,
    TradingTransaction,
    Order,
    Execution,
    JournalEntry,
    TradeDecision,
)


class Died(BaseException):
    """The engine is dead."""


class BrokenPromiseError(AssertionError):
    """What reliability promises did not hold; the message has the seed that shows it again."""


@dataclass(frozen=True)
class Outcome:
    """
    What a run came to.

    Attributes:
        books: The tables, clocks and names left out.
        answers: What the owner was told, act by act.
        deaths: Where engines died or lost the line, in order.
        trades: Executions.
        digest: Of every stored cell, clocks and names included.
    """

    books: Books
    answers: Sequence[str]
    deaths: Sequence[str]
    trades: int
    digest: str


class Simulator:
    """Lives through seeds one after the other: `LIVES` of them share a plan, and so what nothing had disturbed."""

    def __init__(self, bars: int, empty: Callable[[], Engine]) -> None:
        """*bars* are those of each world; *empty* puts an empty database in force, see `tests.throwaway`."""
        self._bars = bars
        self._empty = empty
        self._world: int | None = None
        self._undisturbed: Outcome

    def live(self, seed: int) -> Outcome:
        """
        Return what became of *seed*, once it is shown that faults changed nothing.

        Raises:
            BrokenPromiseError: If they did, or the books break a rule.
        """
        planned = plan(seed // LIVES, self._bars)
        try:
            if self._world != planned.seed:
                self._undisturbed, self._world = _Simulation(planned, self._empty, None).run(), planned.seed
            disturbed = _Simulation(planned, self._empty, random.Random(f"faults {seed}")).run()
            _require(disturbed.answers == self._undisturbed.answers, "the owner was told otherwise than undisturbed")
            for table, rows in self._undisturbed.books.items():
                _require(disturbed.books[table] == rows, f"{table} ended otherwise than undisturbed")
        except Exception as error:
            raise BrokenPromiseError(_replay(seed, self._bars, f"{type(error).__name__}: {error}")) from error
        return disturbed


def _require(holds: bool, promise: str) -> None:
    if not holds:
        raise AssertionError(promise)


def _replay(seed: int, bars: int, what: str) -> str:
    return f"{what}\nreplay: python -m tests.simulation --seed {seed} --bars {bars}"


@dataclass
class _Time:
    """The clock on the wall: it stands at the close of the bar in hand and ticks when it is looked at."""

    moment: datetime = field(default_factory=lambda: day(0))

    def __call__(self) -> datetime:
        self.moment += _TICK
        return self.moment


class _Simulation:
    """One run of a plan: with faults, or undisturbed."""

    def __init__(self, planned: Plan, empty: Callable[[], Engine], faults: random.Random | None) -> None:
        self._plan = planned
        self._empty = empty
        self._faults = faults
        self._time = _Time()
        self._truth = Truth()
        self._deaths: list[str] = []
        self._answers: list[str] = []

    def run(self) -> Outcome:
        """Trade every bar, and return what it came to."""
        ids = random.Random(f"ids {self._plan.seed}")
        with (
            current_datetime.clock(self._time),
            unique_ids.unique_ids(lambda: uuid.UUID(int=ids.getrandbits(128), version=4)),
            self._database(),
            # All that is told is compared: when it is forgotten hangs on sequences, which deaths use up on PostgreSQL.
            patch.object(outbox, "PRUNE_EVERY", sys.maxsize),
        ):
            market = self._set_up()
            stock, runner = market.bars(), self._engine()
            for row in range(stock.bars.n):
                self._time.moment = day(row) + _CLOSE
                acts = self._plan.acts.get(row, ())
                if acts:
                    _show(day(row - 1))
                for act in acts:
                    runner = self._survive(runner, stock, partial(self._answer, market, act))
                runner = self._survive(runner, stock, partial(self._take, stock, row))
            self._audit()
            self._check_against_broker()
            with SessionManager(read_only=True) as session:
                found = read_books(session)
            return Outcome(found, self._answers, self._deaths, len(self._truth.executions), _digest())

    @contextmanager
    def _database(self) -> Iterator[None]:
        publish, events.publish = events.publish, lambda _event: self._pass("event release")
        engine = self._empty()
        self._world = World(engine)
        try:
            yield
        finally:
            events.publish = publish
            engine.dispose()

    def _set_up(self) -> Market:
        faults, self._faults = self._faults, None
        self._time.moment = day(len(self._plan.bars))  # no bar is of the future
        with SessionManager() as session:  # nobody signs in: a password's hash takes longer than a world of bars
            session.add(User(username="owner", email="owner@example.com", password_hash="none"))
        market = Market(self._world, self._plan.bars, volumes=self._plan.volumes)
        for row, amount in self._plan.dividends.items():
            market.dividend(row, amount)
        for row, (numerator, denominator) in self._plan.splits.items():
            market.split(row, numerator, denominator)
        for settings in self._plan.services:
            market.service(**settings)
        with SessionManager() as session:
            session.add(FeedCursor(name=feed_positions.REPLAY_FEED))
        self._faults = faults
        return market

    def _engine(self) -> Runner:
        mode = FillMode.CLOSE if self._plan.fills_at_close else FillMode.NEXT_OPEN
        return Runner(
            SimulatedBroker(self._truth, self._plan.seed, mode, self._faults, self._pass), checkpoint=self._pass
        )

    def _take(self, stock: StockBars, row: int, runner: Runner) -> None:
        runner.step(stock, row)
        if self._faults is not None and row and self._faults.random() < _COMES_TWICE:
            runner.step(stock, row - self._faults.randint(0, 1))

    def _answer(self, market: Market, act: Act, _runner: Runner) -> None:
        try:
            with SessionManager() as session:
                act(session, market.owner)
        except DayTraderError as error:
            self._answers.append(error.code)
        except Died:  # of the API's process, once it has done what was asked: events leave after the commit
            self._answers.append("ok")
            raise
        else:
            self._answers.append("ok")

    def _survive(self, runner: Runner, stock: StockBars, work: Callable[[Runner], None]) -> Runner:
        """Do *work*; whenever the engine dies of it another one reconciles and goes on. Return the living one."""
        is_done = False
        for _ in range(_MOST_DEATHS_ON_A_BAR):
            try:
                if not is_done:
                    answered = len(self._answers)
                    work(runner)
                return runner
            except (Died, ConnectionError) as death:
                self._deaths.append(str(death))
                is_done = len(self._answers) > answered
            runner = self._revive(runner, stock)
        raise AssertionError("no engine lives long enough")

    def _revive(self, runner: Runner, stock: StockBars) -> Runner:
        for _ in range(_MOST_DEATHS_ON_A_BAR):
            runner = self._engine()
            try:
                _require(reconcile(runner, lambda _stock_id, _interval: stock) == [], "reconciliation found breaches")
                return runner
            except (Died, ConnectionError) as death:
                self._deaths.append(str(death))
        raise AssertionError("no engine gets through its reconciliation")

    def _pass(self, name: str) -> None:
        if self._faults is not None and self._faults.random() < _DIES:
            raise Died(name)

    def _audit(self) -> None:
        with SessionManager(read_only=True) as session:
            breaches = ledger_service.audit(session)
            failed = session.scalars(
                select(TradingService.error_reason).where(TradingService.state == ServiceState.ERROR)
            ).all()
        _require(not breaches, f"the books do not add up: {breaches}")
        _require(not failed, f"services failed: {failed}")

    def _check_against_broker(self) -> None:
        """Check that the books tell of the broker's executions, each once, and that it knows no order but ours."""
        with SessionManager(read_only=True) as session:
            known = set(session.scalars(select(Order.client_order_id)))
            rows = session.execute(
                select(Execution).join(Order, Order.id == Execution.order_id).where(Order.kind != OrderKind.MANUAL)
            ).scalars()
            booked = {row.execution_ref: (row.side, row.shares, to_micros(row.price)) for row in rows}
            twice = session.scalar(
                select(func.count()).select_from(
                    select(TradeDecision.service_id)
                    .group_by(TradeDecision.service_id, TradeDecision.bar_time)
                    .having(func.count() > 1)
                    .subquery()
                )
            )
        _require(self._truth.orders.keys() <= known, "the broker has orders that are nobody's")
        _require(self._truth.executions == booked, "executions differ from the broker's")
        _require(twice == 0, "a bar was decided twice")


def _show(moment: datetime) -> None:
    """Let the market's time be that of the bar before the one in hand: an owner who acts looks at it, nobody else."""
    with SessionManager() as session:
        session.execute(update(FeedCursor).values(position=moment))


def _digest() -> str:
    with SessionManager(read_only=True) as session:
        connection = session.connection()
        rows = [connection.execute(select(model.__table__).order_by(model.id)).all() for model in _TABLES]
    return hashlib.sha256(repr(rows).encode()).hexdigest()
