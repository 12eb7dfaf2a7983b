"""L8: decisions, orders, executions and their bookings belong together, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from daytrader.core.errors import BoundsError
from daytrader.core.reasons import STOP_REASON, TARGET_REASON
from daytrader.models.enums import LIVE_ORDER_STATES, JournalKind, OrderKind, OrderSide, OrderState
from daytrader.services.ledger_audit.amounts import worth
from daytrader.services.ledger_audit.books import Books
from daytrader.services.ledger_audit.words import money, price

_LEG_REASONS: Final = {OrderKind.STOP: STOP_REASON, OrderKind.TARGET: TARGET_REASON}
_SIDE: Final = {
    OrderKind.ENTRY: OrderSide.BUY,
    OrderKind.EXIT: OrderSide.SELL,
    OrderKind.STOP: OrderSide.SELL,
    OrderKind.TARGET: OrderSide.SELL,
}
_PAPER: Final = "paper"
_UNFILLED: Final = (OrderState.PENDING, OrderState.SUBMITTING, OrderState.ACCEPTED)
_REASON_LENGTH: Final = 200


def check_orders(books: Books) -> Iterator[str]:
    """One order a decision and attempt, one live a side; state, shares and reason fit decision, history and fills."""
    yield from _repeated("decision", ((d.interval, d.bar_time) for d in books.decisions))
    decided = [order for order in books.orders if order.decision_id is not None]
    yield from _repeated("order of a decision", ((o.decision_id, o.attempt) for o in decided))
    live = [order for order in books.orders if order.state in LIVE_ORDER_STATES]
    yield from _repeated("live order", (o.side for o in live if o.kind not in _LEG_REASONS))
    yield from _repeated("live bracket leg", (o.side for o in live if o.kind in _LEG_REASONS))
    decisions = {decision.id: decision for decision in books.decisions}
    attempts = Counter(order.decision_id for order in decided)
    for order in books.orders:
        checks = (
            _state(books, order),
            _kind(books, order),
            _decided(books, order, decisions.get(order.decision_id), attempts[order.decision_id]),
        )
        for check in checks:
            for message in check:
                yield f"order {order.id}: {message}"


def _state(books: Books, order: Any) -> Iterator[str]:
    filled = sum(execution.shares for execution in books.fills_of(order.id))
    if order.filled_shares != filled:
        yield f"{order.filled_shares} of {order.shares} filled, its executions make {filled}"
    is_possible = {
        OrderState.FILLED: filled == order.shares > 0,
        OrderState.PARTIALLY_FILLED: 0 < filled < order.shares,
    }.get(order.state, filled == 0 if _is_unfilled(order) else filled < order.shares or not filled)
    if not is_possible:
        yield f"is {order.state} with {filled} of {order.shares} shares filled"
    last = order.history[-1] if isinstance(order.history, list) and order.history else None
    if not isinstance(last, dict) or last.get("state") != order.state.value:
        yield f"is {order.state}, its history ends otherwise"
    of_a_broker = (order.stop_price, order.broker_ref, order.sent_at, order.cancel_reason)
    if order.broker == _PAPER and any(value is not None for value in of_a_broker):
        yield "a paper order with what only a real broker's has"
    if not order.client_order_id.startswith("dt-"):
        yield "its client order id is none of ours"


def _is_unfilled(order: Any) -> bool:
    """Return whether the order's state says that nothing of it traded; a real broker may reject what is left of one."""
    return order.state in _UNFILLED or (order.state is OrderState.REJECTED and order.broker == _PAPER)


def _kind(books: Books, order: Any) -> Iterator[str]:
    if _SIDE.get(order.kind, order.side) is not order.side:
        yield f"a {order.kind} that is a {order.side}"
    if order.kind in _LEG_REASONS:
        entry = books.order_by_id.get(order.parent_id)
        if entry is None or entry.side is not OrderSide.BUY or entry.transaction_id != order.transaction_id:
            yield "a bracket leg without the entry order that it protects"
        if order.reason != _LEG_REASONS[order.kind]:
            yield f"a {order.kind} whose reason is: {order.reason}"
    elif order.parent_id is not None:
        yield f"a {order.kind} with an entry order of its own"
    if order.transaction_id is not None and order.transaction_id not in books.transaction_by_id:
        yield f"transaction {order.transaction_id} is not this service's"
    fills = books.fills_of(order.id)
    if order.side is OrderSide.BUY and (order.transaction_id is None) is not (not fills):
        yield f"bought {sum(fill.shares for fill in fills)} shares for transaction {order.transaction_id}"
    if order.side is OrderSide.SELL and order.kind is not OrderKind.MANUAL and order.transaction_id is None:
        yield "sells no transaction"
    bars = {fill.bar_time for fill in fills}
    if order.kind in _LEG_REASONS and order.broker == _PAPER and bars and bars != {order.bar_time}:
        yield f"is of bar {order.bar_time}, its fill of another"
    if order.kind is OrderKind.MANUAL and order.bar_time is not None:
        yield "a manual order that a bar asked for"


def _decided(books: Books, order: Any, decision: Any, attempts: int) -> Iterator[str]:
    if order.decision_id is None:
        if order.kind is OrderKind.ENTRY:
            yield "an entry that nothing decided"
        return
    if decision is None:
        yield f"follows decision {order.decision_id}, which is not this service's"
        return
    if order.kind not in (OrderKind.ENTRY, OrderKind.EXIT) or decision.action.value != order.side.value:
        yield f"a {order.kind} that follows a decision to {decision.action}"
    if order.bar_time != decision.bar_time:
        yield f"is of bar {order.bar_time}, its decision of {decision.bar_time}"
    if (order.reason or "") != decision.reason[:_REASON_LENGTH]:
        yield f"its reason is not that of decision {decision.id}"
    # At a real broker an exit sells what is there once stop and entry have ended: they may have filled meanwhile.
    is_rest = order.broker != _PAPER and order.side is OrderSide.SELL and order.shares > 0
    # An entry is of fewer than were decided where the account has not the cash yet.
    is_less = order.broker != _PAPER and order.side is OrderSide.BUY and 0 < order.shares < decision.shares
    is_as_decided = order.shares == decision.shares or is_rest or is_less
    if not is_as_decided and not books.split_after(decision.bar_time.date()):
        yield f"{order.shares} shares, decision {decision.id} asked for {decision.shares}"
    if not 1 <= order.attempt <= attempts:
        yield f"attempt {order.attempt} of {attempts}"


def check_executions(books: Books) -> Iterator[str]:
    """Each execution is of an order and a transaction of its service, on their side, and is booked once."""
    yield from _repeated("execution", ((e.broker, e.execution_ref) for e in books.executions))
    kinds = (JournalKind.BUY, JournalKind.SELL)
    booked = Counter(entry.execution_id for entry in books.journal if entry.kind in kinds)
    for execution in books.executions:
        if booked[execution.id] != 1:
            yield f"execution {execution.id}: is booked {booked[execution.id]} times"
        for message in (*_amount(execution), *_linked(books, execution)):
            yield f"execution {execution.id}: {message}"


def _amount(execution: Any) -> Iterator[str]:
    if execution.shares <= 0 or execution.price <= 0 or execution.fee < 0:
        yield f"{execution.shares} shares at {price(execution.price)} with a fee of {money(execution.fee)}"
        return
    try:
        amount = worth(execution.shares, execution.price)
    except BoundsError:
        yield f"{execution.shares} shares at {price(execution.price)} are beyond the largest amount"
        return
    if execution.amount != amount:
        yield f"amount is {money(execution.amount)}, its shares and price make {money(amount)}"


def _linked(books: Books, execution: Any) -> Iterator[str]:
    if execution.transaction_id not in books.transaction_by_id:
        yield f"transaction {execution.transaction_id} is not this service's"
    order = books.order_by_id.get(execution.order_id)
    if order is None:
        yield f"order {execution.order_id} is not this service's"
        return
    theirs = (order.side, order.broker, order.transaction_id)
    if theirs != (execution.side, execution.broker, execution.transaction_id):
        yield f"side, broker or transaction is not that of order {order.id}"
    is_manual = order.kind is OrderKind.MANUAL
    is_between_bars = is_manual or execution.broker != _PAPER
    if execution.bar_time != (None if is_between_bars else execution.executed_at):
        yield f"was executed at {execution.executed_at}, in bar {execution.bar_time}"
    if execution.is_ambiguous and order.kind not in _LEG_REASONS:
        yield f"a {order.kind} is never ambiguous"
    if execution.broker == _PAPER:
        asked = books.order_by_id.get(order.parent_id) if order.kind in _LEG_REASONS else order
        if asked is not None and not execution.execution_ref.startswith(f"{asked.client_order_id}:"):
            yield f"its reference is not of order {asked.id}"


def _repeated(what: str, keys: Iterable[object]) -> Iterator[str]:
    seen: set[object] = set()
    for key in keys:
        if key in seen:
            yield f"there is more than one {what}: {key}"
        seen.add(key)
