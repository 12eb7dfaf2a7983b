"""Tests of daytrader.services.order_service and booking: intents, states, executions booked once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daytrader.brokers.messages import Acknowledgement, Fill
from daytrader.models import Execution, Order, TradingService
from daytrader.models.decision import TradeDecision
from daytrader.models.enums import DecisionAction, OrderKind, OrderSide, OrderState, TransactionState
from daytrader.services import booking, order_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError
from tests.conftest import World
from tests.engine.builders import FLAT, Market, day

UNIT = 1_000_000


@pytest.fixture
def market(world: World) -> Market:
    """A stock at ten."""
    return Market(world, [FLAT, FLAT])


def place(service_id: int, side: OrderSide = OrderSide.BUY, shares: int = 10) -> Order:
    """Store an intent."""
    with SessionManager() as session:
        service = session.get_one(TradingService, service_id)
        kind = OrderKind.ENTRY if side is OrderSide.BUY else OrderKind.EXIT
        limit = 11 * UNIT if side is OrderSide.BUY else 0
        return order_service.place(
            session,
            service,
            side=side,
            kind=kind,
            shares=shares,
            reason="test",
            limit=limit,
            decision_id=decided(session, service, shares) if side is OrderSide.BUY else None,
            bar_time=day(0),
        )


def decided(session: Session, service: TradingService, shares: int) -> int:
    """Store that the first bar decided to buy, once, and return the decision's id."""
    known = session.scalar(select(TradeDecision.id).where(TradeDecision.service_id == service.id))
    if known is not None:
        return known
    decision = TradeDecision(
        service_id=service.id,
        interval=service.interval,
        bar_time=day(0),
        action=DecisionAction.BUY,
        shares=shares,
        reason="test",
        evidence={},
    )
    session.add(decision)
    service.last_bar_time = day(0)
    session.flush()
    return decision.id


def book(service_id: int, order: Order, fill: Fill) -> booking.Booked | None:
    """Book a fill."""
    with SessionManager() as session:
        service = session.get_one(TradingService, service_id)
        named = replace(fill, execution_ref=f"{order.client_order_id}:{fill.execution_ref}")
        return booking.book(session, service, session.get_one(Order, order.id), named)


def fill(shares: int, price: int, name: str = "x1") -> Fill:
    """Return an execution at whole units without fee."""
    return Fill(name, shares, price * UNIT, shares * price * 100, 0, day(1))


def test_an_entry_holds_the_most_it_may_cost(market: Market) -> None:
    """Shares at the limit and their fee."""
    service = market.service(commission_per_order=Decimal(2))

    order = place(service.id)

    assert (order.reserved_cash, order.state) == (Decimal("112.00"), OrderState.PENDING)
    assert market.reload(service).reserved_cash == Decimal("112.00")


def test_two_live_orders_of_a_side_are_impossible(market: Market) -> None:
    """The database refuses what no code path should try."""
    service = market.service()
    place(service.id)

    with pytest.raises(IntegrityError):
        place(service.id)


def test_an_order_is_claimed_by_one(market: Market) -> None:
    """The second engine finds it SUBMITTING, and asks the broker before it sends it again."""
    order = place(market.service().id)

    with SessionManager() as session:
        first = [(claimed.id, is_resent) for claimed, is_resent in order_service.begin_submission(session, [order.id])]
    with SessionManager() as session:
        second = [(claimed.id, is_resent) for claimed, is_resent in order_service.begin_submission(session, [order.id])]

    assert (first, second) == ([(order.id, False)], [(order.id, True)])


def test_a_refused_order_ends_and_frees_its_cash(market: Market) -> None:
    """The broker's reason is kept in the history."""
    service = market.service()
    order = place(service.id)

    with SessionManager() as session:
        row = session.get_one(TradingService, service.id)
        answer = Acknowledgement(is_working=False, reason="market closed")
        order_service.acknowledge(session, [(row, session.get_one(Order, order.id), answer)])

    ended = market.world.reload(order)
    assert (ended.state, ended.history[-1]["reason"]) == (OrderState.EXPIRED, "market closed")
    assert market.reload(service).reserved_cash == 0


def test_cancelling_takes_only_the_side_asked_for(market: Market) -> None:
    """Pausing cancels entries; exits go on."""
    service = market.service()
    place(service.id)

    with SessionManager() as session:
        row = session.get_one(TradingService, service.id)
        assert order_service.cancel_live(session, row, OrderSide.SELL, "paused") == 0
        assert order_service.cancel_live(session, row, OrderSide.BUY, "paused") == 1

    assert market.reload(service).reserved_cash == 0


def test_the_first_reason_why_a_broker_is_to_end_an_order_stands(market: Market) -> None:
    """Whoever asks again is no news: nobody is told of it a second time."""
    service = market.service()
    order = place(service.id)
    with SessionManager() as session:
        row, stored = session.get_one(TradingService, service.id), session.get_one(Order, order.id)
        stored.broker, stored.state = "alpaca", OrderState.ACCEPTED
        for reason in ("flattened by its owner", "service paused"):
            order_service.ask_to_cancel(session, row, stored, reason)

    assert market.world.reload(order).cancel_reason == "flattened by its owner"


def test_an_execution_is_booked_once(market: Market) -> None:
    """Reported again under its name it changes nothing."""
    service = market.service()
    order = place(service.id)

    first, again = book(service.id, order, fill(10, 9)), book(service.id, order, fill(10, 9))

    assert first is not None
    assert again is None
    assert market.reload(service).current_balance == Decimal("910.00")


def test_partial_fills_build_one_position(market: Market) -> None:
    """Costs add up, the price is the average, the stop is of it, cash stays held for what is still to come."""
    service = market.service(stop_loss_percent=Decimal(10))
    order = place(service.id)

    book(service.id, order, fill(4, 10, "a"))
    partly = market.reload(service)
    assert (partly.current_shares, partly.reserved_cash) == (4, Decimal("70.00"))
    assert market.orders(service)[0].state is OrderState.PARTIALLY_FILLED
    book(service.id, order, fill(6, 9, "b"))

    (position,) = market.transactions(service)
    assert (position.shares, position.purchase_price, position.cost) == (Decimal(10), Decimal("9.4"), Decimal("94.00"))
    held = market.reload(service)
    assert (held.reserved_cash, held.stop_price) == (Decimal(0), Decimal("8.46"))
    told = [one.event.name for one in market.world.published if one.event.name.startswith("transaction:")]
    assert told == ["transaction:new", "transaction:update"]


def test_partial_sales_close_with_the_last(market: Market) -> None:
    """The position stays open until no share is left; the sale's price is the average."""
    service = market.service()
    book(service.id, place(service.id), fill(10, 10, "a"))
    exit_order = place(service.id, OrderSide.SELL)

    book(service.id, exit_order, fill(5, 11, "b"))
    assert market.transactions(service)[0].state is TransactionState.OPEN
    book(service.id, exit_order, fill(5, 12, "c"))

    (sold,) = market.transactions(service)
    assert (sold.state, sold.sale_price, sold.gain_loss) == (
        TransactionState.CLOSED,
        Decimal("11.5"),
        Decimal("15.00"),
    )
    market.reload(service)


def test_a_sale_without_a_position_is_refused(market: Market) -> None:
    """Nothing is booked that the ledger could not carry."""
    service = market.service()
    order = place(service.id, OrderSide.SELL)

    with pytest.raises(ConflictError):
        book(service.id, order, fill(10, 10))


def test_one_name_is_one_execution_by_constraint(market: Market) -> None:
    """Even past the check, the database holds each (broker, execution) once."""
    service = market.service()
    order = place(service.id)
    book(service.id, order, fill(10, 9))

    with pytest.raises(IntegrityError), SessionManager() as session:
        stored = session.get_one(Execution, 1)
        session.add(
            Execution(
                **{
                    name: getattr(stored, name)
                    for name in ("service_id", "order_id", "transaction_id", "broker", "execution_ref", "side")
                },
                shares=1,
                price=Decimal(1),
                amount=Decimal(1),
                fee=Decimal(0),
            )
        )
