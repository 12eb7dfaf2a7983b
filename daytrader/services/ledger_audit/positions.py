"""L1 to L3 of one position: its shares, prices, dates and sums are those of its executions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from daytrader.core.errors import BoundsError
from daytrader.core.reasons import SPLIT_REASON
from daytrader.models.enums import JournalKind, OrderKind, OrderSide
from daytrader.models.enums import TransactionState as State
from daytrader.services.ledger_audit.amounts import after_split
from daytrader.services.ledger_audit.books import Books
from daytrader.services.ledger_audit.words import money, price

_HUNDREDTHS: Final = 100
"""Shares of a transaction are stored with two decimals."""
_CENT_MICROS: Final = 10_000


def check_executions(books: Books) -> Iterator[str]:
    """Cost, proceeds and fees are sums over the executions, and the shares are what was bought."""
    for t in books.transactions:
        bought = books.executed(t.id, OrderSide.BUY)
        if not bought:
            yield f"transaction {t.id}: nothing was bought for it"
        for side, amount, fee in ((OrderSide.BUY, "cost", "buy_fee"), (OrderSide.SELL, "proceeds", "sell_fee")):
            executions = books.executed(t.id, side)
            for column, total in ((amount, sum(e.amount for e in executions)), (fee, sum(e.fee for e in executions))):
                stored = getattr(t, column)
                if stored != total:
                    yield f"transaction {t.id}: {column} is {money(stored)}, its executions make {money(total)}"
        shares = sum(execution.shares for execution in bought)
        if t.shares != shares * _HUNDREDTHS:
            yield f"transaction {t.id}: shares are {money(t.shares)}, its executions bought {shares}"


def check_shares(books: Books) -> Iterator[str]:
    """L2: the holding is what the open positions bought, split-scaled, minus what they sold."""
    held = 0
    for t in books.transactions:
        expected = 0 if t.state is State.CANCELLED else _shares_left(books, t.id)
        held += expected
        if t.open_shares != expected:
            yield f"transaction {t.id}: {t.open_shares} open shares, its executions leave {expected}"
    if books.service.current_shares != held or held < 0:
        yield f"current shares are {books.service.current_shares}, the open positions hold {held}"


def check_prices(books: Books) -> Iterator[str]:
    """Prices are those of the executions, dates the first's and the last's, reasons those of their orders."""
    for t in books.transactions:
        bought, sold = books.executed(t.id, OrderSide.BUY), books.executed(t.id, OrderSide.SELL)
        if bought:
            yield from _told(t, "purchase price", price(t.purchase_price), price(_bought_at(bought)))
            yield from _told(t, "purchase date", t.purchase_date, bought[0].executed_at)
            order = books.order_by_id.get(bought[0].order_id)
            if order is not None:
                yield from _told(t, "entry reason", t.entry_reason, order.reason)
                yield from _told(t, "is_manual", t.is_manual, order.kind is OrderKind.MANUAL)
        if t.state is State.CLOSED:
            yield from (_split_end if t.exit_reason == SPLIT_REASON else _sold_end)(books, t, sold)


def _sold_end(books: Books, t: Any, sold: list[Any]) -> Iterator[str]:
    if not sold:
        yield f"transaction {t.id}: is CLOSED and was never sold"
        return
    yield from _told(t, "sale price", price(t.sale_price), price(_sold_at(sold)))
    yield from _told(t, "sale date", t.sale_date, sold[-1].executed_at)
    order = books.order_by_id.get(sold[-1].order_id)
    if order is not None:
        yield from _told(t, "exit reason", t.exit_reason, order.reason)


def _split_end(books: Books, t: Any, _sold: list[Any]) -> Iterator[str]:
    """A split that left no share: its date is the sale's, and the fraction of a share was paid at the sale price."""
    splits = [entry for entry in books.booked(t.id) if entry.kind is JournalKind.SPLIT]
    action = books.actions.get(splits[-1].corporate_action_id) if splits else None
    if action is None:
        yield f"transaction {t.id}: a split ended it that is not in the journal"
        return
    yield from _told(t, "sale date", t.sale_date, splits[-1].bar_time)
    before = -splits[-1].shares_change
    paid = sum(
        entry.amount
        for entry in books.booked(t.id)
        if entry.kind is JournalKind.CASH_IN_LIEU and entry.corporate_action_id == action.id
    )
    worth = before * action.ratio_numerator * (t.sale_price or 0) / action.ratio_denominator / _CENT_MICROS
    if abs(worth - paid) > 1:  # both were rounded from the same close
        told = f"the split paid {money(paid)} for {before} shares"
        yield f"transaction {t.id}: sale price is {price(t.sale_price)}, {told}"


def _told(t: Any, what: str, stored: object, expected: object) -> Iterator[str]:
    if stored != expected:
        yield f"transaction {t.id}: {what} is {stored}, its executions say {expected}"


def _shares_left(books: Books, transaction_id: int) -> int:
    """Return what is left of a position, taking its bookings in their order and recomputing every split."""
    left = 0
    for entry in books.booked(transaction_id):
        if entry.kind is JournalKind.SPLIT:
            left = split_of(books, left, entry)
        elif entry.execution_id in books.execution_by_id:
            execution = books.execution_by_id[entry.execution_id]
            left += execution.shares if execution.side is OrderSide.BUY else -execution.shares
    return left


def split_of(books: Books, shares: int, entry: Any) -> int:
    """Return what the split of a journal *entry* makes of *shares*."""
    action = books.actions.get(entry.corporate_action_id)
    if action is None or action.ratio_numerator < 1 or action.ratio_denominator < 1 or shares < 0:
        return shares
    try:
        return after_split(shares, action.ratio_numerator, action.ratio_denominator)
    except BoundsError:
        return shares


def _bought_at(executions: list[Any]) -> int:
    """Return the price of one purchase, or what several cost on average, in micros."""
    if len(executions) == 1:
        return int(executions[0].price)
    shares = sum(execution.shares for execution in executions)
    return _half_up(sum(execution.amount for execution in executions) * _CENT_MICROS, shares)


def _sold_at(executions: list[Any]) -> int:
    """Return the price of one sale, or the average of several, in micros."""
    if len(executions) == 1:
        return int(executions[0].price)
    shares = sum(execution.shares for execution in executions)
    return _half_up(sum(execution.price * execution.shares for execution in executions), shares)


def _half_up(total: int, parts: int) -> int:
    return (2 * total + parts) // (2 * parts) if parts > 0 else 0
