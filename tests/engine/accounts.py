"""Services with an account at the Alpaca of this machine, the real pump between them, a clock that a test turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.brokers import Access
from daytrader.brokers.alpaca import AlpacaBroker
from daytrader.core.money import to_micros
from daytrader.engine.order_pump import OrderPump
from daytrader.models import BrokerCredential, EventOutbox, Execution, Order, TradingService, TradingTransaction
from daytrader.models.enums import DecisionAction, OrderKind, OrderSide, OrderState
from daytrader.services import (
    account_reconciliation,
    decision_journal,
    ledger_service,
    order_service,
    positions,
    trading_service,
)
from daytrader.services.actor import Actor
from daytrader.services.booking import Booked
from daytrader.services.session_manager import SessionManager
from daytrader.utils import current_datetime
from tests.brokers.alpaca_api import Alpaca
from tests.brokers.alpaca_server import KEY, SECRET, serve
from tests.conftest import World
from tests.engine.builders import PLAIN

DAY = datetime(2024, 1, 2, tzinfo=UTC)
"""The label of the bar that decides: Tuesday; the next session is Wednesday's."""
AFTERNOON = datetime(2024, 1, 2, 22, 0, tzinfo=UTC)  # 17:00 in New York: nothing is taken for the opening yet
EVENING = datetime(2024, 1, 3, 0, 30, tzinfo=UTC)  # 19:30
OPEN = datetime(2024, 1, 3, 14, 30, tzinfo=UTC)
MIDDAY = datetime(2024, 1, 3, 17, 0, tzinfo=UTC)
NEXT_EVENING = datetime(2024, 1, 4, 0, 30, tzinfo=UTC)
NEXT_OPEN = datetime(2024, 1, 4, 14, 30, tzinfo=UTC)
BAR = datetime(2024, 1, 3, 16, 0, tzinfo=UTC)
"""A bar of fifteen minutes in the session: complete at 16:15."""
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def nothing_wrong(*_asked: Any) -> Sequence[str]:
    """Find books and account to agree."""
    return ()


class Died(BaseException):
    """What a test's process dies of."""


def buy_by_hand(session: Session, row: TradingService) -> None:
    """Order five shares at 101 at most."""
    order_service.place(
        session,
        row,
        side=OrderSide.BUY,
        kind=OrderKind.MANUAL,
        shares=5,
        reason="manual",
        limit=to_micros(Decimal(101)),
    )


class Bench:
    """One owner with one account; *now* is what every clock says."""

    def __init__(self, world: World, stack: ExitStack, number: str = "PA3TEST", user: str = "alice") -> None:
        self.world = world
        self.now = AFTERNOON
        stack.enter_context(current_datetime.clock(lambda: self.now))
        self.alpaca = Alpaca(self.now)
        self.alpaca.number = number
        self.alpaca.prices["ACME"] = Decimal(100)
        self.address = stack.enter_context(serve(self.alpaca))
        self.owner = Actor(world.user(user).id)
        self.traded: list[Booked] = []
        self.check: Callable[..., Sequence[str]] = account_reconciliation.check
        self.timeout = (3.0, 5.0)
        world.broker_account(self.owner.user_id, number)
        self.restart()

    def restart(self, checkpoint: Callable[[str], None] = lambda _name: None) -> Self:
        """Begin anew, as a process does."""
        self.pump = OrderPump(
            self.open,
            self._check,
            clock=lambda: self.now,
            checkpoint=checkpoint,
            on_trade=self.traded.append,
        )
        return self

    def _check(self, *args: Any, **kwargs: Any) -> Sequence[str]:
        return self.check(*args, **kwargs)

    def open(self, credential: BrokerCredential) -> AlpacaBroker:
        """Return the account at the server of this bench."""
        assert credential.broker == "alpaca"
        broker = AlpacaBroker(Access(KEY, SECRET, is_live=False), address=self.address)
        broker.session.timeout = self.timeout
        return broker

    def service(self, symbol: str = "ACME", **overrides: Any) -> TradingService:
        """Open an ACTIVE service at the account: stop at 5 %, target at 10 %, no costs."""
        rules = {"stop_loss_percent": Decimal(5), "take_profit_percent": Decimal(10), "initial_balance": Decimal(2000)}
        values = {"name": "live", "stock_symbol": symbol, **PLAIN, **rules, "broker": "alpaca", **overrides}
        with SessionManager() as session:
            service = trading_service.create(session, self.owner, values)
            return trading_service.activate(session, self.owner, service.id)

    def decide(
        self,
        service: TradingService,
        action: DecisionAction = DecisionAction.BUY,
        shares: int = 10,
        limit: str = "101",
        bar_time: datetime | None = None,
    ) -> int:
        """Let the service have decided at the close of a bar, to sell a day later; return the order that waits."""
        is_buy = action is DecisionAction.BUY
        bar_time = bar_time or (DAY if is_buy else DAY + timedelta(days=1))
        with SessionManager() as session:
            row = session.get_one(TradingService, service.id, with_for_update=True)
            entry = decision_journal.Entry(row.id, row.user_id, action, shares, "signal", {})
            (decision_id,) = decision_journal.write(session, row.interval, bar_time, [entry])
            row.last_bar_time = bar_time
            held = positions.open_transaction(session, row.id)
            return order_service.place(
                session,
                row,
                side=OrderSide(action.value),
                kind=OrderKind.ENTRY if is_buy else OrderKind.EXIT,
                shares=shares,
                reason="signal",
                limit=to_micros(Decimal(limit)) if is_buy else 0,
                decision_id=decision_id,
                transaction_id=None if is_buy or held is None else held.id,
                bar_time=bar_time,
            ).id

    def at(self, moment: datetime | timedelta) -> Self:
        """Let it be *moment*, or so much later, here and at the broker."""
        self.now = moment if isinstance(moment, datetime) else self.now + moment
        self.alpaca.now = self.now
        return self

    def turn(self, moment: datetime | timedelta = timedelta(seconds=2)) -> Self:
        """Let it be *moment* and let the pump have its turn."""
        self.at(moment).pump.turn()
        return self

    def audit(self) -> None:
        """Prove the books."""
        with SessionManager(read_only=True) as session:
            assert ledger_service.audit(session) == []

    def bought(self, **overrides: Any) -> TradingService:
        """Let a service have bought ten shares at 100 at the open, stop and target resting."""
        service = self.service(**overrides)
        self.decide(service)
        self.turn(EVENING).at(OPEN).alpaca.auction("ACME", "100")
        self.turn()
        return service

    def do(self, act: Callable[[Session, TradingService], Any], service: TradingService) -> Any:
        """Do something to the locked service in a unit of work."""
        with SessionManager() as session:
            return act(session, session.get_one(TradingService, service.id, with_for_update=True))

    def orders(self) -> list[tuple[str, str, int, int]]:
        """Return kind, state, shares and filled shares of every order, oldest first."""
        return [(o.kind.value, o.state.value, o.shares, o.filled_shares) for o in self.rows(Order)]

    def order(self, place: int) -> Order:
        """Return the order at *place*."""
        found: Order = self.rows(Order)[place]
        return found

    def rows(self, model: Any) -> Sequence[Any]:
        """Return all rows of a table."""
        with SessionManager(read_only=True) as session:
            return session.scalars(select(model).order_by(model.id)).all()

    def trade(self) -> TradingTransaction:
        """Return the one transaction."""
        (found,) = self.rows(TradingTransaction)
        return found  # type: ignore[no-any-return]

    def posted(self) -> list[Mapping[str, Any]]:
        """Return the orders that were sent, each time they were."""
        sent: list[Mapping[str, Any]] = self.alpaca.state()["posted"]
        return sent

    def resting(self) -> list[Mapping[str, Any]]:
        """Return the orders that work at the broker."""
        states = ("new", "accepted", "partially_filled", "held", "pending_cancel")
        return [order for order in self.alpaca.state()["orders"] if order["status"] in states]

    def told(self) -> list[str]:
        """Return what owners were told of their accounts."""
        rows = [row for row in self.rows(EventOutbox) if row.name == "system:notification"]
        return [row.entity["message"] for row in rows if row.entity["source"] == "broker"]

    def agree(self) -> None:
        """Prove that books and account tell of the same shares, money and executions, and that orders are the same."""
        with SessionManager(read_only=True) as session:
            held: dict[str, int] = {}
            spent = Decimal(0)
            query = select(TradingService).where(TradingService.user_id == self.owner.user_id)
            for service in session.scalars(query):
                held[service.stock_symbol] = held.get(service.stock_symbol, 0) + service.current_shares
                spent += service.initial_balance - service.current_balance
            refs = set(session.scalars(select(Execution.execution_ref)))
            live = {
                order.client_order_id
                for order in session.scalars(select(Order))
                if order.state in (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)
            }
        assert {symbol: n for symbol, n in held.items() if n} == {s: n for s, n in self.alpaca.positions.items() if n}
        assert Decimal(100_000) - self.alpaca.cash == spent
        assert {f"{self.alpaca.number}:{fill['id']}" for fill in self.alpaca.fills} == refs
        assert {order["client_order_id"] for order in self.resting()} == live
        self.audit()
