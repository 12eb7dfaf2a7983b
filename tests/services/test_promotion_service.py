"""Tests of the gate to live trading: shut by default, opened by evidence and a word, shut again by any change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.models import AuditEntry, Backtest, EventOutbox, Order, StockDailyPrice, TradingService
from daytrader.models.enums import OrderKind, OrderSide, OrderState
from daytrader.services import backtest_service, exposure, order_service, promotion_service, trading_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError, InvalidInputError, NotFoundError
from tests.services.promoting import ALL, LENIENT, TESTED, Stage

from ..conftest import World
from ..engine.builders import day


def test_the_gate_is_shut_until_the_owner_has_set_thresholds_and_opted_in(stage: Stage) -> None:
    """Neither alone opens it."""
    assert stage.permits() == "the owner has not opted in"
    with pytest.raises(ConflictError, match="no threshold is set"):
        stage.opt_in()
    stage.ask()
    assert stage.permits() == "the owner has not opted in"
    stage.opt_in()
    assert stage.permits() is None


def test_all_thresholds_are_set_at_first(stage: Stage) -> None:
    """A gate has no default to hide behind; later some may change."""
    with pytest.raises(InvalidInputError) as refused:
        stage.do(lambda s, service: promotion_service.set_thresholds(s, service.user_id, {"min_paper_trades": 3}))
    assert len(refused.value.fields) == len(LENIENT) - 1
    stage.ask()
    stage.do(lambda s, service: promotion_service.set_thresholds(s, service.user_id, {"min_paper_trades": 3}))
    with SessionManager(read_only=True) as session:
        kept = promotion_service.thresholds(session, stage.service.user_id)
    assert kept is not None
    assert (kept.min_paper_trades, kept.min_paper_sessions) == (3, ALL - TESTED)


def test_what_was_measured_is_shown(stage: Stage) -> None:
    """The figures are those of the backtest and of the service's own ledger."""
    stage.ask()
    stage.opt_in()
    found = {each.name: each.measured for each in stage.state().criteria}
    with SessionManager(read_only=True) as session:
        kept = session.get_one(Backtest, stage.backtest_id)
        service = session.get_one(TradingService, stage.service.id)
    assert (found["backtest_sessions"], found["backtest_trades"]) == (TESTED, kept.trades)
    assert (found["backtest_return"], found["backtest_sharpe_ratio"]) == (kept.total_return_pct, kept.sharpe_ratio)
    assert kept.max_drawdown_pct is not None
    assert found["backtest_drawdown"] == -kept.max_drawdown_pct
    assert (found["paper_sessions"], found["paper_trades"]) == (ALL - TESTED, service.sell_count)
    assert service.sell_count >= 3
    if not service.current_shares:
        gained = float(service.current_balance / service.initial_balance - 1) * 100
        assert found["paper_return"] == pytest.approx(gained, abs=1e-9)
    assert found["paper_drawdown"] is not None
    assert 0 < found["paper_drawdown"] < 50


RAISED: tuple[tuple[str, Any, str], ...] = (
    ("min_backtest_sessions", TESTED + 1, "backtest_sessions"),
    ("min_backtest_trades", 100, "backtest_trades"),
    ("min_backtest_return_percent", Decimal(1000), "backtest_return"),
    ("min_backtest_sharpe_ratio", Decimal(90), "backtest_sharpe_ratio"),
    ("max_backtest_drawdown_percent", Decimal("0.01"), "backtest_drawdown"),
    ("min_paper_sessions", ALL - TESTED + 1, "paper_sessions"),
    ("min_paper_trades", 100, "paper_trades"),
    ("min_paper_return_percent", Decimal(1000), "paper_return"),
    ("max_paper_drawdown_percent", Decimal("0.01"), "paper_drawdown"),
)


def test_each_threshold_holds_before_and_after_the_opt_in(stage: Stage) -> None:
    """Raised later, it shuts the gate at once; lowered again, the opt-in is still there."""
    for threshold, value, criterion in RAISED:
        stage.ask(**{threshold: value})
        assert stage.lacks() == {criterion}
        with pytest.raises(ConflictError):
            stage.opt_in()
    stage.ask()
    stage.opt_in()
    for threshold, value, _ in RAISED:
        stage.ask(**{threshold: value})
        assert stage.permits() is not None
        stage.ask()
        assert stage.permits() is None


@pytest.mark.parametrize(
    "changed",
    [
        {"stop_loss_percent": Decimal(6)},
        {"strategy_params": {"window": 4}},
        {"strategy": "technical", "strategy_params": {}},
        {"allocation_percent": Decimal("0.9")},
        {"slippage_bps": Decimal(7)},
        {"fixed_shares": 10},
    ],
)
def test_a_changed_setting_ends_the_opt_in_for_good(stage: Stage, changed: dict[str, Any]) -> None:
    """Changed back, the pinned backtest is the same again; the word is to be given anew, and paper begins anew."""
    stage.ask()
    stage.opt_in()
    before = {name: getattr(stage.service, name) for name in changed}
    stage.change(**changed)
    assert (stage.permits() or "").startswith("the opt-in has ended: settings were changed: ")
    stage.change(**before)
    assert (stage.permits() or "").startswith("the opt-in has ended")
    assert stage.lacks() >= {"paper_sessions", "paper_trades"}
    with SessionManager(read_only=True) as session:
        assert "promotion.revoked" in session.scalars(select(AuditEntry.action)).all()
        told = session.scalars(select(EventOutbox.name)).all()
    assert told.count("system:notification") == 1


def test_what_no_backtest_depends_on_may_change(stage: Stage) -> None:
    """A name is no setting of a result."""
    stage.ask()
    stage.opt_in()
    stage.change(name="other", keep_protection=False, description="x")
    assert stage.permits() is None


def test_restated_prices_end_the_opt_in(stage: Stage) -> None:
    """It is noticed where it matters, before an entry, and stays so when the old prices come back."""
    stage.ask()
    stage.opt_in()
    stage.go_live()
    where = StockDailyPrice.price_date == day(10).date()
    with SessionManager() as session:
        volume = session.execute(select(StockDailyPrice.high_price).where(where)).scalar_one()
        session.execute(update(StockDailyPrice).where(where).values(high_price=99.0))
    assert "restated" in (stage.permits() or "")
    assert "restated" in (stage.do(promotion_service.refusal) or "")
    with SessionManager() as session:
        session.execute(update(StockDailyPrice).where(where).values(high_price=volume))
    assert (stage.permits() or "").startswith("the opt-in has ended: Stocks whose prices were restated")


def test_later_bars_are_no_change(stage: Stage) -> None:
    """The pinned backtest ends where it ended."""
    stage.ask()
    stage.opt_in()
    with SessionManager() as session:
        session.add(
            StockDailyPrice(
                stock_id=stage.service.stock_id,
                price_date=day(ALL).date(),
                open_price=50.0,
                high_price=51.0,
                low_price=49.0,
                close_price=50.0,
                volume=1,
            )
        )
    assert stage.permits() is None


def test_a_deleted_backtest_and_another_version_shut_the_gate(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is pinned has to be there, and to be what this version would make."""
    stage.ask()
    stage.opt_in()
    monkeypatch.setattr("daytrader.services.promotion_criteria.__version__", "99.0")
    assert "version" in (stage.permits() or "")
    monkeypatch.undo()
    with SessionManager() as session:
        backtest_service.delete(session, stage.owner, stage.backtest_id)
    assert "nothing is known" in (stage.permits() or "")


def test_research_fills_and_someone_elses_backtest_are_no_evidence(stage: Stage, world: World) -> None:
    """Nobody can trade at the close that decides; and nobody promotes by another's work."""
    stage.ask()
    with SessionManager() as session:
        session.execute(update(Backtest).values(settings={**_settings(stage), "fill": "close"}))
    assert stage.lacks() == {"backtest_settings"}
    stranger = world.user("stranger")
    with SessionManager() as session:
        session.execute(update(Backtest).values(user_id=stranger.id))
    with pytest.raises(NotFoundError):
        stage.opt_in()


def _settings(stage: Stage) -> dict[str, Any]:
    with SessionManager(read_only=True) as session:
        return session.get_one(Backtest, stage.backtest_id).settings


def test_a_service_may_not_name_a_real_broker_before_it_is_promoted(stage: Stage) -> None:
    """Neither new nor later, nor while it holds shares."""
    with pytest.raises(ConflictError, match=promotion_service.REFUSED), SessionManager() as session:
        values = {"name": "x", "stock_symbol": "ACME", "initial_balance": Decimal(1), "broker": "alpaca"}
        trading_service.create(session, stage.owner, values)
    stage.make_flat()
    with pytest.raises(ConflictError, match=promotion_service.REFUSED):
        stage.change(broker="alpaca")
    stage.ask()
    stage.opt_in()
    with pytest.raises(ConflictError, match="no account at alpaca"):
        stage.change(broker="alpaca")
    stage.market.world.broker_account(stage.service.user_id)
    stage.change(broker="alpaca")
    with SessionManager(read_only=True) as session:
        assert session.get_one(TradingService, stage.service.id).broker == "alpaca"


def test_a_service_that_is_not_promoted_is_not_started_and_buys_nothing(stage: Stage) -> None:
    """Whatever its row says: activation, decision and the way to the broker each ask."""
    stage.make_flat()
    stage.go_live()
    guard = stage.do(lambda s, service: exposure.EntryGuard(s, day(ALL)).refusal(service, 1, 50_000_000))
    assert guard.startswith(promotion_service.REFUSED)
    assert exposure.is_refusal(guard)
    order_id = stage.do(
        lambda s, service: (
            order_service.place(
                s, service, side=OrderSide.BUY, kind=OrderKind.ENTRY, shares=1, reason="test", limit=60_000_000
            ).id
        )
    )
    Runner(PaperBroker()).submit([order_id], None)
    with SessionManager(read_only=True) as session:
        order = session.get_one(Order, order_id)
    assert order.state is OrderState.CANCELLED
    assert promotion_service.REFUSED in order.history[-1]["reason"]
    with SessionManager() as session:
        trading_service.stop(session, stage.owner, stage.service.id)
    with pytest.raises(ConflictError, match=promotion_service.REFUSED), SessionManager() as session:
        trading_service.activate(session, stage.owner, stage.service.id)


def test_the_owner_takes_it_back(stage: Stage) -> None:
    """Once; there is nothing to take back after that."""
    with pytest.raises(ConflictError):
        stage.do(promotion_service.withdraw)
    stage.ask()
    stage.opt_in()
    stage.do(promotion_service.withdraw)
    assert stage.permits() == "the opt-in has ended: withdrawn by the owner"
    stage.opt_in()
    assert stage.permits() is None
