"""The runner: each bar through decision, order, fill, transaction and ledger, exactly once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Protocol, TypeVar

import structlog
from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.orm import Session

from daytrader.brokers.messages import Acknowledgement, MarketBar, OrderTicket
from daytrader.engine.bar_unit import BarUnit
from daytrader.engine.roster import Roster, read_roster
from daytrader.engine.stock_bars import StockBars
from daytrader.models.enums import OrderSide, OrderState, ServiceState
from daytrader.models.order import Order
from daytrader.models.stock import Stock
from daytrader.models.trading_service import TradingService
from daytrader.services import booking, data_feed, live_trading, order_service, price_service, unreadable_rows
from daytrader.services.booking import Booked
from daytrader.services.exposure import KILLED, EntryGuard
from daytrader.services.order_service import Broker
from daytrader.services.session_manager import SessionManager, retried, savepoint
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import LostLeaseError, UnavailableError
from daytrader.utils.garbage import uncollected

logger = structlog.get_logger(__name__)

R = TypeVar("R", Order, TradingService)

OnTrade = Callable[[Booked], None]
Checkpoint = Callable[[str], None]

_CHUNK: Final = 500
_OF_IDS: Final = Order.id.in_(bindparam("ids", expanding=True))
_ENTRIES: Final = (
    select(Order, TradingService)
    .join(TradingService, TradingService.id == Order.service_id)
    .where(_OF_IDS, Order.side == OrderSide.BUY, Order.state == OrderState.PENDING)
    .order_by(TradingService.id)
    .with_for_update(of=TradingService)
)
_OURS: Final = select(Order.id).where(_OF_IDS, Order.broker == bindparam("broker")).order_by(Order.id)


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


class Fence(Protocol):
    """What keeps two engines from trading at once: see `engine.lease`."""

    @property
    def is_held(self) -> bool:
        """Whether this engine trades, as far as it knows."""

    def require(self, session: Session) -> None:
        """Begin a unit of work; raise LostLeaseError if another engine trades."""

    def require_time_to_send(self) -> None:
        """Go to the broker; raise LostLeaseError if another engine may have looked what became of the order."""


class NoFence:
    """Where there can be no second engine: SQLite, whose engine holds a file lock."""

    is_held = True

    def require(self, session: Session) -> None:
        """Let every unit of work begin."""

    def require_time_to_send(self) -> None:
        """Let every order go."""


@dataclass(frozen=True, slots=True)
class Runner:
    """
    Takes bars through the services of their stock, and orders to the broker between two units of work.

    Attributes:
        broker: Where orders go.
        only: The services to take part, None for all.
        left_out: Those that do not while they are in ERROR: a row of theirs cannot be read, which would stop all.
        announces_prices: Whether each bar is told of as a price:update; to the consolidated feed whoever walks the
            bars tells of all of one time together.
        on_trade: Called with each trade, after the commit that it is part of.
        on_decided: Called once what a bar had decided is committed, before anything is sent.
        checkpoint: Called with the name of each step just done ("unit 1 begun", "unit 1 written", "unit 1", "claim",
            "submit", "acknowledged", "unit 2 written", "unit 2"; written means before the commit); tests stop the
            process there.
        fence: Asked at the beginning of each unit of work, and before the broker is called.
    """

    broker: Broker
    only: Collection[int] | None = None
    left_out: set[int] = field(default_factory=set)
    announces_prices: bool = False
    on_trade: OnTrade = field(default=lambda _booked: None)
    on_decided: Callable[[], None] = field(default=lambda: None)
    checkpoint: Checkpoint = field(default=lambda _name: None)
    fence: Fence = field(default=NoFence())

    def step(self, stock: StockBars, row: int) -> None:
        """
        Take bar *row* of *stock* through every service that trades it. Taking it again changes nothing.

        A service that raises, or of which a row cannot be read, goes to ERROR with its reason; the others trade on.

        Raises:
            UnavailableError: If the database is busy; nothing is half done, step again.
            LostLeaseError: If another engine trades; nothing of this one's is stored any more.
        """
        with uncollected():
            try:
                self._step(stock, row)
            except unreadable_rows.ERRORS:
                if not retried(lambda: self._leave_out_unreadable(stock)):
                    raise
                self._step(stock, row)

    def _step(self, stock: StockBars, row: int) -> None:
        first = self._first_unit(stock, row)
        while first.unsent:
            # Placed between two bars, by a person or before a crash: they are due at this bar's open.
            self.submit(first.unsent, None)
            first = self._first_unit(stock, row)
        self.on_decided()
        self._tell(first.booked)
        self.checkpoint("unit 1")
        if first.placed:
            self.submit(first.placed, stock.bar(row))

    def submit(self, order_ids: Sequence[int], bar: MarketBar | None) -> None:
        """Claim PENDING orders, send them, and book what the broker says; *bar* is the one that decided them."""
        tickets = retried(lambda: self._claim(order_ids))
        self.checkpoint("claim")
        answers = [(sent, self._send(sent, bar)) for sent in tickets]
        self.checkpoint("submit")
        booked = retried(lambda: self._second_unit(answers))
        self._tell(booked)
        self.checkpoint("unit 2")

    def _first_unit(self, stock: StockBars, row: int) -> FirstUnit:
        try:
            return retried(lambda: self._run_first_unit(stock, row, is_careful=False))
        except (UnavailableError, LostLeaseError, OperationalError, InternalError):
            raise  # the database's trouble is no service's fault
        except Exception:
            # Which service failed is found in a second pass, behind savepoints: too dear for every bar.
            logger.exception("bar failed, looking for the service that fails", symbol=stock.symbol, row=row)
        return retried(lambda: self._run_first_unit(stock, row, is_careful=True))

    def _run_first_unit(self, stock: StockBars, row: int, *, is_careful: bool) -> FirstUnit:
        with SessionManager() as session:
            self.fence.require(session)
            roster = read_roster(session, stock, row, only=self.only, left_out=self.left_out)
            self.checkpoint("unit 1 begun")
            if roster.unsent:
                return FirstUnit(unsent=roster.unsent)
            unit = BarUnit(session, self.broker, stock, row)
            if is_careful:
                self._take_carefully(session, unit, roster)
            else:
                unit.take(roster)
            if self.announces_prices:
                data_feed.leave(session)
                price_service.price_events(
                    session, session.get_one(Stock, stock.stock_id), stock.interval, bar_time=stock.time(row)
                )
            self.checkpoint("unit 1 written")
        return FirstUnit(booked=unit.booked, placed=unit.placed)

    def _take_carefully(self, session: Session, unit: BarUnit, roster: Roster) -> None:
        """Take the services of *roster*, those that fail apart from the others: found by halving."""
        booked, placed = len(unit.booked), len(unit.placed)
        try:
            with savepoint(session):
                unit.take(roster)
        except (UnavailableError, LostLeaseError, OperationalError, InternalError):
            raise
        except Exception as error:
            unit.forget(booked, placed)
            if roster.size > 1:
                half = roster.size // 2
                self._take_carefully(session, unit, roster.part(slice(half)))
                self._take_carefully(session, unit, roster.part(slice(half, None)))
                return
            logger.exception("service failed", service_id=int(roster.ids[0]))
            failed = session.get_one(TradingService, int(roster.ids[0]))
            booking.fail(session, failed, f"{type(error).__name__}: {error}")

    def _leave_out_unreadable(self, stock: StockBars) -> bool:
        """Stop the services of *stock* of which a row cannot be read, and take them no further; return if there are."""
        with SessionManager() as session:
            self.fence.require(session)
            # One that was left out and has been started again since is read again.
            is_new = or_(TradingService.state != ServiceState.ERROR, TradingService.id.not_in(self.left_out))
            of_stock = (TradingService.stock_id == stock.stock_id, TradingService.interval == stock.interval)
            found = unreadable_rows.found(
                session, session.scalars(select(TradingService.id).where(*of_stock, is_new)).all()
            )
            for service_id, why in found.items():
                logger.error("a row of a service cannot be read", service_id=service_id, why=why)
                unreadable_rows.stop(session, service_id, f"a row cannot be read: {why}")
        self.left_out.update(found)
        return bool(found)

    def _claim(self, order_ids: Sequence[int]) -> list[Claimed]:
        claimed = []
        with SessionManager() as session:
            self.fence.require(session)
            begun = order_service.begin_submission(session, self._allowed(session, order_ids))
            read = _read(session, TradingService, (order.service_id for order, _ in begun))
            for order, is_resent in begun:
                service = read[order.service_id]
                claimed.append(Claimed(order.id, service.id, order_service.ticket_of(service, order), is_resent))
        return claimed

    def _allowed(self, session: Session, order_ids: Sequence[int]) -> Sequence[int]:
        """
        Return which of the orders may be sent here.

        None of another broker's; no entry that nobody was told of while the kill switch is on, or the gate to live
        trading shut.
        """
        barred, guard = set(), EntryGuard(session, get_current_datetime())
        for order, service in session.execute(_ENTRIES, {"ids": order_ids}):
            why = KILLED if guard.is_killed(service.user_id) else live_trading.refusal(session, service)
            if why is not None:
                order_service.move(session, service, order, OrderState.CANCELLED, why)
                barred.add(order.id)
        ours = session.scalars(_OURS, {"ids": order_ids, "broker": self.broker.name})
        return [order_id for order_id in ours if order_id not in barred]

    def _send(self, claimed: Claimed, bar: MarketBar | None) -> Acknowledgement:
        client_order_id = claimed.ticket.client_order_id
        with structlog.contextvars.bound_contextvars(  # for whatever a broker logs
            service_id=claimed.service_id, order_id=claimed.order_id, client_order_id=client_order_id
        ):
            # After a crash while sending, the broker is asked before it is told again.
            known = self.broker.find(client_order_id) if claimed.is_resent else None
            if known is not None:
                return known
            self.fence.require_time_to_send()
            return self.broker.submit(claimed.ticket, bar)

    def _second_unit(self, answers: Sequence[tuple[Claimed, Acknowledgement]]) -> list[Booked]:
        booked = []
        with SessionManager() as session:
            self.fence.require(session)
            services = _read(session, TradingService, (claimed.service_id for claimed, _ in answers), for_update=True)
            orders = _read(session, Order, (claimed.order_id for claimed, _ in answers))
            answered = [
                (services[claimed.service_id], orders[claimed.order_id], answer)
                for claimed, answer in sorted(answers, key=lambda one: one[0].service_id)
            ]
            news = [one for one in answered if one[1].state is OrderState.SUBMITTING]
            order_service.acknowledge(session, news)
            self.checkpoint("acknowledged")
            acknowledged = {order.id for _, order, _ in news}
            for service, order, answer in answered:
                if order.id in acknowledged:
                    order_service.tell(session, service, order)
                # What traded is booked whatever has become of the order meanwhile.
                trade = booking.settle(session, service, order, answer)
                if trade is not None:
                    booked.append(trade)
            self.checkpoint("unit 2 written")
        return booked

    def _tell(self, booked: Sequence[Booked]) -> None:
        for trade in booked:
            self.on_trade(trade)


def _read(session: Session, model: type[R], ids: Iterable[int], *, for_update: bool = False) -> Mapping[int, R]:
    """Return rows by their ids, some hundreds with one statement; locked in the order of ids, as everyone does."""
    wanted, found = sorted(set(ids)), dict[int, R]()
    for first in range(0, len(wanted), _CHUNK):
        rows = session.scalars(_by_ids(model, for_update=for_update), {"ids": wanted[first : first + _CHUNK]})
        found |= {row.id: row for row in rows}
    return found


@cache
def _by_ids(model: type[R], *, for_update: bool) -> Select[R]:
    query = select(model).where(model.id.in_(bindparam("ids", expanding=True))).order_by(model.id)
    return query.with_for_update() if for_update else query
