"""L6: what orders may spend is held for them; no order could take the balance below its minimum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daytrader.brokers import PAPER
from daytrader.core.errors import BoundsError
from daytrader.models.enums import LIVE_ORDER_STATES, OrderKind, OrderSide, ServiceState, TradingMode
from daytrader.services.ledger_audit.amounts import worth
from daytrader.services.ledger_audit.books import Books
from daytrader.services.ledger_audit.words import money, price


def check_reservations(books: Books) -> Iterator[str]:
    """L6: the sum of what orders hold is reserved, covers their cost, and no fill was above its limit."""
    service = books.service
    held = sum(order.reserved_cash for order in books.orders)
    if service.reserved_cash != held:
        yield f"reserved cash is {money(service.reserved_cash)}, the orders hold {money(held)}"
    entries = [order for order in books.orders if order.state in LIVE_ORDER_STATES and order.side is OrderSide.BUY]
    if entries and service.current_balance < service.reserved_cash:
        yield f"the entries may spend {money(service.reserved_cash)} of {money(service.current_balance)}"
    # One that its broker was asked to end lives until the broker says that it has ended.
    entries = [order for order in entries if order.cancel_reason is None]
    if service.state is ServiceState.ACTIVE and service.mode is TradingMode.HOLD:
        entries = [order for order in entries if order.kind is not OrderKind.MANUAL]  # bought by hand all the same
    if entries and (service.state is not ServiceState.ACTIVE or service.mode is TradingMode.HOLD):
        yield f"order {entries[0].id}: an entry is live while the service is {service.state} in mode {service.mode}"
    for order in books.orders:
        if order.state in LIVE_ORDER_STATES and order.broker != service.broker:
            yield f"order {order.id}: is live at {order.broker}, its service trades at {service.broker}"
        yield from _reserve(order)
        yield from _above_limit(books, order)


def _reserve(order: Any) -> Iterator[str]:
    is_live = order.state in LIVE_ORDER_STATES and order.side is OrderSide.BUY
    if not is_live:
        if order.reserved_cash:
            yield f"order {order.id}: is {order.state} and still holds {money(order.reserved_cash)}"
        return
    try:
        cost = worth(order.shares - order.filled_shares, order.limit_price or 0)
    except BoundsError:
        yield f"order {order.id}: {order.shares} shares at {price(order.limit_price)} are beyond the largest amount"
        return
    if order.reserved_cash < cost and not order.filled_shares:
        yield f"order {order.id}: holds {money(order.reserved_cash)}, its shares cost {money(cost)} at the limit"


def _above_limit(books: Books, order: Any) -> Iterator[str]:
    if order.side is OrderSide.BUY and (order.limit_price is None or order.limit_price < 0):
        yield f"order {order.id}: a buy whose limit is {price(order.limit_price)}"
    is_resting_leg = order.kind in (OrderKind.STOP, OrderKind.TARGET) and order.broker != PAPER
    if order.side is OrderSide.SELL and order.limit_price is not None and not is_resting_leg:
        yield f"order {order.id}: a sale with a limit"
    for fill in books.fills_of(order.id):
        if order.side is OrderSide.BUY and order.limit_price is not None and fill.price > order.limit_price:
            limit = price(order.limit_price)
            yield f"execution {fill.id} at {price(fill.price)} is above the limit {limit} of order {order.id}"
