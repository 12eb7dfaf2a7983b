"""What has to be true once a sequence has settled: the books are the broker's truth, and nothing was sent twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.models import Execution, Order, TradingService, TradingTransaction
from daytrader.models.enums import (
    LIVE_ORDER_STATES,
    OrderSide,
    OrderState,
    ServiceState,
    TradingMode,
    TransactionState,
)
from daytrader.services import ledger_service
from tests.brokers.alpaca_exchange import OPEN_STATES

Json = dict[str, Any]

CASH: Final = Decimal(100_000)
ACCOUNT: Final = "PA3TEST"
_NOT_TAKEN: Final = (403, 422, 429)
_LOOKED_FOR: Final = timedelta(seconds=60)
_SEEN_WITHIN: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Memory:
    """What the broker remembers, whatever anybody has heard of it; see `alpaca_exchange.Exchange.memory`."""

    cash: Decimal
    positions: Mapping[str, int]
    orders: Sequence[Json]
    fills: Sequence[Json]
    heard: Sequence[Json]
    happened: Counter[str]

    @classmethod
    def of(cls, said: Json) -> Memory:
        """Return what `memory` answered."""
        held = {symbol: shares for symbol, shares in said["positions"].items() if shares}
        return cls(Decimal(said["cash"]), held, said["orders"], said["fills"], said["heard"], Counter(said["happened"]))

    @cached_property
    def by_name(self) -> Mapping[str, Json]:
        """Return the orders, without legs, by client_order_id."""
        return {order["client_order_id"]: order for order in self.orders if order["parent"] is None}

    def family(self, client_order_id: str) -> Sequence[Json]:
        """Return an order and its legs; nothing where it was never taken."""
        head = self.by_name.get(client_order_id)
        return [] if head is None else [head, *(leg for leg in self.orders if leg["parent"] == head["id"])]

    def filled(self, client_order_id: str) -> int:
        """Return the shares of an order that were executed, its legs' included."""
        return sum(int(part["filled_qty"]) for part in self.family(client_order_id))

    def is_working(self, client_order_id: str) -> bool:
        """Return whether the order may still fill."""
        return any(part["status"] in OPEN_STATES for part in self.family(client_order_id))


def check_always(session: Session, memory: Memory) -> None:
    """Check what holds at any moment, whatever just failed."""
    breaches = ledger_service.audit(session)
    _require(not breaches, f"the books do not add up: {breaches}")
    _require(not memory.happened["short sale"], "more was sold than was held")
    positions = session.scalars(
        select(TradingTransaction.service_id).where(TradingTransaction.state == TransactionState.OPEN)
    ).all()
    _require(len(positions) == len(set(positions)), "a service holds two positions")
    booked = {row.execution_ref for row in session.scalars(select(Execution))}
    executed = {f"{ACCOUNT}:{fill['id']}" for fill in memory.fills}
    _require(booked <= executed, f"booked, and never executed: {booked - executed}")
    _check_sends(memory)


def check_settled(session: Session, memory: Memory, strangers: Sequence[str]) -> None:
    """Check that the books are the broker's truth: shares, cash, each execution once, each order as it stands there."""
    check_always(session, memory)
    services = session.scalars(select(TradingService)).all()
    failed = {service.name: service.error_reason for service in services if service.state is ServiceState.ERROR}
    _require(not failed, f"services failed: {failed}")
    held = {service.stock_symbol: service.current_shares for service in services if service.current_shares}
    _require(held == memory.positions, f"held {held}, at the broker {memory.positions}")
    flow = sum((service.current_balance - service.initial_balance for service in services), Decimal(0))
    _require(flow == memory.cash - CASH, f"cash changed by {flow}, at the broker by {memory.cash - CASH}")
    _check_executions(session, memory)
    _check_orders(session, memory, strangers)
    for stranger in strangers[:1]:
        _check_halted(memory, datetime.fromisoformat(memory.by_name[stranger]["submitted_at"]))


def check_protection(session: Session, memory: Memory) -> None:
    """Check, within a session, that every position whose stop is in force has it at the broker, for all its shares."""
    for service in session.scalars(select(TradingService).where(TradingService.current_shares > 0)):
        live = session.scalars(
            select(Order).where(
                Order.service_id == service.id, Order.side == OrderSide.SELL, Order.state.in_(LIVE_ORDER_STATES)
            )
        ).all()
        if service.stop_price is None or service.state is ServiceState.INACTIVE:
            continue
        is_trading = service.state is ServiceState.ACTIVE and service.mode is not TradingMode.HOLD
        if not is_trading and not service.keep_protection:
            continue
        resting = [
            part for order in live for part in memory.family(order.client_order_id) if part["status"] in OPEN_STATES
        ]
        stops = [part for part in resting if part["stop_price"] is not None]
        exits = [part for part in resting if part["stop_price"] is None and part["limit_price"] is None]
        pending = [order for order in live if order.state is OrderState.PENDING]
        _require(bool(stops or exits or pending), f"{service.name} holds {service.current_shares} without a stop")
        for stop in stops:
            _require(int(stop["qty"]) >= service.current_shares, f"{service.name}'s stop is for {stop['qty']} alone")
            _require(Decimal(stop["stop_price"]) == service.stop_price, f"{service.name}'s stop rests elsewhere")


def _check_executions(session: Session, memory: Memory) -> None:
    rows = session.scalars(select(Execution)).all()
    booked = {row.execution_ref: (row.side.value.lower(), row.shares, row.price, row.amount) for row in rows}
    executed = {
        f"{ACCOUNT}:{fill['id']}": (
            fill["side"],
            int(fill["qty"]),
            Decimal(fill["price"]),
            int(fill["qty"]) * Decimal(fill["price"]),
        )
        for fill in memory.fills
    }
    _require(len(booked) == len(rows), "an execution was booked twice")
    _require(booked == executed, f"executions differ from the broker's: {booked.items() ^ executed.items()}")


def _check_orders(session: Session, memory: Memory, strangers: Sequence[str]) -> None:
    orders = {order.client_order_id: order for order in session.scalars(select(Order))}
    unknown = memory.by_name.keys() - orders.keys() - set(strangers)
    _require(not unknown, f"the broker has orders that are nobody's: {unknown}")
    entries: Counter[int] = Counter()
    for name, order in orders.items():
        family = memory.family(name)
        filled = memory.filled(name)
        _require(order.filled_shares == filled, f"{name} has filled {filled}, in the books {order.filled_shares}")
        _require(filled <= order.shares, f"{name} was for {order.shares} and filled {filled}")
        is_live = order.state in LIVE_ORDER_STATES and order.state is not OrderState.PENDING
        _require(is_live == memory.is_working(name), f"{name} is {order.state}, at the broker {family}")
        if family and order.side is OrderSide.BUY and order.decision_id is not None:
            entries[order.decision_id] += 1
    _require(all(count == 1 for count in entries.values()), f"a decision was sent twice: {entries}")


def _check_halted(memory: Memory, since: datetime) -> None:
    """Check that nothing was bought once an order under our name that is not ours had been seen."""
    bought = [
        order["client_order_id"]
        for order in memory.by_name.values()
        if order["side"] == "buy" and datetime.fromisoformat(order["submitted_at"]) > since + _SEEN_WITHIN
    ]
    _require(not bought, f"bought although the account has an unknown order: {bought}")


def _check_sends(memory: Memory) -> None:
    """
    Check that an order which may have been taken was looked for, for a minute in vain, before it was sent again.

    What the broker itself has refused was not taken.
    """
    sent: dict[str, Json] = {}
    missed: dict[str, bool] = {}
    for heard in memory.heard:
        name = heard["client_order_id"]
        if heard["method"] == "GET" and heard["status"] == 404 and not heard["fault"]:
            missed[name] = True
        if heard["method"] != "POST":
            continue
        before = sent.get(name)
        if before is not None and (before["status"] not in _NOT_TAKEN or before["fault"] in ("lose", "504", "hang")):
            waited = datetime.fromisoformat(heard["at"]) - datetime.fromisoformat(before["at"])
            _require(missed.get(name, False), f"{name} was sent again without having been looked for")
            _require(waited >= _LOOKED_FOR, f"{name} was sent again after {waited}")
        sent[name], missed[name] = heard, False


def _require(holds: bool, promise: str) -> None:
    if not holds:
        raise AssertionError(promise)
