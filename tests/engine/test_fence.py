"""Every unit of work of the engine asks for its token, and every call that changes something at a broker for time."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.feeds import ReplayFeed
from daytrader.engine.order_pump import OrderPump
from daytrader.engine.reconcile import reconcile
from daytrader.engine.runner import Runner
from daytrader.models import FeedCursor
from daytrader.models.enums import OrderState, ServiceState
from daytrader.services import order_service
from daytrader.services.account_reconciliation import check
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import LostLeaseError
from tests.conftest import World
from tests.engine.builders import FLAT, Market

from .accounts import EVENING, MIDDAY, OPEN, Bench

ASKED, TIME = "asked", "time"


class Witness:
    """A fence that notes what it is asked, between the steps that `note` is told of; *is_lost*, it lets nothing on."""

    is_held = True

    def __init__(self) -> None:
        self.log: list[str] = []
        self.is_lost = False

    def note(self, name: str) -> None:
        """Note a step."""
        self.log.append(name)

    def require(self, _session: Session) -> None:
        """Note a unit of work."""
        self.log.append(ASKED)
        if self.is_lost:
            raise LostLeaseError("another one")

    def require_time_to_send(self) -> None:
        """Note a call."""
        self.log.append(TIME)

    def before(self, ending: str) -> set[str]:
        """Return what came right before each step whose name has this *ending*."""
        return {self.log[place - 1] for place, name in enumerate(self.log) if name.endswith(ending)}


def test_a_bar_asks_in_each_of_its_units(world: World) -> None:
    """Decision and intent, the claim, what the broker said; and the broker is called while there is time."""
    market, fence = Market(world, [FLAT]), Witness()
    market.service()

    market.run(runner=Runner(PaperBroker(), fence=fence, checkpoint=fence.note))

    assert fence.log == [
        *(ASKED, "unit 1 begun", "unit 1 written", "unit 1"),
        *(ASKED, "claim", TIME, "submit"),
        *(ASKED, "acknowledged", "unit 2 written", "unit 2"),
    ]


@pytest.mark.parametrize(("last_step", "state"), [("unit 1", OrderState.PENDING), ("submit", OrderState.SUBMITTING)])
def test_an_engine_that_loses_its_token_within_a_bar_goes_no_further(
    world: World, last_step: str, state: OrderState
) -> None:
    """The order is as the last unit left it, for whoever trades now."""
    market, fence = Market(world, [FLAT]), Witness()
    service = market.service()

    def lose(name: str) -> None:
        fence.is_lost = fence.is_lost or name == last_step

    with pytest.raises(LostLeaseError):
        market.run(runner=Runner(PaperBroker(), fence=fence, checkpoint=lose))

    assert [order.state for order in market.orders(service)] == [state]


def test_reconciliation_and_the_feed_ask(world: World) -> None:
    """No service is stopped, and no position moved, by an engine that was replaced."""
    market, fence = Market(world, [FLAT, FLAT]), Witness()
    service = market.service()
    with SessionManager() as session:
        session.add(FeedCursor(name="replay", bars_per_second=0))
        session.execute(text(f"UPDATE trading_services SET current_balance = 999 WHERE id = {service.id}"))
    feed = ReplayFeed(fence=fence)
    tick = feed.next()
    assert tick is not None
    fence.is_lost = True

    with pytest.raises(LostLeaseError):
        feed.done(tick)
    with pytest.raises(LostLeaseError):
        reconcile(Runner(PaperBroker(), fence=fence), lambda _stock, _interval: market.bars())

    again = feed.next()
    assert again is not None
    assert again.time == tick.time
    assert world.reload(service).state is ServiceState.ACTIVE


def test_an_order_at_an_account_asks_in_each_of_its_units(bench: Bench) -> None:
    """An entry, its fill, stop and target, their end and the sale: whatever is stored, sent or ended."""
    fence = Witness()
    bench.pump = OrderPump(bench.open, check, fence=fence, clock=lambda: bench.now, checkpoint=fence.note)
    service = bench.bought()
    bench.do(lambda session, row: order_service.sell_position(session, row, "wanted out"), service)
    bench.turn(MIDDAY)
    bench.turn()

    assert bench.orders()[-1] == ("EXIT", "FILLED", 10, 10)
    assert {f"{unit} written" for unit in ("claim", "unit 2", "reports", "reconciled", "protection")} <= {*fence.log}
    assert fence.before(" written") == {ASKED}
    assert fence.before("submit") == fence.before("cancel") == {TIME}


def test_an_account_that_loses_its_token_sends_nothing(bench: Bench) -> None:
    """What waits is as it was."""
    fence = Witness()
    bench.pump = OrderPump(bench.open, check, fence=fence, clock=lambda: bench.now)
    bench.decide(bench.service())
    fence.is_lost = True

    with pytest.raises(LostLeaseError):
        bench.turn(EVENING)

    assert bench.at(OPEN).orders() == [("ENTRY", "PENDING", 10, 0)]
    assert bench.posted() == []
