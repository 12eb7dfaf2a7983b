"""Tests of daytrader.services.account_reconciliation and account_cash: what a broker holds is what the books hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from daytrader.brokers import PAPER
from daytrader.brokers.account import Report
from daytrader.models import BrokerCredential, CorporateAction, Execution, Order, TradingService
from daytrader.models.enums import CorporateActionKind, OrderSide, OrderState
from daytrader.services import (
    account_cash,
    broker_credentials,
    entitlements,
    exposure,
    live_trading,
    order_service,
    trading_service,
)
from daytrader.services.session_manager import SessionManager, session_factory
from daytrader.utils.current_datetime import clock
from daytrader.utils.errors import ConflictError
from tests.conftest import World
from tests.services.accounts import LONG_AGO, MICROS, NOW, BrokersAccount, reported


@pytest.fixture
def account(world: World, monkeypatch: pytest.MonkeyPatch) -> BrokersAccount:
    """An account with 10,000 in it, and orders that bear an installation's name."""
    monkeypatch.setitem(session_factory.kw, "info", {"installation": "abcd1234"})
    return BrokersAccount(world, monkeypatch)


def entry_refusal(service: TradingService) -> str | None:
    """Return why the service's next buy is barred."""
    with SessionManager() as session:
        stored = session.get_one(TradingService, service.id, with_for_update=True)
        return exposure.EntryGuard(session, NOW).refusal(stored, 1, 10 * MICROS)


def test_what_agrees_is_left_alone(account: BrokersAccount) -> None:
    """Books and broker hold ten: nothing is said, and the cash is kept with its time."""
    service = account.service(account.world.stock())
    account.buy(service)

    assert account.check({"ACME": 10}) == []

    assert account.state(service) == ("ACTIVE", None)
    kept = account.world.reload(account.credential)
    assert (kept.cash, kept.cash_seen_at) == (Decimal("10000.00"), NOW)


@pytest.mark.parametrize("quantity", [0, 9, 11, "10.5", -10])
def test_a_difference_stops_the_services_of_its_symbol(account: BrokersAccount, quantity: object) -> None:
    """ERROR with both numbers; the stop-loss stays, nothing is mended, and other symbols trade on."""
    service = account.service(account.world.stock(), stop_loss_percent=Decimal(5))
    other = account.service(account.world.stock("OTHR"))
    account.buy(service)

    assert account.check({"ACME": quantity}) == []

    state, reason = account.state(service)
    assert state == "ERROR"
    assert f"alpaca holds {quantity} shares of ACME in the account PA1, the books hold 10" in (reason or "")
    stored = account.world.reload(service)
    assert (stored.current_shares, stored.stop_price, stored.keep_protection) == (10, Decimal("9.5"), True)
    assert account.state(other) == ("ACTIVE", None)
    assert sum("alpaca holds" in told for told in account.world.notices()) == 1

    account.check({"ACME": quantity})
    assert sum("alpaca holds" in told for told in account.world.notices()) == 1


def test_shares_of_a_symbol_that_nobody_trades_here_are_the_owners(account: BrokersAccount) -> None:
    """An account may hold what its owner bought elsewhere."""
    service = account.service(account.world.stock())
    account.buy(service)
    assert account.check({"ACME": 10, "MSFT": 500}) == []
    assert account.state(service) == ("ACTIVE", None)


@pytest.mark.parametrize(
    ("side", "state", "quantity", "expected"),
    [
        (OrderSide.BUY, OrderState.ACCEPTED, 4, "ACTIVE"),
        (OrderSide.BUY, OrderState.SUBMITTING, 10, "ACTIVE"),
        (OrderSide.BUY, OrderState.ACCEPTED, 11, "ERROR"),
        (OrderSide.BUY, OrderState.PENDING, 4, "ERROR"),
        (OrderSide.SELL, OrderState.ACCEPTED, 3, "ACTIVE"),
        (OrderSide.SELL, OrderState.PENDING, 3, "ERROR"),
    ],
)
def test_an_order_under_way_may_have_filled_meanwhile(
    account: BrokersAccount, side: OrderSide, state: OrderState, quantity: int, expected: str
) -> None:
    """As far as it goes, and only once it was sent; an entry of a service that stops is taken back, a sale is not."""
    service = account.service(account.world.stock())
    if side is OrderSide.SELL:
        account.buy(service)
    order = account.order(service, side, state=state)

    account.check({"ACME": quantity})

    assert account.world.reload(service).state.value == expected
    after = account.world.reload(order)
    is_taken_back = after.state is OrderState.CANCELLED or after.cancel_reason is not None
    assert is_taken_back == (expected == "ERROR" and side is OrderSide.BUY)


@pytest.mark.parametrize(("quantity", "expected"), [(4, "ACTIVE"), (10, "ACTIVE"), (11, "ERROR"), (3, "ERROR")])
def test_of_an_order_that_has_filled_in_part_the_rest_may_fill(
    account: BrokersAccount, quantity: int, expected: str
) -> None:
    """Four of ten are booked: the account holds four to ten."""
    service = account.service(account.world.stock())
    account.fill(account.order(service), shares=4)

    account.check({"ACME": quantity})

    assert account.world.reload(service).state.value == expected


def test_what_has_just_traded_may_be_missing_from_the_positions(account: BrokersAccount) -> None:
    """For two minutes; then it is a difference."""
    service = account.service(account.world.stock())
    account.buy(service, at=NOW - timedelta(seconds=30))
    account.check({})
    assert account.state(service)[0] == "ACTIVE"

    account.check({}, now=NOW + timedelta(minutes=2))
    assert account.state(service)[0] == "ERROR"


@pytest.mark.parametrize(("quantity", "expected"), [(10, "ACTIVE"), (30, "ACTIVE"), ("30.4", "ACTIVE"), (20, "ERROR")])
def test_a_split_of_the_day_may_have_reached_the_broker_first(
    account: BrokersAccount, quantity: object, expected: str
) -> None:
    """Both holdings are possible until the bar has split the books, with the fraction that is paid in cash."""
    stock = account.world.stock()
    account.world.prices(stock, [10.0], date(2024, 1, 2))
    service = account.service(stock)
    account.buy(service, at=LONG_AGO - timedelta(days=1))
    with SessionManager() as session:
        stored = session.get_one(TradingService, service.id)
        stored.last_bar_time = datetime(2024, 1, 2, tzinfo=UTC)
        split = {"ratio_numerator": 3, "source": "test", "kind": CorporateActionKind.SPLIT}
        session.add(CorporateAction(stock_id=stock.id, ex_date=date(2024, 1, 3), **split))

    account.check({"ACME": quantity})

    assert account.world.reload(service).state.value == expected


@pytest.mark.parametrize(
    ("quantity", "hours", "expected"), [(10, 23, "ACTIVE"), (10, 25, "ERROR"), (30, 25, "ACTIVE"), (90, 23, "ERROR")]
)
def test_a_split_that_the_books_have_may_reach_the_broker_within_a_day(
    account: BrokersAccount, quantity: int, hours: int, expected: str
) -> None:
    """It still says the shares of before; then that is a difference, and nothing splits twice."""
    stock = account.world.stock()
    account.world.prices(stock, [10.0], date(2024, 1, 2))
    service = account.service(stock)
    account.buy(service, at=LONG_AGO - timedelta(days=1))
    with clock(lambda: NOW), SessionManager() as session:
        stored = session.get_one(TradingService, service.id, with_for_update=True)
        stored.last_bar_time = datetime(2024, 1, 2, tzinfo=UTC)
        split = {"ratio_numerator": 3, "source": "test", "kind": CorporateActionKind.SPLIT}
        session.add(CorporateAction(stock_id=stock.id, ex_date=date(2024, 1, 3), **split))
        session.flush()
        entitlements.apply_due(session, stored, NOW)
        assert stored.current_shares == 30

    account.check({"ACME": quantity}, now=NOW + timedelta(hours=hours))

    assert account.world.reload(service).state.value == expected


def test_an_unknown_order_in_our_name_stops_the_account_until_its_owner_has_looked(account: BrokersAccount) -> None:
    """Kept, told once; no entry meanwhile, sales go on; resumed by a person, for what was known then."""
    service = account.service(account.world.stock())
    account.buy(service)
    stranger = reported("dt-abcd1234-lost")

    reasons = account.check({"ACME": 10}, [stranger])

    assert len(reasons) == 1
    assert "dt-abcd1234-lost of 10 ACME at alpaca" in reasons[0]
    assert account.check({"ACME": 10}, [stranger]) == reasons
    assert sum("is in no book" in told for told in account.world.notices()) == 1
    assert "not known here" in (entry_refusal(service) or "")
    assert exposure.is_refusal(entry_refusal(service) or "")
    assert account.state(service) == ("ACTIVE", None)
    with SessionManager() as session:
        stored = session.get_one(TradingService, service.id, with_for_update=True)
        assert order_service.sell_position(session, stored, "exit") is not None

    with SessionManager() as session:
        broker_credentials.resume(session, account.owner, account.credential.id)
    assert account.check({"ACME": 10}, [stranger]) == []
    with pytest.raises(ConflictError, match="nothing is stopped"), SessionManager() as session:
        broker_credentials.resume(session, account.owner, account.credential.id)


@pytest.mark.parametrize(
    ("client_order_id", "report"),
    [
        ("an order of the owner's own", Report.WORKING),
        ("dt-ffff0000-another-installation", Report.FILLED),
        ("dt-abcd1234-cancelled", Report.CANCELLED),
    ],
)
def test_what_is_not_ours_or_has_changed_nothing_is_left_alone(
    account: BrokersAccount, client_order_id: str, report: Report
) -> None:
    """Others may trade the account, and an order that ended unfilled may have lost its service."""
    service = account.service(account.world.stock())
    filled = 10 if report is Report.FILLED else 0
    assert account.check({}, [reported(client_order_id, report=report, filled=filled)]) == []
    assert entry_refusal(service) is None


def test_our_own_orders_are_known(account: BrokersAccount) -> None:
    """Working or filled, they are in the books."""
    service = account.service(account.world.stock())
    order = account.order(service)
    assert account.check({}, [reported(order.client_order_id)]) == []


def test_other_keys_are_no_reconciliation(account: BrokersAccount) -> None:
    """Keys that open another account say nothing of this one."""
    service = account.service(account.world.stock())
    account.buy(service)
    assert "open the account PA2, not PA1" in account.check({}, number="PA2")[0]
    assert account.state(service) == ("ACTIVE", None)


def test_balances_beyond_the_cash_bar_entries_and_nothing_else(account: BrokersAccount) -> None:
    """The cash fell: nothing is bought, told once, with the reason; sales go on; enough cash again, and it is over."""
    services = [account.service(account.world.stock(symbol)) for symbol in ("ONE", "TWO")]
    account.buy(services[0])  # 900 and 1000 are left
    account.cash = Decimal("1899.99")

    reasons = account.check({"ONE": 10})

    assert "have balances of 1900.00 together, its cash is 1899.99" in reasons[0]
    assert "1899.99" in (entry_refusal(services[1]) or "")
    account.check({"ONE": 10})
    assert sum("1899.99" in told for told in account.world.notices()) == 1
    with SessionManager() as session:
        trading_service.stop(session, account.owner, services[0].id)  # it holds shares: what it has is not free
    assert account.check({"ONE": 10}) == reasons
    with SessionManager() as session:
        stored = session.get_one(TradingService, services[0].id, with_for_update=True)
        assert order_service.sell_position(session, stored, "exit") is not None

    account.cash = Decimal(1900)
    assert account.check({"ONE": 10}) == []
    assert entry_refusal(services[1]) is None


def with_a_dividend(account: BrokersAccount) -> tuple[TradingService, TradingService]:
    """Return services of 900 + 10 and of 1000: the dividend of the third of January is booked, and not yet paid."""
    stock = account.world.stock("ONE")
    account.world.prices(stock, [10.0], (NOW - timedelta(days=1)).date())
    holder, other = account.service(stock), account.service(account.world.stock("TWO"))
    account.buy(holder, at=NOW - timedelta(days=1))
    with SessionManager() as session:
        stored = session.get_one(TradingService, holder.id, with_for_update=True)
        stored.last_bar_time = NOW - timedelta(days=1)
        what = {"kind": CorporateActionKind.DIVIDEND, "amount": Decimal(1), "source": "test", "is_judged": True}
        session.add(CorporateAction(stock_id=stored.stock_id, ex_date=NOW.date(), **what))
        session.flush()
        entitlements.apply_due(session, stored, NOW)
        assert stored.current_balance == Decimal(910)
    account.cash = Decimal(1900)
    return holder, other


def test_a_dividend_that_is_not_paid_yet_bars_no_entry(account: BrokersAccount) -> None:
    """It is owed: the books have it from the ex-date on, the account weeks later. Never paid, it is missing."""
    holder, other = with_a_dividend(account)
    assert account.check({"ONE": 10}) == []
    assert entry_refusal(other) is None
    account.cash = Decimal("1899.99")
    assert "its cash is 1899.99" in account.check({"ONE": 10})[0]
    account.cash = Decimal(1900)
    assert "balances of 1910.00" in account.check({"ONE": 10}, now=NOW + timedelta(days=61))[0]
    assert account.world.reload(holder).error_reason is None
    account.check({"ONE": "10.4"})  # a dividend leaves no fraction of a share, as a split does
    assert account.world.reload(holder).state.value == "ERROR"


def test_a_dividend_on_paper_is_owed_by_nobody(account: BrokersAccount) -> None:
    """What the books had before the service came to its broker is in no account."""
    with_a_dividend(account)
    with SessionManager() as session:
        session.execute(update(Execution).values(broker=PAPER))
    assert "balances of 1910.00" in account.check({"ONE": 10})[0]


def test_nothing_is_bought_with_a_dividend_before_it_is_paid(account: BrokersAccount) -> None:
    """The account would have to lend the money: entries count beside those that were sent."""
    holder, other = with_a_dividend(account)
    account.cash = Decimal(1400)
    account.check({"ONE": 10})
    account.order(holder, shares=20)  # 400 of 1400 at most
    entry = account.order(other, shares=50, state=OrderState.PENDING)
    with SessionManager(read_only=True) as session:
        found = session.get_one(BrokerCredential, account.credential.id)
        assert account_cash.left_for(session, found, session.get_one(Order, entry.id)) == Decimal(1000)


def test_what_trades_after_the_cash_was_seen_moves_it(account: BrokersAccount) -> None:
    """A purchase has been paid, and a sale's proceeds are in the account, before it is asked again."""
    service = account.service(account.world.stock())
    account.cash = Decimal(900)
    account.buy(service)
    assert account.check({"ACME": 10}) == []
    account.fill(account.order(service, OrderSide.SELL), price=15 * MICROS, at=NOW + timedelta(minutes=1))
    assert account.world.reload(service).current_balance == Decimal(1050)
    assert entry_refusal(service) is None
    account.buy(service, at=NOW + timedelta(minutes=2))
    entry = account.order(service, state=OrderState.PENDING)
    with SessionManager(read_only=True) as session:
        found = session.get_one(BrokerCredential, account.credential.id)
        assert account_cash.left_for(session, found, session.get_one(Order, entry.id)) == Decimal(950)


def test_more_than_there_is_cannot_be_started_or_paid_in(account: BrokersAccount) -> None:
    """Asked of the cash that was seen last, when a service starts, when its broker is chosen and when it is raised."""
    account.cash = Decimal(1500)
    first = account.service(account.world.stock("ONE"))
    assert account.check({}) == []
    second = account.world.service(account.user, account.world.stock("TWO"), initial_balance=Decimal(501))
    for service_id, change in ((second.id, {"broker": "alpaca"}), (first.id, {"initial_balance": Decimal(1501)})):
        with pytest.raises(ConflictError, match=r"its cash is 1500\.00"), SessionManager() as session:
            trading_service.update(session, account.owner, service_id, change)
    with SessionManager() as session:
        trading_service.update(session, account.owner, second.id, {"initial_balance": Decimal(500)})
        trading_service.update(session, account.owner, second.id, {"broker": "alpaca"})
        trading_service.activate(session, account.owner, second.id)
    with SessionManager() as session:
        session.get_one(BrokerCredential, account.credential.id).cash = Decimal(1400)
        trading_service.stop(session, account.owner, second.id)
    with pytest.raises(ConflictError, match=r"balances of 1500\.00"), SessionManager() as session:
        trading_service.activate(session, account.owner, second.id)
    with SessionManager() as session:
        assert live_trading.refusal(session, session.get_one(TradingService, first.id)) is None


def test_a_stopped_service_that_holds_a_symbol_keeps_others_from_it(account: BrokersAccount) -> None:
    """Whose shares are whose, nobody could tell; sold, the symbol is free."""
    stock = account.world.stock()
    holder = account.service(stock)
    account.buy(holder)
    with SessionManager() as session:
        trading_service.stop(session, account.owner, holder.id)
    with pytest.raises(ConflictError, match=f"service {holder.id} trades ACME"):
        account.service(stock)
    account.fill(account.order(holder, OrderSide.SELL))
    account.service(stock)


def test_a_service_with_an_order_at_a_broker_is_not_deleted(account: BrokersAccount) -> None:
    """Its order would fill for nobody."""
    service = account.service(account.world.stock())
    order = account.order(service)
    with pytest.raises(ConflictError, match="under way at its broker"), SessionManager() as session:
        trading_service.delete(session, account.owner, service.id)
    with SessionManager() as session:
        stored = session.get_one(TradingService, service.id, with_for_update=True)
        order_service.move(session, stored, session.merge(order), OrderState.EXPIRED, "not filled")
        trading_service.stop(session, account.owner, service.id)
        trading_service.delete(session, account.owner, service.id)
