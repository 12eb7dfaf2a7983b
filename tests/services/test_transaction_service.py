"""Tests of daytrader.services.transaction_service: trades by hand, and voids."""

from __future__ import annotations

from decimal import Decimal

import pytest

from daytrader.brokers.messages import Fill
from daytrader.models import FeedCursor, Order, TradingService, TradingTransaction
from daytrader.models.enums import JournalKind, OrderKind, OrderState, TradingMode, TransactionState
from daytrader.services import booking, order_service, trading_service, transaction_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import (
    ConflictError,
    ForbiddenError,
    InsufficientDataError,
    InvalidInputError,
    NotFoundError,
)
from tests.conftest import World
from tests.engine.builders import FLAT, Market, day


@pytest.fixture
def market(world: World) -> Market:
    """A stock last traded at 12."""
    return Market(world, [FLAT, (12.0, 12.0, 12.0, 12.0)])


def buy(market: Market, service: TradingService, shares: object = 10, price: object = None) -> TradingTransaction:
    """Buy by hand as the owner."""
    with SessionManager() as session:
        made = transaction_service.buy(session, market.owner, service.id, shares, price)
    assert isinstance(made, TradingTransaction)
    return made


def sell(service: TradingService) -> Order:
    """Place a sale of all shares, which waits for the next open."""
    with SessionManager() as session:
        order = order_service.sell_position(session, session.get_one(TradingService, service.id), "test")
        assert order is not None
        return order


def complete(market: Market, transaction: TradingTransaction, price: object = None) -> TradingTransaction:
    """Sell by hand as the owner."""
    with SessionManager() as session:
        made = transaction_service.complete(session, market.owner, transaction.id, price)
    assert isinstance(made, TradingTransaction)
    return made


def test_a_manual_buy_goes_the_whole_way(market: Market) -> None:
    """Order, execution, transaction and journal, flagged MANUAL, at the last known price, without slippage."""
    service = market.service(slippage_bps=Decimal(50), commission_per_order=Decimal(1), stop_loss_percent=Decimal(5))

    bought = buy(market, service)

    assert (bought.is_manual, bought.purchase_price, bought.cost, bought.buy_fee) == (
        True,
        Decimal(12),
        Decimal(120),
        Decimal(1),
    )
    held = market.reload(service)
    assert (held.current_balance, held.current_shares, held.mode) == (Decimal("879.00"), 10, TradingMode.SELL)
    assert held.stop_price == Decimal("11.40")
    (order,) = market.orders(service)
    assert (order.kind, order.state) == (OrderKind.MANUAL, OrderState.FILLED)
    assert [entry.kind for entry in market.journal(service)] == [JournalKind.DEPOSIT, JournalKind.BUY]


def test_a_replay_knows_only_what_it_has_shown(market: Market) -> None:
    """The last known price is that of the market's time, and so is the trade's date."""
    service = market.service()
    with SessionManager() as session:
        session.add(FeedCursor(name="replay", position=day(0)))

    bought = buy(market, service)

    assert (bought.purchase_price, bought.purchase_date) == (Decimal(10), day(0))


@pytest.mark.parametrize("price", ["9.60", "14.40", 12])
def test_a_price_within_the_band_is_taken(market: Market, price: object) -> None:
    """20 % around the last known price, its ends included."""
    assert buy(market, market.service(), price=price).purchase_price == Decimal(str(price))


@pytest.mark.parametrize("price", ["9.59", "14.41"])
def test_a_price_outside_the_band_is_a_conflict(market: Market, price: str) -> None:
    """Nothing is bought far from the market."""
    with pytest.raises(ConflictError, match="too far"):
        buy(market, market.service(), price=price)


@pytest.mark.parametrize("shares", [0, -1, 1.5, "many", True, None])
def test_shares_are_whole_and_positive(market: Market, shares: object) -> None:
    """Anything else is invalid input, named."""
    with pytest.raises(InvalidInputError) as error:
        buy(market, market.service(), shares=shares)

    assert list(error.value.fields) == ["shares"]


def test_what_the_cash_does_not_cover_is_a_conflict(market: Market) -> None:
    """The fee and the minimum balance count."""
    service = market.service(initial_balance=Decimal(125), minimum_balance=Decimal(5))

    with pytest.raises(ConflictError, match="not enough cash"):
        buy(market, service, shares=11)
    assert buy(market, service, shares=10).shares == 10


def test_the_minimum_balance_is_not_spent(market: Market) -> None:
    """L6, by hand as by signal."""
    service = market.service(minimum_balance=Decimal("880.01"))
    with pytest.raises(ConflictError, match="not enough cash"):
        buy(market, service)
    assert buy(market, service, 9).cost == Decimal(108)


def test_a_second_position_is_a_conflict(market: Market) -> None:
    """A service holds one position."""
    service = market.service()
    buy(market, service)

    with pytest.raises(ConflictError, match="already holds"):
        buy(market, service)


def test_a_pending_entry_forbids_a_manual_buy(market: Market) -> None:
    """The cash is spoken for."""
    service = market.service()
    market.run(last=1)

    with pytest.raises(ConflictError, match="under way"):
        buy(market, service)


def test_only_an_active_service_trades(market: Market) -> None:
    """Neither buys nor sales on a stopped service."""
    service = market.service()
    bought = buy(market, service)
    with SessionManager() as session:
        trading_service.stop(session, market.owner, service.id, "keep")

    with pytest.raises(ConflictError, match="not active"):
        complete(market, bought)


def test_without_any_price_one_must_be_given(world: World) -> None:
    """No market data, no price to assume; a given one is taken."""
    market = Market(world, [])
    service = market.service()

    with pytest.raises(InsufficientDataError):
        buy(market, service)
    assert buy(market, service, price="7.5").purchase_price == Decimal("7.5")


def test_completing_books_gain_and_frees_the_service(market: Market) -> None:
    """Proceeds, fee, gain, counters, mode and reason."""
    service = market.service(commission_per_order=Decimal(1))
    sold = complete(market, buy(market, service), "13")

    assert (sold.state, sold.gain_loss, sold.exit_reason) == (TransactionState.CLOSED, Decimal("8.00"), "manual")
    after = market.reload(service)
    assert (after.total_gain_loss, after.sell_count, after.mode) == (Decimal("8.00"), 1, TradingMode.BUY)


def test_completing_twice_is_a_conflict(market: Market) -> None:
    """What is sold is sold."""
    sold = complete(market, buy(market, market.service()))

    with pytest.raises(ConflictError, match="CLOSED"):
        complete(market, sold)


def test_completing_cancels_the_exit_under_way(market: Market) -> None:
    """A sale by hand does not wait for the open, and nothing is sold twice."""
    service = market.service()
    bought = buy(market, service)
    sell(service)

    complete(market, bought)

    assert [order.state for order in market.orders(service)] == [
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.FILLED,
    ]
    market.reload(service)


def test_cancelling_voids_the_purchase(market: Market) -> None:
    """The journal takes back cost, fee and dividends; row and reason stay; the purchase no longer counts."""
    market.dividend(1, "0.5")
    service = market.service(commission_per_order=Decimal(1))
    with SessionManager() as session:
        session.add(FeedCursor(name="replay", position=day(0)))
    bought = buy(market, service)
    market.run(1)

    with SessionManager() as session:
        transaction_service.cancel(session, market.owner, bought.id, "fat finger")

    voided = market.world.reload(bought)
    assert (voided.state, voided.exit_reason, voided.cost) == (TransactionState.CANCELLED, "fat finger", Decimal(100))
    after = market.reload(service)
    assert (after.current_balance, after.current_shares, after.buy_count) == (Decimal("1000.00"), 0, 0)
    assert (after.mode, after.stop_price) == (TradingMode.BUY, None)
    assert market.journal(service)[-1].kind is JournalKind.VOID


def test_a_void_takes_the_sale_back_that_waits_for_the_open(market: Market) -> None:
    """Nothing is left that it could sell."""
    service = market.service()
    bought = buy(market, service)
    sell(service)

    with SessionManager() as session:
        transaction_service.cancel(session, market.owner, bought.id, "fat finger")

    assert [order.state for order in market.orders(service)] == [OrderState.FILLED, OrderState.CANCELLED]
    market.reload(service)


def test_a_position_of_which_a_part_was_sold_is_not_voided(market: Market) -> None:
    """Its sale was real; what is left can be sold."""
    service = market.service()
    bought = buy(market, service)
    with SessionManager() as session:
        order = session.merge(sell(service))
        row = session.get_one(TradingService, service.id, with_for_update=True)
        booking.book(session, row, order, Fill("part", 4, 12_000_000, 4_800, 0, day(1)))

    with pytest.raises(ConflictError, match="part of the position"), SessionManager() as session:
        transaction_service.cancel(session, market.owner, bought.id, "fat finger")


def test_an_order_that_is_being_sent_is_not_taken_back(market: Market) -> None:
    """Whoever asks is told so: what its broker has made of it is not known yet."""
    service = market.service()
    buy(market, service)
    order = sell(service)
    with SessionManager() as session:
        assert len(order_service.begin_submission(session, [order.id])) == 1

    with pytest.raises(ConflictError, match="being sent"), SessionManager() as session:
        transaction_service.cancel_order(session, market.owner, order.id)


@pytest.mark.parametrize("reason", ["", "   ", None, 7])
def test_cancelling_needs_a_reason(market: Market, reason: object) -> None:
    """A void is explained."""
    bought = buy(market, market.service())

    with pytest.raises(InvalidInputError), SessionManager() as session:
        transaction_service.cancel(session, market.owner, bought.id, reason)


def test_a_closed_transaction_is_never_cancelled(market: Market) -> None:
    """Neither is one that was voided before."""
    sold = complete(market, buy(market, market.service()))

    with pytest.raises(ConflictError), SessionManager() as session:
        transaction_service.cancel(session, market.owner, sold.id, "regret")


def test_notes_are_kept(market: Market) -> None:
    """A remark changes nothing else."""
    bought = buy(market, market.service())

    with SessionManager() as session:
        transaction_service.set_notes(session, market.owner, bought.id, " earnings play ")

    assert market.world.reload(bought).notes == "earnings play"


def test_someone_elses_transaction_does_not_exist(market: Market) -> None:
    """Ownership failures look like absence; an admin may look, not touch."""
    bought = buy(market, market.service())
    stranger, admin = Actor(99), Actor(99, is_admin=True)

    with SessionManager(read_only=True) as session:
        assert transaction_service.get_owned(session, bought.id, admin).id == bought.id
        with pytest.raises(NotFoundError):
            transaction_service.get_owned(session, bought.id, stranger)
    with pytest.raises(NotFoundError), SessionManager() as session:
        transaction_service.complete(session, stranger, bought.id)
    with pytest.raises(ForbiddenError), SessionManager() as session:
        transaction_service.complete(session, admin, bought.id)
