"""
A hypothesis state machine over services, orders and transactions: whatever an owner does and the market brings, in
any order, the books keep L1 to L8, and a refusal changes nothing.
"""

from __future__ import annotations

import atexit
import itertools
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.models import FeedCursor, Order, TradingService, TradingTransaction
from daytrader.models.enums import (
    LIVE_ORDER_STATES,
    OrderSide,
    ServiceState,
    TradingMode,
    TransactionState,
)
from daytrader.models.trading_service import TRANSITIONS
from daytrader.services import (
    emergency,
    exposure_limits,
    feed_positions,
    ledger_service,
    trading_service,
    transaction_service,
)
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError, NotFoundError
from tests.conftest import World
from tests.engine.builders import Market, Ohlc, day
from tests.throwaway import empty_database

SERVICES = st.sampled_from((1, 2))
_BARS = 40
# Lives of many steps: an eighth of the cases that a property of one step has.
_CASES = settings().max_examples // 8
_STEPS = 15


@cache
def _folder() -> Path:
    folder = TemporaryDirectory(prefix="dtlife")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def _bars() -> list[Ohlc]:
    """Return a market that rises, falls and jumps, so that stops, targets and gaps all come up."""
    closes = [20 + 6 * ((row * 7) % 11) / 11 + (5 if row % 9 == 4 else 0) for row in range(_BARS + 1)]
    return [
        (opened, max(opened, close) * 1.02, min(opened, close) * 0.98, close)
        for opened, close in itertools.pairwise(closes)
    ]


class Life(RuleBasedStateMachine):
    """Two services of one owner, on one stock."""

    @initialize(
        stop=st.sampled_from((0, 2, 5)), profit=st.sampled_from((0, 3)), keeps=st.booleans(), seen=st.integers(3, 16)
    )
    def begin(self, stop: int, profit: int, seen: int, *, keeps: bool) -> None:
        """Open an empty database and two services, one of which is stopped once they have traded for a while."""
        self._engine = empty_database(_folder())
        self._market = Market(World(self._engine), _bars())
        self._market.dividend(7, "0.25")
        self._market.split(13, 3, 2)
        self._market.split(23, 1, 4)
        rules: dict[str, Any] = {
            "strategy": "sma_trend",
            "strategy_params": {"window": 2},
            "initial_balance": Decimal(3000),
            "minimum_balance": Decimal(50),
            "stop_loss_percent": Decimal(stop),
            "take_profit_percent": Decimal(profit),
            "keep_protection": keeps,
            "commission_per_order": Decimal("0.99"),
        }
        first = self._market.service(name="first", **rules)
        second = self._market.service(name="second", **rules | {"allocation_percent": Decimal("0.4")})
        assert (first.id, second.id) == (1, 2)
        self._owner = self._market.owner
        self._stock = self._market.bars()
        self._row = 0
        self._runner = Runner(PaperBroker())
        with SessionManager() as session:
            session.add(FeedCursor(name=feed_positions.REPLAY_FEED))
        for _ in range(seen):
            self._take_bar()
        with SessionManager() as session:
            trading_service.stop(session, self._owner, 2)

    def teardown(self) -> None:
        """Let go of the database."""
        if hasattr(self, "_engine"):
            self._engine.dispose()

    @precondition(lambda self: self._row < _BARS)
    @rule()
    def bar_arrives(self) -> None:
        """The engine takes the next bar, and has it sent again."""
        self._take_bar()
        before = self._books()
        self._runner.step(self._stock, self._row - 1)
        assert self._books() == before, "a bar that came twice changed something"

    @precondition(lambda self: self._row < _BARS - 3)
    @rule(count=st.integers(1, 4))
    def time_passes(self, count: int) -> None:
        """Nobody interferes for a while."""
        for _ in range(count):
            self._take_bar()

    def _take_bar(self) -> None:
        with SessionManager() as session:
            session.execute(update(FeedCursor).values(position=day(self._row)))
        self._runner.step(self._stock, self._row)
        self._row += 1

    @rule(service_id=SERVICES, state=st.sampled_from(tuple(ServiceState)))
    def state_is_asked_for(self, service_id: int, state: ServiceState) -> None:
        """Exactly the allowed transitions are carried out; ERROR is nobody's to ask for."""
        was = self._service(service_id).state
        is_allowed = state in TRANSITIONS[was] and state is not ServiceState.ERROR
        done = self._try(lambda s, owner: trading_service.set_state(s, owner, service_id, state))
        assert done == is_allowed
        assert self._service(service_id).state is (state if is_allowed else was)

    @rule(service_id=SERVICES)
    def stopped_and_sold(self, service_id: int) -> None:
        """A service stops and its position is for sale."""
        self._try(lambda s, owner: trading_service.stop(s, owner, service_id, "sell"))

    @rule(service_id=SERVICES, mode=st.sampled_from(tuple(TradingMode)))
    def mode_is_set(self, service_id: int, mode: TradingMode) -> None:
        """SELL needs shares, BUY needs none, HOLD needs nothing."""
        shares = self._service(service_id).current_shares
        fits = {TradingMode.BUY: shares == 0, TradingMode.SELL: shares > 0, TradingMode.HOLD: True}[mode]
        assert self._try(lambda s, owner: trading_service.set_mode(s, owner, service_id, mode)) == fits

    @rule(service_id=SERVICES, shares=st.integers(1, 200), away=st.sampled_from((None, "0.9", "1.1", "2")))
    def bought_by_hand(self, service_id: int, shares: int, away: str | None) -> None:
        """What it costs was there to be spent; a price far from the market is refused."""
        close = Decimal(str(_bars()[self._row - 1][3]))
        price = None if away is None else round(close * Decimal(away), 2)
        before = self._service(service_id)
        done = self._try(lambda s, owner: transaction_service.buy(s, owner, service_id, shares, price))
        if done:
            assert away != "2"
            assert before.state is ServiceState.ACTIVE
            assert before.current_shares == 0
            assert self._service(service_id).current_balance >= before.minimum_balance

    @rule(service_id=SERVICES)
    def sold_by_hand(self, service_id: int) -> None:
        """A position is sold once."""
        held = self._held(service_id)
        sell: Callable[[Session, Actor], object] = lambda s, owner: transaction_service.complete(s, owner, held)  # noqa: E731 (used twice)
        if self._try(sell):
            assert self._service(service_id).current_shares == 0
            assert not self._try(sell), "a position was sold twice"

    @rule(service_id=SERVICES)
    def voided(self, service_id: int) -> None:
        """A purchase that is voided leaves no trace in the balance but its own."""
        held = self._held(service_id)
        if self._try(lambda s, owner: transaction_service.cancel(s, owner, held, "a mistake")):
            service = self._service(service_id)
            assert service.current_shares == 0
            assert service.current_balance == service.initial_balance + service.total_gain_loss

    @rule(
        service_id=SERVICES,
        stop=st.integers(0, 20),
        fixed=st.sampled_from((None, 1, 30)),
        allocation=st.sampled_from(("0.1", "1")),
    )
    def settings_change(self, service_id: int, stop: int, fixed: int | None, allocation: str) -> None:
        """They hold from the next bar; the levels of an open position stay."""
        level = self._service(service_id).stop_price
        values = {
            "stop_loss_percent": Decimal(stop),
            "fixed_shares": fixed,
            "allocation_percent": Decimal(allocation),
        }
        assert self._try(lambda s, owner: trading_service.update(s, owner, service_id, values))
        assert self._service(service_id).stop_price == level

    @rule(is_on=st.booleans())
    def kill_switch(self, *, is_on: bool) -> None:
        """While it is on there is no live entry, and none comes."""
        turn = exposure_limits.kill if is_on else exposure_limits.release
        assert self._try(lambda s, owner: turn(s, owner.user_id))
        if is_on:
            assert self._live(OrderSide.BUY) == []

    @rule(most=st.sampled_from((None, Decimal(500), Decimal(5000))))
    def limited(self, most: Decimal | None) -> None:
        """Positions may be worth so much."""
        assert self._try(lambda s, owner: exposure_limits.change(s, owner.user_id, {"max_position_value": most}))

    @rule()
    def flattened(self) -> None:
        """Everything is for sale, once."""
        assert self._try(lambda s, owner: emergency.flatten(s, owner.user_id))
        once = self._live(OrderSide.SELL)
        assert self._try(lambda s, owner: emergency.flatten(s, owner.user_id))
        assert self._live(OrderSide.SELL) == once

    @rule(service_id=SERVICES)
    def deleted(self, service_id: int) -> None:
        """A ledger is never erased."""
        with SessionManager(read_only=True) as session:
            has_traded = session.get_one(TradingService, service_id).has_dependencies
        if has_traded:
            assert not self._try(lambda s, owner: trading_service.delete(s, owner, service_id))

    @invariant()
    def books_add_up(self) -> None:
        """L1 to L8, of the whole database; nothing is reserved beyond what there is."""
        if not hasattr(self, "_engine"):
            return
        with SessionManager(read_only=True) as session:
            assert ledger_service.audit(session) == []
            for service in session.scalars(select(TradingService)):
                assert service.state is not ServiceState.ERROR, service.error_reason
                assert service.current_balance - service.reserved_cash >= 0
                assert (service.stop_price is None) or service.current_shares > 0

    def _try(self, act: Callable[[Session, Actor], object]) -> bool:
        """Do it as the owner; a refusal is a conflict, and leaves everything as it was."""
        before = self._books()
        try:
            with SessionManager() as session:
                act(session, self._owner)
        except (ConflictError, NotFoundError):  # any other error fails the test
            is_done = False
        else:
            is_done = True
        assert is_done or self._books() == before, "a refusal changed something"
        return is_done

    def _service(self, service_id: int) -> TradingService:
        with SessionManager(read_only=True) as session:
            return session.get_one(TradingService, service_id)

    def _held(self, service_id: int) -> int:
        query = select(TradingTransaction.id).where(
            TradingTransaction.service_id == service_id, TradingTransaction.state == TransactionState.OPEN
        )
        with SessionManager(read_only=True) as session:
            return session.scalar(query) or 0

    def _live(self, side: OrderSide) -> list[int]:
        query = select(Order.id).where(Order.side == side, Order.state.in_(LIVE_ORDER_STATES)).order_by(Order.id)
        with SessionManager(read_only=True) as session:
            return list(session.scalars(query))

    def _books(self) -> list[list[dict[str, Any]]]:
        with SessionManager(read_only=True) as session:
            return [
                [row.to_dict() for row in session.scalars(select(model).order_by(model.id))]
                for model in (TradingService, TradingTransaction, Order)
            ]


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=_CASES,
    stateful_step_count=_STEPS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
