"""One function per fact: which event tells of it, to which rooms, with the object as REST shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from daytrader.models.base import Base
from daytrader.models.job import Job
from daytrader.models.order import Order
from daytrader.models.stock import Stock
from daytrader.models.stock_daily_price import StockDailyPrice
from daytrader.models.stock_intraday_price import StockIntradayPrice
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.models.user import User
from daytrader.services.events import Event

CREATED: Final = "created"
UPDATED: Final = "updated"
DELETED: Final = "deleted"

_OF_A_BAR: Final = ("change", "change_percent", "is_real_data", "is_valid")
DERIVED: Final[Mapping[type[Base], tuple[str, ...]]] = {
    TradingService: ("can_buy", "can_sell", "is_profitable", "has_dependencies"),
    TradingTransaction: ("is_complete", "is_profitable", "can_be_cancelled", "calculated_gain_loss"),
    Stock: ("has_dependencies", "has_prices"),
    User: ("has_active_services", "has_totp"),
    StockDailyPrice: (*_OF_A_BAR, "trading_range", "trading_range_percent"),
    StockIntradayPrice: (*_OF_A_BAR, "is_delayed", "is_simulated", "is_historical", "is_real_time"),
}
"""The properties that answers and events carry beside the columns."""


def entity(row: Base) -> dict[str, Any]:
    """Return *row* as REST shows it: its public columns and its derived properties."""
    return row.to_dict() | {name: getattr(row, name) for name in DERIVED.get(type(row), ())}


def order_entity(order: Order) -> dict[str, Any]:
    """Return *order* with its fills."""
    return entity(order) | {"executions": [entity(execution) for execution in order.executions]}


def service_update(service: TradingService, action: str = UPDATED) -> Event:
    """Something about the service changed."""
    return Event("service:update", action, _service_rooms(service), entity(service), service.user_id)


def service_state_change(service: TradingService) -> Event:
    """The service is in another state."""
    return Event("service:state_change", UPDATED, _service_rooms(service), entity(service), service.user_id)


def decision_new(user_id: int, decision: Mapping[str, Any], encoded: str) -> Event:
    """A service of the user decided on a bar; *decision* is the row's columns by name, *encoded* the same as JSON."""
    rooms = ("services", f"service_{decision['service_id']}", f"user_{user_id}")
    return Event("decision:new", CREATED, rooms, decision, user_id, encoded)


def order_update(service: TradingService, order: Order, action: str = UPDATED) -> Event:
    """An order of the service was made, or went on."""
    return Event("order:update", action, _service_rooms(service), order_entity(order), service.user_id)


def transaction_new(service: TradingService, transaction: TradingTransaction) -> Event:
    """The service has bought."""
    return _transaction("transaction:new", CREATED, service, transaction)


def transaction_update(service: TradingService, transaction: TradingTransaction) -> Event:
    """A position changed without being sold: a split, a dividend, a note, a void."""
    return _transaction("transaction:update", UPDATED, service, transaction)


def transaction_complete(service: TradingService, transaction: TradingTransaction) -> Event:
    """The service has sold."""
    return _transaction("transaction:complete", UPDATED, service, transaction)


def stock_update(stock: Stock, action: str = UPDATED, former: str | None = None) -> Event:
    """A stock was added, changed or removed; where it has another symbol now, the room of the *former* hears of it."""
    symbols = dict.fromkeys((stock.symbol, former or stock.symbol))
    return Event("stock:update", action, ("stocks", *(f"stock_{symbol}" for symbol in symbols)), entity(stock))


def price_entity(stock: Stock, price: StockDailyPrice | StockIntradayPrice) -> Mapping[str, Any]:
    """Return *price* with its stock's symbol."""
    return entity(price) | {"symbol": stock.symbol}


def price_update(stock: Stock, price: StockDailyPrice | StockIntradayPrice, action: str = UPDATED) -> Event:
    """A bar of the stock was stored, changed or removed."""
    rooms = ("price_updates", f"stock_{stock.symbol}")
    return Event("price:update", action, rooms, price_entity(stock, price))


def job_entity(job: Job) -> dict[str, Any]:
    """Return *job* as lists show it: without its row errors, which may be thousands."""
    return {name: value for name, value in entity(job).items() if name != "errors"}


def job_update(job: Job, action: str = UPDATED) -> Event:
    """Background work was asked for, went on or ended."""
    rooms = () if job.user_id is None else (f"user_{job.user_id}",)
    return Event("job:update", action, rooms, job_entity(job), job.user_id)


def user_update(user: User, action: str = UPDATED) -> Event:
    """An account was made, changed or removed; secrets never travel."""
    owner_id = None if action == DELETED else user.id  # the outbox keeps no owner who is gone
    return Event("user:update", action, ("users", f"user_{user.id}"), entity(user), owner_id)


def _transaction(name: str, action: str, service: TradingService, transaction: TradingTransaction) -> Event:
    rooms = ("transactions", f"service_{service.id}", f"user_{service.user_id}")
    return Event(name, action, rooms, entity(transaction), service.user_id)


def _service_rooms(service: TradingService) -> tuple[str, ...]:
    return ("services", f"service_{service.id}", f"user_{service.user_id}")
