"""From the gate to the broker and back: a service that was really promoted, keys that are really sealed."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from daytrader.brokers import Access, open_broker
from daytrader.config import Settings
from daytrader.engine.order_pump import OrderPump, opener
from daytrader.models import Order
from daytrader.models.enums import OrderState
from daytrader.services import (
    account_reconciliation,
    broker_credentials,
    ledger_service,
    promotion_service,
    transaction_service,
)
from daytrader.services.session_manager import SessionManager
from daytrader.utils import current_datetime, sealing
from daytrader.utils.errors import ConflictError
from tests.brokers.alpaca_api import Alpaca
from tests.brokers.alpaca_server import KEY, SECRET, serve
from tests.conftest import World
from tests.services.promoting import ALL, Stage, staged, waves

MONDAY = datetime(2020, 3, 2, 15, 0, tzinfo=UTC)
"""In the session that follows the last bar of the paper period."""


@pytest.fixture
def stage(world: World) -> Stage:
    """A service that may be promoted."""
    return staged(world)


@dataclass
class Broker:
    """Alpaca, the pump that goes there by the stored keys, and the clock of both."""

    alpaca: Alpaca
    pump: OrderPump
    now: datetime = MONDAY

    def turn(self, later: timedelta = timedelta(seconds=2)) -> list[tuple[str, OrderState]]:
        """Let the pump have its turn; return kind and state of what it has sent."""
        self.now += later
        self.alpaca.now = self.now
        self.pump.turn()
        with SessionManager(read_only=True) as session:
            assert ledger_service.audit(session) == []
            query = select(Order).where(Order.broker == "alpaca").order_by(Order.id)
            return [(order.kind.value, order.state) for order in session.scalars(query)]


@pytest.fixture
def broker(stage: Stage, tmp_path: Path, stack: ExitStack) -> Broker:
    """The owner of the service has connected an account at a broker that trades at the last close."""
    sealing.use(Fernet.generate_key().decode(), tmp_path)
    alpaca = Alpaca(MONDAY)
    alpaca.prices["ACME"] = Decimal(f"{waves(ALL)[-1][3]:.2f}")
    alpaca.is_open = True
    settings = replace(Settings(), alpaca_trading_url=stack.enter_context(serve(alpaca)))
    made = Broker(alpaca, OrderPump(opener(settings), account_reconciliation.check, clock=lambda: made.now))
    access = Access(KEY, SECRET, is_live=False)
    with SessionManager() as session:
        account = open_broker("alpaca", access, settings).account()
        broker_credentials.connect(session, stage.owner, "alpaca", access, account)
    return made


def test_a_promoted_service_trades_at_its_broker_until_the_gate_shuts(
    stage: Stage, broker: Broker, stack: ExitStack
) -> None:
    """Bought, protected, stopped out; an entry that waits when its owner withdraws is never sent."""
    stage.make_flat()
    stage.ask()
    stage.opt_in()
    stage.change(broker="alpaca")
    stack.enter_context(current_datetime.clock(lambda: broker.now))
    with SessionManager() as session:
        transaction_service.buy(session, stage.owner, stage.service.id, 10)
    assert broker.turn() == [("MANUAL", OrderState.FILLED), ("STOP", OrderState.ACCEPTED)]

    broker.alpaca.trade("ACME", "20")
    assert broker.turn()[1] == ("STOP", OrderState.FILLED)
    assert broker.alpaca.positions == {"ACME": 0}

    with SessionManager() as session:
        transaction_service.buy(session, stage.owner, stage.service.id, 10)
    stage.do(promotion_service.withdraw)
    assert broker.turn()[2] == ("MANUAL", OrderState.CANCELLED)
    assert len(broker.alpaca.state()["posted"]) == 2
    with pytest.raises(ConflictError, match=promotion_service.REFUSED), SessionManager() as session:
        transaction_service.buy(session, stage.owner, stage.service.id, 10)
