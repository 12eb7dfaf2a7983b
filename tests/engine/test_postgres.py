"""The engine on PostgreSQL: row locks, constraints and books as on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from daytrader.models.enums import OrderState
from daytrader.services import database
from daytrader.services.events import events
from tests.conftest import World
from tests.engine.builders import Market, Ohlc

TEN: Ohlc = (10.0, 10.0, 10.0, 10.0)


@pytest.fixture
def world(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An empty PostgreSQL database and a recording publisher."""
    engine = database.connect(postgres_url)
    world = World(engine)
    monkeypatch.setattr(events, "publish", world.published.append)
    yield world
    engine.dispose()


def test_a_trade_with_its_corporate_actions_on_postgresql(world: World) -> None:
    """Entry, dividend, split with a fraction, stop: decided once a bar, audited clean."""
    market = Market(world, [TEN, TEN, TEN, (6.7, 6.7, 6.7, 6.7), (6.0, 6.0, 6.0, 6.0)])
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
