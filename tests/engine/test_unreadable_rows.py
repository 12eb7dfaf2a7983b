"""Rows that somebody wrote junk into: reconciliation and the bars after it leave their services out, and no others."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.reconcile import reconcile
from daytrader.engine.runner import Runner
from daytrader.models import Order, TradingService
from daytrader.models.enums import OrderSide, OrderState, ServiceState
from daytrader.services import order_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import Market, Ohlc, day

TEN: Ohlc = (10.0, 10.0, 10.0, 10.0)


def spoil(table: str, column: str, row_id: int) -> None:
    """Write junk past every constraint."""
    with SessionManager() as session:
        session.connection().exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        session.execute(text(f"UPDATE {table} SET {column} = 'junk' WHERE id = {row_id}"))


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
    market = Market(world, [TEN] * 4)
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
