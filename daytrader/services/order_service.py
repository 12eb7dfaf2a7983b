"""Orders: intents stored before the broker hears of them, their states, and the broker's protocol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from daytrader.brokers import PAPER
from daytrader.brokers.messages import Acknowledgement, MarketBar, OrderTicket, Position, ProtectiveFill
from daytrader.core.money import from_micros, to_micros
from daytrader.models.enums import LIVE_ORDER_STATES, OrderKind, OrderSide, OrderState
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import bulk, event_payloads, known_ahead, positions
from daytrader.services.events import events
from daytrader.services.trading_rules import most_cash, rules_of
from daytrader.utils.current_datetime import get_current_datetime, iso_utc
from daytrader.utils.unique_ids import new_unique_id

__all__ = [
    "UNSUBMITTED",
    "Broker",
    "acknowledge",
    "ask_to_cancel",
    "begin_submission",
    "cancel",
    "cancel_live",
    "enter",
    "entry_of",
    "is_leg",
    "is_on_paper",
    "live_orders",
    "look_up_entries",
    "move",
    "note",
    "own_prefix",
    "place",
    "sell_position",
    "sell_rest",
    "store",
    "tell",
    "ticket_of",
]

UNSUBMITTED: Final = (OrderState.PENDING, OrderState.SUBMITTING)
_REASON_LENGTH: Final = 200
# Built once: to build a statement, and the key by which its compiled form is found, takes longer than to run it.
_OF_IDS: Final = Order.id.in_(bindparam("ids", expanding=True))
_THESE: Final = select(Order).where(_OF_IDS).order_by(Order.id)
_LIVE: Final = (
    select(Order)
    .where(Order.service_id.in_(bindparam("service_ids", expanding=True)), Order.state.in_(LIVE_ORDER_STATES))
    .order_by(Order.id)
)
_BOUGHT_BY: Final = "which orders bought, by transaction"
_ENTRIES: Final = (
    select(Order)
    .where(Order.transaction_id.in_(bindparam("transaction_ids", expanding=True)), Order.side == OrderSide.BUY)
    .order_by(Order.id)
)
_CLAIM: Final = (
    update(Order)
    .where(_OF_IDS, Order.state == OrderState.PENDING)
    .values(state=OrderState.SUBMITTING)
    .returning(Order.id)
    .execution_options(synchronize_session=False)
)


class Broker(Protocol):
    """
    A market that bars drive: what it fills of an order, a bar says.

    Where orders live beyond a bar, in an account at somebody else's, `brokers.account.AccountBroker` is spoken.
    """

    @property
    def name(self) -> str:
        """Return what a service's ``broker`` column calls it."""

    def submit(self, ticket: OrderTicket, bar: MarketBar | None) -> Acknowledgement:
        """Take an order decided at the close of *bar*; taking the same client_order_id again changes nothing."""

    def find(self, client_order_id: str) -> Acknowledgement | None:
        """Return what became of an order, None if it was never taken."""

    def at_open(self, ticket: OrderTicket, bar: MarketBar) -> Acknowledgement:
        """Return what becomes of a working order at the open of *bar*: filled, wholly or not, still at work, ended."""

    def protect(self, position: Position, bar: MarketBar) -> ProtectiveFill | None:
        """Return what a position's stop or target does during *bar*."""


def place(
    session: Session,
    service: TradingService,
    *,
    side: OrderSide,
    kind: OrderKind,
    shares: int,
    reason: str,
    limit: int = 0,
    stop: int = 0,
    decision_id: int | None = None,
    parent_id: int | None = None,
    transaction_id: int | None = None,
    bar_time: datetime | None = None,
    attempt: int = 1,
    state: OrderState = OrderState.PENDING,
    stores: bool = True,
) -> Order:
    """
    Store an order intent of *service*, whose row the caller has locked, and hold the cash that a buy may take.

    Args:
        limit: The most a buy may pay for a share, in micros; of a leg that rests at a broker its target; 0 for none.
        stop: Of a leg that rests at a broker, in micros; 0 for none.
        attempt: Which this is to do what one decision asked for.
        state: ACCEPTED for what the paper market already works: a bracket leg, a manual trade.
        stores: Not where many are placed together: `store` then does it for all of them. With ids reserved, they have
            theirs at once.
    """
    now = get_current_datetime()
    reserved = most_cash(service, shares, limit) if side is OrderSide.BUY and limit else Decimal(0)
    order = Order(
        id=bulk.next_id(session, Order),
        created_at=now,
        updated_at=now,
        service_id=service.id,
        decision_id=decision_id,
        attempt=attempt,
        parent_id=parent_id,
        transaction_id=transaction_id,
        broker=service.broker,
        client_order_id=_new_client_order_id(session),
        side=side,
        kind=kind,
        state=state,
        shares=shares,
        filled_shares=0,
        limit_price=from_micros(limit) if limit else None,
        stop_price=from_micros(stop) if stop else None,
        reserved_cash=reserved,
        bar_time=bar_time,
        reason=reason[:_REASON_LENGTH],
        history=[_passage(state, reason)],
        executions=[],
    )
    service.reserved_cash += reserved
    session.add(order)
    if stores:
        store(session, [(service, order)])
    return order


def store(session: Session, placed: Iterable[tuple[TradingService, Order]]) -> None:
    """Store orders that were placed, each with its service, and tell of them; those that have ids are stored later."""
    placed = list(placed)
    if any(order.id is None for _, order in placed):
        session.flush()
    for service, order in placed:
        events.record(session, event_payloads.order_update(service, order, event_payloads.CREATED))


def move(session: Session, service: TradingService, order: Order, state: OrderState, reason: str | None = None) -> None:
    """Take *order* to *state*, store that and tell of it."""
    enter(service, order, state, reason)
    session.flush()
    tell(session, service, order)


def note(session: Session, service: TradingService, order: Order, reason: str) -> None:
    """Note why a live *order* has not wholly filled; the same is not said twice on end."""
    if not order.history or order.history[-1]["reason"] != reason:
        move(session, service, order, order.state, reason)


def enter(service: TradingService, order: Order, state: OrderState, reason: str | None = None) -> None:
    """Set the *state* of *order* and note it; one that has ended holds no cash. Storing it is the caller's."""
    order.state = state
    order.history = [*order.history, _passage(state, reason)]
    if state not in LIVE_ORDER_STATES:
        order.cancel_reason = None
        service.reserved_cash -= order.reserved_cash
        order.reserved_cash = Decimal(0)


def begin_submission(session: Session, order_ids: Sequence[int]) -> list[tuple[Order, bool]]:
    """
    Claim PENDING orders for sending, by compare and set: of two engines that try, one succeeds.

    Returns:
        The orders that are now SUBMITTING, each with whether it was found so: a crash left it between being sent and
        being acknowledged, and the broker is to be asked first.
    """
    found = session.scalars(_THESE, {"ids": order_ids}).all()
    ours = set(session.scalars(_CLAIM, {"ids": [o.id for o in found if o.state is OrderState.PENDING]}))
    claimed = [
        (order, order.id not in ours) for order in found if order.id in ours or order.state is OrderState.SUBMITTING
    ]
    for order, is_resent in claimed:
        if not is_resent:
            order.state = OrderState.SUBMITTING
            order.history = [*order.history, _passage(OrderState.SUBMITTING, None)]
    session.flush()
    return claimed


def acknowledge(session: Session, answered: Sequence[tuple[TradingService, Order, Acknowledgement]]) -> None:
    """
    Note the broker's word on SUBMITTING orders, and store it; what of them has filled is `booking.settle`'s to book.

    Who `tell`s of each does so before that: whatever else was sent with an order, its events are in one order.
    """
    for service, order, answer in answered:
        if answer.is_working or answer.fill is not None:
            enter(service, order, OrderState.ACCEPTED)
        else:
            enter(service, order, OrderState.EXPIRED, answer.reason)
    session.flush()


def tell(session: Session, service: TradingService, order: Order) -> None:
    """Tell of *order* as it is stored now."""
    events.record(session, event_payloads.order_update(service, order))


def cancel_live(session: Session, service: TradingService, side: OrderSide | None, reason: str) -> int:
    """
    Cancel the live orders of *service* (None: of both sides) and return how many there were.

    One that is being sent on paper is left: what its broker has made of it is not known yet. The engine undoes an
    entry when its service takes none. One that a real broker has, or may have, is only asked for: it may fill
    meanwhile, and lives until its broker says that it has ended.
    """
    cancelled = 0
    for order in live_orders(session, [service.id]):
        if side is not None and order.side is not side:
            continue
        cancelled += cancel(session, service, order, reason)
    return cancelled


def cancel(session: Session, service: TradingService, order: Order, reason: str) -> bool:
    """Cancel a live *order*, or ask its broker to, as `cancel_live` does; return whether that could be done."""
    if order.state is OrderState.PENDING or (is_on_paper(order) and order.state is not OrderState.SUBMITTING):
        move(session, service, order, OrderState.CANCELLED, reason)
    elif is_on_paper(order):
        return False
    else:
        ask_to_cancel(session, service, order, reason)
    return True


def ask_to_cancel(session: Session, service: TradingService, order: Order, reason: str) -> None:
    """Note that a real broker is to end *order*; the first reason stands."""
    if order.cancel_reason is None:
        order.cancel_reason = reason[:_REASON_LENGTH]
        session.flush()
        events.record(session, event_payloads.order_update(service, order))


def is_on_paper(order: Order) -> bool:
    """Return whether bars, not a broker, say what becomes of *order*."""
    return order.broker == PAPER


def is_leg(order: Order) -> bool:
    """Return whether *order* is a stop or a target: it protects a position, and no exit waits for it."""
    return order.kind in (OrderKind.STOP, OrderKind.TARGET)


def sell_position(session: Session, service: TradingService, reason: str) -> Order | None:
    """
    Place a market order for all shares of *service*; it fills at the next open, whatever the service's state is then.

    Returns:
        The order, the one already under way if there is one, None if there is nothing to sell.
    """
    live = live_orders(session, [service.id])
    for order in live:
        if order.side is OrderSide.SELL and not is_leg(order):
            return order
    held = positions.open_transaction(session, service.id)
    if held is None:
        return None
    return sell_rest(session, service, held, reason, service.last_bar_time)


def sell_rest(
    session: Session, service: TradingService, held: TradingTransaction, reason: str, bar_time: datetime | None
) -> Order:
    """Place a market order for all that is left of a position after the bar of *bar_time*, null before any bar."""
    return place(
        session,
        service,
        side=OrderSide.SELL,
        kind=OrderKind.EXIT,
        shares=held.open_shares,
        reason=reason,
        transaction_id=held.id,
        bar_time=bar_time,
    )


def look_up_entries(session: Session, transaction_ids: Sequence[int]) -> None:
    """Read with one statement which orders positions were bought by, before `entry_of`."""
    for order in session.scalars(_ENTRIES, {"transaction_ids": transaction_ids}):
        known_ahead.of(session, _BOUGHT_BY).setdefault(order.transaction_id, order)


def entry_of(session: Session, held: TradingTransaction) -> Order | None:
    """Return the order that a position was bought by, the first of them."""
    known: dict[int, Order] = known_ahead.of(session, _BOUGHT_BY)
    return known.get(held.id) or session.scalars(_ENTRIES, {"transaction_ids": [held.id]}).first()


def live_orders(session: Session, service_ids: Iterable[int]) -> Sequence[Order]:
    """Return the orders of the services that have not ended, oldest first."""
    return session.scalars(_LIVE, {"service_ids": list(service_ids)}).all()


def ticket_of(service: TradingService, order: Order) -> OrderTicket:
    """Return *order* as its broker receives it."""
    limit = to_micros(order.limit_price) if order.limit_price is not None else 0
    left = order.shares - order.filled_shares
    return OrderTicket(order.client_order_id, order.side, left, limit, rules_of(service).compiled)


def own_prefix(session: Session) -> str:
    """Return how the ids of this installation's orders begin: others may trade the same account."""
    return f"dt-{session.info.get('installation', 'local')}-"


def _new_client_order_id(session: Session) -> str:
    return f"{own_prefix(session)}{new_unique_id()}"


def _passage(state: OrderState, reason: str | None) -> dict[str, str | None]:
    return {"state": state.value, "at": iso_utc(get_current_datetime()), "reason": reason}
