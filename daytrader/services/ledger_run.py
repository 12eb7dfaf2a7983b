"""A run read from the books: what a report needs, from journal, transactions and executions alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.core.arrays import IntArray
from daytrader.core.bars import Bars
from daytrader.core.fills import cost_cents
from daytrader.core.money import to_cents, to_micros
from daytrader.core.report import Run, Trade
from daytrader.models.enums import TransactionState
from daytrader.models.execution import Execution
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.trading_transaction import TradingTransaction

_ALWAYS: Final = np.iinfo(np.int64).min
_FOREVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Closings:
    """
    What a service held at the close of each session, as its journal tells it.

    Attributes:
        rows: The last bar of each session, shape (m,).
        cash: Cents, shape (m,).
        shares: Shape (m,).
        position: Those shares at the raw close, cents, shape (m,).
    """

    rows: IntArray
    cash: IntArray
    shares: IntArray
    position: IntArray


def ledger_run(session: Session, service_id: int, bars: Bars, first: int, last: int) -> Run:
    """Return what the service did on rows *first* to *last* - 1 of *bars*, as its ledger tells it."""
    held = closings(session, service_id, bars, first, last)
    transactions = session.scalars(
        select(TradingTransaction)
        .where(TradingTransaction.service_id == service_id, TradingTransaction.state != TransactionState.CANCELLED)
        .order_by(TradingTransaction.id)
    ).all()
    return Run(
        session=bars.session[held.rows],
        equity=held.cash + held.position,
        held=held.shares > 0,
        trades=tuple(_trade(transaction) for transaction in transactions),
        fees=sum(to_cents(transaction.buy_fee + transaction.sell_fee) for transaction in transactions),
        final_cash=int(held.cash[-1]),
        final_shares=int(held.shares[-1]),
        ambiguous_bars=_ambiguous(session, service_id),
        close=bars.close[held.rows],
        split_factor=bars.split_factor[held.rows],
    )


def closings(session: Session, service_id: int, bars: Bars, first: int, last: int) -> Closings:
    """
    Return what the service held at the session closes of rows *first* to *last* - 1.

    A booking belongs to the latest bar that had begun: one made by hand after the bell, or between two bars, counts
    with the bar before it.
    """
    rows = _closing_rows(bars, first, last)
    following = np.append(bars.time, _FOREVER)[rows + 1]
    cash, shares = _holdings(session, service_id, following - 1)
    close = bars.micros.close[rows]
    marks = [cost_cents(int(count), int(price)) for count, price in zip(shares, close, strict=True)]
    return Closings(rows, cash, shares, np.array(marks, np.int64))


def _closing_rows(bars: Bars, first: int, last: int) -> IntArray:
    """Return the last row of each session."""
    session = bars.session[first:last]
    is_last = np.append(session[1:] != session[:-1], True)
    return np.flatnonzero(is_last) + first


def _holdings(session: Session, service_id: int, times: IntArray) -> tuple[IntArray, IntArray]:
    """Return cash in cents and shares as the journal stands at each of *times*."""
    entries = session.execute(
        select(JournalEntry.bar_time, JournalEntry.balance_after, JournalEntry.shares_after)
        .where(JournalEntry.service_id == service_id)
        .order_by(JournalEntry.sequence)
    ).all()
    booked = np.array([_ALWAYS if at is None else _seconds(at) for at, _, _ in entries], np.int64)
    # An entry is never in force before the one it follows.
    latest = np.searchsorted(np.maximum.accumulate(booked), times, side="right") - 1
    cash = np.array([to_cents(balance) for _, balance, _ in entries], np.int64)
    shares = np.array([held for _, _, held in entries], np.int64)
    return cash[latest], shares[latest]


def _trade(transaction: TradingTransaction) -> Trade:
    return Trade(
        entry_time=_seconds(transaction.purchase_date),
        entry_price=to_micros(transaction.purchase_price),
        shares=int(transaction.shares),
        exit_time=None if transaction.sale_date is None else _seconds(transaction.sale_date),
        exit_price=None if transaction.sale_price is None else to_micros(transaction.sale_price),
        gain_loss=None if transaction.gain_loss is None else to_cents(transaction.gain_loss),
        cost_basis=to_cents(transaction.cost + transaction.buy_fee),
        entry_reason=transaction.entry_reason or "",
        exit_reason=transaction.exit_reason,
    )


def _ambiguous(session: Session, service_id: int) -> int:
    """Return how many bars touched stop and target without their open telling which came first."""
    query = select(Execution.bar_time).where(Execution.service_id == service_id, Execution.is_ambiguous)
    return len(set(session.scalars(query)))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
