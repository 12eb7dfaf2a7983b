"""The audit: L1 to L8 of the trading rules, recomputed from executions, orders, journal and corporate actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from daytrader.core.fills import split_shares
from daytrader.models.corporate_action import CorporateAction
from daytrader.models.decision import TradeDecision
from daytrader.models.enums import (
    LIVE_ORDER_STATES,
    JournalKind,
    OrderKind,
    OrderSide,
    OrderState,
    ServiceState,
    TradingMode,
)
from daytrader.models.enums import TransactionState as State
from daytrader.models.execution import Execution
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction

_ADJUSTMENTS: Final = (JournalKind.DIVIDEND, JournalKind.CASH_IN_LIEU)
_ZERO: Final = Decimal(0)
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that the books of a service break, and how."""

    service_id: int
    rule: str
    message: str


@dataclass
class Books:
    """Everything that is stored about one service, as rows of columns."""

    service: Any
    transactions: list[Any] = field(default_factory=list)
    orders: list[Any] = field(default_factory=list)
    executions: list[Any] = field(default_factory=list)
    journal: list[Any] = field(default_factory=list)
    decisions: list[Any] = field(default_factory=list)
    splits: dict[int, tuple[int, int]] = field(default_factory=dict)

    def in_state(self, *states: State) -> list[Any]:
        """Return the transactions in one of *states*."""
        return [transaction for transaction in self.transactions if transaction.state in states]

    def journalled(self, *kinds: JournalKind) -> list[Any]:
        """Return the journal's entries of one of *kinds*."""
        return [entry for entry in self.journal if entry.kind in kinds]

    def adjustments_of(self, transaction_id: int | None) -> Decimal:
        """Return ADJ_t: what the journal has paid to a transaction; None: to none."""
        entries = self._journal_by_transaction.get(transaction_id, [])
        return _sum(entry.amount for entry in entries if entry.kind in _ADJUSTMENTS)

    def booked(self, transaction_id: int) -> list[Any]:
        """Return the journal's entries of one transaction, in their order."""
        return self._journal_by_transaction.get(transaction_id, [])

    def executed(self, transaction_id: int, side: OrderSide) -> list[Any]:
        """Return a transaction's executions on one side."""
        return self._executions_by_transaction.get((transaction_id, side), [])

    @cached_property
    def _journal_by_transaction(self) -> dict[int | None, list[Any]]:
        return _grouped(self.journal, lambda entry: entry.transaction_id)

    @cached_property
    def _executions_by_transaction(self) -> dict[tuple[int, OrderSide], list[Any]]:
        return _grouped(self.executions, lambda execution: (execution.transaction_id, execution.side))

    @cached_property
    def executions_by_id(self) -> dict[int, Any]:
        """Return the executions by their id."""
        return {execution.id: execution for execution in self.executions}


def audit(session: Session, service_ids: Sequence[int] | None = None) -> list[Breach]:
    """Return every breach of L1 to L8 in the books of the given services, or of all; none when all is well."""
    breaches = []
    for books in _read(session, service_ids):
        for rule, check in RULES.items():
            breaches += [Breach(books.service.id, rule, message) for message in check(books)]
    return breaches


def check_cash(books: Books) -> Iterator[str]:
    """L1: the balance follows from the initial balance and what O and C moved."""
    service = books.service
    deposited = _sum(entry.amount for entry in books.journalled(JournalKind.DEPOSIT))
    if deposited != service.initial_balance:
        yield f"deposits of {deposited} are not the initial balance {service.initial_balance}"
    for transaction in books.transactions:
        yield from _sums_of_executions(books, transaction)
    counted = books.in_state(State.OPEN, State.CLOSED)
    moved = _sum(t.proceeds - t.sell_fee - t.cost - t.buy_fee for t in counted)
    adjusted = _sum(books.adjustments_of(t.id) for t in counted) + books.adjustments_of(None)
    expected = service.initial_balance + moved + adjusted
    if service.current_balance != expected:
        yield f"current balance is {service.current_balance}, its transactions make {expected}"


def _sums_of_executions(books: Books, transaction: Any) -> Iterator[str]:
    for side, amount, fee in ((OrderSide.BUY, "cost", "buy_fee"), (OrderSide.SELL, "proceeds", "sell_fee")):
        executions = books.executed(transaction.id, side)
        for column, total in ((amount, _sum(e.amount for e in executions)), (fee, _sum(e.fee for e in executions))):
            stored = getattr(transaction, column)
            if stored != total:
                yield f"transaction {transaction.id}: {column} is {stored}, its executions make {total}"


def check_shares(books: Books) -> Iterator[str]:
    """L2: the holding is what the open positions bought, split-scaled, minus what they sold."""
    service = books.service
    held = 0
    for transaction in books.transactions:
        expected = 0 if transaction.state is State.CANCELLED else _shares_left(books, transaction.id)
        held += expected
        if transaction.open_shares != expected:
            stored = transaction.open_shares
            yield f"transaction {transaction.id}: {stored} open shares, its executions leave {expected}"
    if service.current_shares != held or service.current_shares < 0:
        yield f"current shares are {service.current_shares}, the open positions hold {held}"


def _shares_left(books: Books, transaction_id: int) -> int:
    """Return what is left of a position, taking its bookings in their order and recomputing every split."""
    executions = books.executions_by_id
    left = 0
    for entry in books.booked(transaction_id):
        if entry.kind is JournalKind.SPLIT:
            ratio = books.splits.get(entry.corporate_action_id)
            left = split_shares(left, *ratio)[0] if ratio else left
        elif entry.execution_id in executions:
            execution = executions[entry.execution_id]
            left += execution.shares if execution.side is OrderSide.BUY else -execution.shares
    return left


def check_gains(books: Books) -> Iterator[str]:
    """L3: a closed position's gain is proceeds - fees - cost + adjustments; the service's total is their sum."""
    for transaction in books.transactions:
        paid = books.adjustments_of(transaction.id)
        if transaction.adjustments != paid:
            yield f"transaction {transaction.id}: adjustments are {transaction.adjustments}, the journal paid {paid}"
    closed = books.in_state(State.CLOSED)
    for transaction in closed:
        t = transaction
        expected = t.proceeds - t.sell_fee - t.cost - t.buy_fee + books.adjustments_of(t.id)
        if t.gain_loss != expected:
            yield f"transaction {t.id}: gain is {t.gain_loss}, its bookings make {expected}"
    total = _sum(transaction.gain_loss or _ZERO for transaction in closed)
    if books.service.total_gain_loss != total:
        yield f"total gain is {books.service.total_gain_loss}, the closed positions make {total}"


def check_counts(books: Books) -> Iterator[str]:
    """L4: buys are the open and closed positions, sales the closed ones."""
    bought, sold = len(books.in_state(State.OPEN, State.CLOSED)), len(books.in_state(State.CLOSED))
    if books.service.buy_count != bought:
        yield f"buy count is {books.service.buy_count}, there are {bought} purchases"
    if books.service.sell_count != sold:
        yield f"sell count is {books.service.sell_count}, there are {sold} sales"


def check_equity(books: Books) -> Iterator[str]:
    """L5: cash and open positions at cost are the initial balance and what was gained."""
    service = books.service
    invested = _sum(
        t.cost + t.buy_fee - t.proceeds + t.sell_fee - books.adjustments_of(t.id) for t in books.in_state(State.OPEN)
    )
    have = service.current_balance + invested
    expected = service.initial_balance + service.total_gain_loss + books.adjustments_of(None)
    if have != expected:
        yield f"balance and open cost make {have}, initial balance and gains {expected}"


def check_reservations(books: Books) -> Iterator[str]:
    """L6: what orders may spend is held for them and leaves the minimum balance; no fill was above its limit."""
    service = books.service
    live = [order for order in books.orders if order.state in LIVE_ORDER_STATES]
    held = _sum(order.reserved_cash for order in books.orders)
    if service.reserved_cash != held:
        yield f"reserved cash is {service.reserved_cash}, the orders hold {held}"
    entries = [order for order in live if order.side is OrderSide.BUY]
    if entries and service.current_balance - service.reserved_cash < 0:
        yield f"the entries may spend {service.reserved_cash} of {service.current_balance}"
    limits = {order.id: order.limit_price for order in books.orders if order.side is OrderSide.BUY}
    for execution in books.executions:
        limit = limits.get(execution.order_id)
        if limit is not None and execution.price > limit:
            yield f"execution {execution.id} at {execution.price} is above its order's limit {limit}"
    is_short = service.current_balance < service.minimum_balance and books.in_state(State.OPEN)
    if is_short and entries and service.state is not ServiceState.ERROR:
        yield f"entries are live while the balance {service.current_balance} is below {service.minimum_balance}"


def check_states(books: Books) -> Iterator[str]:
    """L7: one open position at most; states, dates and nulls agree; the journal has no gap and adds up."""
    opened = books.in_state(State.OPEN)
    if len(opened) > 1:
        yield f"{len(opened)} transactions are open"
    for transaction in books.transactions:
        if message := _state_conflict(transaction):
            yield f"transaction {transaction.id}: {message}"
    service = books.service
    if service.mode is TradingMode.SELL and not opened:
        yield "mode is SELL without a position"
    if service.mode is TradingMode.BUY and opened:
        yield "mode is BUY with a position"
    yield from _journal_gaps(books)


def _state_conflict(transaction: Any) -> str | None:
    sold = (transaction.sale_price, transaction.sale_date)
    if transaction.state is State.CLOSED:
        if None in sold or transaction.gain_loss is None:
            return "is CLOSED without its sale's price, date or gain"
        if transaction.sale_date < transaction.purchase_date:
            return "was sold before it was bought"
        return "is CLOSED and holds shares" if transaction.open_shares else None
    if sold != (None, None) or transaction.gain_loss is not None:
        return f"is {transaction.state} with a sale's price, date or gain"
    if transaction.state is State.OPEN and transaction.open_shares <= 0:
        return "is OPEN and holds no shares"
    return None


def _journal_gaps(books: Books) -> Iterator[str]:
    balance, shares = _ZERO, 0
    for place, entry in enumerate(books.journal, 1):
        if entry.sequence != place:
            yield f"journal entry {place} is missing"
            return
        balance, shares = balance + entry.amount, shares + entry.shares_change
        if (entry.balance_after, entry.shares_after) != (balance, shares):
            yield (
                f"journal entry {place} says {entry.balance_after} and {entry.shares_after} shares, "
                f"the entries make {balance} and {shares}"
            )
            return
    service = books.service
    if (service.current_balance, service.current_shares) != (balance, shares):
        yield (
            f"the service says {service.current_balance} and {service.current_shares} shares, "
            f"its journal {balance} and {shares}"
        )


def check_uniqueness(books: Books) -> Iterator[str]:
    """L8: one decision a bar, one order a decision and attempt, one live order a side, each execution booked once."""
    yield from _repeated("decision", ((d.interval, d.bar_time) for d in books.decisions))
    decided = [o for o in books.orders if o.decision_id is not None]
    yield from _repeated("order of a decision", ((o.decision_id, o.attempt) for o in decided))
    yield from _repeated("live order", (o.side for o in books.orders if o.state in LIVE_ORDER_STATES))
    yield from _repeated("execution", ((e.broker, e.execution_ref) for e in books.executions))
    booked = [entry.execution_id for entry in books.journalled(JournalKind.BUY, JournalKind.SELL)]
    yield from _repeated("booking of an execution", iter(booked))
    amounts = {entry.execution_id: entry.amount for entry in books.journal if entry.execution_id is not None}
    for execution in books.executions:
        gross = -execution.amount if execution.side is OrderSide.BUY else execution.amount
        if amounts.get(execution.id) != gross - execution.fee:
            yield f"execution {execution.id} is booked as {amounts.get(execution.id)}, not {gross - execution.fee}"
    yield from _order_conflicts(books)


def _order_conflicts(books: Books) -> Iterator[str]:
    orders = {order.id: order for order in books.orders}
    decisions = {decision.id for decision in books.decisions}
    executions = _grouped(books.executions, lambda execution: execution.order_id)
    for order in books.orders:
        filled = sum(execution.shares for execution in executions.get(order.id, []))
        if order.filled_shares != filled or (order.state is OrderState.FILLED and order.shares != filled):
            yield f"order {order.id}: {order.filled_shares} of {order.shares} filled, its executions make {filled}"
        if order.decision_id is not None and order.decision_id not in decisions:
            yield f"order {order.id} follows a decision of another service"
        if order.kind in (OrderKind.STOP, OrderKind.TARGET):
            entry = orders.get(order.parent_id)
            if entry is None or entry.side is not OrderSide.BUY or entry.transaction_id != order.transaction_id:
                yield f"order {order.id}: a bracket leg without the entry order that it protects"


RULES: Final[dict[str, Callable[[Books], Iterator[str]]]] = {
    "L1": check_cash,
    "L2": check_shares,
    "L3": check_gains,
    "L4": check_counts,
    "L5": check_equity,
    "L6": check_reservations,
    "L7": check_states,
    "L8": check_uniqueness,
}


def _read(session: Session, service_ids: Sequence[int] | None) -> list[Books]:
    services = _rows(session, TradingService, TradingService.id, service_ids)
    books = {service.id: Books(service) for service in services}
    for model, attribute in (
        (TradingTransaction, "transactions"),
        (Order, "orders"),
        (Execution, "executions"),
        (JournalEntry, "journal"),
        (TradeDecision, "decisions"),
    ):
        for row in _rows(session, model, model.service_id, service_ids):
            getattr(books[row.service_id], attribute).append(row)
    ratio = select(CorporateAction.id, CorporateAction.ratio_numerator, CorporateAction.ratio_denominator)
    splits = {action_id: (numerator, denominator) for action_id, numerator, denominator in session.execute(ratio)}
    for one in books.values():
        one.journal.sort(key=lambda entry: entry.sequence)
        one.splits = splits
    return list(books.values())


def _rows(
    session: Session, model: Any, owner: InstrumentedAttribute[int], service_ids: Sequence[int] | None
) -> Sequence[Any]:
    # Columns, not objects: a ledger has millions of rows, and none of them is changed here.
    left_out = {"evidence", "history", "strategy_params", "created_at", "updated_at"}
    columns = [column for column in model.__table__.columns if column.name not in left_out]
    query = select(*columns).order_by(model.id)
    return session.execute(query if service_ids is None else query.where(owner.in_(list(service_ids)))).all()


def _grouped(rows: Iterable[Any], key: Callable[[Any], K]) -> dict[K, list[Any]]:
    groups: dict[K, list[Any]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _repeated(what: str, keys: Iterable[object]) -> Iterator[str]:
    seen: set[object] = set()
    for key in keys:
        if key in seen:
            yield f"there is more than one {what}: {key}"
        seen.add(key)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _ZERO)
