"""
The broker fault machine: the production pump of orders against a broker that fails in every way it can, from one seed.

The broker is `tests.brokers.alpaca_server` in a process of its own, the ground truth; the clock is the plan's. Sessions
come with auctions, trades and bells, services decide on their bars, the owner interferes, the line fails, the engine
dies at any step and another one goes on. Once all is calm the books have to be the broker's truth. The same seed is the
same sequence.
"""

from __future__ import annotations

import hashlib
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from unittest.mock import patch

from sqlalchemy import Engine, func, select

from daytrader.brokers import Access
from daytrader.brokers.alpaca import AlpacaBroker
from daytrader.brokers.paper import PaperBroker
from daytrader.engine.order_pump import OrderPump
from daytrader.engine.runner import Runner
from daytrader.engine.stock_bars import StockBars
from daytrader.models import BrokerCredential, Execution, StockDailyPrice
from daytrader.services import (
    exposure_limits,
    market_calendar,
    price_service,
    promotion_service,
    trading_service,
)
from daytrader.services.account_reconciliation import check
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.services.session_manager import SessionManager, session_factory
from daytrader.utils import current_datetime, unique_ids
from daytrader.utils.errors import DayTraderError
from tests.brokers.alpaca_server import KEY, SECRET
from tests.brokers.faults.market import INSTALLATION, FaultyMarket
from tests.brokers.faults.plan import HISTORY, SYMBOLS, Fault, Plan, plan
from tests.brokers.faults.server import RemoteAlpaca
from tests.brokers.faults.truth import ACCOUNT, check_always, check_protection, check_settled
from tests.conftest import World
from tests.simulation.plan import Act, listen_again, owners_act

_MINUTE: Final = timedelta(minutes=1)
_INTERFERES: Final = 0.2
_LEAVES_IT: Final = 0.2
_MOST_DEATHS_IN_A_TURN: Final = 10
_MOST_PASSES: Final = 12
_TURNS_TO_SETTLE: Final = 8
_PATIENCE: Final = (5.0, 30.0)
_IMPATIENCE: Final = (5.0, 0.5)
"""Seconds to connect and to wait for an answer; the second where an answer is to come too late."""


class Died(BaseException):
    """The engine is dead."""


class BrokenPromiseError(AssertionError):
    """What reliability promises did not hold; the message has the seed that shows it again."""


@dataclass(frozen=True)
class Outcome:
    """
    What a sequence came to.

    Attributes:
        fault: What was bound to happen.
        happened: How often what did: `Fault`'s values, and what else the broker counted.
        executions: How many were booked.
        deaths: Where engines died, in order.
        digest: Of everything that the broker remembers.
    """

    fault: Fault
    happened: Counter[str]
    executions: int
    deaths: Sequence[str]
    digest: str


def run(seed: int, sessions: int, alpaca: RemoteAlpaca, empty: Callable[[], Engine]) -> Outcome:
    """
    Return what became of *seed*, once the books are shown to be the truth of the broker at *alpaca*.

    Args:
        seed: Where everything comes from.
        sessions: How many.
        alpaca: The broker; it forgets what was before.
        empty: Puts an empty database in force; see `tests.throwaway`.

    Raises:
        BrokenPromiseError: If they are not.
    """
    try:
        return _Machine(plan(seed, sessions), alpaca, empty).run()
    except Exception as error:
        replay = f"replay: python -m tests.brokers.faults --seed {seed} --sessions {sessions}"
        raise BrokenPromiseError(f"{type(error).__name__}: {error}\n{replay}") from error


class _Machine:
    """One run of a plan."""

    def __init__(self, planned: Plan, alpaca: RemoteAlpaca, empty: Callable[[], Engine]) -> None:
        self._plan = planned
        self._alpaca = alpaca
        self._empty = empty
        self._chance = random.Random(f"faults {planned.seed}")
        self._market = FaultyMarket(alpaca, planned.fault, self._chance)
        self._now = self._close(HISTORY - 1)
        self._dies_in = 0
        self._deaths: list[str] = []
        self._broker: AlpacaBroker | None = None

    def run(self) -> Outcome:
        """Live through every session, settle, and return what it came to."""
        with self._world():
            self._set_up()
            self._market.is_calm = False
            self._decide(HISTORY - 1)
            last = len(self._plan.days) - 1
            for number in range(HISTORY, last + 1):
                self._live_through(number)
                if number == last:
                    self._settle()
                    self._check(is_in_session=True)
                    self._market.is_calm = False
                self._be(self._close(number))
                self._market.ring_bell(self._now)
                self._turns(1)
                self._decide(number)
            self._settle()
            self._check(is_in_session=False)
            return self._outcome()

    @contextmanager
    def _world(self) -> Iterator[None]:
        """An empty database, an installation, a clock and ids of the plan's; what is told of is heard by nobody."""
        ids = random.Random(f"ids {self._plan.seed}")
        engine = self._empty()
        self._world_of_rows = World(engine)
        with ExitStack() as stack:
            stack.callback(engine.dispose)
            stack.enter_context(current_datetime.clock(lambda: self._now))
            stack.enter_context(unique_ids.unique_ids(lambda: uuid.UUID(int=ids.getrandbits(128), version=4)))
            stack.enter_context(patch.dict(session_factory.kw, {"info": {"installation": INSTALLATION}}))
            stack.enter_context(patch.object(events, "publish", lambda _event: None))
            stack.enter_context(patch.object(promotion_service, "refusal", lambda *_: None))
            yield

    def _set_up(self) -> None:
        self._market.begin(self._now)
        self._owner = Actor(self._world_of_rows.user().id)
        self._stocks = {symbol: self._world_of_rows.stock(symbol) for symbol in SYMBOLS}
        for number in range(HISTORY - 1):
            self._store_bars(number)
        self._world_of_rows.broker_account(self._owner.user_id, ACCOUNT)
        with SessionManager() as session:
            for settings in self._plan.services:
                service = trading_service.create(session, self._owner, settings)
                trading_service.activate(session, self._owner, service.id)
        self._pump = self._new_pump()

    # ---- what happens

    def _decide(self, number: int) -> None:
        """After the bell: the bar is final, services decide on it, and orders leave when the broker takes them."""
        self._be(self._close(number) + market_calendar.SETTLING + _MINUTE)
        self._go_on()
        self._store_bars(number)
        for symbol in SYMBOLS:
            self._survive(partial(self._step, symbol))
        self._turns(1)
        evening = self._close(number).astimezone(market_calendar.EXCHANGE_ZONE).replace(hour=19, minute=1)
        self._be(evening)
        self._turns(2)
        if self._plan.fault is Fault.FILL_DURING_CANCEL:
            for service_id in range(1, len(SYMBOLS) + 1):
                self._ask(partial(trading_service.pause, service_id=service_id))  # which takes its entry back
        self._interfere()
        self._turns(1)

    def _live_through(self, number: int) -> None:
        opens = self._opens(number)
        self._be(opens - 30 * _MINUTE)
        self._turns(1)
        prices = {symbol: self._plan.market[symbol][number].prices for symbol in SYMBOLS}
        self._be(opens)
        self._market.open(self._now, {symbol: path[0] for symbol, path in prices.items()})
        self._turns(2)
        for place in range(1, len(prices[SYMBOLS[0]])):
            self._be(opens + place * 40 * _MINUTE)
            self._market.trade(self._now, {symbol: path[place] for symbol, path in prices.items()})
            self._turns(1)
            self._interfere()
            self._turns(1)

    def _go_on(self) -> None:
        """Let the owner want all services to trade, mostly; what stands against it stands."""
        if self._chance.random() < _LEAVES_IT:
            return
        with SessionManager() as session:
            exposure_limits.release(session, self._owner.user_id)
        for number in range(1, len(SYMBOLS) + 1):
            for act in (trading_service.resume, trading_service.activate, listen_again):
                self._ask(partial(act, service_id=number))

    def _interfere(self) -> None:
        """Let the owner do something, however wrong the moment."""
        if self._chance.random() < _INTERFERES:
            self._ask(owners_act(self._chance, self._chance.randint(1, len(SYMBOLS))))

    def _ask(self, act: Act) -> None:
        try:
            with SessionManager() as session:
                act(session, self._owner)
        except DayTraderError:
            return  # not now: that is an answer, too

    def _turns(self, count: int) -> None:
        for _ in range(count):
            self._now += timedelta(seconds=self._chance.choice((1, 5, 20, 40)))
            self._market.strike(self._now)
            if self._market.is_bound(Fault.KILLED):
                self._dies_in = self._chance.randint(1, _MOST_PASSES)
            self._turn()
            self._market.recover()

    def _turn(self) -> None:
        self._be_patient()
        self._survive(lambda: self._pump.turn())  # noqa: PLW0108 (the pump of whichever engine lives by then)

    def _settle(self) -> None:
        """Let nothing be wrong any more, until everybody has heard of everything."""
        self._market.calm_down()
        self._dies_in = 0
        for _ in range(_TURNS_TO_SETTLE):
            pauses = [account["paused_until"] for account in self._pump.status()]
            self._now = max([self._now + timedelta(seconds=61), *filter(None, pauses)])
            self._market.strike(self._now)
            self._turn()

    def _check(self, *, is_in_session: bool) -> None:
        memory = self._market.memory()
        with SessionManager(read_only=True) as session:
            check_settled(session, memory, self._market.strangers)
            if is_in_session:
                check_protection(session, memory)

    def _outcome(self) -> Outcome:
        with SessionManager(read_only=True) as session:
            booked = session.scalar(select(func.count()).select_from(Execution)) or 0
        memory = self._market.memory()
        happened = memory.happened + Counter({Fault.KILLED.value: len(self._deaths)})
        digest = hashlib.sha256(repr((memory.orders, memory.fills, memory.heard)).encode()).hexdigest()
        return Outcome(self._plan.fault, happened, booked, self._deaths, digest)

    # ---- the engine

    def _new_pump(self) -> OrderPump:
        return OrderPump(self._open_account, check, checkpoint=self._pass)

    def _open_account(self, _credential: BrokerCredential) -> AlpacaBroker:
        self._broker = AlpacaBroker(Access(KEY, SECRET, is_live=False), address=self._alpaca.address)
        self._be_patient()
        return self._broker

    def _be_patient(self) -> None:
        """Wait for answers however busy this machine is, unless one is to come too late."""
        if self._broker is not None:
            self._broker.session.timeout = _IMPATIENCE if self._market.is_impatient else _PATIENCE

    def _step(self, symbol: str) -> None:
        Runner(PaperBroker(), checkpoint=self._pass).step(*self._bar(symbol))

    def _pass(self, name: str) -> None:
        if self._dies_in:
            self._dies_in -= 1
            if not self._dies_in:
                raise Died(name)

    def _survive(self, work: Callable[[], object]) -> None:
        """Do *work*; whenever the engine dies of it another one does it again, once the books are shown to be sound."""
        for _ in range(_MOST_DEATHS_IN_A_TURN):
            try:
                work()
                return
            except Died as death:
                self._deaths.append(str(death))
                self._pump = self._new_pump()
                with SessionManager(read_only=True) as session:
                    check_always(session, self._market.memory())
        raise AssertionError("no engine lives long enough")

    # ---- time and prices

    def _be(self, moment: datetime) -> None:
        self._now = max(self._now, moment.astimezone(UTC))
        self._market.show_all()

    def _close(self, number: int) -> datetime:
        close = market_calendar.session_close(self._plan.days[number])
        assert close is not None
        return close

    def _opens(self, number: int) -> datetime:
        local = self._close(number).astimezone(market_calendar.EXCHANGE_ZONE)
        return local.replace(hour=9, minute=30)

    def _store_bars(self, number: int) -> None:
        with SessionManager() as session:
            for symbol, stock in self._stocks.items():
                opened, high, low, close = self._plan.market[symbol][number].ohlc
                session.add(
                    StockDailyPrice(
                        stock_id=stock.id,
                        price_date=self._plan.days[number],
                        open_price=opened,
                        high_price=high,
                        low_price=low,
                        close_price=close,
                        volume=1000,
                    )
                )

    def _bar(self, symbol: str) -> tuple[StockBars, int]:
        """Return the bars of *symbol* as far as they are known, and the newest one's row."""
        stock = self._stocks[symbol]
        with SessionManager(read_only=True) as session:
            bars = price_service.load_bars(session, stock.id)
        return StockBars(stock.id, symbol, 0, bars), bars.n - 1
