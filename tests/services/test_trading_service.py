"""Tests of daytrader.services.trading_service; its rules over HTTP are in tests/api/trading_services."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from daytrader.core.strategy import get_strategy
from daytrader.models import JournalEntry, Stock, TradingService, User
from daytrader.models.enums import JournalKind, ServiceState, TradingMode
from daytrader.services import trading_service, transaction_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.services.trading_rules import account_of, params_of, rules_of
from daytrader.utils.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError

from ..conftest import World
from ..engine.builders import Market


@pytest.fixture
def owner(world: World) -> User:
    """A trader."""
    return world.user("alice")


@pytest.fixture
def stock(world: World) -> Stock:
    """ACME."""
    return world.stock("ACME")


def test_a_new_service_starts_with_a_deposit(world: World, owner: User, stock: Stock) -> None:
    """Its journal opens with the initial balance, from which every later balance follows."""
    service = world.service(owner, stock, initial_balance=Decimal("1234.56"))

    with SessionManager(read_only=True) as session:
        entry = session.query(JournalEntry).filter_by(service_id=service.id).one()
    assert (entry.kind, entry.amount, entry.balance_after) == (
        JournalKind.DEPOSIT,
        Decimal("1234.56"),
        Decimal("1234.56"),
    )
    assert (service.state, service.mode, service.stock_id) == (ServiceState.INACTIVE, TradingMode.BUY, stock.id)


@pytest.mark.parametrize("name", ["user_id", "stock_id", "state", "mode", "current_balance", "is_armed", "id"])
def test_no_caller_sets_what_the_server_sets(world: World, owner: User, stock: Stock, name: str) -> None:
    """Below the API too."""
    with pytest.raises(InvalidInputError, match=name):
        world.service(owner, stock, **{name: 1})


def test_a_missing_value_is_named(owner: User) -> None:
    """Rather than left to the database."""
    with pytest.raises(InvalidInputError) as refused, SessionManager() as session:
        trading_service.create(session, Actor(owner.id), {"name": "swing"})

    assert refused.value.fields.keys() == {"stock_symbol", "initial_balance"}


def test_who_may_see_and_who_may_change(world: World, owner: User, stock: Stock) -> None:
    """The owner both, an admin sees, anyone else finds nothing."""
    service = world.service(owner, stock)
    admin, other = world.user("root", is_admin=True), world.user("bob")

    with SessionManager() as session:
        assert trading_service.get_own(session, service.id, Actor(owner.id)).id == service.id
        assert trading_service.get_owned(session, service.id, Actor(admin.id, is_admin=True)).id == service.id
        with pytest.raises(ForbiddenError):
            trading_service.get_own(session, service.id, Actor(admin.id, is_admin=True))
        with pytest.raises(NotFoundError):
            trading_service.get_owned(session, service.id, Actor(other.id))


def test_a_refused_change_leaves_nothing_behind(world: World, owner: User, stock: Stock) -> None:
    """Settings that do not go together are refused as a whole."""
    service = world.service(owner, stock)

    with pytest.raises(InvalidInputError), SessionManager() as session:
        values = {"name": "other", "strategy": "sma_cross", "strategy_params": {"fast": -1}}
        trading_service.update(session, Actor(owner.id), service.id, values)

    assert world.reload(service).name == "swing"


def test_a_new_symbol_is_another_stock(world: World, owner: User, stock: Stock) -> None:
    """In any case; an unknown one is not found."""
    service, other = world.service(owner, stock), world.stock("OTHER")

    with SessionManager() as session:
        trading_service.update(session, Actor(owner.id), service.id, {"stock_symbol": "other"})
    with pytest.raises(NotFoundError), SessionManager() as session:
        trading_service.update(session, Actor(owner.id), service.id, {"stock_symbol": "NONE"})

    kept = world.reload(service)
    assert (kept.stock_symbol, kept.stock_id) == ("OTHER", other.id)


def test_the_symbol_is_frozen_by_the_first_trade(world: World) -> None:
    """Its books are of one stock, sold or not."""
    market, _ = Market(world, [(10, 10, 10, 10)]), world.stock("OTHER")
    service = market.service()
    with SessionManager() as session:
        made = transaction_service.buy(session, market.owner, service.id, 1)
        transaction_service.complete(session, market.owner, made.id)
    with pytest.raises(ConflictError, match="stock_symbol is frozen"), SessionManager() as session:
        trading_service.update(session, market.owner, service.id, {"stock_symbol": "OTHER"})


def test_a_service_from_its_making_to_its_removal(world: World, owner: User, stock: Stock) -> None:
    """Inactive, at work, suspended, at work again, stopped, gone: each change told as it is made."""
    service, actor = world.service(owner, stock), Actor(owner.id)
    seen = [service.state]
    for act in (trading_service.activate, trading_service.pause, trading_service.resume, trading_service.stop):
        with SessionManager() as session:
            act(session, actor, service.id)
        seen.append(world.reload(service).state)
    with SessionManager() as session:
        trading_service.delete(session, actor, service.id)

    assert [state.value for state in seen] == ["INACTIVE", "ACTIVE", "PAUSED", "ACTIVE", "INACTIVE"]
    with SessionManager(read_only=True) as session:
        assert session.get(TradingService, service.id) is None
    told = [published.event for published in world.published if published.event.name == "service:state_change"]
    assert [event.entity["state"] for event in told] == ["ACTIVE", "PAUSED", "ACTIVE", "INACTIVE"]


def test_an_error_is_looked_at_before_it_is_forgotten(world: World, owner: User, stock: Stock) -> None:
    """The reason stays through INACTIVE and goes when the service is started again."""
    service = world.service(owner, stock)
    with SessionManager() as session:
        broken = session.get_one(TradingService, service.id)
        broken.state, broken.error_reason = ServiceState.ERROR, "audit: L1"

    with pytest.raises(ConflictError), SessionManager() as session:
        trading_service.activate(session, Actor(owner.id), service.id)
    with SessionManager() as session:
        assert trading_service.stop(session, Actor(owner.id), service.id).error_reason == "audit: L1"
    with SessionManager() as session:
        assert trading_service.activate(session, Actor(owner.id), service.id).error_reason is None


def test_deletion_takes_the_deposit_with_it(world: World, owner: User, stock: Stock) -> None:
    """A service that never traded leaves no row."""
    service = world.service(owner, stock)

    with SessionManager() as session:
        trading_service.delete(session, Actor(owner.id), service.id)

    with SessionManager(read_only=True) as session:
        assert session.query(JournalEntry).count() == 0
    assert world.published[-1].event.action == "deleted"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"buy_threshold": 3.0, "sell_threshold": 2.0}),
        ({"buy_threshold": Decimal("4.5")}, {"buy_threshold": 4.5, "sell_threshold": 2.0}),
        ({"strategy_params": {"buy_threshold": 6}}, {"buy_threshold": 6.0, "sell_threshold": 2.0}),
        ({"strategy": "sma_cross", "strategy_params": {"fast": 5}}, {"fast": 5, "slow": 20}),
        ({"strategy": "buy_and_hold"}, {}),
    ],
)
def test_thresholds_reach_the_strategies_that_know_them(
    world: World, owner: User, stock: Stock, values: dict[str, Any], expected: dict[str, float]
) -> None:
    """The columns are parameters where declared; the service's own parameters win."""
    assert params_of(world.service(owner, stock, **values)) == expected
    assert {p.name for p in get_strategy(values.get("strategy", "technical")).parameters} == set(expected)


def test_the_core_reads_a_service_exactly(world: World, owner: User, stock: Stock) -> None:
    """Every setting arrives under its own name, in cents and parts per million."""
    service = world.service(
        owner,
        stock,
        allocation_percent=Decimal("0.25"),
        fixed_shares=7,
        stop_loss_percent=Decimal("1.5"),
        take_profit_percent=Decimal(0),
        minimum_balance=Decimal("10.01"),
        gap_reserve_percent=Decimal("2.5"),
        commission_per_order=Decimal(1),
        commission_per_share=Decimal("0.005"),
        commission_percent=Decimal("0.0125"),
        commission_minimum=Decimal("0.35"),
        slippage_bps=Decimal("2.5"),
        volume_limit_percent=Decimal("12.5"),
    )

    rules = rules_of(service).compiled
    account = account_of(service, has_pending_entry=True, has_pending_exit=False)

    assert rules._asdict() == {
        "allocation_ppm": 250_000,
        "fixed_shares": 7,
        "stop_loss_ppm": 15_000,
        "take_profit_ppm": 0,
        "minimum_balance": 1001,
        "gap_reserve_ppm": 25_000,
        "per_order": 1_000_000,
        "per_share": 5_000,
        "percent_ppm": 125,
        "minimum_fee": 350_000,
        "slippage_ppm": 250,
        "volume_limit_ppm": 125_000,
    }
    assert (account.cash, account.reserved, account.shares, account.mode) == (1_000_000, 0, 0, "BUY")
    assert (account.is_active, account.is_paused, account.has_pending_entry, account.is_armed) == (
        False,
        False,
        True,
        True,
    )
