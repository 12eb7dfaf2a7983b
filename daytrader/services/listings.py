"""What each list shows, what may be asked of it, and whose rows a caller gets."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy import ColumnElement, Integer, bindparam, exists, or_, select, true
from sqlalchemy.orm import Session

from daytrader.models import (
    Backtest,
    CorporateAction,
    Job,
    Order,
    Stock,
    StockDailyPrice,
    StockIntradayPrice,
    Sweep,
    TradeDecision,
    TradingService,
    TradingTransaction,
)
from daytrader.services import trading_service
from daytrader.services.actor import Actor
from daytrader.services.event_payloads import DERIVED
from daytrader.utils.constants import DAILY
from daytrader.utils.errors import NotFoundError
from daytrader.utils.query_utils import Listing, ListQuery, Page

SERVICES: Final = Listing.of(
    TradingService,
    shown={"has_dependencies": exists().where(TradingTransaction.service_id == TradingService.id)},
    derived=DERIVED[TradingService],
    aliases={"status": "state", "symbol": "stock_symbol"},
    is_computing=False,
)
TRANSACTIONS: Final = Listing.of(
    TradingTransaction,
    derived=DERIVED[TradingTransaction],
    aliases={"status": "state", "price": "purchase_price", "symbol": "stock_symbol"},
)
ORDERS: Final = Listing.of(Order, aliases={"status": "state", "price": "limit_price"}, is_computing=False)
DECISIONS: Final = Listing.of(TradeDecision, aliases={"start": "bar_time_after", "end": "bar_time_before"})
STOCKS: Final = Listing.of(
    Stock,
    shown={
        "has_dependencies": or_(
            exists().where(TradingService.stock_id == Stock.id), exists().where(TradingTransaction.stock_id == Stock.id)
        ),
        "has_prices": or_(
            exists().where(StockDailyPrice.stock_id == Stock.id),
            exists().where(StockIntradayPrice.stock_id == Stock.id),
        ),
    },
)
DAILY_PRICES: Final = Listing.of(
    StockDailyPrice,
    extra={"symbol": Stock.symbol},
    derived=DERIVED[StockDailyPrice],
    aliases={"price": "close_price", "start": "price_date_after", "end": "price_date_before"},
    joins=(Stock,),
    constants={"interval": ("daily", str(DAILY))},  # as the other addresses of prices have it
)

INTRADAY_PRICES: Final = Listing.of(
    StockIntradayPrice,
    extra={"symbol": Stock.symbol},
    derived=DERIVED[StockIntradayPrice],
    aliases={"price": "close_price", "start": "timestamp_after", "end": "timestamp_before"},
    joins=(Stock,),
)

CORPORATE_ACTIONS: Final = Listing.of(
    CorporateAction,
    extra={"symbol": Stock.symbol},
    aliases={"start": "ex_date_after", "end": "ex_date_before"},
    joins=(Stock,),
)

BACKTESTS: Final = Listing.of(Backtest)
SWEEPS: Final = Listing.of(Sweep, aliases={"status": "state"})

# Row errors may be thousands: the single job shows them.
JOBS: Final = replace(Listing.of(Job, aliases={"status": "state"}), shown={"result": Job.result})

_CALLER: Final = bindparam("caller", type_=Integer)
_OWN_SERVICES: Final = TradingService.user_id == _CALLER
_SERVICE_IDS: Final = select(TradingService.id).where(_OWN_SERVICES)
_OWN_TRANSACTIONS: Final = TradingTransaction.service_id.in_(_SERVICE_IDS)
_OWN_ORDERS: Final = Order.service_id.in_(_SERVICE_IDS)


def services(session: Session, actor: Actor, query: ListQuery) -> Page:
    """Return the actor's services; every service for an admin."""
    return SERVICES.fetch(session, query, *_scope(actor, _OWN_SERVICES), caller=actor.user_id)


def transactions(session: Session, actor: Actor, query: ListQuery) -> Page:
    """Return the actor's transactions; every transaction for an admin."""
    return TRANSACTIONS.fetch(session, query, *_scope(actor, _OWN_TRANSACTIONS), caller=actor.user_id)


def transactions_of(session: Session, actor: Actor, service_id: int, query: ListQuery) -> Page:
    """
    Return the transactions of one service.

    Raises:
        NotFoundError: If the service does not exist or is someone else's.
    """
    trading_service.get_owned(session, service_id, actor)
    return TRANSACTIONS.fetch(session, query, TradingTransaction.service_id == service_id)


def orders(session: Session, actor: Actor, query: ListQuery) -> Page:
    """Return the actor's orders; every order for an admin."""
    return ORDERS.fetch(session, query, *_scope(actor, _OWN_ORDERS), caller=actor.user_id)


def order(session: Session, actor: Actor, order_id: int) -> Order:
    """
    Return one order that the actor may see.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
    """
    own = _scope(actor, _OWN_ORDERS)
    found = session.scalars(select(Order).where(Order.id == order_id, *own), {"caller": actor.user_id}).one_or_none()
    if found is None:
        raise NotFoundError("order")
    return found


def decisions_of(session: Session, actor: Actor, service_id: int, query: ListQuery) -> Page:
    """
    Return the decision journal of one service.

    Raises:
        NotFoundError: If the service does not exist or is someone else's.
    """
    trading_service.get_owned(session, service_id, actor)
    return DECISIONS.fetch(session, query, TradeDecision.service_id == service_id)


def stocks(session: Session, query: ListQuery) -> Page:
    """Return the stocks: they are everyone's."""
    return STOCKS.fetch(session, query)


def daily_prices(session: Session, query: ListQuery) -> Page:
    """Return the daily prices: they are everyone's."""
    return DAILY_PRICES.fetch(session, query)


def intraday_prices(session: Session, query: ListQuery) -> Page:
    """Return the intraday prices: they are everyone's."""
    return INTRADAY_PRICES.fetch(session, query)


def corporate_actions(session: Session, query: ListQuery) -> Page:
    """Return the dividends and splits: they are everyone's."""
    return CORPORATE_ACTIONS.fetch(session, query)


def jobs(session: Session, actor: Actor, query: ListQuery) -> Page:
    """Return the actor's jobs; every job for an admin."""
    return JOBS.fetch(session, query, true() if actor.is_admin else Job.user_id == actor.user_id)


def backtests(session: Session, actor: Actor, query: ListQuery) -> Page:
    """Return the actor's stored backtests; every one for an admin."""
    return BACKTESTS.fetch(session, query, true() if actor.is_admin else Backtest.user_id == actor.user_id)


def sweeps(session: Session, actor: Actor, query: ListQuery) -> Page:
    """Return the actor's sweeps; every sweep for an admin."""
    return SWEEPS.fetch(session, query, true() if actor.is_admin else Sweep.user_id == actor.user_id)


def _scope(actor: Actor, own: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """Return what limits a list to the caller's *own* rows: nothing for an admin."""
    return () if actor.is_admin else (own,)
