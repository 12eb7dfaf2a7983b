"""Tests of daytrader.services.entitlements at a broker: on the day itself, before the bar, and once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.engine.stock_bars import StockBars
from daytrader.models import CorporateAction, JournalEntry, Order, TradingService
from daytrader.models.enums import CorporateActionKind, JournalKind, OrderKind, OrderSide, OrderState
from daytrader.services import entitlements, order_service, positions, price_service, stock_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import clock
from tests.conftest import World
from tests.services.accounts import MICROS, BrokersAccount

EVE = datetime(2024, 1, 2, tzinfo=UTC)
EX_DATE = date(2024, 1, 3)
MORNING = datetime(2024, 1, 3, 13, tzinfo=UTC)  # eight in New York


@pytest.fixture
def account(world: World, monkeypatch: pytest.MonkeyPatch) -> BrokersAccount:
    """An account; ACME closed at 10 on the eve and opens at 4."""
    account = BrokersAccount(world, monkeypatch)
    world.prices(world.stock("ACME"), [10.0, 4.0], date(2024, 1, 2))
    return account


def service_of(account: BrokersAccount, **overrides: Any) -> TradingService:
    """Open a service that has had the bar of the eve, with its stop at 5 and its target at 10 percent."""
    with SessionManager(read_only=True) as session:
        stock = stock_service.by_symbol(session, "ACME")
    service = account.service(stock, **overrides)
    with SessionManager() as session:
        session.get_one(TradingService, service.id).last_bar_time = EVE
    return service


def act(service: TradingService, kind: CorporateActionKind, **values: Any) -> None:
    """Let the company do something on the ex-date."""
    with SessionManager() as session:
        stock_id = session.get_one(TradingService, service.id).stock_id
        action = CorporateAction(stock_id=stock_id, ex_date=EX_DATE, kind=kind, source="test", **values)
        session.add(action)


def split(service: TradingService, numerator: int = 5, denominator: int = 2) -> None:
    """Let the stock split, five for two by default."""
    act(service, CorporateActionKind.SPLIT, ratio_numerator=numerator, ratio_denominator=denominator)


def in_the_morning(service: TradingService, now: datetime = MORNING) -> None:
    """Book what is due, as whoever sends orders does first."""
    with SessionManager() as session:
        entitlements.apply_due(session, session.get_one(TradingService, service.id, with_for_update=True), now)


def take_the_bar(account: BrokersAccount, service: TradingService) -> None:
    """Take the bar of the ex-date through the engine, the evening after."""
    stored = account.world.reload(service)
    assert stored.stock_id is not None
    with SessionManager(read_only=True) as session:
        stock = StockBars(stored.stock_id, "ACME", 0, price_service.load_bars(session, stored.stock_id))
    with clock(lambda: MORNING + timedelta(hours=9)):
        Runner(PaperBroker()).step(stock, 1)


def leg_of(service: TradingService, state: OrderState) -> Order:
    """Let a stop be placed for the position."""
    with SessionManager() as session:
        row = session.get_one(TradingService, service.id, with_for_update=True)
        held = positions.open_transaction(session, row.id)
        assert held is not None
        (entry,) = [order for order in session.query(Order) if order.transaction_id == held.id]
        return order_service.place(
            session,
            row,
            side=OrderSide.SELL,
            kind=OrderKind.STOP,
            shares=held.open_shares,
            reason="stop loss",
            stop=9_500_000,
            parent_id=entry.id,
            transaction_id=held.id,
            state=state,
        )


def bookings(service: TradingService) -> list[tuple[str, Decimal, int]]:
    """Return what corporate actions have booked."""
    kinds = (JournalKind.DIVIDEND, JournalKind.SPLIT, JournalKind.CASH_IN_LIEU)
    with SessionManager(read_only=True) as session:
        rows = session.query(JournalEntry).filter(JournalEntry.service_id == service.id).order_by(JournalEntry.sequence)
        return [(row.kind.value, row.amount, row.shares_change) for row in rows if row.kind in kinds]


@pytest.mark.parametrize("is_early", [True, False])
def test_a_split_scales_the_position_its_levels_and_what_rests(account: BrokersAccount, is_early: bool) -> None:
    """Eleven become 27 and half a share in cash; the leg is asked back; in the morning or with the bar."""
    service = service_of(account)
    account.buy(service, 11, at=EVE + timedelta(hours=15))
    leg = leg_of(service, OrderState.ACCEPTED)
    split(service)

    if is_early:
        in_the_morning(service)
        in_the_morning(service)
    else:
        take_the_bar(account, service)

    stored = account.world.reload(service)
    assert (stored.current_shares, stored.stop_price, stored.target_price) == (27, Decimal("3.8"), Decimal("4.4"))
    assert bookings(service) == [("SPLIT", Decimal(0), 16), ("CASH_IN_LIEU", Decimal(2), 0)]
    asked = account.world.reload(leg)
    assert (asked.state, asked.cancel_reason, asked.shares) == (OrderState.ACCEPTED, "split 5:2", 11)
    take_the_bar(account, service)
    assert len(bookings(service)) == 2
    assert account.state(service)[0] == "ACTIVE"


def test_a_leg_that_nobody_has_sent_ends(account: BrokersAccount) -> None:
    """Another one is placed for what there is now; an exit that waits is of all there is."""
    service = service_of(account)
    account.buy(service, 10, at=EVE + timedelta(hours=15))
    leg = leg_of(service, OrderState.PENDING)
    exit_ = account.order(service, OrderSide.SELL, 10, OrderState.PENDING)
    split(service)

    in_the_morning(service)

    assert account.world.reload(leg).state is OrderState.CANCELLED
    assert (account.world.reload(exit_).state, account.world.reload(exit_).shares) == (OrderState.PENDING, 25)


def test_a_purchase_on_the_ex_date_is_of_what_the_split_made(account: BrokersAccount) -> None:
    """The broker filled at the open, ahead of the bar: nothing is split a second time, nothing is paid."""
    service = service_of(account)
    account.buy(service, 10, at=MORNING + timedelta(hours=2))
    split(service)
    act(service, CorporateActionKind.DIVIDEND, amount=Decimal("0.5"))

    in_the_morning(service, MORNING + timedelta(hours=3))
    take_the_bar(account, service)

    assert account.world.reload(service).current_shares == 10
    assert bookings(service) == []


@pytest.mark.parametrize(("state", "ends"), [(OrderState.PENDING, True), (OrderState.ACCEPTED, False)])
@pytest.mark.parametrize("at", [EVE + timedelta(hours=23), MORNING, None])
def test_an_entry_of_before_the_split_ends(
    account: BrokersAccount, state: OrderState, ends: bool, at: datetime | None
) -> None:
    """Its limit was of other shares: on the eve already, or with the bar; what was sent is asked back."""
    service = service_of(account)
    order = account.order(service, OrderSide.BUY, 10, state)
    with SessionManager() as session:
        session.get_one(Order, order.id).created_at = EVE + timedelta(hours=21)
    split(service)

    if at is not None:
        in_the_morning(service, at)
    else:
        take_the_bar(account, service)

    stored = account.world.reload(order)
    assert stored.state is (OrderState.CANCELLED if ends else state)
    told = stored.history[-1]["reason"] if ends else stored.cancel_reason
    assert told == "split 5:2: its limit was of shares before it"
    assert account.world.reload(service).reserved_cash == (0 if ends else 200)


def test_a_dividend_is_of_what_was_held_on_the_eve(account: BrokersAccount) -> None:
    """Booked in the morning: who sells at the open has it all the same, and the bar adds nothing."""
    service = service_of(account)
    account.buy(service, 10, at=EVE + timedelta(hours=15))
    act(service, CorporateActionKind.DIVIDEND, amount=Decimal("0.5"))

    in_the_morning(service, EVE + timedelta(hours=23))
    assert bookings(service) == []
    in_the_morning(service)
    account.fill(account.order(service, OrderSide.SELL), price=10 * MICROS, at=MORNING + timedelta(hours=2))
    take_the_bar(account, service)

    assert bookings(service) == [("DIVIDEND", Decimal(5), 0)]
    assert account.world.reload(service).total_gain_loss == 5


@pytest.mark.parametrize("is_released", [False, True])
def test_a_dividend_too_large_waits_for_a_person(account: BrokersAccount, is_released: bool) -> None:
    """Above a fifth of the price, in the morning as with the bar; after a person's word it is as any other."""
    service = service_of(account)
    account.buy(service, 10, at=EVE + timedelta(hours=15))
    act(service, CorporateActionKind.DIVIDEND, amount=Decimal(3), is_judged=is_released)
    in_the_morning(service)
    assert len(bookings(service)) == is_released
    take_the_bar(account, service)
    assert bookings(service) == [("DIVIDEND", Decimal(30), 0)] * is_released
