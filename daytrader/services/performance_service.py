"""How a service has done: figures, equity curve and the sum of its transactions, from ledger rows and bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from daytrader.core import backtest
from daytrader.core import metrics as core_metrics
from daytrader.core.bars import Bars
from daytrader.core.fills import cost_cents
from daytrader.core.money import CENTS, from_cents, to_cents, to_micros
from daytrader.core.report import figures
from daytrader.models.decision import TradeDecision
from daytrader.models.enums import TransactionState
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import positions, price_history, price_service
from daytrader.services.ledger_run import closings, ledger_run
from daytrader.services.trading_rules import rules_of

_ZERO: Final = Decimal(0)
_LONGEST_GAP: Final = timedelta(days=30)
"""Before a booking made between two bars there hardly is none for longer than this, holidays and all."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """
    A service's performance. Money to the cent, percentages in percent; None where a figure is not defined.

    Attributes:
        equity: Cash and the position at the last known close.
        current_balance: Cash.
        position_value: The shares held at the last known close; at the purchase price where no bar is known.
        unrealized_gain_loss: Of the open position: its value and what it has earned less what it cost.
        total_gain_loss: Of the closed ones, as the service's column of this name.
        total_return_pct: Of the equity on the initial balance.
        buy_and_hold_return_pct: Everything in at once over the same sessions, at the same costs.
        max_drawdown_pct: Deepest fall of the equity at session closes from a peak, 0 or negative.
        sharpe_ratio: Of the sessions' returns, annualised.
        win_rate: Share of the closed trades that gained.
        trades: Closed ones.
        exposure_pct: Sessions with shares at the close.
        fees: Paid so far, the open position's included.
    """

    equity: Decimal
    current_balance: Decimal
    position_value: Decimal
    unrealized_gain_loss: Decimal
    total_gain_loss: Decimal
    total_return_pct: float
    buy_and_hold_return_pct: float | None
    max_drawdown_pct: float
    sharpe_ratio: float | None
    win_rate: float | None
    trades: int
    exposure_pct: float
    fees: Decimal


@dataclass(frozen=True, slots=True)
class EquityCurve:
    """The service at each session close since it began, oldest first; money in currency units."""

    timestamps: Sequence[str]
    equity: Sequence[float]
    cash: Sequence[float]
    position_value: Sequence[float]


@dataclass(frozen=True, slots=True)
class TransactionMetrics:
    """
    The sum of a service's transactions, money to the cent.

    A closed transaction is profitable or unprofitable: one that broke even is not profitable. Averages and `win_rate`
    (percent) are None where there is nothing to divide by; `total_loss` is 0 or negative.
    """

    total_transactions: int
    open_transactions: int
    closed_transactions: int
    cancelled_transactions: int
    total_profit: Decimal
    total_loss: Decimal
    net_gain_loss: Decimal
    average_profit_per_transaction: Decimal | None
    average_loss_per_transaction: Decimal | None
    profitable_transactions: int
    unprofitable_transactions: int
    win_rate: float | None


def metrics(session: Session, service: TradingService) -> Metrics:
    """
    Return the performance of *service* up to the last bar that the market knows.

    Its time runs from its first decision or booking; before that nothing has happened and only the balances speak.
    The figures are those of a backtest's report, by the same functions.
    """
    bars, first = _traded(session, service)
    cash, position, unrealized = _holding(session, service, bars)
    initial = to_cents(service.initial_balance)
    found: dict[str, float | int | None] = {}
    if first is not None:
        run = ledger_run(session, service.id, bars, first, bars.n)
        found = figures(initial, run, backtest.buy_and_hold(bars, rules_of(service), initial, first))
    return Metrics(
        equity=from_cents(cash + position),
        current_balance=from_cents(cash),
        position_value=from_cents(position),
        unrealized_gain_loss=from_cents(unrealized),
        total_gain_loss=service.total_gain_loss,
        total_return_pct=((cash + position) / initial - 1) * 100,
        buy_and_hold_return_pct=found.get("buy_and_hold_return_pct"),
        max_drawdown_pct=found.get("max_drawdown_pct") or 0.0,
        sharpe_ratio=found.get("sharpe_ratio"),
        win_rate=found.get("win_rate_pct"),
        trades=service.sell_count,
        exposure_pct=found.get("exposure_pct") or 0.0,
        fees=_fees(session, service),
    )


def equity(session: Session, service: TradingService) -> EquityCurve:
    """Return the equity curve of *service* up to the last bar that the market knows, empty before its first one."""
    bars, first = _traded(session, service, is_recent=True)
    if first is None:
        return EquityCurve([], [], [], [])
    held = closings(session, service.id, bars, first, bars.n)
    return EquityCurve(
        timestamps=price_history.timestamps(bars.time[held.rows]),
        equity=((held.cash + held.position) / CENTS).tolist(),
        cash=(held.cash / CENTS).tolist(),
        position_value=(held.position / CENTS).tolist(),
    )


def transaction_metrics(session: Session, service: TradingService) -> TransactionMetrics:
    """Return the sums over all transactions of *service*; `net_gain_loss` is its `total_gain_loss`."""
    rows = session.execute(
        select(TradingTransaction.state, TradingTransaction.gain_loss).where(
            TradingTransaction.service_id == service.id
        )
    ).all()
    states = Counter(state for state, _ in rows)
    gains = [gain for state, gain in rows if state is TransactionState.CLOSED and gain is not None]
    profits, losses = [gain for gain in gains if gain > 0], [gain for gain in gains if gain <= 0]
    won = core_metrics.win_rate(np.array([to_cents(gain) for gain in gains], np.int64))
    return TransactionMetrics(
        total_transactions=len(rows),
        open_transactions=states[TransactionState.OPEN],
        closed_transactions=states[TransactionState.CLOSED],
        cancelled_transactions=states[TransactionState.CANCELLED],
        total_profit=sum(profits, _ZERO),
        total_loss=sum(losses, _ZERO),
        net_gain_loss=sum(gains, _ZERO),
        average_profit_per_transaction=_average(profits),
        average_loss_per_transaction=_average(losses),
        profitable_transactions=len(profits),
        unprofitable_transactions=len(losses),
        win_rate=None if won is None else won * 100,
    )


def _traded(session: Session, service: TradingService, *, is_recent: bool = False) -> tuple[Bars, int | None]:
    """
    Return the known bars and the row on which the service began, None where there is none.

    With *is_recent* the bars begin shortly before the service did: enough for what it held, not for indicators.
    """
    if service.stock_id is None:
        return Bars.build([], [], [], [], []), None
    began = _began(session, service.id)
    since = began - _LONGEST_GAP if is_recent and began is not None else None
    bars = price_service.known_bars(session, service.stock_id, service.interval, since=since)
    if since is not None and began is not None and (not bars.n or bars.time[0] > began.timestamp()):
        bars = price_service.known_bars(session, service.stock_id, service.interval)  # a longer gap
    if began is None or not bars.n:
        return bars, None
    row = int(np.searchsorted(bars.time, int(began.timestamp()), side="right")) - 1
    return bars, max(row, 0)


def _began(session: Session, service_id: int) -> datetime | None:
    """Return the time of the service's first decision or booking; its deposit has none."""
    first = [
        session.scalar(select(func.min(model.bar_time)).where(model.service_id == service_id))
        for model in (TradeDecision, JournalEntry)
    ]
    return min((moment for moment in first if moment is not None), default=None)


def _holding(session: Session, service: TradingService, bars: Bars) -> tuple[int, int, int]:
    """Return cash, the position's value and its unrealised gain, in cents."""
    cash = to_cents(service.current_balance)
    held = positions.open_transaction(session, service.id)
    if held is None:
        return cash, 0, 0
    price = int(bars.micros.close[-1]) if bars.n else to_micros(held.purchase_price)
    value = cost_cents(held.open_shares, price)
    invested = held.cost + held.buy_fee - held.proceeds + held.sell_fee - held.adjustments
    return cash, value, value - to_cents(invested)


def _fees(session: Session, service: TradingService) -> Decimal:
    rows = session.execute(
        select(TradingTransaction.buy_fee, TradingTransaction.sell_fee).where(
            TradingTransaction.service_id == service.id, TradingTransaction.state != TransactionState.CANCELLED
        )
    )
    return sum((bought + sold for bought, sold in rows), _ZERO)


def _average(amounts: Iterable[Decimal]) -> Decimal | None:
    given = list(amounts)
    return from_cents(to_cents(sum(given, _ZERO) / len(given))) if given else None
