"""Tests of stop and target at a broker: what rests when, what is refused, what a split changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from daytrader.models import (
    BrokerCredential,
    CorporateAction,
    Order,
    Stock,
    TradingService,
)
from daytrader.models.enums import (
    CorporateActionKind,
    DecisionAction,
    OrderKind,
    OrderSide,
    OrderState,
    ServiceState,
    TradingMode,
    TransactionState,
)
from daytrader.services import (
    account_orders,
    entitlements,
    order_service,
    trading_service,
)
from daytrader.services.session_manager import SessionManager

from .accounts import AFTERNOON, EVENING, MIDDAY, NEXT_EVENING, NEXT_OPEN, OPEN, Bench, nothing_wrong


@pytest.mark.parametrize(
    ("price", "kind", "is_armed"), [("94", OrderKind.STOP, False), ("111", OrderKind.TARGET, True)]
)
def test_whichever_leg_fills_ends_the_trade(bench: Bench, price: str, kind: OrderKind, is_armed: bool) -> None:
    """The leg bears the name of what filled; after a stop entries wait until the signal was false once."""
    service = bench.bought()
    bench.alpaca.trade("ACME", price)
    bench.turn()
    assert bench.orders()[1] == (kind.value, "FILLED", 10, 10)
    trade = bench.trade()
    assert (trade.state, trade.sale_price) == (TransactionState.CLOSED, Decimal(price))
    after = bench.world.reload(service)
    assert (after.mode, after.is_armed, after.stop_price) == (TradingMode.BUY, is_armed, None)
    bench.agree()


@pytest.mark.parametrize(
    ("rules", "kind", "type_"),
    [
        ({"take_profit_percent": Decimal(0)}, "STOP", "stop"),
        ({"stop_loss_percent": Decimal(0)}, "TARGET", "limit"),
        ({"stop_loss_percent": Decimal(0), "take_profit_percent": Decimal(0)}, None, None),
    ],
)
def test_one_level_rests_alone(bench: Bench, rules: dict[str, Decimal], kind: str | None, type_: str | None) -> None:
    """Where the other is off; neither, nothing."""
    bench.bought(**rules)
    assert [order["type"] for order in bench.resting()] == ([] if type_ is None else [type_])
    assert [kind for kind, *_ in bench.orders()[1:]] == ([] if kind is None else [kind])
    bench.agree()


def test_protection_is_renewed_each_session(bench: Bench) -> None:
    """It ends at the bell, and rests again with the next opening."""
    bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    bench.turn()
    bench.turn()
    assert (bench.resting(), len(bench.orders())) == ([], 2)
    bench.alpaca.is_open = True
    bench.turn(NEXT_OPEN)
    assert [kind for kind, state, *_ in bench.orders() if state == "ACCEPTED"] == ["STOP"]
    assert bench.orders()[1] == ("STOP", "EXPIRED", 10, 0)
    bench.agree()


def test_a_part_of_an_entry_is_protected(bench: Bench) -> None:
    """The rest has ended; the broker is asked to protect what is there."""
    service = bench.service()
    bench.decide(service)
    bench.turn(EVENING)
    bench.at(OPEN).alpaca.fill(bench.order(0).client_order_id, 4, "100")
    bench.alpaca.end(bench.order(0).client_order_id, "canceled")
    bench.alpaca.is_open = True
    bench.turn()
    assert bench.orders() == [("ENTRY", "EXPIRED", 10, 4), ("STOP", "ACCEPTED", 4, 0)]
    assert bench.world.reload(service).reserved_cash == 0
    bench.agree()


def test_protection_grows_with_the_position(bench: Bench) -> None:
    """What was placed for a part is asked back and placed for all."""
    bench.decide(bench.service())
    bench.turn(EVENING)
    bench.alpaca.is_open = True
    bench.at(OPEN).alpaca.fill(bench.order(0).client_order_id, 4, "100")
    bench.turn()
    assert bench.orders()[1] == ("STOP", "ACCEPTED", 4, 0)
    bench.alpaca.fill(bench.order(0).client_order_id, 6, "100")
    bench.turn()
    assert bench.orders() == [
        ("ENTRY", "FILLED", 10, 10),
        ("STOP", "CANCELLED", 4, 0),
        ("STOP", "ACCEPTED", 10, 0),
    ]
    bench.agree()


def test_hold_and_pause_keep_the_stop_alone(bench: Bench) -> None:
    """The target is withdrawn, by cancelling both and placing the stop anew; back again with the service."""
    service = bench.bought()
    with SessionManager() as session:
        trading_service.pause(session, bench.owner, service.id)
    bench.turn(MIDDAY)
    (stop,) = bench.resting()
    assert (stop["type"], stop["stop_price"]) == ("stop", "95")
    with SessionManager() as session:
        trading_service.resume(session, bench.owner, service.id)
    bench.turn()
    assert {order["order_class"] for order in bench.resting()} == {"oco"}
    with SessionManager() as session:
        trading_service.set_mode(session, bench.owner, service.id, TradingMode.HOLD)
    bench.turn()
    assert [order["type"] for order in bench.resting()] == ["stop"]
    bench.agree()


def test_without_keep_protection_a_paused_position_has_none(bench: Bench) -> None:
    """As its owner has said."""
    service = bench.bought(keep_protection=False)
    with SessionManager() as session:
        trading_service.pause(session, bench.owner, service.id)
    bench.turn(MIDDAY)
    assert bench.resting() == []
    bench.agree()


def test_error_keeps_the_stop(bench: Bench) -> None:
    """What broke must not leave a position without one."""
    service = bench.bought()
    bench.do(lambda _session, row: setattr(row, "state", ServiceState.ERROR), service)
    bench.do(lambda _session, row: setattr(row, "error_reason", "test"), service)
    bench.turn(MIDDAY)
    assert [order["type"] for order in bench.resting()] == ["stop"]
    bench.agree()


@pytest.mark.parametrize("position", ["keep", "sell"])
def test_a_stopped_service_keeps_or_sells(bench: Bench, position: str) -> None:
    """Kept means unprotected; sold means at once, in a session."""
    service = bench.bought()
    with SessionManager() as session:
        trading_service.stop(session, bench.owner, service.id, position)  # type: ignore[arg-type]
    bench.turn(MIDDAY)
    bench.turn()
    assert bench.resting() == []
    assert bench.world.reload(service).current_shares == (10 if position == "keep" else 0)
    bench.agree()


def test_changed_levels_are_placed_anew(bench: Bench) -> None:
    """A split moves them: what rests is cancelled, and what is right rests."""
    service = bench.bought()
    bench.do(lambda _session, row: setattr(row, "stop_price", Decimal(96)), service)
    bench.turn(MIDDAY)
    (leg,) = bench.resting()
    assert leg["legs"][0]["stop_price"] == "96"
    assert [state for _, state, *_ in bench.orders()] == ["FILLED", "CANCELLED", "ACCEPTED"]
    bench.agree()


@pytest.mark.parametrize("is_taken_first", [False, True])
@pytest.mark.parametrize("price", ["90", "94.99", "95"])
def test_a_price_beyond_the_stop_is_sold_at(bench: Bench, price: str, is_taken_first: bool) -> None:
    """The broker keeps no stop at or above the market, or takes and rejects it: what it would have sold is sold."""
    service = bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    bench.turn()
    bench.alpaca.is_open = True
    if is_taken_first:
        bench.turn(NEXT_OPEN)
        bench.alpaca.end(bench.order(2).client_order_id, "rejected")
    bench.alpaca.prices["ACME"] = Decimal(price)
    bench.turn(NEXT_OPEN + timedelta(minutes=1))
    assert bench.orders()[2:] == [("STOP", "REJECTED", 10, 0), ("STOP", "FILLED", 10, 10)]
    assert bench.trade().sale_price == Decimal(price)
    assert not bench.world.reload(service).is_armed
    bench.agree()


@pytest.mark.parametrize("price", ["110", "110.01", "118"])
def test_a_price_beyond_the_target_is_sold_at(bench: Bench, price: str) -> None:
    """The broker keeps no stop together with a target that the market has passed: what it would have sold is sold."""
    service = bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    bench.turn()
    bench.alpaca.is_open = True
    bench.alpaca.prices["ACME"] = Decimal(price)
    bench.turn(NEXT_OPEN)
    assert bench.orders()[2:] == [("STOP", "REJECTED", 10, 0), ("TARGET", "FILLED", 10, 10)]
    assert (bench.trade().sale_price, bench.trade().exit_reason) == (Decimal(price), "take profit")
    assert bench.world.reload(service).is_armed
    bench.turn(timedelta(minutes=2))
    assert len(bench.orders()) == 4
    bench.agree()


def test_a_passed_target_that_is_not_in_force_is_no_sale(bench: Bench) -> None:
    """Of a paused service the stop alone holds, and that the broker takes."""
    service = bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    with SessionManager() as session:
        trading_service.pause(session, bench.owner, service.id)
    bench.alpaca.is_open = True
    bench.alpaca.prices["ACME"] = Decimal(118)
    bench.turn(NEXT_OPEN)
    bench.turn(timedelta(minutes=2))
    assert [order["type"] for order in bench.resting()] == ["stop"]
    assert bench.world.reload(service).current_shares == 10
    bench.agree()


def test_a_refused_stop_that_was_not_reached_is_no_sale(bench: Bench) -> None:
    """It is refused for another reason: nothing is sold until the price is there."""
    bench.bought()
    bench.alpaca.end(bench.order(1).client_order_id, "rejected")
    bench.alpaca.prices["ACME"] = Decimal("95.01")
    bench.turn(MIDDAY)
    bench.turn()
    assert [state for _, state, *_ in bench.orders()] == ["FILLED", "REJECTED"]
    bench.alpaca.prices["ACME"] = Decimal(95)
    bench.turn()
    assert bench.orders()[2:] == [("STOP", "FILLED", 10, 10)]
    bench.agree()


def test_without_a_price_nothing_is_sold(bench: Bench) -> None:
    """The broker, which has refused the levels, does not say what a share is worth: that is no level reached."""
    bench.check = nothing_wrong
    bench.bought()
    bench.alpaca.positions.pop("ACME")
    bench.alpaca.end(bench.order(1).client_order_id, "rejected")
    bench.turn(MIDDAY)
    bench.turn()
    assert [state for _, state, *_ in bench.orders()] == ["FILLED", "REJECTED"]


def test_a_leg_is_not_sent_beside_a_sale(bench: Bench) -> None:
    """Whoever has placed the sale since the leg was: both together would sell twice."""
    service = bench.bought()
    bench.at(MIDDAY).alpaca.end(bench.order(1).client_order_id, "canceled")
    bench.turn()
    bench.decide(service, DecisionAction.SELL)
    broker = bench.open(bench.rows(BrokerCredential)[0])
    leg = bench.order(2)
    with SessionManager() as session:
        row = session.get_one(TradingService, service.id, with_for_update=True)
        order_service.move(session, row, session.get_one(Order, leg.id), OrderState.PENDING)
        assert account_orders.claim(session, leg.id, broker, bench.now) is None


def add_split(service: TradingService, at: datetime) -> None:
    """Store a split of two for one on the day of *at*."""
    with SessionManager() as session:
        session.add(
            CorporateAction(
                stock_id=service.stock_id,
                ex_date=at.date(),
                kind=CorporateActionKind.SPLIT,
                ratio_numerator=2,
                ratio_denominator=1,
                source="test",
            )
        )


def split(bench: Bench, service: TradingService) -> None:
    """Let the stock split two for one on the next session's morning, at the broker, too."""
    bench.world.prices(bench.rows(Stock)[0], [100.0], OPEN.date())
    add_split(service, NEXT_OPEN)
    bench.alpaca.positions["ACME"] = 20
    bench.alpaca.prices["ACME"] = Decimal(50)
    bench.alpaca.is_open = True


@pytest.mark.parametrize("kind", [OrderKind.EXIT, OrderKind.MANUAL])
def test_a_sale_that_a_split_took_back_is_placed_anew(bench: Bench, kind: OrderKind) -> None:
    """Of the shares that it made: ours of before would have sold half."""
    service = bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    if kind is OrderKind.MANUAL:
        sale: dict[str, Any] = {"side": OrderSide.SELL, "kind": kind, "shares": 10, "transaction_id": bench.trade().id}
        bench.do(lambda session, row: order_service.place(session, row, reason="manual", **sale), service)
    else:
        bench.decide(service, DecisionAction.SELL)
    bench.turn()
    assert bench.orders()[2] == (kind.value, "ACCEPTED", 10, 0)
    split(bench, service)
    bench.do(lambda session, row: entitlements.apply_due(session, row, NEXT_OPEN), service)
    bench.turn(NEXT_OPEN)
    bench.turn()
    assert bench.orders()[2:] == [(kind.value, "CANCELLED", 10, 0), (kind.value, "FILLED", 20, 20)]
    assert bench.world.reload(service).current_shares == 0
    bench.agree()


def test_a_sale_that_a_person_takes_back_is_not_placed_anew(bench: Bench) -> None:
    """Whatever has split since."""
    service = bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    sale = bench.decide(service, DecisionAction.SELL)
    bench.turn()
    with SessionManager() as session:
        row = session.get_one(TradingService, service.id, with_for_update=True)
        order_service.cancel(session, row, session.get_one(Order, sale), "taken back")
    split(bench, service)
    bench.do(lambda session, row: entitlements.apply_due(session, row, NEXT_OPEN), service)
    bench.turn(NEXT_OPEN)
    bench.turn()
    assert [(kind, state) for kind, state, *_ in bench.orders()[2:]] == [("EXIT", "CANCELLED"), ("STOP", "ACCEPTED")]
    bench.agree()


def test_after_a_split_stop_and_target_are_of_the_new_shares(bench: Bench) -> None:
    """On its morning, before any bar tells of it: yesterday's levels would sell everything."""
    service = bench.bought()
    bench.at(NEXT_EVENING).alpaca.bell()
    bench.turn()
    split(bench, service)
    bench.turn(NEXT_OPEN)
    (leg,) = bench.resting()
    assert (leg["qty"], leg["limit_price"], leg["legs"][0]["stop_price"]) == ("20", "55", "47.5")
    bench.agree()


def test_an_entry_of_before_a_split_is_not_sent(bench: Bench) -> None:
    """On the eve of the ex-date already: its shares and its limit were of the shares of before."""
    service = bench.service()
    bench.world.prices(bench.rows(Stock)[0], [100.0], AFTERNOON.date())
    add_split(service, OPEN)
    bench.decide(service)
    bench.turn(EVENING)
    assert (bench.posted(), bench.orders()) == ([], [("ENTRY", "CANCELLED", 10, 0)])
    bench.audit()
