"""L1, L3, L4, L5: cash, gains, counts and equity follow from what the positions did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daytrader.models.enums import JournalKind
from daytrader.models.enums import TransactionState as State
from daytrader.services.ledger_audit.books import Books
from daytrader.services.ledger_audit.words import money


def check_cash(books: Books) -> Iterator[str]:
    """L1: the balance follows from the initial balance and what O and C moved."""
    service = books.service
    deposited = sum(entry.amount for entry in books.journal if entry.kind is JournalKind.DEPOSIT)
    if deposited != service.initial_balance:
        yield f"deposits of {money(deposited)} are not the initial balance {money(service.initial_balance)}"
    counted = _in_state(books, State.OPEN, State.CLOSED)
    moved = sum(t.proceeds - t.sell_fee - t.cost - t.buy_fee for t in counted)
    adjusted = sum(books.adjustments_of(t.id) for t in counted) + books.adjustments_of(None)
    expected = service.initial_balance + moved + adjusted
    if service.current_balance != expected:
        yield f"current balance is {money(service.current_balance)}, its transactions make {money(expected)}"


def check_gains(books: Books) -> Iterator[str]:
    """L3: a closed position's gain is proceeds - fees - cost + adjustments; the service's total is their sum."""
    for t in books.transactions:
        paid = books.adjustments_of(t.id)
        if t.adjustments != paid:
            yield f"transaction {t.id}: adjustments are {money(t.adjustments)}, the journal paid {money(paid)}"
        gain = t.proceeds - t.sell_fee - t.cost - t.buy_fee + paid
        if t.state is State.CLOSED and t.gain_loss != gain:
            stored = None if t.gain_loss is None else money(t.gain_loss)
            yield f"transaction {t.id}: gain is {stored}, its bookings make {money(gain)}"
    total = sum(t.gain_loss or 0 for t in _in_state(books, State.CLOSED))
    if books.service.total_gain_loss != total:
        yield f"total gain is {money(books.service.total_gain_loss)}, the closed positions make {money(total)}"


def check_counts(books: Books) -> Iterator[str]:
    """L4: buys are the open and closed positions, sales the closed ones."""
    bought, sold = len(_in_state(books, State.OPEN, State.CLOSED)), len(_in_state(books, State.CLOSED))
    if books.service.buy_count != bought:
        yield f"buy count is {books.service.buy_count}, there are {bought} purchases"
    if books.service.sell_count != sold:
        yield f"sell count is {books.service.sell_count}, there are {sold} sales"


def check_equity(books: Books) -> Iterator[str]:
    """L5: cash and open positions at cost are the initial balance and what was gained."""
    service = books.service
    invested = sum(
        t.cost + t.buy_fee - t.proceeds + t.sell_fee - books.adjustments_of(t.id) for t in _in_state(books, State.OPEN)
    )
    have = service.current_balance + invested
    expected = service.initial_balance + service.total_gain_loss + books.adjustments_of(None)
    if have != expected:
        yield f"balance and open cost make {money(have)}, initial balance and gains {money(expected)}"


def _in_state(books: Books, *states: State) -> list[Any]:
    return [transaction for transaction in books.transactions if transaction.state in states]
