"""Tests of daytrader.engine.order_pump: what a person has said, and what an order is called, agree with the books."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from daytrader.core.money import to_micros
from daytrader.models import JournalEntry, TradingService
from daytrader.models.enums import OrderKind, OrderSide, TradingMode, TransactionState
from daytrader.services import order_service, trading_service
from daytrader.services.session_manager import SessionManager

from .accounts import MIDDAY, Bench


def test_a_buy_by_hand_goes_out_while_the_service_is_on_hold(bench: Bench) -> None:
    """HOLD is a word on signals: as on paper a person may buy, and the books are sound while the order waits."""
    service = bench.service()
    with SessionManager() as session:
        trading_service.set_mode(session, bench.owner, service.id, TradingMode.HOLD)

    def buy(session: Session, row: TradingService) -> None:
        order_service.place(
            session,
            row,
            side=OrderSide.BUY,
            kind=OrderKind.MANUAL,
            shares=5,
            reason="manual",
            limit=to_micros(Decimal(101)),
        )

    bench.do(buy, service)
    bench.audit()
    bench.alpaca.is_open = True
    bench.turn(MIDDAY)
    bench.turn()
    assert bench.orders()[0] == ("MANUAL", "FILLED", 5, 5)
    bench.agree()


@pytest.mark.parametrize(
    ("prices", "notes"),
    [(("94", "111"), ["stop loss", "stop loss"]), (("111", "94"), ["take profit", "stop loss"])],
)
def test_a_stop_that_has_sold_a_part_makes_it_a_stop(bench: Bench, prices: tuple[str, str], notes: list[str]) -> None:
    """Whatever sells the rest, or sold before: entries wait after it, and the books are sound on the way."""
    service = bench.bought()
    bench.alpaca.trade("ACME", prices[0], 4)
    bench.turn()
    bench.alpaca.trade("ACME", prices[1])
    bench.turn()

    assert bench.orders()[1] == ("STOP", "FILLED", 10, 10)
    assert (bench.trade().state, bench.trade().exit_reason) == (TransactionState.CLOSED, "stop loss")
    assert [entry.note for entry in bench.rows(JournalEntry) if entry.shares_change < 0] == notes
    assert not bench.world.reload(service).is_armed
    bench.agree()
