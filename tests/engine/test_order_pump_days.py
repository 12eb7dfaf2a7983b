"""Weeks of a promoted service at a broker, from bar to bar: what paper does on the same bars, to the cent."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.engine.stock_bars import StockBars
from daytrader.models import Stock, StockDailyPrice, TradingService, TradingTransaction
from daytrader.models.enums import TransactionState
from daytrader.services import market_calendar, price_service
from daytrader.services.session_manager import SessionManager

from .accounts import Bench

SESSIONS = 30
Row = tuple[Decimal, Decimal, Decimal, Decimal]


def _market(seed: int) -> list[tuple[date, Row]]:
    """Return sessions of a market that turns often: open, high, low, close."""
    chance = random.Random(seed)
    rows, close = [], 50.0
    for day in market_calendar.sessions_after(date(2023, 12, 29), SESSIONS):
        opened = close * (1 + chance.uniform(-0.03, 0.03))
        close = opened * (1 + chance.uniform(-0.04, 0.04))
        high, low = max(opened, close) * 1.01, min(opened, close) * 0.99
        opened_, high_, low_, close_ = (Decimal(f"{price:.2f}") for price in (opened, high, low, close))
        rows.append((day, (opened_, high_, low_, close_)))
    return rows


def _stored(rows: list[tuple[date, Row]]) -> StockBars:
    with SessionManager() as session:
        stock = session.scalars(select(Stock)).one()
        for day, (opened, high, low, close) in rows:
            session.add(
                StockDailyPrice(
                    stock_id=stock.id,
                    price_date=day,
                    open_price=float(opened),
                    high_price=float(high),
                    low_price=float(low),
                    close_price=float(close),
                    volume=1000,
                )
            )
    with SessionManager(read_only=True) as session:
        return StockBars(stock.id, stock.symbol, 0, price_service.load_bars(session, stock.id))


def _trade_through(bench: Bench, service: TradingService, day: date, row: Row) -> None:
    """Let a session happen: the auction, then whatever level the day reaches, the stop first, then the bell."""
    opened, high, low, close = row
    bench.at(datetime.combine(day, time(14, 30), UTC)).alpaca.auction("ACME", str(opened))
    bench.turn()
    for name, extreme in (("stop_price", low), ("target_price", high)):
        level = getattr(bench.world.reload(service), name)
        if level is not None and min(opened, extreme) <= level <= max(opened, extreme):
            bench.alpaca.trade("ACME", str(level))
            bench.turn()
    bench.alpaca.trade("ACME", str(close))
    bench.turn()
    bench.at(datetime.combine(day, time(21, 0), UTC)).alpaca.bell()
    bench.turn()


def _trades(service: TradingService) -> list[tuple[object, ...]]:
    with SessionManager(read_only=True) as session:
        query = select(TradingTransaction).where(TradingTransaction.service_id == service.id)
        return [
            (t.shares, t.purchase_price, t.sale_price, t.gain_loss, t.entry_reason, t.exit_reason, t.state)
            for t in session.scalars(query.order_by(TradingTransaction.id))
        ]


@pytest.mark.parametrize("seed", [1])
def test_weeks_at_a_broker_are_weeks_on_paper(bench: Bench, seed: int) -> None:
    """Entries in the auction, stops, targets and sales by signal: the same trades, and the account agrees each day."""
    rows = _market(seed)
    bench.at(datetime.combine(rows[-1][0], time(22), UTC))
    stock = _stored(rows)
    rules: dict[str, Any] = {
        "strategy": "sma_trend",
        "strategy_params": {"window": 2},
        "stop_loss_percent": Decimal(3),
        "take_profit_percent": Decimal(4),
        "initial_balance": Decimal(5000),
    }
    bench.at(datetime.combine(rows[0][0], time(12), UTC))
    live = bench.service(**rules)
    paper = bench.service(name="paper", **rules | {"broker": "paper"})
    runner = Runner(PaperBroker())
    for place, (day, row) in enumerate(rows):
        _trade_through(bench, live, day, row)
        bench.at(datetime.combine(day, time(21, 31), UTC))
        runner.step(stock, place)
        bench.turn(datetime.combine(day + timedelta(days=1), time(0, 30), UTC))
        assert bench.alpaca.positions.get("ACME", 0) == bench.world.reload(live).current_shares
    bench.audit()
    assert _trades(live) == _trades(paper)
    reasons = {exit_reason for *_, exit_reason, state in _trades(live) if state is TransactionState.CLOSED}
    assert {"stop loss", "take profit"} < reasons
    assert bench.world.reload(live).current_balance == bench.world.reload(paper).current_balance
    assert {order["status"] for order in bench.alpaca.state()["orders"]} <= {"filled", "canceled", "expired", "new"}
