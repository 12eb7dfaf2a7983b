"""
The crash matrix of orders at somebody else's: the pump is killed wherever it can be between an order and its fill.

Three services live through two sessions at an account: bought at the open, protected by stop and target, protected anew
in the next session, sold by their owner while both rest, one of them after its target has sold a part. The broker is
a process of its own, the ground truth. At each of `STAGES` engines die, one after the other, by SIGKILL, each a minute
after the one before it; after every death books and broker are compared as they are, after every stage as they have to
be, and at the end both are what they are without a death.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import select

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.engine.stock_bars import StockBars
from daytrader.models import Base, Order, StockDailyPrice, TradingService
from daytrader.services import (
    database,
    market_calendar,
    order_service,
    price_service,
    promotion_service,
    trading_service,
)
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.utils import current_datetime
from tests.brokers.faults.server import RemoteAlpaca
from tests.brokers.faults.truth import ACCOUNT, CASH, Memory, check_always, check_protection, check_settled
from tests.conftest import World
from tests.crash.matrix import Books, read_books
from tests.crash.nursery import Nursery

_CARRY: Final = "tests.crash.work:carry"
_SYMBOLS: Final = ("ACME", "BETA", "CASE")  # an order for each step of sending one: what was taken is known by looking
_FIRST: Final = date(2023, 12, 26)
_CLOSED: Final = datetime(2024, 1, 2, 21, 30, tzinfo=UTC)  # 16:30 in New York: the bar that decides is final
_EVENING: Final = datetime(2024, 1, 3, 0, 30, tzinfo=UTC)
_OPEN: Final = datetime(2024, 1, 3, 14, 30, tzinfo=UTC)
_BELL: Final = datetime(2024, 1, 3, 21, 0, tzinfo=UTC)
_NEXT_OPEN: Final = datetime(2024, 1, 4, 14, 30, tzinfo=UTC)
_NEXT_MIDDAY: Final = datetime(2024, 1, 4, 17, 0, tzinfo=UTC)
_A_MINUTE_LATER: Final = timedelta(seconds=61)
"""By then an order of which nobody knows may be sent again."""
_LONGEST_LIFE: Final = 0.3

_SENT_AGAIN: Final = ("order:update", "updated")
"""An order that is claimed a second time is told of a second time."""


@dataclass(frozen=True)
class Stage:
    """
    A moment at which there is something to carry.

    Attributes:
        at: When.
        happens: What the market or the owner did before.
        points: Checkpoints of the pump at which engines die, each at the first pass; see `account_wiring.Wiring`.
        is_in_session: Whether every position has to be protected once all is done.
    """

    name: str
    at: datetime
    happens: Callable[[RemoteAlpaca], object]
    points: Sequence[str]
    is_in_session: bool = False


def _trade_at(alpaca: RemoteAlpaca, price: str) -> None:
    for symbol in _SYMBOLS:
        alpaca.do("auction", symbol, price)


def _begin_the_next_session(alpaca: RemoteAlpaca) -> None:
    alpaca.do("set", now=_BELL.isoformat())
    alpaca.do("bell")
    alpaca.do("set", now=_NEXT_OPEN.isoformat())
    _trade_at(alpaca, "101")


def _sell_all(alpaca: RemoteAlpaca) -> None:
    """The owner sells; the broker takes its time to end what rests."""
    alpaca.do("set", cancels_slowly=True)
    with SessionManager() as session:
        for service in session.scalars(select(TradingService).with_for_update()):
            order_service.sell_position(session, service, "wanted out")


def _end_what_rested(alpaca: RemoteAlpaca) -> None:
    """What was being cancelled has ended, one after a part of it has filled."""
    memory = Memory.of(alpaca.do("memory"))
    (leg,) = [n for n, one in memory.by_name.items() if one["symbol"] == _SYMBOLS[1] and memory.is_working(n)]
    alpaca.do("fill", leg, 3, "104")
    alpaca.do("finish_cancels")


_SENDING: Final = ("claim written", "claim", "submit", "unit 2 written", "unit 2")
STAGES: Final = (
    Stage("entry", _EVENING, lambda _: None, _SENDING),
    Stage(
        "fill",
        _OPEN,
        lambda alpaca: _trade_at(alpaca, "100"),
        ("reports written", "reports", "protection written", "protection", *_SENDING),
        is_in_session=True,
    ),
    Stage(
        "renewal",
        _NEXT_OPEN,
        _begin_the_next_session,
        ("reports written", "reports", "protection written", "protection", *_SENDING),
        is_in_session=True,
    ),
    Stage("exit", _NEXT_MIDDAY, _sell_all, ("cancel",)),
    Stage(
        "sale",
        _NEXT_MIDDAY + timedelta(minutes=10),
        _end_what_rested,
        ("reports written", "reports", *_SENDING, "reports written", "reports"),
    ),
)
POINTS: Final = tuple((stage.name, point) for stage in STAGES for point in stage.points)
"""All at which an engine can be killed: "written" is before the commit, the rest after the step."""
Deaths = Callable[[Stage], Sequence[str | float]]
"""Which deaths engines die at a stage: at the first pass of a checkpoint, or so many seconds after they began."""


def run_matrix(nest: Nursery, urls: Sequence[str], alpaca: RemoteAlpaca) -> int:
    """Kill engines at every point of every stage; *urls* are of two empty databases, one of which nobody disturbs."""
    return _compare(nest, urls, alpaca, lambda stage: list(stage.points))


def run_random(nest: Nursery, urls: Sequence[str], alpaca: RemoteAlpaca, seed: int, deaths: int) -> int:
    """Kill *deaths* engines at most, at points or at moments that *seed* draws; return how many died."""
    chance = random.Random(f"accounts {seed}")

    def draw(stage: Stage) -> list[str | float]:
        here = -(-deaths // len(STAGES))
        drawn: list[Sequence[str | float]] = [(*stage.points, chance.uniform(0, _LONGEST_LIFE)) for _ in range(here)]
        return [chance.choice(each) for each in drawn]

    return _compare(nest, urls, alpaca, draw, is_certain=False)


def _compare(
    nest: Nursery,
    urls: Sequence[str],
    alpaca: RemoteAlpaca,
    deaths: Deaths,
    *,
    is_certain: bool = True,
) -> int:
    undisturbed = _Life(nest, urls[0], alpaca)
    undisturbed.live(lambda _stage: ())
    killed = _Life(nest, urls[1], alpaca, is_certain=is_certain)
    killed.live(deaths)
    for what, expected in undisturbed.found.items():
        if killed.found[what] != expected:
            rows = [(one, other) for one, other in zip_longest(killed.found[what], expected) if one != other]
            raise AssertionError(f"{what} ended otherwise than undisturbed: {rows[:3]}")
    return killed.deaths


class _Life:
    """One run through all stages."""

    def __init__(self, nest: Nursery, url: str, alpaca: RemoteAlpaca, *, is_certain: bool = True) -> None:
        self._nest = nest
        self._url = url
        self._alpaca = alpaca
        self._is_certain = is_certain
        self._now = _CLOSED
        self.deaths = 0
        self.found: Books = {}

    def live(self, deaths: Deaths) -> None:
        """Live through all stages, and note what everything came to."""
        engine = database.connect(self._url, is_durable=False)
        Base.metadata.create_all(engine)
        try:
            with (
                current_datetime.clock(lambda: self._now),
                patch.object(promotion_service, "refusal", lambda *_: None),
            ):
                self._set_up(World(engine))
                for stage in STAGES:
                    self._be(stage.at)
                    stage.happens(self._alpaca)
                    for death in deaths(stage):
                        self._let_die(stage, death)
                    self._carry()
                    self._check(stage)
                self.found = self._what_is()
        finally:
            engine.dispose()

    def _set_up(self, world: World) -> None:
        """Let services have decided to buy, by their own strategies, and leave their orders to be carried."""
        self._alpaca.do("begin", self._now.isoformat(), str(CASH))
        owner = Actor(world.user().id)
        world.broker_account(owner.user_id, ACCOUNT)
        for symbol in _SYMBOLS:
            stock = world.stock(symbol)
            days = market_calendar.sessions_after(_FIRST, 4)
            with SessionManager() as session:
                for day in days:
                    prices = dict.fromkeys(("open_price", "high_price", "low_price", "close_price"), 100)
                    session.add(StockDailyPrice(stock_id=stock.id, price_date=day, volume=1000, **prices))
            with SessionManager() as session:
                service = trading_service.create(session, owner, _settings(symbol))
                trading_service.activate(session, owner, service.id)
            with SessionManager(read_only=True) as session:
                bars = price_service.load_bars(session, stock.id)
            Runner(PaperBroker()).step(StockBars(stock.id, symbol, 0, bars), bars.n - 1)

    def _let_die(self, stage: Stage, death: str | float) -> None:
        """Let the engine of the minute die at a checkpoint, or so many seconds after it has begun."""
        point = death if isinstance(death, str) else None
        process = self._start(point)
        if isinstance(death, float):
            time.sleep(death)
            os.kill(process, signal.SIGKILL)  # it is not waited for yet: the id is still its own
        code = self._nest.wait(process)
        is_dead = code == -signal.SIGKILL
        if code != 0 and not is_dead:
            raise AssertionError(f"{stage.name}: the engine ended with {code}")
        if self._is_certain and not is_dead:
            raise AssertionError(f"{stage.name}: {death} was not passed")
        self.deaths += is_dead
        with SessionManager(read_only=True) as session:
            check_always(session, self._memory())
        self._be(self._now + _A_MINUTE_LATER)

    def _carry(self) -> None:
        code = self._nest.wait(self._start(None))
        if code != 0:
            raise AssertionError(f"the engine ended with {code}")

    def _start(self, point: str | None) -> int:
        return self._nest.start(_CARRY, self._url, self._alpaca.address, self._now, point)

    def _check(self, stage: Stage) -> None:
        memory = self._memory()
        with SessionManager(read_only=True) as session:
            check_settled(session, memory, ())
            if stage.is_in_session:
                check_protection(session, memory)
        if any(heard["method"] == "POST" and heard["status"] != 200 for heard in memory.heard):
            raise AssertionError(f"{stage.name}: something was sent that could not be taken: {memory.heard}")

    def _what_is(self) -> Books:
        """Return the books and what the broker has, without what a death may move."""
        with SessionManager(read_only=True) as session:
            books = read_books(session)
            if any(row.state.value == "ERROR" for row in session.scalars(select(TradingService))):
                raise AssertionError("a service failed")
            if not session.scalars(select(Order)).all():
                raise AssertionError("nothing was traded: nothing was shown")
        books["events"] = [told for told in books["events"] if told["event"][:2] != _SENT_AGAIN]
        memory = self._memory()
        words = ("symbol", "side", "qty", "filled_qty", "type", "limit_price", "stop_price", "status", "time_in_force")
        orders = [{word: order[word] for word in words} for order in memory.orders]
        fills = [{word: fill[word] for word in ("symbol", "side", "qty", "price")} for fill in memory.fills]
        return {
            table: [{name: value for name, value in row.items() if _is_lasting(name, value)} for row in rows]
            for table, rows in books.items()
        } | {"broker's orders": _sorted(orders), "broker's fills": _sorted(fills)}

    def _memory(self) -> Memory:
        return Memory.of(self._alpaca.do("memory"))

    def _be(self, moment: datetime) -> None:
        self._now = max(self._now, moment)
        self._alpaca.do("set", now=self._now.isoformat())


def _is_lasting(name: str, value: object) -> bool:
    """Return whether a death moves it not: each engine comes a minute later, and names at the broker are counted."""
    return name != "broker_ref" and not isinstance(value, datetime)


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(sorted(row.items())))


def _settings(symbol: str) -> dict[str, Any]:
    return {
        "name": f"service of {symbol}",
        "stock_symbol": symbol,
        "broker": "alpaca",
        "strategy": "buy_and_hold",
        "initial_balance": Decimal(2_000),
        "stop_loss_percent": Decimal(5),
        "take_profit_percent": Decimal(10),
        "slippage_bps": Decimal(0),
        "gap_reserve_percent": Decimal(3),
    }
