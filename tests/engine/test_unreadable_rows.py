"""Rows that somebody wrote junk into: reconciliation and the bars after it leave their services out, and no others."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.reconcile import reconcile
from daytrader.engine.runner import Runner
from daytrader.models import EventOutbox, Order, TradingService
from daytrader.models.enums import DecisionAction, OrderSide, OrderState, ServiceState
from daytrader.services import (
    emergency,
    entitlements,
    exposure,
    exposure_limits,
    ledger_service,
    order_service,
    replay_clock,
    transaction_service,
)
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.accounts import EVENING, OPEN, Bench
from tests.engine.builders import FLAT, Market, day
from tests.engine.live import Exchange, Live, at


def spoil(table: str, column: str, row_id: int) -> None:
    """Write junk past every constraint."""
    with SessionManager() as session:
        session.connection().exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        session.execute(text(f"UPDATE {table} SET {column} = 'junk' WHERE id = {row_id}"))


def raw(query: str) -> Any:
    """Return the first row of *query*, as the database holds it."""
    with SessionManager(read_only=True) as session:
        return session.execute(text(query)).one()


def left_by_a_crash(market: Market, state: OrderState, *names: str) -> list[tuple[TradingService, Order]]:
    """Return services that hold shares, each with a sale that nobody has sent, or told the end of."""
    services = [market.service(name=name) for name in names]
    market.run(last=2)
    with SessionManager() as session:
        for service in services:
            order_service.sell_position(session, session.get_one(TradingService, service.id), "a person wants it")
    sales = [market.orders(service)[-1] for service in services]
    if state is OrderState.SUBMITTING:
        with SessionManager() as session:
            order_service.begin_submission(session, [sale.id for sale in sales])
    return list(zip(services, sales, strict=True))


@pytest.mark.parametrize("state", [OrderState.PENDING, OrderState.SUBMITTING])
@pytest.mark.parametrize("table", ["orders", "trading_services"])
@pytest.mark.parametrize("is_first", [True, False])
def test_an_unreadable_row_stops_its_own_service_alone(
    world: World, state: OrderState, table: str, is_first: bool
) -> None:
    """Of an order, or of the service that it belongs to: ERROR; the others' orders are sent, and fill."""
    market = Market(world, [FLAT] * 4)
    crashed = left_by_a_crash(market, state, "one", "two")
    (wrong, spoilt), (right, sent) = crashed if is_first else reversed(crashed)
    column, row_id = ("limit_price", spoilt.id) if table == "orders" else ("stop_price", wrong.id)
    spoil(table, column, row_id)
    runner = Runner(PaperBroker())

    breaches = reconcile(runner, lambda _stock, _interval: market.bars())

    assert {breach.service_id for breach in breaches} == {wrong.id}
    with SessionManager(read_only=True) as session:
        row = session.execute(text(f"SELECT state, error_reason FROM trading_services WHERE id = {wrong.id}")).one()
        assert session.get_one(Order, sent.id).state is OrderState.ACCEPTED
    assert row.state == ServiceState.ERROR.value
    assert f"{column} " in row.error_reason

    for number in (2, 3):
        runner.step(market.bars(), number)
    assert world.reload(right).last_bar_time == day(3)
    assert next(order for order in market.orders(right) if order.side is OrderSide.SELL).state is OrderState.FILLED


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("orders", "limit_price"),
        ("trading_services", "stop_price"),
        ("trading_services", "strategy_params"),
        ("trading_services", "mode"),
        ("trading_services", "current_shares"),
        ("trading_services", "last_bar_time"),
    ],
)
def test_junk_that_is_written_while_services_trade_stops_its_own_alone(world: World, table: str, column: str) -> None:
    """The bar after it finds it; mended and started again its service trades, without a start of the engine."""
    market = Market(world, [FLAT] * 6)
    wrong, right = market.service(name="wrong"), market.service(name="right")
    runner = Runner(PaperBroker())
    market.run(last=1, runner=runner)
    row_id = wrong.id if table == "trading_services" else market.orders(wrong)[0].id
    before = raw(f"SELECT {column} FROM {table} WHERE id = {row_id}")[0]
    spoil(table, column, row_id)

    market.run(first=1, last=3, runner=runner)

    assert world.reload(right).current_shares > 0
    assert world.reload(right).last_bar_time == day(2)
    state, why = raw(f"SELECT state, error_reason FROM trading_services WHERE id = {wrong.id}")
    assert (state, f"{column} " in why) == (ServiceState.ERROR.value, True)

    with SessionManager() as session:
        session.execute(text(f"UPDATE {table} SET {column} = :before WHERE id = {row_id}"), {"before": before})
        session.execute(text(f"UPDATE trading_services SET state = 'ACTIVE' WHERE id = {wrong.id}"))
    market.run(first=3, runner=runner)
    assert world.reload(wrong).current_shares > 0
    assert world.reload(wrong).last_bar_time == day(5)


def test_a_last_bar_that_lies_ahead_stops_its_service_and_not_its_stop(world: World) -> None:
    """No bar would ever be new to it; the audit finds that, too. One that came there by its own bars has had them."""
    market = Market(world, [FLAT, FLAT, FLAT, FLAT, (9.0, 9.0, 9.0, 9.0)])
    wrong, right = (market.service(name=name, stop_loss_percent=Decimal(5)) for name in ("wrong", "right"))
    market.run(last=3)
    market.run(first=1, last=3)  # they are ahead of these, by bars that they decided on
    assert market.reload(wrong).state is ServiceState.ACTIVE
    with SessionManager() as session:
        session.get_one(TradingService, wrong.id).last_bar_time = day(40_000)
    with SessionManager(read_only=True) as session:
        (breach,) = ledger_service.audit(session)
    assert (breach.service_id, breach.rule) == (wrong.id, "L7")
    assert breach.message.startswith("last bar time is 2129-")

    market.run(first=3)

    stopped, held = world.reload(wrong), world.reload(right)
    assert (stopped.state, held.state) == (ServiceState.ERROR, ServiceState.ACTIVE)
    assert (stopped.error_reason or "").startswith("last_bar_time is 2129-")
    assert (stopped.sell_count, held.sell_count) == (1, 1)
    assert len(market.decisions(wrong)) == 3


def test_junk_does_not_keep_a_gap_from_being_given_up(world: World) -> None:
    """Nor a stock without a position, nor a replay, from beginning where its other services stopped."""
    exchange = Exchange(5)
    exchange.give("2024-01-02T14:30")
    live = Live(world, exchange, 5, "2024-01-02T14:36:30")
    wrong, right = live.service(name="wrong"), live.service(name="right")
    live.turn("2024-01-02T14:36:30")
    spoil("trading_services", "last_bar_time", wrong.id)
    exchange.give("2024-01-02T14:40")
    assert live.turn("2024-01-02T14:45:01") == 1
    assert raw(f"SELECT count(*) FROM decisions WHERE service_id = {right.id}") == (2,)
    assert world.reload(right).last_bar_time == at("2024-01-02T14:40")
    state, why = raw(f"SELECT state, error_reason FROM trading_services WHERE id = {wrong.id}")
    assert (state, "last_bar_time " in why) == (ServiceState.ERROR.value, True)

    with SessionManager() as session:
        session.execute(text("DELETE FROM feed_cursors"))
        replay_clock.begin_on(session, date(2024, 1, 3))
        session.execute(text("DELETE FROM feed_cursors"))
    exchange.give("2024-01-02T14:45")
    assert live.turn("2024-01-02T14:50:01") == 1


@pytest.mark.parametrize("table", ["orders", "trading_services"])
@pytest.mark.parametrize("is_first", [True, False])
def test_nobodys_row_keeps_everything_from_being_stopped(world: World, table: str, is_first: bool) -> None:
    """The kill switch is on all the same, and the others' entries are cancelled; flattened, they are sold."""
    market = Market(world, [FLAT] * 5)
    entering = [market.service(name=name, strategy="buy_and_hold") for name in ("one", "two")]
    holding = market.service(name="holding")
    market.run(last=1)
    with SessionManager() as session:  # one holds shares already, the entries of the others wait
        order_service.cancel_live(session, session.get_one(TradingService, holding.id), None, "bought by hand")
        transaction_service.buy(session, market.owner, holding.id, 7, None)
    (wrong, right) = entering if is_first else reversed(entering)
    spoilt = market.orders(wrong)[-1]
    column, row_id = ("limit_price", spoilt.id) if table == "orders" else ("stop_price", wrong.id)
    spoil(table, column, row_id)

    with SessionManager() as session:
        assert exposure_limits.kill(session, None, "a test").is_killed
    (entry,) = market.orders(right)
    assert entry.state is OrderState.CANCELLED
    state, why = raw(f"SELECT state, error_reason FROM trading_services WHERE id = {wrong.id}")
    assert (state, f"{column} " in why) == (ServiceState.ERROR.value, True)

    with SessionManager() as session:
        session.execute(text(f"UPDATE trading_services SET state = 'ACTIVE' WHERE id = {wrong.id}"))
        done = emergency.flatten(session)
    assert (done.paused, done.cancelled, done.selling) == (2, 0, 1)
    assert world.reload(right).state is ServiceState.PAUSED
    assert market.orders(holding)[-1].side is OrderSide.SELL
    assert raw(f"SELECT state FROM trading_services WHERE id = {wrong.id}").state == ServiceState.ERROR.value


@pytest.mark.parametrize("table", ["trading_transactions", "trading_services"])
def test_what_cannot_be_weighed_lets_nobody_buy_and_stops_nobody_else(world: World, table: str) -> None:
    """A limit of all services asks for everybody's positions: where one cannot be read it holds, and says why."""
    market = Market(world, [FLAT] * 5)
    with SessionManager() as session:
        name = "max_position_value" if table == "trading_services" else "max_daily_loss"
        exposure_limits.change(session, None, {name: Decimal(10**6)})
    wrong = market.service(name="wrong")
    market.run(last=2)
    right = market.service(name="right")
    row_id = wrong.id if table == "trading_services" else market.transactions(wrong)[0].id
    column = "stop_price" if table == "trading_services" else "cost"
    before = raw(f"SELECT {column} FROM {table} WHERE id = {row_id}")[0]
    spoil(table, column, row_id)

    market.run(first=2, last=3)

    assert world.reload(right).state is ServiceState.ACTIVE
    (decision,) = market.decisions(right)
    assert (decision.action, exposure.is_refusal(decision.reason)) == (DecisionAction.NOTHING, True)
    assert "cannot be weighed" in decision.reason

    with SessionManager() as session:
        session.execute(text(f"UPDATE {table} SET {column} = :before WHERE id = {row_id}"), {"before": before})
    market.run(first=3)
    assert world.reload(right).current_shares > 0


@pytest.mark.parametrize("table", ["orders", "trading_services"])
@pytest.mark.parametrize("is_first", [True, False])
def test_at_a_broker_it_stops_its_own_service_alone(bench: Bench, table: str, is_first: bool) -> None:
    """Its owner is told why; the others of the account are sent, filled and protected. Mended, it goes on."""
    bench.world.stock("OTHER")
    bench.alpaca.prices["OTHER"] = Decimal(100)
    made = [(one, bench.decide(one)) for one in (bench.service(), bench.service("OTHER", name="other"))]
    (wrong, wrong_order), (right, _) = made if is_first else reversed(made)
    bench.turn(EVENING)
    column, row_id = ("limit_price", wrong_order) if table == "orders" else ("stop_price", wrong.id)
    (before,) = raw(f"SELECT {column} FROM {table} WHERE id = {row_id}")
    spoil(table, column, row_id)

    bench.at(OPEN).alpaca.auction("ACME", "100")
    bench.alpaca.auction("OTHER", "100")
    bench.turn()
    bench.turn(timedelta(minutes=6))

    assert bench.world.reload(right).current_shares == 10
    assert [order["symbol"] for order in bench.resting()] == [right.stock_symbol]
    state, why = raw(f"SELECT state, error_reason FROM trading_services WHERE id = {wrong.id}")
    assert (state, "cannot be read" in why, f"{column} " in why) == (ServiceState.ERROR.value, True, True)
    (said,) = [row.entity["message"] for row in bench.rows(EventOutbox) if row.name == "system:notification"]
    assert said == f"Service {wrong.id} has stopped: {why}"
    assert bench.pump.status()[0]["error"] is None

    with SessionManager() as session:
        session.execute(text(f"UPDATE {table} SET {column} = :before WHERE id = {row_id}"), {"before": before})
    bench.turn(timedelta(minutes=6))
    assert bench.world.reload(wrong).current_shares == 10
    assert len(bench.resting()) == 2
    bench.agree()


def test_what_cannot_be_sent_stops_its_service_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever claiming it raises: the other order goes out in the same turn."""
    bench.world.stock("OTHER")
    bench.alpaca.prices["OTHER"] = Decimal(100)
    wrong, right = bench.service(), bench.service("OTHER", name="other")
    for one in (wrong, right):
        bench.decide(one)
    apply_due = entitlements.apply_due

    def fails(session: Session, service: TradingService, now: datetime) -> None:
        if service.id == wrong.id:
            raise RuntimeError("test")
        apply_due(session, service, now)

    monkeypatch.setattr(entitlements, "apply_due", fails)
    bench.turn(EVENING)
    assert [order["symbol"] for order in bench.posted()] == ["OTHER"]
    assert bench.world.reload(wrong).state is ServiceState.ERROR
    assert bench.world.reload(right).state is ServiceState.ACTIVE
