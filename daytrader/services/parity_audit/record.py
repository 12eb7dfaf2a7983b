"""What was recorded of a service, as columns: the audit knows nothing else of the past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from daytrader.brokers import PAPER
from daytrader.core.arrays import IntArray
from daytrader.core.money import to_cents, to_micros
from daytrader.models import Execution, JournalEntry, Order, TradeDecision, TradingService, TradingTransaction
from daytrader.models.enums import (
    LIVE_ORDER_STATES,
    DecisionAction,
    JournalKind,
    OrderKind,
    OrderSide,
    OrderState,
    TransactionState,
)

FOREVER: Final = np.iinfo(np.int64).max
_MICROSECONDS: Final = 1_000_000
_OF_BARS: Final = (JournalKind.DIVIDEND, JournalKind.SPLIT, JournalKind.CASH_IN_LIEU)


class Decided(NamedTuple):
    """A decision; *at* is its bar in epoch seconds, *written* when it was stored, in epoch microseconds."""

    id: int
    at: int
    action: DecisionAction
    shares: int
    reason: str
    evidence: Mapping[str, Any]
    written: int


class Asked(NamedTuple):
    """
    An order; *limit* is in micros, 0 for none; *is_on_paper*: bars say what becomes of it.

    *first* and *end* are places among the decisions: it was under way at those from *first* to before *end*.
    """

    id: int
    decision_id: int | None
    side: OrderSide
    kind: OrderKind
    state: OrderState
    limit: int
    at: int | None
    reason: str
    ended_reason: str
    was_split: bool
    transaction_id: int | None
    is_on_paper: bool
    first: int
    end: int


class Done(NamedTuple):
    """An execution; *price* is in micros, *at* its bar, None between bars; *place*: the first decision after it."""

    order_id: int
    transaction_id: int
    side: OrderSide
    shares: int
    price: int
    at: int | None
    written: int
    place: int


class Position(NamedTuple):
    """A transaction; *price* is what its levels are of, in micros, *ended* when it was closed, in epoch seconds."""

    id: int
    price: int
    ended: int | None
    is_void: bool


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """
    Everything recorded of one service.

    Attributes:
        decisions: By bar.
        orders: By id.
        executions: By id.
        positions: By id.
        cash: Cents before each decision, shape (n,).
        shares: Held before each decision, shape (n,).
    """

    decisions: Sequence[Decided]
    orders: Sequence[Asked]
    executions: Sequence[Done]
    positions: Sequence[Position]
    cash: IntArray
    shares: IntArray


def read_record(session: Session, service: TradingService) -> Record:
    """Return what was recorded of *service* up to now."""
    decisions = _decisions(session, service)
    places = _Places(decisions)
    executions = _executions(session, service.id, places)
    cash, shares = _holdings(session, service.id, places)
    return Record(
        decisions,
        _orders(session, service.id, places, executions),
        executions,
        _positions(session, service.id),
        cash,
        shares,
    )


def seconds(moment: datetime) -> int:
    """Return *moment* in epoch seconds."""
    return int(moment.timestamp())


def moment_of(at: int) -> datetime:
    """Return epoch seconds as a moment."""
    return datetime.fromtimestamp(at, UTC)


def epoch_micros(moment: datetime) -> int:
    """Return *moment* in epoch microseconds."""
    return round(moment.timestamp() * _MICROSECONDS)


class _Places:
    """Where a moment lies among the decisions: the place of the first one that was made after it."""

    def __init__(self, decisions: Sequence[Decided]) -> None:
        self.n = len(decisions)
        self._bars = np.array([each.at for each in decisions], np.int64)
        # A bar that was given up late is journalled after later ones were decided, and clocks are set back.
        self._written = np.maximum.accumulate(np.array([each.written for each in decisions], np.int64))
        self._by_id = {each.id: place for place, each in enumerate(decisions)}

    def of_decision(self, decision_id: int | None) -> int | None:
        """Return the place of a decision."""
        return None if decision_id is None else self._by_id.get(decision_id)

    def after(self, written: int, at: int | None) -> int:
        """Return the place of the first decision made after what was *written* then about the bar *at*."""
        by_clock = int(np.searchsorted(self._written, written))
        return by_clock if at is None else max(by_clock, int(np.searchsorted(self._bars, at)))


def _decisions(session: Session, service: TradingService) -> list[Decided]:
    table = TradeDecision
    rows = session.execute(
        select(
            table.id,
            table.bar_time,
            table.action,
            table.shares,
            table.reason,
            cast(table.evidence, String),
            table.created_at,
        )
        .where(table.service_id == service.id, table.interval == service.interval)
        .order_by(table.bar_time)
    )
    return [
        Decided(id_, seconds(at), action, shares, reason, orjson.loads(evidence), epoch_micros(written))
        for id_, at, action, shares, reason, evidence, written in rows
    ]


def _executions(session: Session, service_id: int, places: _Places) -> list[Done]:
    table = Execution
    rows = session.execute(
        select(
            table.order_id,
            table.transaction_id,
            table.side,
            table.shares,
            table.price,
            table.bar_time,
            table.created_at,
        )
        .where(table.service_id == service_id)
        .order_by(table.id)
    )
    found = []
    for order_id, transaction_id, side, shares, price, bar_time, created in rows:
        at, written = None if bar_time is None else seconds(bar_time), epoch_micros(created)
        place = places.after(written, at)
        found.append(Done(order_id, transaction_id, side, shares, to_micros(price), at, written, place))
    return found


def _orders(session: Session, service_id: int, places: _Places, executions: Sequence[Done]) -> list[Asked]:
    table = Order
    rows = session.execute(
        select(
            table.id,
            table.decision_id,
            table.side,
            table.kind,
            table.state,
            table.limit_price,
            table.bar_time,
            table.reason,
            table.transaction_id,
            table.broker,
            table.created_at,
            table.history,
        )
        .where(table.service_id == service_id)
        .order_by(table.id)
    )
    filled: dict[int, int] = {}
    for done in executions:
        filled[done.order_id] = max(filled.get(done.order_id, 0), done.place)
    found = []
    for id_, decision_id, side, kind, state, limit, bar_time, reason, transaction_id, broker, created, history in rows:
        place = places.of_decision(decision_id)
        last = history[-1] if history else {}
        found.append(
            Asked(
                id_,
                decision_id,
                side,
                kind,
                state,
                0 if limit is None else to_micros(limit),
                None if bar_time is None else seconds(bar_time),
                reason or "",
                last.get("reason") or "",
                any((passage["reason"] or "").startswith("split ") for passage in history),
                transaction_id,
                broker == PAPER,
                places.after(epoch_micros(created), None) if place is None else place + 1,
                _end(state, last, filled.get(id_), places),
            )
        )
    return found


def _end(state: OrderState, last: Mapping[str, str], filled: int | None, places: _Places) -> int:
    """Return the place of the first decision made after an order had ended."""
    if state in LIVE_ORDER_STATES:
        return FOREVER
    if state is OrderState.FILLED and filled is not None:
        return filled
    return places.after(epoch_micros(datetime.fromisoformat(last["at"])), None) if last else 0


def _positions(session: Session, service_id: int) -> list[Position]:
    table = TradingTransaction
    rows = session.execute(
        select(table.id, table.purchase_price, table.sale_date, table.state)
        .where(table.service_id == service_id)
        .order_by(table.id)
    )
    return [
        Position(id_, to_micros(price), None if ended is None else seconds(ended), state is TransactionState.CANCELLED)
        for id_, price, ended, state in rows
    ]


def _holdings(session: Session, service_id: int, places: _Places) -> tuple[IntArray, IntArray]:
    """Return cash in cents and shares as the journal stood before each decision."""
    table = JournalEntry
    rows = session.execute(
        select(
            table.kind, table.bar_time, Execution.bar_time, table.created_at, table.balance_after, table.shares_after
        )
        .outerjoin(Execution, Execution.id == table.execution_id)
        .where(table.service_id == service_id)
        .order_by(table.sequence)
    ).all()
    booked = np.empty(len(rows), np.int64)
    for place, (kind, bar_time, filled, written, _, _) in enumerate(rows):
        # What is done by hand between two bars knows no bar: the clock says what came first.
        at = bar_time if kind in _OF_BARS else filled
        booked[place] = places.after(epoch_micros(written), None if at is None else seconds(at))
    booked[:1] = 0  # the deposit, which is written again where the initial balance is changed
    # An entry is never in force before the one it follows.
    latest = np.searchsorted(np.maximum.accumulate(booked), np.arange(places.n), side="right") - 1
    cash = np.array([to_cents(balance) for *_, balance, _ in rows], np.int64)
    shares = np.array([held for *_, held in rows], np.int64)
    return cash[latest], shares[latest]
