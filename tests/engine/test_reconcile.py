"""Tests of daytrader.engine.reconcile: what an engine that died has left is put in order before the first bar."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.reconcile import reconcile
from daytrader.engine.runner import Runner
from daytrader.models.enums import OrderState, ServiceState
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import FLAT, Market, day


def test_reconciliation_sends_what_a_crash_left(world: World) -> None:
    """PENDING and SUBMITTING orders are at work before the first bar."""
    market = Market(world, [FLAT])
    service = market.service()
    market.run()
    with SessionManager() as session:
        session.execute(text("UPDATE orders SET state = 'SUBMITTING'"))

    assert reconcile(Runner(PaperBroker()), lambda _stock, _interval: market.bars()) == []

    assert market.orders(service)[0].state is OrderState.ACCEPTED


def test_reconciliation_stops_a_service_whose_books_are_wrong(world: World) -> None:
    """A breach puts the service in ERROR with the rule named, and takes its entries back; others trade on."""
    market = Market(world, [FLAT])
    wrong, right = market.service(name="wrong"), market.service(name="right")
    market.run()
    with SessionManager() as session:
        session.execute(text(f"UPDATE trading_services SET current_balance = 999 WHERE id = {wrong.id}"))

    breaches = reconcile(Runner(PaperBroker()), lambda _stock, _interval: market.bars())

    assert {breach.service_id for breach in breaches} == {wrong.id}
    stopped = world.reload(wrong)
    assert stopped.state is ServiceState.ERROR
    assert (stopped.error_reason or "").startswith("audit: L1")
    assert market.orders(wrong)[0].state is OrderState.CANCELLED
    assert world.reload(right).state is ServiceState.ACTIVE


@pytest.mark.parametrize("column", ["initial_balance", "stop_price", "mode", "strategy_params"])
def test_a_service_that_cannot_be_read_stops_alone(world: World, column: str) -> None:
    """Somebody wrote junk into its row: it goes to ERROR, nothing of it is touched any more, the others trade on."""
    market = Market(world, [FLAT] * 4)
    wrong, right = market.service(name="wrong"), market.service(name="right")
    market.run(last=2)
    assert world.reload(wrong).current_shares > 0  # it holds a position: the engine has to look at it again
    with SessionManager() as session:
        session.connection().exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        session.execute(text(f"UPDATE trading_services SET {column} = 'junk' WHERE id = {wrong.id}"))
    runner = Runner(PaperBroker())

    breaches = reconcile(runner, lambda _stock, _interval: market.bars())

    assert {(breach.service_id, breach.rule) for breach in breaches} == {(wrong.id, "L7")}
    with SessionManager(read_only=True) as session:
        row = session.execute(text(f"SELECT state, error_reason FROM trading_services WHERE id = {wrong.id}")).one()
    assert row.state == "ERROR"
    assert f"{column} " in row.error_reason
    for number in (2, 3):
        runner.step(market.bars(), number)
    assert world.reload(right).last_bar_time == day(3)
