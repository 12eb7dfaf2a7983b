"""Tests of daytrader.engine.runner: from bar to fill, exactly once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from daytrader.brokers.paper import PaperBroker
from daytrader.core import strategy as strategies
from daytrader.core.bars import Bars
from daytrader.core.decision import decide
from daytrader.core.strategy import Signals
from daytrader.engine import bar_unit
from daytrader.engine.runner import Runner
from daytrader.models.enums import (
    DecisionAction,
    JournalKind,
    OrderKind,
    OrderSide,
    OrderState,
    ServiceState,
    TradingMode,
    TransactionState,
)
from daytrader.models.trading_service import TradingService
from daytrader.services import order_service, trading_service
from daytrader.services.booking import Booked
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import FLAT, Market, change, day


def test_a_decision_fills_at_the_next_open(world: World) -> None:
    """The close decides, the next bar's open fills; cash, shares, mode and journal follow."""
    market = Market(world, [FLAT, (9.0, 9.5, 9.0, 9.5), FLAT])
    service = market.service()

    market.run(last=1)
    waiting = market.reload(service)
    assert (waiting.current_shares, waiting.reserved_cash) == (0, Decimal("1000.00"))
    market.run(1, 2)

    held = market.reload(service)
    assert (held.current_shares, held.current_balance, held.reserved_cash) == (100, Decimal("100.00"), Decimal(0))
    assert (held.mode, held.buy_count) == (TradingMode.SELL, 1)
    (bought,) = market.transactions(service)
    assert (bought.purchase_price, bought.purchase_date, bought.cost) == (Decimal(9), day(1), Decimal("900.00"))
    assert [entry.kind for entry in market.journal(service)] == [JournalKind.DEPOSIT, JournalKind.BUY]


def test_every_bar_is_decided_once_and_journalled_with_its_reason(world: World) -> None:
    """NOTHING is a decision too; taking a bar again changes nothing at all."""
    market = Market(world, [FLAT] * 3)
    service = market.service()

    market.run()
    before = (market.reload(service).to_dict(), [order.to_dict() for order in market.orders(service)])
    market.run()

    decisions = market.decisions(service)
    assert [decision.bar_time for decision in decisions] == [day(0), day(1), day(2)]
    assert [decision.action for decision in decisions] == [
        DecisionAction.BUY,
        DecisionAction.NOTHING,
        DecisionAction.NOTHING,
    ]
    assert decisions[1].reason == "no exit signal"
    assert decisions[1].evidence["close"] == 10.0
    assert (market.reload(service).to_dict(), [order.to_dict() for order in market.orders(service)]) == before


def test_an_entry_above_its_limit_expires_and_frees_its_cash(world: World) -> None:
    """The limit is what the cash allows; a gap above it is not chased."""
    market = Market(world, [FLAT, (12.0, 12.0, 12.0, 12.0)])
    service = market.service()

    market.run(last=2)

    first, second = market.orders(service)
    assert (first.state, first.history[-1]["reason"]) == (OrderState.EXPIRED, "the open was above the limit")
    assert second.state is OrderState.ACCEPTED  # the close of the same bar decided anew
    assert market.reload(service).reserved_cash == second.reserved_cash


def test_a_stop_sells_at_the_level_and_disarms_entries(world: World) -> None:
    """The leg belongs to the entry order; entries wait until the signal was false once, which it never is here."""
    market = Market(world, [FLAT, FLAT, (10.0, 10.0, 9.0, 9.2), FLAT, FLAT])
    service = market.service(stop_loss_percent=Decimal(5))

    market.run()

    (sold,) = market.transactions(service)
    assert (sold.state, sold.sale_price, sold.exit_reason) == (TransactionState.CLOSED, Decimal("9.5"), "stop loss")
    entry, leg = market.orders(service)
    assert (leg.kind, leg.parent_id, leg.state) == (OrderKind.STOP, entry.id, OrderState.FILLED)
    after = market.reload(service)
    assert (after.mode, after.is_armed, after.stop_price) == (TradingMode.BUY, False, None)
    assert after.total_gain_loss == Decimal("-50.00")
    assert market.decisions(service)[-1].reason == "waiting for the entry signal to clear after the stop"


def test_a_target_fills_without_slippage_and_stays_armed(world: World) -> None:
    """A target is a limit order: its price is the level; the same close may buy again."""
    market = Market(world, [FLAT, FLAT, (10.0, 11.5, 10.0, 11.0)])
    service = market.service(take_profit_percent=Decimal(10), slippage_bps=Decimal(10))

    market.run()

    sold = market.transactions(service)[0]
    assert sold.sale_price == Decimal("11.01")  # 10.01 x 1.1 on the tick
    assert sold.exit_reason == "take profit"
    assert market.decisions(service)[-1].action is DecisionAction.BUY


def test_dividends_and_splits_reach_holders_once(world: World) -> None:
    """A dividend goes to the shares held at the previous close, a split scales holding and levels."""
    market = Market(world, [FLAT, FLAT, FLAT, (5.0, 5.0, 5.0, 5.0)])
    market.dividend(2, "0.25")
    market.split(3, 2, 1)
    service = market.service(stop_loss_percent=Decimal(40))

    market.run()
    market.run()

    held = market.reload(service)
    assert (held.current_shares, held.current_balance, held.stop_price) == (200, Decimal("25.00"), Decimal("3.00"))
    (transaction,) = market.transactions(service)
    assert (transaction.shares, transaction.open_shares, transaction.adjustments) == (
        Decimal(100),
        200,
        Decimal("25.00"),
    )


def test_a_split_that_leaves_nothing_closes_the_trade(world: World) -> None:
    """Less than one new share is paid in cash; the reason is the split, and there is no fee."""
    market = Market(world, [FLAT, FLAT, (10_000.0, 10_000.0, 10_000.0, 10_000.0)])
    market.split(2, 1, 1000)
    service = market.service(commission_per_order=Decimal(1), initial_balance=Decimal(1001))

    market.run()

    closed = market.transactions(service)[0]
    assert (closed.state, closed.exit_reason, closed.sell_fee) == (TransactionState.CLOSED, "split", Decimal(0))
    assert (closed.adjustments, closed.gain_loss) == (Decimal("1000.00"), Decimal("-1.00"))
    assert market.reload(service).current_shares == 0


def test_a_pending_entry_splits_with_the_stock(world: World) -> None:
    """Its shares are floored, its limit divided and rounded down to the tick."""
    market = Market(world, [FLAT, (3.3, 3.3, 3.3, 3.3)])
    market.split(1, 3, 1)
    service = market.service()

    market.run()

    (order,) = market.orders(service)
    assert (order.shares, order.limit_price, order.state) == (300, Decimal("3.33"), OrderState.FILLED)
    assert market.reload(service).current_shares == 300


def test_a_split_entry_never_costs_more_than_was_reserved(world: World) -> None:
    """A commission per share grows with the shares: the order keeps as many as its reserve pays for."""
    market = Market(world, [FLAT, (3.33, 3.33, 3.33, 3.33)])
    market.split(1, 3, 1)
    service = market.service(commission_per_share=Decimal("0.1"))

    market.run(last=1)
    assert market.reload(service).reserved_cash == Decimal("999.90")
    market.run(1)

    after = market.reload(service)
    assert (after.state, after.current_shares) == (ServiceState.ACTIVE, 291)
    assert (after.current_balance, after.reserved_cash) == (Decimal("1.87"), Decimal(0))


def test_a_split_that_leaves_nothing_of_an_entry_ends_it(world: World) -> None:
    """Seven shares at 1 for 1000 are none: the order expires and holds no cash."""
    market = Market(world, [FLAT, (10_000.0, 10_000.0, 10_000.0, 10_000.0)])
    market.split(1, 1, 1000)
    service = market.service(fixed_shares=7)

    market.run()

    (order,) = market.orders(service)
    assert (order.shares, order.state) == (0, OrderState.EXPIRED)
    assert [passage["state"] for passage in order.history] == ["PENDING", "SUBMITTING", "ACCEPTED", "EXPIRED"]


@pytest.mark.parametrize("keep", [True, False])
def test_a_paused_service_keeps_its_stop_while_protection_is_on(world: World, keep: bool) -> None:
    """PAUSED takes no signal and no target; its stop works unless the owner has turned it off."""
    market = Market(world, [FLAT, FLAT, (10.0, 12.0, 10.0, 12.0), (9.0, 9.0, 9.0, 9.0)])
    service = market.service(stop_loss_percent=Decimal(5), take_profit_percent=Decimal(10), keep_protection=keep)
    market.run(last=2)
    with SessionManager() as session:
        trading_service.pause(session, market.owner, service.id)

    market.run(2)

    assert market.reload(service).current_shares == (0 if keep else 100)
    assert [decision.reason for decision in market.decisions(service)[2:]] == ["service is paused"] * 2


@pytest.mark.parametrize("keep", [True, False])
def test_a_service_in_error_keeps_its_stop_while_protection_is_on(world: World, keep: bool) -> None:
    """What broke must not leave a position unprotected; no signal, no target, and no new decision."""
    market = Market(world, [FLAT, FLAT, (10.0, 12.0, 10.0, 12.0), (9.0, 9.0, 9.0, 9.0)])
    service = market.service(stop_loss_percent=Decimal(5), take_profit_percent=Decimal(10), keep_protection=keep)
    market.run(last=2)
    change(service, state=ServiceState.ERROR, error_reason="something broke")

    market.run(2)

    after = market.reload(service)
    assert (after.state, after.error_reason) == (ServiceState.ERROR, "something broke")
    assert after.current_shares == (0 if keep else 100)
    assert [order.kind for order in market.orders(service)[1:]] == ([OrderKind.STOP] if keep else [])
    assert len(market.decisions(service)) == 2


def test_a_fill_never_overwrites_hold(world: World) -> None:
    """HOLD is a person's word: a stop sells, the mode stays."""
    market = Market(world, [FLAT, FLAT, (9.0, 9.0, 9.0, 9.0)])
    service = market.service(stop_loss_percent=Decimal(5))
    market.run(last=2)
    change(service, mode=TradingMode.HOLD)

    market.run(2)

    after = market.reload(service)
    assert (after.current_shares, after.mode) == (0, TradingMode.HOLD)


@pytest.mark.parametrize("said", [{"mode": TradingMode.HOLD}, {"state": ServiceState.PAUSED}])
def test_holding_cancels_an_unfilled_entry(world: World, said: dict[str, Any]) -> None:
    """An entry that was decided before HOLD, or a pause, does not fill."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()
    market.run(last=1)
    change(service, **said)

    market.run(1)

    assert market.orders(service)[0].state is OrderState.CANCELLED
    assert market.reload(service).reserved_cash == 0


def test_a_stopped_service_is_left_alone_but_for_corporate_actions(world: World) -> None:
    """INACTIVE decides nothing and is unprotected; a dividend on the kept position is still paid."""
    market = Market(world, [FLAT, FLAT, (5.0, 5.0, 5.0, 5.0), FLAT])
    market.dividend(3, "1")
    service = market.service(stop_loss_percent=Decimal(5))
    market.run(last=2)
    with SessionManager() as session:
        trading_service.stop(session, market.owner, service.id, "keep")

    market.run(2)
    market.run(2)

    kept = market.reload(service)
    assert (kept.current_shares, kept.current_balance) == (100, Decimal("100.00"))
    assert len(market.decisions(service)) == 2


def test_a_sale_ordered_by_a_stop_fills_at_the_next_open(world: World) -> None:
    """Stopping with position = sell places a market order; the engine fills it though the service is INACTIVE."""
    market = Market(world, [FLAT, FLAT, (11.0, 11.0, 11.0, 11.0)])
    service = market.service()
    market.run(last=2)
    with SessionManager() as session:
        trading_service.stop(session, market.owner, service.id, "sell")

    market.run(2)

    sold = market.reload(service)
    assert (sold.state, sold.current_shares, sold.current_balance) == (ServiceState.INACTIVE, 0, Decimal("1100.00"))
    assert market.transactions(service)[0].exit_reason == "service stopped"


def test_a_position_that_is_kept_is_not_sold_by_an_earlier_exit(world: World) -> None:
    """Stopping with position = keep takes back the exit that waits for the open."""
    market = Market(world, [FLAT, FLAT, FLAT])
    service = market.service()
    market.run(last=2)
    with SessionManager() as session:
        order_service.sell_position(session, session.get_one(TradingService, service.id), "flatten")
        trading_service.stop(session, market.owner, service.id, "keep")

    market.run(2)

    assert market.reload(service).current_shares == 100


def test_a_service_that_raises_goes_into_error_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others trade on; the reason is kept, nothing of the failed bar is."""
    market = Market(world, [FLAT] * 3)
    good = market.service(name="good")
    bad = market.service(name="bad", strategy="sma_trend")
    after = market.service(name="after")

    def fail(strategy: Any, bars: Bars, params: Any) -> Signals:
        if strategy.name == "sma_trend" and bars.n == 2:
            raise ZeroDivisionError("no volume")
        return strategies.compute(strategy, bars, params)

    monkeypatch.setattr(bar_unit, "compute", fail)
    market.run()

    failed = market.reload(bad)
    assert (failed.state, failed.error_reason) == (ServiceState.ERROR, "ZeroDivisionError: no volume")
    assert len(market.decisions(bad)) == 1
    for service in (good, after):
        assert (market.reload(service).current_shares, len(market.decisions(service))) == (100, 3)


def test_orders_go_out_between_two_units(world: World) -> None:
    """Intent is committed before the broker hears of it, and the acknowledgement after."""
    market = Market(world, [FLAT])
    service = market.service()
    states = []

    def look(name: str) -> None:
        states.append((name, *(order.state for order in market.orders(service))))

    market.run(runner=Runner(PaperBroker(), checkpoint=look))

    assert states == [
        ("unit 1 begun",),
        ("unit 1 written",),
        ("unit 1", OrderState.PENDING),
        ("claim", OrderState.SUBMITTING),
        ("submit", OrderState.SUBMITTING),
        ("acknowledged", OrderState.SUBMITTING),
        ("unit 2 written", OrderState.SUBMITTING),
        ("unit 2", OrderState.ACCEPTED),
    ]
    (order,) = market.orders(service)
    assert order.client_order_id.startswith("dt-")
    assert [passage["state"] for passage in order.history] == ["PENDING", "SUBMITTING", "ACCEPTED"]


def test_an_intent_left_by_a_crash_is_sent_before_the_next_open(world: World) -> None:
    """A PENDING order found at a bar goes to the broker first, and fills at that bar's open."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()

    class CrashError(Exception):
        pass

    def crash(name: str) -> None:
        if name == "unit 1":
            raise CrashError

    with pytest.raises(CrashError):
        market.run(last=1, runner=Runner(PaperBroker(), checkpoint=crash))
    market.run()

    assert market.reload(service).current_shares == 100


def test_trades_are_told_after_their_commit(world: World) -> None:
    """Whoever prints a trade can read it in the database by then."""
    market = Market(world, [FLAT, FLAT, (9.0, 9.0, 9.0, 9.0)])
    service = market.service(stop_loss_percent=Decimal(5))
    told: list[tuple[Booked, int]] = []

    def listen(trade: Booked) -> None:
        told.append((trade, market.world.reload(service).current_shares))

    market.run(runner=Runner(PaperBroker(), on_trade=listen))

    assert [(trade.side, trade.reason, shares) for trade, shares in told] == [
        (OrderSide.BUY, told[0][0].reason, 100),
        (OrderSide.SELL, "stop loss", 0),
    ]
    assert told[1][0].gain_loss == Decimal("-100.00")


def test_events_tell_of_decision_order_trade_and_service(world: World) -> None:
    """One sequence, in the order of things, to the rooms of the specification."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()
    world.published.clear()

    market.run(runner=Runner(PaperBroker(), announces_prices=True))

    names = [published.event.name for published in world.published]
    assert names[:3] == ["decision:new", "order:update", "price:update"]
    assert {"transaction:new", "service:update"} <= set(names)
    bought = next(p.event for p in world.published if p.event.name == "transaction:new")
    assert bought.rooms == ("transactions", f"service_{service.id}", f"user_{service.user_id}")
    assert bought.entity["cost"] == Decimal("1000.00")
    sequences = [published.sequence for published in world.published]
    assert sequences == sorted(sequences)


def test_services_on_one_stock_do_not_mix(world: World) -> None:
    """A runner for one service leaves the others where they are."""
    market = Market(world, [FLAT, FLAT])
    mine, other = market.service(name="mine"), market.service(name="other")

    market.run(runner=Runner(PaperBroker(), only=[mine.id]))

    assert (market.reload(mine).current_shares, market.reload(other).last_bar_time) == (100, None)


def test_the_one_that_fails_is_found_among_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of nine raise while they are decided: seven trade the bar, with one decision each, and two say why."""
    market = Market(world, [FLAT])
    services = [market.service(name=f"service {number}") for number in range(9)]
    broken = {services[2].id, services[7].id}

    def fail(account: Any, *rest: Any) -> Any:
        if account.cash == 77_700:
            raise ValueError("cannot think")
        return decide(account, *rest)

    for service_id in broken:
        change(world.reload(next(one for one in services if one.id == service_id)), current_balance=Decimal(777))
    monkeypatch.setattr(bar_unit, "decide", fail)
    market.run()

    after = {service.id: world.reload(service) for service in services}
    assert {one.id for one in after.values() if one.state is ServiceState.ERROR} == broken
    assert {one.error_reason for one in after.values() if one.id in broken} == {"ValueError: cannot think"}
    decided = [len(market.decisions(service)) for service in services]
    assert decided == [int(service.id not in broken) for service in services]
    orders = [order.state for service in services for order in market.orders(service)]
    assert orders == [OrderState.ACCEPTED] * 7


def test_many_services_trade_as_each_would_alone(world: World) -> None:
    """Whole and quiet ones side by side, of several strategies and rules: each ends as it does alone."""
    bars = [(10.0 + move, 10.6 + move, 9.4 + move, 10.2 + move) for move in (0, 1, -1, 2, -2, 1, 3, -3, 0, 2)]
    kinds: list[dict[str, Any]] = [
        {
            "strategy": "sma_trend",
            "strategy_params": {"window": 2 + number % 3},
            "stop_loss_percent": Decimal(number % 4),
        }
        for number in range(12)
    ]
    together, alone = Market(world, bars, "MANY"), Market(world, bars, "LONE")
    many = [together.service(name=f"m{number}", **kinds[number % 12]) for number in range(24)]
    together.run()
    lone = [alone.service(name=f"l{number}", **kind) for number, kind in enumerate(kinds)]
    for service in lone:
        alone.run(runner=Runner(PaperBroker(), only=[service.id]))

    def story(market: Market, service: TradingService) -> Any:
        held = market.reload(service)
        told = [(d.bar_time, d.action, d.shares, d.reason, d.evidence) for d in market.decisions(service)]
        booked = [(entry.kind, entry.amount, entry.shares_change) for entry in market.journal(service)]
        return held.current_balance, held.is_armed, held.last_bar_time, told, booked

    expected = [story(alone, service) for service in lone]
    assert len({len(one[4]) for one in expected}) > 1
    assert [story(together, service) for service in many] == expected * 2


def test_a_signal_exit_kills_the_bracket(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pending exit fills at the open; the stop that the same bar would touch does not sell again."""
    market = Market(world, [FLAT, FLAT, FLAT, (10.0, 10.0, 5.0, 5.0)])
    service = market.service(stop_loss_percent=Decimal(5))

    def leave(strategy: Any, bars: Bars, params: Any) -> Signals:
        signals = strategies.compute(strategy, bars, params)
        exits = signals.exit.copy()
        exits[2:3] = True
        return replace(signals, exit=exits, entry=signals.entry & ~exits, exit_code=signals.entry_code)

    monkeypatch.setattr(bar_unit, "compute", leave)
    market.run()

    (sold,) = market.transactions(service)
    assert (sold.sale_price, sold.sale_date) == (Decimal(10), day(3))
    assert [order.kind for order in market.orders(service)][:2] == [OrderKind.ENTRY, OrderKind.EXIT]


def test_the_minimum_balance_holds_however_it_is_set(world: World) -> None:
    """A fill that a raised minimum no longer allows is booked all the same, and stops the service (L6)."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()
    market.run(last=1)
    change(service, minimum_balance=Decimal(500))

    market.run(1)

    short = market.reload(service)
    assert (short.state, short.current_shares) == (ServiceState.ERROR, 100)
    assert "minimum balance" in (short.error_reason or "")


def test_live_orders_are_one_a_side(world: World) -> None:
    """Selling a position twice gives the order that is under way."""
    market = Market(world, [FLAT, FLAT])
    service = market.service()
    market.run()

    with SessionManager() as session:
        row = session.get_one(TradingService, service.id)
        first = order_service.sell_position(session, row, "flatten")
        second = order_service.sell_position(session, row, "flatten again")
        assert first is not None
        assert second is not None
        assert first.id == second.id
