"""What a service has shown on paper: read from its own ledger, its owner's hand left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from daytrader.core.bars import Bars
from daytrader.core.fills import cost_cents
from daytrader.core.money import to_cents
from daytrader.models import JournalEntry, Order, TradeDecision, TradingService, TradingTransaction
from daytrader.models.enums import OrderKind, TransactionState
from daytrader.services import price_service

PAPER: Final = "paper"
IN_TIME: Final = timedelta(days=5)
"""A bar decided on later than this, counted from its label, was history by then: a replay shows nothing new."""
_LONGEST_GAP: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PaperPeriod:
    """
    What counts of a service's time on paper.

    Attributes:
        began: The first bar that counts, None for none.
        ended: The last one.
        sessions: Days with a decision made in time.
        trades: Closed trades that no hand has touched.
        return_percent: What those and the open one came to at the last close, of the initial balance.
        drawdown_percent: The deepest fall of that from a peak at session closes, 0 or more.
        voids: Transactions that were cancelled.
    """

    began: datetime | None = None
    ended: datetime | None = None
    sessions: int = 0
    trades: int = 0
    return_percent: float = 0.0
    drawdown_percent: float = 0.0
    voids: int = 0


def measure(session: Session, service: TradingService, after: datetime | None, until: datetime | None) -> PaperPeriod:
    """Return what *service* has shown on paper on the bars after *after*, up to *until* (None: no bound)."""
    counted = _decided_in_time(session, service, after, until)
    if not counted or service.stock_id is None:
        return PaperPeriod()
    began, ended = counted[0], counted[-1]
    bought = select(TradingTransaction).where(
        TradingTransaction.service_id == service.id,
        TradingTransaction.purchase_date > began,  # decided within the period, not before
        TradingTransaction.purchase_date <= ended,
    )
    transactions = session.scalars(bought.order_by(TradingTransaction.id)).all()
    touched = _touched(session, service.id)
    own = [one for one in transactions if one.id not in touched and one.state is not TransactionState.CANCELLED]
    bars = price_service.load_bars(session, service.stock_id, service.interval, since=began - _LONGEST_GAP, until=ended)
    return_percent, drawdown_percent = _curve(session, service, bars, began, [one.id for one in own])
    return PaperPeriod(
        began=began,
        ended=ended,
        sessions=len({moment.date() for moment in counted}),
        trades=sum(one.sale_date is not None and one.sale_date <= ended for one in own),
        return_percent=return_percent,
        drawdown_percent=drawdown_percent,
        voids=sum(one.state is TransactionState.CANCELLED for one in transactions),
    )


def _decided_in_time(
    session: Session, service: TradingService, after: datetime | None, until: datetime | None
) -> Sequence[datetime]:
    """Return the labels of the bars that were decided on while they were news, oldest first."""
    query = select(TradeDecision.bar_time, TradeDecision.created_at).where(
        TradeDecision.service_id == service.id, TradeDecision.interval == service.interval
    )
    if after is not None:
        query = query.where(TradeDecision.bar_time > after)
    if until is not None:
        query = query.where(TradeDecision.bar_time <= until)
    rows = session.execute(query.order_by(TradeDecision.bar_time))
    return [bar_time for bar_time, decided_at in rows if decided_at - bar_time <= IN_TIME]


def _touched(session: Session, service_id: int) -> frozenset[int]:
    """Return the transactions that a person bought or sold, or a real broker filled."""
    is_foreign = or_(Order.kind == OrderKind.MANUAL, Order.broker != PAPER)
    query = select(Order.transaction_id).where(Order.service_id == service_id, is_foreign)
    return frozenset(found for found in session.scalars(query) if found is not None)


def _curve(
    session: Session, service: TradingService, bars: Bars, began: datetime, transaction_ids: Sequence[int]
) -> tuple[float, float]:
    """Return gain and deepest fall, percent, of an account of the initial balance that made these transactions only."""
    initial = to_cents(service.initial_balance)
    first = int(np.searchsorted(bars.time, int(began.timestamp())))
    if first >= bars.n or not transaction_ids:
        return 0.0, 0.0
    booked = _booked(session, service.id, transaction_ids)
    cash, shares, peak, deepest, equity, place = initial, 0, initial, 0.0, initial, 0
    is_last = np.append(bars.session[1:] != bars.session[:-1], True)
    for row in (np.flatnonzero(is_last[first:]) + first).tolist():
        while place < len(booked) and booked[place][0] < _next_label(bars, row):
            _, amount, change = booked[place]
            cash, shares, place = cash + amount, shares + change, place + 1
        equity = cash + cost_cents(shares, int(bars.micros.close[row]))
        peak = max(peak, equity)
        deepest = max(deepest, 1 - equity / peak)
    return (equity / initial - 1) * 100, deepest * 100


def _next_label(bars: Bars, row: int) -> float:
    # A booking between two bars counts with the bar before it.
    return float(bars.time[row + 1]) if row + 1 < bars.n else float("inf")


def _booked(session: Session, service_id: int, transaction_ids: Sequence[int]) -> list[tuple[float, int, int]]:
    """Return moment, cents and shares of what the journal tells of these transactions, in its order."""
    wanted = frozenset(transaction_ids)
    rows = session.execute(
        select(JournalEntry.transaction_id, JournalEntry.bar_time, JournalEntry.amount, JournalEntry.shares_change)
        .where(JournalEntry.service_id == service_id, JournalEntry.transaction_id.is_not(None))
        .order_by(JournalEntry.sequence)
    )
    return [
        (0.0 if at is None else at.timestamp(), to_cents(amount), change)
        for transaction_id, at, amount, change in rows
        if transaction_id in wanted
    ]
