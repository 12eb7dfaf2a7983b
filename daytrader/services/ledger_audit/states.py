"""L7 of services and transactions: states, dates, levels and names agree with one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daytrader.models.enums import STATES_AT_WORK, JournalKind, OrderKind, OrderSide, ServiceState, TradingMode
from daytrader.models.enums import TransactionState as State
from daytrader.models.order import is_stop
from daytrader.services.ledger_audit.amounts import tick_of
from daytrader.services.ledger_audit.books import Books
from daytrader.services.ledger_audit.words import price


def check_service(books: Books) -> Iterator[str]:
    """State, mode, levels and stock of the service are possible, and fit what it holds and has decided."""
    service = books.service
    opened = [t for t in books.transactions if t.state is State.OPEN]
    if len(opened) > 1:
        yield f"{len(opened)} transactions are open"
    if service.mode is TradingMode.SELL and not opened:
        yield "mode is SELL without a position"
    if service.mode is TradingMode.BUY and opened:
        yield "mode is BUY with a position"
    if service.state is ServiceState.ERROR and not service.error_reason:
        yield "state is ERROR without a reason"
    if not isinstance(service.strategy_params, dict):
        yield "strategy params are no settings by name"
    if service.state in STATES_AT_WORK and service.error_reason is not None:
        yield f"state is {service.state} with the reason of an error"
    if service.state in STATES_AT_WORK and not service.is_active:
        yield f"state is {service.state} although the service is archived"
    if service.stock_id is not None and service.stock_symbol != service.listed_symbol:
        yield f"stock symbol is {service.stock_symbol}, its stock is {service.listed_symbol}"
    if service.newest_bar is not None and service.last_bar_time != service.newest_bar:
        yield f"last bar time is {service.last_bar_time}, the newest decision is of {service.newest_bar}"
    if service.newest_bar is None and service.last_bar_time is not None:
        yield f"last bar time is {service.last_bar_time}, nothing was decided"
    if not service.is_armed and not _was_stopped(books):
        yield "waits for its signal to clear after a stop, and was not stopped out last"
    yield from _levels(service, bool(opened))
    for t in opened[:1]:
        yield from _placed(books, t)


def _was_stopped(books: Books) -> bool:
    """Return whether a stop came after the last entry by a signal, which nobody makes who is not armed."""
    was_stop = False
    for order in books.orders:
        if order.filled_shares and order.side is OrderSide.BUY:
            was_stop = was_stop and order.kind is not OrderKind.ENTRY
        elif order.filled_shares and is_stop(order.kind, order.decision_id, order.reason):
            was_stop = True
    return was_stop


def _levels(service: Any, has_position: bool) -> Iterator[str]:
    stop, target = service.stop_price, service.target_price
    if not has_position and (stop is not None or target is not None):
        yield f"stop {price(stop)} and target {price(target)} without a position"
    if (stop is not None and stop <= 0) or (target is not None and target <= 0):
        yield f"stop {price(stop)} or target {price(target)} is no price"
    if stop is not None and target is not None and stop >= target:
        yield f"stop {price(stop)} is not below target {price(target)}"


def _placed(books: Books, t: Any) -> Iterator[str]:
    """
    Stop and target of an open position lie on the tick, one below and one above what was paid, splits included.

    By how much is not kept: the percentages may have been edited since. Each rounding moves a level by half a tick.
    """
    paid, slack = t.purchase_price, 1
    for entry in books.booked(t.id):
        action = books.actions.get(entry.corporate_action_id) if entry.kind is JournalKind.SPLIT else None
        if action is not None and action.ratio_numerator > 0:
            paid, slack = paid * action.ratio_denominator / action.ratio_numerator, slack + 1
    for name, level, side in (("stop", books.service.stop_price, 1), ("target", books.service.target_price, -1)):
        if level is None:
            continue
        tick = tick_of(level)
        if level % tick:
            yield f"{name} {price(level)} is not on the tick"
        if (level - paid) * side > slack * tick:
            yield f"{name} {price(level)} is on the wrong side of the purchase at {price(t.purchase_price)}"


def check_transactions(books: Books) -> Iterator[str]:
    """Dates and nulls fit the state, and stock and symbol are the service's, which the first trade fixed."""
    service = books.service
    for t in books.transactions:
        if message := _conflict(t):
            yield f"transaction {t.id}: {message}"
        is_voided = any(entry.kind is JournalKind.VOID for entry in books.booked(t.id))
        if is_voided is not (t.state is State.CANCELLED):
            yield f"transaction {t.id}: is {t.state}, the journal has {'' if is_voided else 'not '}voided it"
        if (t.stock_id, t.stock_symbol) != (service.stock_id, service.stock_symbol):
            stocks = f"{service.stock_symbol} (stock {service.stock_id})"
            yield f"transaction {t.id}: is of {t.stock_symbol} (stock {t.stock_id}), its service trades {stocks}"


def _conflict(t: Any) -> str | None:
    sale = (t.sale_price, t.sale_date, t.gain_loss)
    if t.state is State.CLOSED:
        if None in sale:
            return "is CLOSED without its sale's price, date or gain"
        if t.sale_date < t.purchase_date:
            return "was sold before it was bought"
        return "is CLOSED and holds shares" if t.open_shares else None
    if sale != (None, None, None):
        return f"is {t.state} with a sale's price, date or gain"
    if t.state is State.OPEN and t.exit_reason is not None:
        return "is OPEN with a reason for its end"
    return "is OPEN and holds no shares" if t.state is State.OPEN and t.open_shares <= 0 else None
