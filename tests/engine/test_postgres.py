"""The engine on PostgreSQL: row locks, constraints and books as on SQLite."""

from __future__ import annotations

import threading
import time
from decimal import Decimal

import pytest
from sqlalchemy import text

from daytrader.models.enums import OrderKind, OrderSide, OrderState
from daytrader.models.trading_service import TradingService
from daytrader.services import exposure_limits, ledger_service, order_service, transaction_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError
from tests.conftest import World
from tests.engine.accounts import MIDDAY, Bench
from tests.engine.builders import FLAT, Market, day
from tests.engine.live import Exchange, Live


@pytest.fixture
def world(postgres_world: World) -> World:
    """PostgreSQL in the place of SQLite."""
    return postgres_world


def test_a_trade_with_its_corporate_actions_on_postgresql(world: World) -> None:
    """Entry, dividend, split with a fraction, stop: decided once a bar, audited clean."""
    market = Market(world, [FLAT, FLAT, FLAT, (6.7, 6.7, 6.7, 6.7), (6.0, 6.0, 6.0, 6.0)])
    market.dividend(2, "0.25")
    market.split(3, 3, 2)
    service = market.service(stop_loss_percent=Decimal(5), initial_balance=Decimal(1015))

    market.run()
    market.run()

    sold = market.reload(service)
    assert (sold.current_shares, sold.sell_count, sold.is_armed) == (0, 1, False)
    assert len(market.decisions(service)) == 5
    (transaction,) = market.transactions(service)
    assert (transaction.shares, transaction.exit_reason) == (Decimal(101), "stop loss")
    assert transaction.adjustments == Decimal("25.25") + Decimal("3.33")  # half of 101 x 1.5 is 0.5: 10 / 1.5 x 0.5
    assert {order.state for order in market.orders(service)} == {OrderState.FILLED}
    sequences = [published.sequence for published in world.published]
    assert sequences == sorted(sequences)


def test_a_moment_that_no_driver_reads_stops_its_service_alone(world: World) -> None:
    """PostgreSQL has an infinity: the audit says where, and the other service has its bar."""
    market = Market(world, [FLAT] * 3)
    wrong, right = market.service(name="wrong"), market.service(name="right")
    market.run(last=2)
    with SessionManager() as session:
        session.execute(text(f"UPDATE trading_services SET last_bar_time = 'infinity' WHERE id = {wrong.id}"))
    with SessionManager(read_only=True) as session:
        (breach,) = ledger_service.audit(session)
    assert breach.message == f"trading_services {wrong.id}: last_bar_time is no moment"

    market.run(first=2)

    assert world.reload(right).last_bar_time == day(2)
    with SessionManager(read_only=True) as session:
        row = session.execute(text(f"SELECT state, error_reason FROM trading_services WHERE id = {wrong.id}")).one()
    assert (row.state, "last_bar_time is no moment" in row.error_reason) == ("ERROR", True)


def test_a_live_feed_on_postgresql(world: World) -> None:
    """In time, late, missing and unsound: each bar once, with the reason."""
    exchange = Exchange(5)
    exchange.give("2024-01-02T14:30")
    live = Live(world, exchange, 5, "2024-01-02T14:36:30")
    service = live.service()
    live.turn("2024-01-02T14:36:30")
    exchange.give("2024-01-02T14:35")
    assert live.turn("2024-01-02T14:40:01") == 1
    exchange.give("2024-01-02T14:40", (10, 9, 11, 10))
    assert live.turn("2024-01-02T14:45:01") == 0
    exchange.give("2024-01-02T14:50")
    assert live.turn("2024-01-02T15:02:00") == 1

    found = [(bar[-5:], action, reason.split(":")[0]) for bar, action, reason in live.decisions(service)]
    assert found[1:] == [
        ("14:40", "NOTHING", "the bar is refused"),
        ("14:45", "NOTHING", "no bar came before the next one"),
        ("14:50", "NOTHING", "the bar came 7 minutes late"),
    ]
    assert found[0][1] == "BUY"
    assert live.world.reload(service).current_shares == 100


def test_two_buys_at_once_never_pass_a_limit_together(world: World) -> None:
    """On PostgreSQL, where nothing else keeps writers apart, the limit's row does."""
    market = Market(world, [FLAT])
    services = [market.service(name=f"s{number}") for number in range(4)]
    owner = market.owner
    with SessionManager() as session:
        exposure_limits.change(session, owner.user_id, {"max_position_value": Decimal(150)})
    together, refused = threading.Barrier(4), []

    def buy(service: TradingService) -> None:
        together.wait()
        try:
            with SessionManager() as session:
                transaction_service.buy(session, owner, service.id, 10)
        except ConflictError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=buy, args=(service,)) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(market.reload(service).current_shares for service in services) == 10
    assert len(refused) == 3


def test_of_two_engines_that_claim_an_order_at_once_one_has_it(world: World) -> None:
    """The second one, which saw it waiting as well, finds out when the first has committed: it sends nothing."""
    market = Market(world, [FLAT])
    service = market.service()
    with SessionManager() as session:
        row = session.get_one(TradingService, service.id, with_for_update=True)
        kind, side = OrderKind.ENTRY, OrderSide.BUY
        order = order_service.place(session, row, side=side, kind=kind, shares=1, reason="test", limit=10_000_000)
    claimed: list[int] = []

    def claim() -> None:
        with SessionManager() as session:
            claimed.append(len(order_service.begin_submission(session, [order.id])))

    with SessionManager() as session:
        first = order_service.begin_submission(session, [order.id])
        second = threading.Thread(target=claim)
        second.start()
        wait_until_somebody_waits(world)
    second.join()

    assert (len(first), claimed) == (1, [0])


def wait_until_somebody_waits(world: World) -> None:
    """Return once a statement of another session waits for a row's lock."""
    asked = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    deadline = time.monotonic() + 30
    with world.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(asked) and time.monotonic() < deadline:
            time.sleep(0.01)


def test_orders_at_a_broker_on_postgresql(bench: Bench) -> None:
    """Entry in the auction, stop and target, a part of the target, the rest sold: the account agrees."""
    service = bench.bought()
    bench.alpaca.fill(bench.order(1).client_order_id, 4, "110")
    bench.turn(MIDDAY)
    bench.do(lambda session, row: order_service.sell_position(session, row, "test"), service)
    bench.turn()
    bench.turn()
    assert bench.orders()[1:] == [("TARGET", "CANCELLED", 10, 4), ("EXIT", "FILLED", 6, 6)]
    bench.agree()
