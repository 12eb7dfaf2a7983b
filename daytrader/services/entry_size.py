"""Of how many shares a pending entry is once its stock has split, or less cash is there than it was to take."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal

from sqlalchemy.orm import Session

from daytrader.core import fills
from daytrader.core.money import from_micros, to_cents, to_micros
from daytrader.models.enums import OrderState
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.services import order_service
from daytrader.services.trading_rules import most_cash, rules_of


def split(session: Session, service: TradingService, order: Order, numerator: int, denominator: int) -> None:
    """Scale a pending entry with its limit, and release what it can no longer take; nothing left ends it."""
    if order.limit_price is None:
        return
    shares, limit = fills.split_entry(
        rules_of(service).compiled,
        order.shares,
        to_micros(order.limit_price),
        to_cents(order.reserved_cash),
        numerator,
        denominator,
    )
    if shares == 0:
        order.shares = 0
        order_service.move(session, service, order, OrderState.EXPIRED, "a split left nothing to buy")
        return
    order.limit_price = from_micros(limit)
    _resize(session, service, order, shares, limit, f"split {numerator}:{denominator}")


def trim(session: Session, service: TradingService, order: Order, cash: Decimal, reason: str) -> bool:
    """Let a pending entry be of no more shares than *cash* pays for at its limit; False, and no change, if of none."""
    if order.limit_price is None:
        return False
    limit = to_micros(order.limit_price)
    shares = bisect_right(range(order.shares), cash, key=lambda count: most_cash(service, count, limit)) - 1
    if shares <= 0:
        return False
    _resize(session, service, order, shares, limit, reason)
    return True


def _resize(session: Session, service: TradingService, order: Order, shares: int, limit: int, reason: str) -> None:
    """Let *order* be of *shares* at *limit* micros, hold the cash that these may take, and tell of it."""
    reserved = most_cash(service, shares, limit)
    service.reserved_cash -= order.reserved_cash - reserved
    order.shares, order.reserved_cash = shares, reserved
    order_service.move(session, service, order, order.state, reason)
