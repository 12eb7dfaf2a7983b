"""L7 of the journal: contiguous, adding up, and each entry what it is an entry of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from daytrader.brokers import PAPER
from daytrader.core.errors import BoundsError
from daytrader.core.reasons import TARGET_REASON
from daytrader.models.enums import CorporateActionKind, JournalKind, OrderKind, OrderSide
from daytrader.models.journal_entry import OPENING_NOTE, opening_note
from daytrader.services.ledger_audit.amounts import worth
from daytrader.services.ledger_audit.books import Action, Books
from daytrader.services.ledger_audit.positions import split_of
from daytrader.services.ledger_audit.words import money

_ACTIONS: Final = {
    JournalKind.DIVIDEND: CorporateActionKind.DIVIDEND,
    JournalKind.SPLIT: CorporateActionKind.SPLIT,
    JournalKind.CASH_IN_LIEU: CorporateActionKind.SPLIT,
}


def check_journal(books: Books) -> Iterator[str]:
    """Entries are numbered without a gap, each balance is the one before plus the amount, each is what it books."""
    balance = shares = 0
    for place, entry in enumerate(books.journal, 1):
        if entry.sequence != place:
            yield f"journal entry {place} is missing"
            return
        for message in _CHECKS[entry.kind](books, entry, shares):
            yield f"journal entry {place} ({entry.kind}): {message}"
        balance, shares = balance + entry.amount, shares + entry.shares_change
        if (entry.balance_after, entry.shares_after) != (balance, shares):
            yield (
                f"journal entry {place} says {money(entry.balance_after)} and {entry.shares_after} shares, "
                f"the entries make {money(balance)} and {shares}"
            )
            return
    service = books.service
    if (service.current_balance, service.current_shares) != (balance, shares):
        yield (
            f"the service says {money(service.current_balance)} and {service.current_shares} shares, "
            f"its journal {money(balance)} and {shares}"
        )
    opening = books.journal[0] if books.journal else None
    if opening is not None and opening.note not in (OPENING_NOTE, opening_note(service.user_id)):
        yield f"the service belongs to user {service.user_id}, its journal begins with: {opening.note}"


def _deposit(_books: Books, entry: Any, _shares: int) -> Iterator[str]:
    links = (entry.transaction_id, entry.execution_id, entry.corporate_action_id)
    if links != (None, None, None) or entry.shares_change or entry.bar_time is not None:
        yield "a deposit moves cash alone, at no bar"


def _execution(books: Books, entry: Any, _shares: int) -> Iterator[str]:
    execution = books.execution_by_id.get(entry.execution_id)
    if execution is None:
        yield f"its execution {entry.execution_id} is not this service's"
        return
    is_buy = execution.side is OrderSide.BUY
    amount = -(execution.amount + execution.fee) if is_buy else execution.amount - execution.fee
    change = execution.shares if is_buy else -execution.shares
    if entry.kind.value != execution.side.value:
        yield f"execution {execution.id} is a {execution.side}"
    if (entry.amount, entry.shares_change) != (amount, change):
        yield (
            f"books {money(entry.amount)} and {entry.shares_change} shares, "
            f"execution {execution.id} makes {money(amount)} and {change}"
        )
    if (entry.transaction_id, entry.bar_time) != (execution.transaction_id, execution.executed_at):
        yield f"is not of the transaction and the time of execution {execution.id}"
    order = books.order_by_id.get(execution.order_id)
    if order is not None and entry.note != order.reason and not _was_target_first(order, entry):
        yield f"its note is not the reason of order {order.id}"
    if entry.corporate_action_id is not None:
        yield "names a corporate action"


def _corporate(books: Books, entry: Any, shares: int) -> Iterator[str]:
    action = books.actions.get(entry.corporate_action_id)
    if action is None or action.kind is not _ACTIONS[entry.kind]:
        yield f"corporate action {entry.corporate_action_id} is no {entry.kind}"
        return
    if action.stock_id != books.service.stock_id or entry.transaction_id not in books.transaction_by_id:
        yield f"corporate action {action.id} is of another stock, or its transaction of another service"
    if entry.execution_id is not None:
        yield "names an execution"
    if entry.bar_time is None or entry.bar_time.date() < action.ex_date:
        yield f"is of {entry.bar_time}, before the ex-date {action.ex_date}"
    yield from _moved(books, entry, action, shares)


def _was_target_first(order: Any, entry: Any) -> bool:
    """Return whether the target had sold a part before the stop, whose name the order bears now, sold the rest."""
    return order.kind is OrderKind.STOP and order.broker != PAPER and entry.note == TARGET_REASON


def _moved(books: Books, entry: Any, action: Action, shares: int) -> Iterator[str]:
    if entry.kind is JournalKind.SPLIT:
        change = split_of(books, shares, entry) - shares
        if (entry.amount, entry.shares_change) != (0, change):
            yield f"moves {money(entry.amount)} and {entry.shares_change} shares, the split 0.00 and {change}"
        if entry.note != f"split {action.ratio_numerator}:{action.ratio_denominator}":
            yield f"its note is not the ratio {action.ratio_numerator}:{action.ratio_denominator}"
        return
    if entry.shares_change:
        yield f"moves {entry.shares_change} shares"
    if entry.kind is JournalKind.DIVIDEND:
        try:
            paid: int | None = worth(shares, action.amount) if shares >= 0 and action.amount >= 0 else None
        except BoundsError:
            paid = None
        if entry.amount != paid:
            due = None if paid is None else money(paid)
            yield f"pays {money(entry.amount)}, {shares} shares are due {due}"


def _void(books: Books, entry: Any, shares: int) -> Iterator[str]:
    transaction = books.transaction_by_id.get(entry.transaction_id)
    if transaction is None:
        yield f"its transaction {entry.transaction_id} is not this service's"
        return
    amount = transaction.cost + transaction.buy_fee - books.adjustments_of(transaction.id)
    if (entry.amount, entry.shares_change) != (amount, -shares):
        yield (
            f"returns {money(entry.amount)} and {entry.shares_change} shares, "
            f"the purchase took {money(amount)} and {shares}"
        )
    if entry.note != transaction.exit_reason or entry.bar_time is None:
        yield f"is not the end that transaction {transaction.id} tells of"


_CHECKS: Final[Mapping[JournalKind, Callable[[Books, Any, int], Iterator[str]]]] = {
    JournalKind.DEPOSIT: _deposit,
    JournalKind.BUY: _execution,
    JournalKind.SELL: _execution,
    JournalKind.DIVIDEND: _corporate,
    JournalKind.SPLIT: _corporate,
    JournalKind.CASH_IN_LIEU: _corporate,
    JournalKind.VOID: _void,
}
