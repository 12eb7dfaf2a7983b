"""Tests of daytrader.engine.order_pump: what may not be sent now, whatever was decided before."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from daytrader.models import BrokerCredential, ExposureLimit, Order
from daytrader.models.enums import DecisionAction, OrderState
from daytrader.services import engine_control, exposure_limits, order_service, promotion_service
from daytrader.services.session_manager import SessionManager

from .accounts import BAR, DAY, EVENING, MIDDAY, NEXT_EVENING, OPEN, Bench


def test_the_kill_switch_stops_what_was_not_sent(bench: Bench) -> None:
    """Asked again before an entry goes out, whenever it was turned; stops go on."""
    service = bench.service()
    bench.decide(service)
    with SessionManager() as session:
        session.add(ExposureLimit(scope=exposure_limits.scope_of(None), is_killed=True))
    bench.turn(EVENING)
    assert bench.posted() == []
    assert bench.orders() == [("ENTRY", "CANCELLED", 10, 0)]
    assert "kill switch" in bench.order(0).history[-1]["reason"]


def test_the_gate_is_asked_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have fallen shut since the decision; a position keeps its stop, and is sold."""
    first = bench.bought()
    bench.decide(first, DecisionAction.SELL)
    bench.world.stock("OTHER")
    order_id = bench.decide(bench.service("OTHER"), bar_time=DAY + timedelta(days=1))
    monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: "live trading is not permitted: test")
    bench.turn(MIDDAY)
    bench.turn()
    bench.turn(NEXT_EVENING)
    (entry,) = [order for order in bench.rows(Order) if order.id == order_id]
    assert entry.state is OrderState.CANCELLED
    assert bench.world.reload(first).current_shares == 0
    bench.agree()


def test_the_daily_loss_stops_what_was_not_sent(bench: Bench) -> None:
    """A limit that was reached after the decision."""
    first = bench.bought()
    with SessionManager() as session:
        exposure_limits.change(session, bench.owner.user_id, {"max_daily_loss": Decimal(30)})
    bench.alpaca.trade("ACME", "95")
    bench.turn(MIDDAY)
    assert bench.world.reload(first).current_shares == 0
    bench.world.stock("OTHER")
    bench.alpaca.prices["OTHER"] = Decimal(100)
    bench.decide(bench.service("OTHER", interval=15), bar_time=BAR)
    bench.turn(BAR + timedelta(minutes=16))
    assert bench.orders()[-1] == ("ENTRY", "CANCELLED", 10, 0)
    assert "daily loss" in bench.order(-1).history[-1]["reason"]


def test_while_all_trading_is_paused_only_protection_is_sent(bench: Bench) -> None:
    """What filled is booked and protected; entries and exits wait."""
    service = bench.service()
    bench.decide(service)
    bench.turn(EVENING)
    with SessionManager() as session:
        engine_control.turn(session, is_paused=True)
    bench.at(OPEN).alpaca.auction("ACME", "100")
    bench.turn()
    assert bench.orders()[1] == ("STOP", "ACCEPTED", 10, 0)
    with SessionManager() as session:
        row = session.get_one(type(service), service.id, with_for_update=True)
        order_service.sell_position(session, row, "test")
    bench.turn()
    assert bench.orders()[2] == ("EXIT", "PENDING", 10, 0)
    with SessionManager() as session:
        engine_control.turn(session, is_paused=False)
    bench.turn()
    assert bench.orders()[2] == ("EXIT", "FILLED", 10, 10)
    bench.agree()


def test_nothing_is_sent_before_the_account_was_reconciled(bench: Bench) -> None:
    """A check that fails is no check; one that finds the account wrong bars entries, and nothing else."""
    asked = []

    def fails(*_given: object) -> list[str]:
        asked.append(bench.now)
        raise RuntimeError("test")

    bench.check = fails
    bench.decide(bench.service())
    bench.turn(EVENING)
    assert (bench.posted(), len(asked)) == ([], 1)
    assert "RuntimeError" in str(bench.pump.status()[0]["error"])
    bench.check = lambda *_given: ["an order of ours that nobody knows"]
    bench.turn(timedelta(minutes=1))
    assert bench.posted() == []
    assert bench.pump.status()[0]["is_reconciled"]
    assert bench.pump.status()[0]["error"] == "an order of ours that nobody knows"
    bench.check = lambda *_given: []
    bench.turn(timedelta(minutes=2))
    assert len(bench.posted()) == 1
    assert bench.pump.status()[0]["error"] is None


def test_the_check_is_given_what_the_broker_has(bench: Bench) -> None:
    """The account, its positions and its orders, at start and again later."""
    seen: list[tuple[object, ...]] = []
    bench.bought()

    def check(session: object, credential: BrokerCredential, *given: object) -> list[str]:
        assert session is not None
        seen.append((credential.account, *given))
        return []

    bench.check = check
    bench.restart().turn(MIDDAY)
    (given,) = seen
    number, account, positions, orders, now, _left_out = given
    assert (number, account.number, positions, now) == ("PA3TEST", "PA3TEST", {"ACME": 10}, MIDDAY)  # type: ignore[attr-defined]
    assert {order.client_order_id for order in orders} == {  # type: ignore[attr-defined]
        order["client_order_id"] for order in bench.alpaca.state()["orders"]
    }
    bench.turn(timedelta(minutes=1))
    assert len(seen) == 1
    bench.turn(timedelta(minutes=6))
    assert len(seen) == 2


def test_a_blocked_account_is_sent_nothing(bench: Bench) -> None:
    """And its state says why."""
    bench.alpaca.is_blocked = True
    bench.decide(bench.service())
    bench.turn(EVENING)
    assert bench.posted() == []
    assert bench.pump.status()[0]["error"] == "trading blocked"
    bench.alpaca.is_blocked = False
    bench.turn(timedelta(minutes=2))
    assert len(bench.posted()) == 1


def test_an_account_without_work_is_left_alone(bench: Bench) -> None:
    """No service trades there: nothing is asked."""
    bench.turn(EVENING)
    assert bench.alpaca.asked == []
    assert bench.pump.status() == []
