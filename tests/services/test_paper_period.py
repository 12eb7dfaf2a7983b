"""Tests of daytrader.services.paper_period: what a service has shown on paper, and what is no evidence of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select, update

from daytrader.models import Order, Promotion, TradeDecision, TradingService, TradingTransaction
from daytrader.models.enums import OrderKind, OrderSide, OrderState
from daytrader.services import backtest_service, paper_period, positions, promotion_service, transaction_service
from daytrader.services.paper_period import IN_TIME, PaperPeriod
from daytrader.services.promotion_service import State
from daytrader.services.session_manager import SessionManager
from tests.services.promoting import ALL, TESTED, Stage

from ..engine.builders import day


def test_bars_that_were_replayed_show_nothing(stage: Stage) -> None:
    """History decided on later is no paper period; nor is what the backtest has seen."""
    stage.ask()
    with SessionManager() as session:
        late = TradeDecision.bar_time == day(50)
        session.execute(update(TradeDecision).where(late).values(created_at=day(50) + IN_TIME * 2))
    assert stage.lacks() == {"paper_sessions"}


def test_what_the_backtest_has_seen_is_no_paper_period(stage: Stage) -> None:
    """Bars up to its end show nothing that it did not know."""
    with SessionManager() as session:
        service = session.get_one(TradingService, stage.service.id)
        loaded = backtest_service.load(session, backtest_service.of_service(service, end=day(TESTED + 9).date()))
        later = backtest_service.keep(session, stage.owner, loaded, loaded.run(), service_id=service.id)
        assert promotion_service.state(session, service, later.id).paper.sessions == ALL - TESTED - 10


def measured(stage: Stage, after: datetime | None, until: datetime | None) -> PaperPeriod:
    """Return what was shown on paper after one moment, up to another."""
    with SessionManager(read_only=True) as session:
        return paper_period.measure(session, session.get_one(TradingService, stage.service.id), after, until)


def test_the_deepest_fall_stays_whatever_comes_after_it(stage: Stage) -> None:
    """A recovery does not mend it."""
    falls = [measured(stage, None, day(row)).drawdown_percent for row in range(TESTED, ALL, 2)]
    assert falls == sorted(falls)
    assert falls[-1] > falls[0] == 0


def test_a_trade_counts_that_began_and_ended_within_the_paper_period(stage: Stage) -> None:
    """One that was decided before it, and one that was sold after it, show nothing of it."""
    sold = [one for one in stage.market.transactions(stage.service) if one.sale_date is not None]
    assert len(sold) > 2

    def trades(after: datetime | None, until: datetime | None) -> int:
        return measured(stage, after, until).trades

    assert trades(None, None) == len(sold)
    assert sold[-1].sale_date is not None
    assert trades(None, sold[-1].sale_date - timedelta(days=1)) == len(sold) - 1
    assert trades(sold[0].purchase_date - timedelta(days=2), None) == len(sold)
    assert trades(sold[0].purchase_date - timedelta(days=1), None) == len(sold) - 1


def test_manual_trades_are_left_out_and_a_void_fails(stage: Stage) -> None:
    """A hand on the wheel shows nothing of the strategy; a cancelled trade hides something."""
    stage.ask()
    with SessionManager() as session:
        bought = session.scalars(
            select(Order).where(Order.side == OrderSide.BUY, Order.state == OrderState.FILLED).order_by(Order.id)
        ).first()
        assert bought is not None
        bought.kind = OrderKind.MANUAL
    found = {each.name: each for each in _candidate(stage).criteria}
    assert found["paper_trades"].measured == stage.service.sell_count - 1
    with SessionManager() as session:
        held = positions.open_transaction(session, stage.service.id)
        if held is None:
            made = transaction_service.buy(session, stage.owner, stage.service.id, Decimal(1), None)
            session.flush()
            held = session.get_one(TradingTransaction, made.id)
        held.purchase_date = day(55)
        transaction_service.cancel(session, stage.owner, held.id, "a mistake")
    assert "paper_voids" in stage.lacks()


def _candidate(stage: Stage) -> State:
    with SessionManager(read_only=True) as session:
        service = session.get_one(TradingService, stage.service.id)
        return promotion_service.state(session, service, stage.backtest_id)


def test_live_bars_are_no_part_of_the_paper_period(stage: Stage) -> None:
    """It ended with the opt-in: what is traded live is no evidence for itself."""
    stage.ask()
    stage.opt_in()
    with SessionManager() as session:
        kept = session.scalars(select(Promotion)).one()
        assert kept.paper_until == day(ALL - 1)
        kept.paper_until = day(49)
    assert stage.state().paper.sessions == 20
