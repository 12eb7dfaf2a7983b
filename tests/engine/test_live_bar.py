"""Tests of daytrader.engine.live_bar: what is old, delayed or made up moves no real money; a passed stop does."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from daytrader.brokers.messages import Fill
from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.models import Order, StockIntradayPrice, TradingService
from daytrader.models.enums import OrderKind, OrderSide, OrderState, PriceSource
from daytrader.services import booking, decision_journal, live_trading, order_service, parity_audit, promotion_service
from daytrader.services.parity_audit import DifferenceKind
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import clock
from tests.conftest import World
from tests.engine.builders import FLAT, Market
from tests.engine.live import BEFORE, Live, at


@pytest.fixture(autouse=True)
def gate_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every service may trade at its broker."""
    monkeypatch.setattr(live_trading, "refusal", lambda _session, _service: None)
    monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: None)


def at_broker(live: Live, **overrides: object) -> TradingService:
    """Open a service whose orders go to an account."""
    service = live.service(**overrides)
    with SessionManager() as session:
        session.get_one(TradingService, service.id).broker = "alpaca"
    return service


def begin(live: Live) -> None:
    """Let every service have had a bar, PAUSED: who has had none begins after a downtime with the next one."""
    with SessionManager() as session:
        session.execute(update(TradingService).values(state="PAUSED"))
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    live.turn("2024-01-02T14:40:02")
    with SessionManager() as session:
        session.execute(update(TradingService).values(state="ACTIVE"))


def hold(live: Live, service: TradingService, stop: str = "9.5", leg: OrderState | None = None) -> None:
    """Let the service hold ten shares that were bought at 10, with or without a leg of its own in a state."""
    with clock(lambda: live.now - timedelta(minutes=5)), SessionManager() as session:
        row = session.get_one(TradingService, service.id, with_for_update=True)
        entry = order_service.place(
            session, row, side=OrderSide.BUY, kind=OrderKind.MANUAL, shares=10, reason="test", limit=10_000_000
        )
        fill = Fill(f"PA1:{entry.id}", 10, 10_000_000, 10_000, 0, None)
        booking.book(session, row, entry, fill, at=live.now - timedelta(minutes=5))
        row.stop_price = Decimal(stop)
        if leg is not None:
            order_service.place(
                session,
                row,
                side=OrderSide.SELL,
                kind=OrderKind.STOP,
                shares=10,
                reason="stop loss",
                stop=9_500_000,
                parent_id=entry.id,
                transaction_id=entry.transaction_id,
                state=leg,
            )


def sales(service: TradingService) -> list[tuple[str, str, int, str | None]]:
    """Return kind, state, shares and reason of each sale that is no leg."""
    with SessionManager(read_only=True) as session:
        query = select(Order).where(Order.service_id == service.id, Order.side == OrderSide.SELL)
        found = session.scalars(query.where(Order.kind == OrderKind.EXIT)).all()
    return [(order.kind.value, order.state.value, order.shares, order.reason) for order in found]


def test_a_fresh_bar_is_decided_on_and_its_order_waits_for_the_broker(live: Live) -> None:
    """As on paper, but nobody fills it from the next bar."""
    service = at_broker(live)
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35")
    live.turn("2024-01-02T14:40:02")
    live.provider.give("2024-01-02T14:40")
    live.turn("2024-01-02T14:45:02")

    assert [(bar, action) for bar, action, _ in live.decisions(service)] == [
        ("01-02 14:35", "BUY"),
        ("01-02 14:40", "NOTHING"),
    ]
    with SessionManager(read_only=True) as session:
        order = session.scalars(select(Order)).one()
    assert (order.state, order.broker, order.shares) == (OrderState.PENDING, "alpaca", 100)


def test_what_was_missed_is_journalled_at_a_broker_and_replayed_on_paper(live: Live) -> None:
    """Each missed bar has its line; the one that is young enough is decided on; the audit finds them missed."""
    paper, real = live.service(name="paper"), at_broker(live, name="real")
    begin(live)
    for minute in range(40, 60, 5):
        live.provider.give(f"2024-01-02T14:{minute}")
    live.now = at("2024-01-02T15:00:30")
    live.restart()
    live.turn("2024-01-02T15:00:30")

    assert [action for _, action, _ in live.decisions(paper)] == ["NOTHING", "BUY", *["NOTHING"] * 3]
    told = live.decisions(real)
    assert [(bar, action) for bar, action, _ in told] == [
        ("01-02 14:35", "NOTHING"),
        ("01-02 14:40", "NOTHING"),
        ("01-02 14:45", "NOTHING"),
        ("01-02 14:50", "NOTHING"),
        ("01-02 14:55", "BUY"),
    ]
    reasons = [reason for *_, reason in told[1:4]]
    assert reasons[0] == f"missed, complete since 2024-01-02 14:45 UTC: {decision_journal.STALE}"
    assert all(reason.startswith("missed, ") for reason in reasons)
    with SessionManager(read_only=True) as session:
        parity = parity_audit.audit(session, session.get_one(TradingService, real.id))
    assert parity.by_class[DifferenceKind.MISSED] >= 3
    assert [each for each in parity.differences if each.kind is DifferenceKind.DECISION] == []


def test_a_replay_of_old_bars_places_no_real_order(world: World) -> None:
    """Whatever the feed: the clock on the wall says that it is history."""
    market = Market(world, [(10, 10, 10, 10)] * 3)
    service = market.service()
    with SessionManager() as session:
        session.get_one(TradingService, service.id).broker = "alpaca"
    market.run(runner=Runner(PaperBroker()))

    assert {(each.action.value, each.reason[:6]) for each in market.decisions(service)} == {("NOTHING", "missed")}
    assert market.orders(service) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [(PriceSource.DELAYED, "the prices are delayed"), (PriceSource.SIMULATED, "the prices are simulated")],
)
def test_prices_that_are_not_of_the_moment_move_no_real_money(live: Live, source: PriceSource, words: str) -> None:
    """Nor do they set off a stop."""
    service = at_broker(live)
    hold(live, service)
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35", (10, 10, 9, 9))
    live.now = at("2024-01-02T14:40:02")
    live.collector.collect()
    with SessionManager() as session:
        session.execute(update(StockIntradayPrice).values(source=source))
    live.take()

    (_, action, reason) = live.decisions(service)[-1]
    assert (action, reason.startswith(words)) == ("NOTHING", True)
    assert sales(service) == []


@pytest.mark.parametrize(
    ("close", "leg", "overrides", "is_sold"),
    [
        (9.4, None, {}, True),
        (9.5, None, {}, True),
        (9.6, None, {}, False),
        (9.4, OrderState.ACCEPTED, {}, False),
        (9.4, OrderState.SUBMITTING, {}, False),
        (9.4, None, {"state": "PAUSED"}, True),
        (9.4, None, {"state": "ERROR", "error_reason": "test"}, True),
        (9.4, None, {"state": "PAUSED", "keep_protection": False}, False),
        (9.4, None, {"state": "INACTIVE"}, False),
    ],
)
def test_what_closed_beyond_its_stop_unwatched_is_sold(
    live: Live, close: float, leg: OrderState | None, overrides: dict[str, object], is_sold: bool
) -> None:
    """At the newest close, where the stop is in force and no leg of ours rests or may rest at the broker."""
    service = at_broker(live)
    hold(live, service, leg=leg)
    with SessionManager() as session:
        session.execute(update(TradingService).values(**overrides))
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35", (10, 10, close, close))
    live.turn("2024-01-02T14:40:02")

    expected = [("EXIT", "PENDING", 10, "stop loss: passed while nothing watched it")]
    assert sales(service) == (expected if is_sold else [])


def test_a_signal_to_sell_is_obeyed_while_a_stop_rests_at_the_broker(live: Live) -> None:
    """A leg is no exit under way: the sale is decided, and waits for the leg's end."""
    service = at_broker(live, strategy="sma_trend", strategy_params={"window": 2})
    hold(live, service, stop="5", leg=OrderState.ACCEPTED)
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35", (10, 10, 9, 9))
    live.turn("2024-01-02T14:40:02")

    assert live.decisions(service)[-1][1] == "SELL"
    assert [(kind, state, shares) for kind, state, shares, _ in sales(service)] == [("EXIT", "PENDING", 10)]


def test_after_a_downtime_only_the_newest_close_sells(live: Live) -> None:
    """A close that was beyond the stop an hour ago says nothing of now; after the bell the last one of the day does."""
    service = at_broker(live)
    begin(live)
    hold(live, service)
    live.provider.give("2024-01-02T14:40", (9, 9, 9, 9))
    live.provider.give("2024-01-02T20:50", FLAT)
    live.now = at("2024-01-02T20:56:00")
    live.restart()
    live.turn("2024-01-02T20:56:00")
    assert sales(service) == []

    live.provider.give("2024-01-02T20:55", (9, 9, 9, 9))
    live.now = at("2024-01-03T02:00:00")
    live.restart()
    live.turn("2024-01-03T02:00:00")
    (_, action, reason) = live.decisions(service)[-1]
    assert (action, reason.startswith("missed, complete since 2024-01-02 21:00")) == ("NOTHING", True)
    assert len(sales(service)) == 1


def test_what_was_sold_beyond_its_stop_is_bought_again_only_after_the_signal_was_false(live: Live) -> None:
    """As after any stop-loss: or the signal that stands buys it back at the next open."""
    service = at_broker(live)
    hold(live, service)
    live.turn(BEFORE)
    live.provider.give("2024-01-02T14:35", (10, 10, 9, 9))
    live.turn("2024-01-02T14:40:02")
    live.now += timedelta(minutes=1)
    with clock(lambda: live.now), SessionManager() as session:
        row = session.get_one(TradingService, service.id, with_for_update=True)
        order = session.scalars(select(Order).where(Order.kind == OrderKind.EXIT)).one()
        booking.book(session, row, order, Fill("PA1:sold", 10, 9_000_000, 9_000, 0, None), at=live.now)
    live.provider.give("2024-01-02T14:40", (9, 9, 9, 9))
    live.turn("2024-01-02T14:45:02")

    assert live.world.reload(service).is_armed is False
    (_, action, reason) = live.decisions(service)[-1]
    assert (action, "stop" in reason) == ("NOTHING", True)
    with SessionManager(read_only=True) as session:
        parity = parity_audit.audit(session, session.get_one(TradingService, service.id))
    assert [each for each in parity.differences if each.kind is DifferenceKind.DECISION] == []
