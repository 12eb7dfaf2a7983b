"""What a broker reports of an account, carried into the books of the services that trade there: each execution once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, TypeVarTuple

from sqlalchemy import Select, String, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from daytrader.brokers.account import BrokerExecution, BrokerOrder, Report
from daytrader.brokers.messages import Fill
from daytrader.core.fills import cost_cents
from daytrader.core.reasons import STOP_REASON, TARGET_REASON
from daytrader.models.broker_credential import BrokerCredential
from daytrader.models.enums import LIVE_ORDER_STATES, OrderKind, OrderSide, OrderState
from daytrader.models.execution import Execution
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.services import booking, emergency, order_service, positions, system_events, unreadable_rows
from daytrader.services.booking import Booked
from daytrader.services.events import events
from daytrader.services.session_manager import savepoint
from daytrader.services.system_events import Severity

Row = TypeVarTuple("Row")

REMEMBERED: Final = timedelta(days=3)
"""How long after an order was sent its broker may still tell of a fill."""
_SLACK: Final = timedelta(minutes=15)
"""How far our clock and the broker's may be apart."""
# What nobody asked a broker to end has run out by itself: at the auction, at the bell, at once.
_ENDS: Final = {
    Report.FILLED: OrderState.CANCELLED,  # of fewer shares than ours has: a split came between
    Report.CANCELLED: OrderState.EXPIRED,
    Report.EXPIRED: OrderState.EXPIRED,
    Report.REJECTED: OrderState.REJECTED,
}


@dataclass(frozen=True)
class Reports:
    """
    What a broker has said of an account at one look.

    Attributes:
        account: The broker's number of it.
        orders: Of whoever sent them.
        executions: Likewise; they may come twice and in any order.
    """

    account: str
    orders: Sequence[BrokerOrder]
    executions: Sequence[BrokerExecution]

    @cached_property
    def by_client_order_id(self) -> Mapping[str, BrokerOrder]:
        """Return the orders by the names that their senders gave them."""
        return {order.client_order_id: order for order in self.orders}

    @cached_property
    def by_order_ref(self) -> Mapping[str, Mapping[str, BrokerExecution]]:
        """Return the executions by the name of the order or leg that they filled and by what they are booked under."""
        found: dict[str, dict[str, BrokerExecution]] = {}
        for execution in self.executions:
            found.setdefault(execution.order_ref, {})[self._booked_as(execution)] = execution
        return found

    def executions_of(self, order: Order) -> Mapping[str, BrokerExecution]:
        """Return the executions of *order* by what they are booked under."""
        reported = self.by_client_order_id.get(order.client_order_id)
        refs = set(() if reported is None else reported.refs) | {order.broker_ref or ""}
        return {name: one for ref in sorted(refs) for name, one in self.by_order_ref.get(ref, {}).items()}

    def _booked_as(self, execution: BrokerExecution) -> str:
        # A broker's names are its own within an account only.
        return f"{self.account}:{execution.ref}"


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How the books stand to what was reported.

    Attributes:
        news: The services whose books do not tell yet what the reports do.
        strays: The broker's names of orders that work there although they have ended in the books.
        is_settled: Whether all that the reports say has filled is booked.
    """

    news: Sequence[int]
    strays: Sequence[str]
    is_settled: bool


def of_account(query: Select[*Row]) -> Select[*Row]:
    """Return *query*, of orders, for one account alone, which `account` names; it goes by the services."""
    broker = bindparam("broker", type_=String)
    return query.join(TradingService, TradingService.id == Order.service_id).where(
        TradingService.user_id == bindparam("user_id"),
        TradingService.broker == broker,
        TradingService.id.not_in(bindparam("left_out", expanding=True)),
        Order.broker == broker,
    )


def account(credential: BrokerCredential, left_out: Collection[int] = ()) -> dict[str, object]:
    """Return what a statement `of_account` is asked with; few services are *left_out*."""
    return {"user_id": credential.user_id, "broker": credential.broker, "left_out": [*left_out]}


# Built once: every turn asks them of every account.
_IS_REMEMBERED: Final = or_(Order.state.in_(LIVE_ORDER_STATES), Order.sent_at >= bindparam("since"))
_OWN: Final = (
    of_account(select(Order).where(_IS_REMEMBERED)).order_by(Order.id).execution_options(populate_existing=True)
)
_OWN_OF_SERVICE: Final = _OWN.where(Order.service_id == bindparam("service_id"))
_IS_UNSEEN: Final = and_(Order.broker_ref.is_(None), Order.sent_at >= bindparam("since"))
_OLDEST: Final = of_account(select(func.min(Order.sent_at)).where(or_(Order.state.in_(LIVE_ORDER_STATES), _IS_UNSEEN)))


def service_ids(session: Session, credential: BrokerCredential) -> Sequence[int]:
    """Return the services of an account, whatever they do."""
    own = (TradingService.user_id == credential.user_id, TradingService.broker == credential.broker)
    return session.scalars(select(TradingService.id).where(*own).order_by(TradingService.id)).all()


def window(
    session: Session, credential: BrokerCredential, since: datetime, now: datetime, left_out: Collection[int] = ()
) -> datetime:
    """
    Return from when on reports are needed: *since*, or before the oldest order that lives at the broker.

    Or may live there: one that was given up without the broker having known it may turn up.
    """
    oldest = session.scalar(_OLDEST, account(credential, left_out) | {"since": now - REMEMBERED})
    return (since if oldest is None else min(since, oldest)) - _SLACK


def compare(
    session: Session,
    credential: BrokerCredential,
    reports: Reports,
    now: datetime,
    left_out: Collection[int] = (),
) -> Standing:
    """Compare the orders that live, or were sent within the last days, with what the broker says of them."""
    orders = _own_orders(session, credential, now, left_out=left_out)
    booked = _booked(session, credential.broker, [name for order in orders for name in reports.executions_of(order)])
    news, strays, is_settled = set(), [], True
    for order in orders:
        reported = reports.by_client_order_id.get(order.client_order_id)
        if reports.executions_of(order).keys() - booked:
            news.add(order.service_id)
        if reported is None:
            continue
        is_live = order.state in LIVE_ORDER_STATES
        if is_live and (order.state in order_service.UNSUBMITTED or _is_over(order, reported)):
            news.add(order.service_id)
        if not is_live and not reported.has_ended:
            strays.append(reported.refs[0])
        is_settled = is_settled and reported.filled <= order.filled_shares
    return Standing(sorted(news), strays, is_settled and not news)


def take(
    session: Session, credential: BrokerCredential, service_id: int, reports: Reports, now: datetime
) -> list[Booked]:
    """
    Carry what was reported of one service's orders into its books, its row locked; once, however often it is reported.

    A sale that is told of before its purchase is left for a later look. An order ends when all that its broker says
    has filled is booked. One that had ended in the books stays as it is, and what it filled all the same is booked.

    Returns:
        What was booked.

    Raises:
        ConflictError: As `booking.book`.
    """
    service = session.get_one(TradingService, service_id, with_for_update=True)
    orders = _own_orders(session, credential, now, service_id)
    flattened = {order.id for order in orders if emergency.is_flattened(order)}
    for order in orders:
        reported = reports.by_client_order_id.get(order.client_order_id)
        if reported is not None:
            adopt(session, service, order, reported)
    booked = [
        trade
        for order, name, execution in _in_order(reports, orders)
        if (trade := _book(session, service, order, name, execution, reports)) is not None
    ]
    for order in orders:
        reported = reports.by_client_order_id.get(order.client_order_id)
        if reported is not None and order.state in LIVE_ORDER_STATES and _is_over(order, reported):
            _end(session, service, order, reported)
    if any(trade.side is OrderSide.BUY and trade.order_id in flattened for trade in booked):
        order_service.sell_position(session, service, emergency.CAME_TOO_LATE)
    return booked


def fail(session: Session, credential: BrokerCredential, service_id: int, reason: str) -> None:
    """Put a service into ERROR that cannot go on, whether its rows can be read or not; its owner is told, once."""
    if session.scalar(select(TradingService.error_reason).where(TradingService.id == service_id)) == reason:
        return
    try:
        with savepoint(session):
            booking.fail(session, session.get_one(TradingService, service_id, with_for_update=True), reason)
    except unreadable_rows.ERRORS:
        unreadable_rows.stop(session, service_id, reason)
    message = f"Service {service_id} has stopped: {reason}"
    told = system_events.personal_notification(credential.user_id, Severity.ERROR, "broker", message)
    events.record(session, told)


def adopt(session: Session, service: TradingService, order: Order, reported: BrokerOrder) -> None:
    """Note that the broker has *order*, and what it calls it."""
    if order.broker_ref is None:
        order.broker_ref = reported.refs[0]
    if order.state in order_service.UNSUBMITTED:
        order_service.move(session, service, order, OrderState.ACCEPTED)


def _own_orders(
    session: Session,
    credential: BrokerCredential,
    now: datetime,
    service_id: int | None = None,
    left_out: Collection[int] = (),
) -> Sequence[Order]:
    asked = account(credential, left_out) | {"since": now - REMEMBERED}
    if service_id is None:
        return session.scalars(_OWN, asked).all()
    return session.scalars(_OWN_OF_SERVICE, asked | {"service_id": service_id}).all()


def _booked(session: Session, broker: str, names: Sequence[str]) -> set[str]:
    query = select(Execution.execution_ref).where(Execution.broker == broker, Execution.execution_ref.in_(names))
    return set(session.scalars(query)) if names else set()


def _in_order(reports: Reports, orders: Sequence[Order]) -> Iterator[tuple[Order, str, BrokerExecution]]:
    """Yield the executions as they happened; of one moment, what was bought first."""
    found = [(order, name, one) for order in orders for name, one in reports.executions_of(order).items()]
    yield from sorted(found, key=lambda each: (each[2].at, each[2].side is OrderSide.SELL, each[1]))


def _book(
    session: Session,
    service: TradingService,
    order: Order,
    name: str,
    execution: BrokerExecution,
    reports: Reports,
) -> Booked | None:
    if _booked(session, order.broker, [name]):
        return None
    if order.side is OrderSide.SELL:
        held = positions.open_transaction(session, service.id)
        if held is None or held.open_shares < execution.shares:
            return None
    if order_service.is_leg(order):
        _name_leg(order, execution, reports)
    amount = cost_cents(execution.shares, execution.price)
    fill = Fill(name, execution.shares, execution.price, amount, fee=0, bar_time=None)
    return booking.book(session, service, order, fill, at=execution.at)


def _name_leg(order: Order, execution: BrokerExecution, reports: Reports) -> None:
    """
    Let a leg that was stop and target be the one that filled; with one level or none it is what it was placed as.

    One whose stop has sold a part stays a stop, whatever sells the rest: entries wait after it.
    """
    was_stopped = order.filled_shares > 0 and order.kind is OrderKind.STOP
    has_both = order.limit_price is not None and order.stop_price is not None
    is_stop = order.kind is OrderKind.STOP and (not has_both or was_stopped)
    if has_both and not was_stopped:
        reported = reports.by_client_order_id.get(order.client_order_id)
        is_stop = reported is not None and execution.order_ref in reported.stop_refs
    order.kind, order.reason = (OrderKind.STOP, STOP_REASON) if is_stop else (OrderKind.TARGET, TARGET_REASON)


def _is_over(order: Order, reported: BrokerOrder) -> bool:
    """Return whether nothing more will come of *order*, and all that came of it is booked."""
    return reported.has_ended and order.filled_shares >= reported.filled


def _end(session: Session, service: TradingService, order: Order, reported: BrokerOrder) -> None:
    if order.cancel_reason is not None and reported.report is not Report.REJECTED:
        order_service.move(session, service, order, OrderState.CANCELLED, order.cancel_reason)
    else:
        word = f"{order.broker}: {reported.reason or reported.report.value}"
        order_service.move(session, service, order, _ENDS[reported.report], word[:200])
