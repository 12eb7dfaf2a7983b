"""Tests of daytrader.services.ledger_service: the books, and the audit that proves them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import text

from daytrader.models import TradingService
from daytrader.models.enums import JournalKind
from daytrader.services import ledger_service, trading_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError
from tests.conftest import World
from tests.engine.builders import FLAT, Market


@pytest.fixture
def market(world: World) -> Market:
    """A stock with a stop-out, a dividend and a 3:2 split on an open position, and an entry that is under way."""
    market = Market(
        world,
        [FLAT, FLAT, (9.0, 9.0, 9.0, 9.0), (9.0, 9.0, 9.0, 9.0), (9.0, 9.0, 9.0, 9.0), (6.0, 6.0, 6.0, 6.0)],
    )
    market.dividend(4, "0.1")
    market.split(5, 3, 2)
    return market


@pytest.fixture
def traded(market: Market) -> TradingService:
    """A service with a closed trade, an open position, adjustments and a bracket leg."""
    service = market.service(stop_loss_percent=Decimal(5), commission_per_order=Decimal(1))
    market.run(last=3)
    with SessionManager() as session:
        session.get_one(TradingService, service.id).is_armed = True
    market.run(3)
    return market.reload(service)


def breaches(*statements: str) -> dict[str, list[str]]:
    """Damage the books by raw SQL and return what the audit finds, by rule."""
    with SessionManager() as session:
        for statement in statements:
            session.execute(text(statement))
    with SessionManager(read_only=True) as session:
        found: dict[str, list[str]] = {}
        for breach in ledger_service.audit(session):
            found.setdefault(breach.rule, []).append(breach.message)
    return found


def test_the_books_of_a_traded_service_are_clean(traded: TradingService) -> None:
    """Fees, a stop-out, a dividend, a split with a fraction: nothing to find."""
    assert (traded.sell_count, traded.buy_count) == (1, 2)
    assert traded.current_shares > 0
    assert breaches() == {}


PLANTED = {
    "L1": [
        ["UPDATE trading_services SET current_balance = current_balance + 0.01"],
        ["UPDATE trading_services SET initial_balance = initial_balance + 1"],
        ["UPDATE trading_transactions SET cost = cost + 0.01 WHERE state = 'CLOSED'"],
        ["UPDATE executions SET fee = fee + 0.01 WHERE id = 1"],
    ],
    "L2": [
        ["UPDATE trading_services SET current_shares = current_shares + 1"],
        ["UPDATE trading_transactions SET open_shares = open_shares - 1 WHERE state = 'OPEN'"],
        ["UPDATE corporate_actions SET ratio_numerator = 2, ratio_denominator = 1 WHERE kind = 'SPLIT'"],
    ],
    "L3": [
        ["UPDATE trading_transactions SET gain_loss = gain_loss + 0.01 WHERE state = 'CLOSED'"],
        ["UPDATE trading_services SET total_gain_loss = total_gain_loss - 0.01"],
        ["UPDATE trading_transactions SET adjustments = adjustments + 0.01 WHERE state = 'OPEN'"],
    ],
    "L4": [
        ["UPDATE trading_services SET buy_count = buy_count + 1"],
        ["UPDATE trading_services SET sell_count = 0"],
    ],
    "L5": [
        ["UPDATE trading_services SET total_gain_loss = total_gain_loss + 5"],
        ["UPDATE trading_services SET current_balance = current_balance - 0.01"],
    ],
    "L6": [
        ["UPDATE trading_services SET reserved_cash = 1"],
        ["UPDATE orders SET limit_price = 1 WHERE kind = 'ENTRY'"],
        ["UPDATE orders SET reserved_cash = 7 WHERE id = 1"],
    ],
    "L7": [
        ["DELETE FROM journal_entries WHERE sequence = 2"],
        ["UPDATE journal_entries SET balance_after = balance_after + 0.01 WHERE sequence = 2"],
        ["UPDATE trading_transactions SET sale_date = NULL WHERE state = 'CLOSED'"],
        ["UPDATE trading_transactions SET gain_loss = 1 WHERE state = 'OPEN'"],
        ["UPDATE trading_services SET mode = 'BUY'"],
        [
            "DROP INDEX uq_trading_transactions_open",
            "UPDATE trading_transactions SET state = 'OPEN'",
        ],
    ],
    "L8": [
        ["UPDATE orders SET parent_id = NULL WHERE kind = 'STOP'"],
        ["UPDATE orders SET filled_shares = filled_shares - 1 WHERE kind = 'STOP'"],
        ["UPDATE journal_entries SET execution_id = NULL WHERE kind = 'SELL'"],
        [
            "DROP INDEX uq_orders_live",
            "UPDATE orders SET state = 'ACCEPTED' WHERE side = 'BUY'",
        ],
        ["UPDATE orders SET shares = shares + 1 WHERE kind = 'ENTRY'"],
    ],
}


@pytest.mark.parametrize(("rule", "damage"), [(rule, damage) for rule, cases in PLANTED.items() for damage in cases])
def test_the_audit_finds_a_planted_breach(traded: TradingService, rule: str, damage: list[str]) -> None:
    """Whatever raw SQL does to the books, the rule it breaks is named."""
    assert traded.id == 1

    assert rule in breaches(*damage)


def test_a_breach_is_the_service_s_own(market: Market, traded: TradingService) -> None:
    """The audit names the service whose books are wrong, and no other."""
    market.service(name="bystander")

    with SessionManager() as session:
        session.execute(text(f"UPDATE trading_services SET current_balance = 1 WHERE id = {traded.id}"))
    with SessionManager(read_only=True) as session:
        assert {breach.service_id for breach in ledger_service.audit(session)} == {traded.id}
        assert ledger_service.audit(session, [traded.id + 1]) == []


def test_the_initial_balance_is_a_deposit(market: Market) -> None:
    """The journal begins with it, and a change before the first trade is a second deposit."""
    service = market.service()

    with SessionManager() as session:
        row = session.get_one(TradingService, service.id)
        ledger_service.redeposit(session, row, Decimal("750.00"))

    after = market.reload(service)
    assert (after.initial_balance, after.current_balance) == (Decimal("750.00"), Decimal("750.00"))
    assert [(entry.kind, entry.amount) for entry in market.journal(service)] == [
        (JournalKind.DEPOSIT, Decimal("1000.00")),
        (JournalKind.DEPOSIT, Decimal("-250.00")),
    ]


def test_the_initial_balance_is_fixed_by_the_first_trade(traded: TradingService) -> None:
    """A ledger is not rewritten."""
    with pytest.raises(ConflictError), SessionManager() as session:
        ledger_service.redeposit(session, session.get_one(TradingService, traded.id), Decimal(1))


def test_a_void_leaves_clean_books(market: Market, traded: TradingService) -> None:
    """A cancelled purchase is out of every sum, with its dividends."""
    from daytrader.services import transaction_service

    with SessionManager() as session:
        held = market.transactions(traded)[-1]
        transaction_service.cancel(session, market.owner, held.id, "test")

    assert breaches() == {}
    with SessionManager() as session:
        trading_service.stop(session, market.owner, traded.id)
    assert breaches() == {}
