"""A dividend that was kept back, and the word of a person on it: what the engine makes of it in a service's books."""

from __future__ import annotations

from decimal import Decimal

from daytrader.core.bars import CorporateEvent, EventKind
from daytrader.models import TradingService
from daytrader.models.enums import JournalKind
from daytrader.services import corporate_action_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.days import days_since_epoch
from tests.conftest import World
from tests.engine.builders import FLAT, Market, day


def say(market: Market, amount: str) -> corporate_action_service.Recorded:
    """Let the vendor tell of a dividend on the third bar."""
    due = CorporateEvent(days_since_epoch(day(2).date()), EventKind.DIVIDEND, amount=Decimal(amount))
    with SessionManager() as session:
        return corporate_action_service.record(session, market.stock.id, [due], source="test")


def held_before_its_dividend(world: World) -> tuple[Market, TradingService]:
    """Return a service that holds 100 shares at 10 when 4 a share, kept back as improbable, are due on the next bar."""
    market = Market(world, [FLAT] * 5)
    service = market.service()
    assert len(say(market, "4").quarantined) == 1
    market.run(last=2)
    assert market.reload(service).current_shares == 100
    return market, service


def test_what_a_person_releases_is_paid_into_the_ledger(world: World) -> None:
    """Journal, balance and the position's adjustments have it, once, and the audit agrees."""
    market, service = held_before_its_dividend(world)
    with SessionManager() as session:
        (kept,) = corporate_action_service.listing(session, market.stock.id)
        corporate_action_service.release(session, kept.id)

    market.run()

    holder = market.reload(service)
    assert (holder.current_balance, holder.current_shares) == (Decimal("400.00"), 100)
    paid = [entry for entry in market.journal(service) if entry.kind is JournalKind.DIVIDEND]
    assert [(entry.amount, entry.corporate_action_id) for entry in paid] == [(Decimal("400.00"), kept.id)]
    assert market.transactions(service)[0].adjustments == Decimal("400.00")


def test_what_nobody_released_in_time_is_not_paid_later(world: World) -> None:
    """Its bar was taken without it: a person's word counts for bars that the engine has not taken yet."""
    market, service = held_before_its_dividend(world)
    market.run(2, 4)
    with SessionManager() as session:
        (kept,) = corporate_action_service.listing(session, market.stock.id)
        corporate_action_service.release(session, kept.id)

    market.run()

    assert market.reload(service).current_balance == Decimal("0.00")
    assert JournalKind.DIVIDEND not in {entry.kind for entry in market.journal(service)}


def test_a_vendor_that_says_it_again_changes_neither_a_persons_word_nor_what_is_booked(world: World) -> None:
    """The same amount stays released; another one comes too late, once the ledger refers to the first."""
    market, service = held_before_its_dividend(world)
    with SessionManager() as session:
        (kept,) = corporate_action_service.listing(session, market.stock.id)
        corporate_action_service.release(session, kept.id)
    say(market, "4")
    market.run()
    assert market.reload(service).current_balance == Decimal("400.00")

    say(market, "5")

    with SessionManager(read_only=True) as session:
        (booked,) = corporate_action_service.listing(session, market.stock.id)
    assert (booked.amount, booked.is_quarantined) == (Decimal(4), False)
    assert market.reload(service).current_balance == Decimal("400.00")
