"""Tests of the gate to live trading: shut by default, opened by evidence and a word, shut again by any change."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, update

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.models import (
    AuditEntry,
    Backtest,
    EventOutbox,
    Order,
    Promotion,
    StockDailyPrice,
    TradeDecision,
    TradingService,
    TradingTransaction,
)
from daytrader.models.enums import OrderKind, OrderSide, OrderState
from daytrader.services import (
    backtest_service,
    exposure,
    order_service,
    paper_period,
    positions,
    promotion_service,
    trading_service,
    transaction_service,
)
from daytrader.services.actor import Actor
from daytrader.services.paper_period import IN_TIME, PaperPeriod
from daytrader.services.promotion_service import State
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError, InvalidInputError, NotFoundError

from ..conftest import World
from ..engine.builders import Market, Ohlc, day

TESTED, ALL = 30, 60
LENIENT: dict[str, Any] = {
    "min_backtest_sessions": TESTED,
    "min_backtest_trades": 1,
    "min_backtest_return_percent": Decimal(-50),
    "min_backtest_sharpe_ratio": Decimal(-10),
    "max_backtest_drawdown_percent": Decimal(90),
    "min_paper_sessions": ALL - TESTED,
    "min_paper_trades": 1,
    "min_paper_return_percent": Decimal(-50),
    "max_paper_drawdown_percent": Decimal(90),
}


def _waves(count: int) -> list[Ohlc]:
    closes = [50 + 8 * math.sin(row / 1.5) for row in range(count + 1)]
    return [(a, max(a, b) + 0.1, min(a, b) - 0.1, b) for a, b in pairwise(closes)]


@dataclass
class Stage:
    """A service that was tested on some bars and traded the next ones on paper."""

    market: Market
    service: TradingService
    backtest_id: int

    @property
    def owner(self) -> Actor:
        return Actor(self.service.user_id)

    def do(self, act: Callable[[Any, TradingService], Any]) -> Any:
        """Do something to the locked service in a unit of work."""
        with SessionManager() as session:
            return act(session, session.get_one(TradingService, self.service.id, with_for_update=True))

    def state(self) -> State:
        found: State = self.do(promotion_service.state)
        return found

    def permits(self) -> str | None:
        found: str | None = self.do(promotion_service.permits)
        return found

    def ask(self, **values: Any) -> None:
        self.do(lambda session, service: promotion_service.set_thresholds(session, service.user_id, LENIENT | values))

    def opt_in(self) -> None:
        self.do(lambda session, service: promotion_service.opt_in(session, service, self.backtest_id))

    def change(self, **values: Any) -> None:
        with SessionManager() as session:
            trading_service.update(session, self.owner, self.service.id, values)

    def go_live(self) -> None:
        """Name a real broker, past every check: as a row could come from elsewhere."""
        self.do(lambda _session, service: setattr(service, "broker", "alpaca"))

    def lacks(self) -> set[str]:
        with SessionManager(read_only=True) as session:
            service = session.get_one(TradingService, self.service.id)
            found = promotion_service.state(session, service, self.backtest_id)
        return {each.name for each in found.criteria if not each.is_met}


@pytest.fixture
def stage(world: World) -> Stage:
    market = Market(world, _waves(ALL))
    service = market.service(
        strategy="sma_trend",
        strategy_params={"window": 3},
        initial_balance=Decimal(10_000),
        stop_loss_percent=Decimal(5),
    )
    with SessionManager() as session:
        asked = backtest_service.of_service(session.get_one(TradingService, service.id), end=day(TESTED - 1).date())
        loaded = backtest_service.load(session, asked)
        kept = backtest_service.keep(session, Actor(service.user_id), loaded, loaded.run(), service_id=service.id)
    market.run(first=TESTED)
    with SessionManager() as session:  # as if each bar had been decided on its day
        session.execute(update(TradeDecision).values(created_at=TradeDecision.bar_time))
    return Stage(market, world.reload(service), kept.id)


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


def test_a_service_may_not_name_a_real_broker_before_it_is_promoted(stage: Stage) -> None:
    """Neither new nor later, nor while it holds shares."""
    with pytest.raises(ConflictError, match=promotion_service.REFUSED), SessionManager() as session:
        values = {"name": "x", "stock_symbol": "ACME", "initial_balance": Decimal(1), "broker": "alpaca"}
        trading_service.create(session, stage.owner, values)
    _make_flat(stage)
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


def _make_flat(stage: Stage) -> None:
    with SessionManager() as session:
        service = session.get_one(TradingService, stage.service.id)
        order_service.cancel_live(session, service, None, "test")
        held = positions.open_transaction(session, service.id)
        if held is not None:
            transaction_service.complete(session, stage.owner, held.id, None)


def test_a_service_that_is_not_promoted_is_not_started_and_buys_nothing(stage: Stage) -> None:
    """Whatever its row says: activation, decision and the way to the broker each ask."""
    _make_flat(stage)
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
