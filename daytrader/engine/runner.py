"""The runner: each bar through decision, order, fill, transaction and ledger, exactly once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

import structlog
from sqlalchemy import Table, bindparam, func, or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from daytrader.brokers.messages import Acknowledgement, MarketBar, OrderTicket
from daytrader.engine.bar_unit import AT_WORK, BarUnit, ServiceRow
from daytrader.engine.stock_bars import StockBars
from daytrader.models.enums import LIVE_ORDER_STATES, OrderState
from daytrader.models.order import Order
from daytrader.models.stock import Stock
from daytrader.models.trading_service import TradingService
from daytrader.services import booking, data_feed, order_service, price_service
from daytrader.services.booking import Booked
from daytrader.services.order_service import Broker
from daytrader.services.session_manager import SessionManager, savepoint
from daytrader.utils.errors import UnavailableError

logger = structlog.get_logger(__name__)

OnTrade = Callable[[Booked], None]
Checkpoint = Callable[[str], None]

# What most bars need is columns, and a statement built once: objects and building cost more than the database's answer.
_TABLE: Final = cast("Table", TradingService.__table__)
_ORDERS: Final = select(func.count()).where(Order.service_id == _TABLE.c.id).correlate(_TABLE)
_LIVE: Final = _ORDERS.where(Order.state.in_(LIVE_ORDER_STATES)).scalar_subquery()
_UNSENT: Final = _ORDERS.where(Order.state.in_(order_service.UNSUBMITTED)).scalar_subquery()
_SERVICES: Final = (
    select(
        *(column for column in _TABLE.columns if column.name not in {"description", "created_at", "updated_at"}),
        _LIVE.label("live_orders"),
        _UNSENT.label("unsent_orders"),
    )
    .where(
        _TABLE.c.stock_id == bindparam("stock_id"),
        _TABLE.c.interval == bindparam("interval"),
        or_(_TABLE.c.state.in_(AT_WORK), _TABLE.c.current_shares > 0),
        _TABLE.c.id.not_in(bindparam("left_out", expanding=True)),
    )
    .order_by(_TABLE.c.id)
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class FirstUnit:
    """What the first unit left: trades to tell of, intents for the broker, orders found that nobody has sent."""

    booked: Sequence[Booked] = ()
    placed: Sequence[int] = ()
    unsent: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Claimed:
    """An order that is ours to send; *is_resent*: a crash left it between being sent and being acknowledged."""

    order_id: int
    service_id: int
    ticket: OrderTicket
    is_resent: bool


@dataclass(frozen=True, slots=True)
class Runner:
    """
    Takes bars through the services of their stock, and orders to the broker between two units of work.

    Attributes:
        broker: Where orders go.
        only: The services to take part, None for all.
        left_out: Those that do not: reconciliation adds the ones whose rows cannot be read, which would stop all.
        announces_prices: Whether each bar is told of as a price:update; to the consolidated feed whoever walks the
            bars tells of all of one time together.
        on_trade: Called with each trade, after the commit that it is part of.
        checkpoint: Called with the name of each step just done ("unit 1 written", "unit 1", "claim", "submit",
            "unit 2 written", "unit 2"; written means before the commit); tests stop the process there.
    """

    broker: Broker
    only: Collection[int] | None = None
    left_out: set[int] = field(default_factory=set)
    announces_prices: bool = False
    on_trade: OnTrade = field(default=lambda _booked: None)
    checkpoint: Checkpoint = field(default=lambda _name: None)

    def step(self, stock: StockBars, row: int) -> None:
        """
        Take bar *row* of *stock* through every service that trades it. Taking it again changes nothing.

        A service that raises goes to ERROR with its reason; the others trade on.

        Raises:
            UnavailableError: If the database is busy; nothing is half done, step again.
        """
        first = self._first_unit(stock, row)
        while first.unsent:
            # Placed between two bars, by a person or before a crash: they are due at this bar's open.
            self.submit(first.unsent, None)
            first = self._first_unit(stock, row)
        self._tell(first.booked)
        self.checkpoint("unit 1")
        if first.placed:
            self.submit(first.placed, stock.bar(row))

    def submit(self, order_ids: Sequence[int], bar: MarketBar | None) -> None:
        """Claim PENDING orders, send them, and book what the broker says; *bar* is the one that decided them."""
        with SessionManager() as session:
            tickets = self._claim(session, order_ids)
        self.checkpoint("claim")
        answers = [(sent, self._send(sent, bar)) for sent in tickets]
        self.checkpoint("submit")
        with SessionManager() as session:
            booked = [self._settle(session, sent, answer) for sent, answer in answers]
            self.checkpoint("unit 2 written")
        self._tell([trade for trade in booked if trade is not None])
        self.checkpoint("unit 2")

    def _first_unit(self, stock: StockBars, row: int) -> FirstUnit:
        try:
            return self._run_first_unit(stock, row, is_careful=False)
        except (UnavailableError, OperationalError):
            raise  # the database's trouble is no service's fault
        except Exception:
            # Which service failed is found in a second pass, each behind a savepoint: too dear for every bar.
            logger.exception("bar failed, taking its services one by one", symbol=stock.symbol, row=row)
        return self._run_first_unit(stock, row, is_careful=True)

    def _run_first_unit(self, stock: StockBars, row: int, *, is_careful: bool) -> FirstUnit:
        with SessionManager() as session:
            services = self._services(session, stock)
            unsent = _unsent(session, [service.id for service in services if service.unsent_orders])
            if unsent:
                return FirstUnit(unsent=unsent)
            unit = BarUnit(session, self.broker, stock, row)
            for service in services:
                if is_careful:
                    self._take_carefully(session, unit, service)
                else:
                    unit.take(service)
            unit.finish()
            if self.announces_prices:
                data_feed.leave(session)
                price_service.price_events(
                    session, session.get_one(Stock, stock.stock_id), stock.interval, bar_time=stock.time(row)
                )
            self.checkpoint("unit 1 written")
        return FirstUnit(booked=unit.booked, placed=unit.placed)

    def _take_carefully(self, session: Session, unit: BarUnit, service: ServiceRow) -> None:
        booked, placed = len(unit.booked), len(unit.placed)
        try:
            with savepoint(session):
                unit.take(service)
                unit.finish()
        except (UnavailableError, OperationalError):
            raise
        except Exception as error:
            logger.exception("service failed", service_id=service.id)
            unit.forget(booked, placed)
            failed = session.get_one(TradingService, service.id)
            booking.fail(session, failed, f"{type(error).__name__}: {error}")

    def _services(self, session: Session, stock: StockBars) -> Sequence[ServiceRow]:
        """Return the services of *stock* that trade or hold, locked, in one order for all who lock them."""
        found = (
            session.connection()
            .execute(
                _SERVICES, {"stock_id": stock.stock_id, "interval": stock.interval, "left_out": list(self.left_out)}
            )
            .all()
        )
        return found if self.only is None else [service for service in found if service.id in self.only]

    def _claim(self, session: Session, order_ids: Sequence[int]) -> list[Claimed]:
        claimed = []
        for order, is_resent in order_service.begin_submission(session, order_ids):
            service = session.get_one(TradingService, order.service_id)
            claimed.append(Claimed(order.id, service.id, order_service.ticket_of(service, order), is_resent))
        return claimed

    def _send(self, claimed: Claimed, bar: MarketBar | None) -> Acknowledgement:
        # After a crash while sending, the broker is asked before it is told again.
        known = self.broker.find(claimed.ticket.client_order_id) if claimed.is_resent else None
        return known or self.broker.submit(claimed.ticket, bar)

    def _settle(self, session: Session, claimed: Claimed, answer: Acknowledgement) -> Booked | None:
        service = session.get_one(TradingService, claimed.service_id, with_for_update=True)
        order = session.get_one(Order, claimed.order_id)
        if order.state is not OrderState.SUBMITTING:
            return None
        order_service.acknowledge(session, service, order, answer)
        return None if answer.fill is None else booking.book(session, service, order, answer.fill)

    def _tell(self, booked: Sequence[Booked]) -> None:
        for trade in booked:
            self.on_trade(trade)


def _unsent(session: Session, service_ids: Sequence[int]) -> list[int]:
    if not service_ids:
        return []
    live = order_service.live_orders(session, service_ids)
    return [order.id for order in live if order.state in order_service.UNSUBMITTED]
