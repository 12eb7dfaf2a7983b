"""Reconciliation: nothing trades before orders and books are what they should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import select

from daytrader.engine.runner import Runner
from daytrader.engine.stock_bars import StockBars
from daytrader.models.enums import STATES_AT_WORK
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.services import booking, ledger_service, order_service, unreadable_rows
from daytrader.services.ledger_service import Breach
from daytrader.services.session_manager import SessionManager

logger = structlog.get_logger(__name__)

BarsOf = Callable[[int, int], StockBars]
"""The bars of (stock id, interval)."""


def reconcile(runner: Runner, bars_of: BarsOf) -> list[Breach]:
    """
    Send the orders that a crash left between intent and acknowledgement, then audit the books.

    An order that was being sent is looked up at the broker first; sending it again under the same client_order_id
    sends it once. A service whose books break a rule goes to ERROR; so does one of which a row cannot be read, and its
    orders are left as they are.

    Returns:
        The breaches found.
    """
    for order_id, stock_id, interval in _unsent(runner):
        try:
            with SessionManager(read_only=True) as session:
                order = session.get_one(Order, order_id)
                session.get_one(TradingService, order.service_id)
        except unreadable_rows.ERRORS as error:  # it stops nobody else's; the audit stops its service
            logger.error("an order cannot be sent", order_id=order_id, error=f"{type(error).__name__}: {error}")
            continue
        stock = bars_of(stock_id, interval)
        row = None if order.bar_time is None else stock.row_of(order.bar_time)
        # Without a decision it was placed between bars, and waits for the next open whatever the fill mode is.
        is_decided = order.decision_id is not None and row is not None
        runner.submit([order_id], stock.bar(row) if is_decided and row is not None else None)
    return _audit(runner)


def _unsent(runner: Runner) -> Sequence[tuple[int, int, int]]:
    with SessionManager(read_only=True) as session:
        query = (
            select(Order.id, TradingService.stock_id, TradingService.interval)
            .join(TradingService, TradingService.id == Order.service_id)
            .where(
                Order.state.in_(order_service.UNSUBMITTED),
                Order.broker == runner.broker.name,
                TradingService.stock_id.is_not(None),
            )
            .order_by(Order.id)
        )
        if runner.only is not None:
            query = query.where(TradingService.id.in_(runner.only))
        return [(order_id, stock_id or 0, interval) for order_id, stock_id, interval in session.execute(query)]


def _audit(runner: Runner) -> list[Breach]:
    only = None if runner.only is None else list(runner.only)
    with SessionManager(read_only=True) as session:
        breaches = ledger_service.audit(session, only)
    if not breaches:
        return []
    first = {breach.service_id: breach for breach in reversed(breaches)}
    with SessionManager() as session:
        runner.fence.require(session)
        for service_id, breach in first.items():
            logger.error("books do not add up", service_id=service_id, rule=breach.rule, breach=breach.message)
            reason = f"audit: {breach.rule}: {breach.message}"
            try:
                with session.begin_nested():
                    service = session.get(TradingService, service_id, with_for_update=True)
                    if service is not None and service.state in STATES_AT_WORK:
                        booking.fail(session, service, reason)
            except unreadable_rows.ERRORS:
                runner.left_out.add(service_id)
                unreadable_rows.stop(session, service_id, reason)
    return breaches
