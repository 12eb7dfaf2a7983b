"""An account at a broker, services that trade in it, and what its broker says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from daytrader.brokers.account import Account, BrokerOrder, Report
from daytrader.brokers.messages import Fill
from daytrader.models import BrokerCredential, Order, Stock, TradingService
from daytrader.models.enums import LIVE_ORDER_STATES, OrderKind, OrderSide, OrderState
from daytrader.services import (
    account_reconciliation,
    booking,
    ledger_service,
    order_service,
    positions,
    promotion_service,
    trading_service,
)
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from tests.conftest import World

NOW = datetime(2024, 1, 3, 15, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=2)
MICROS = 1_000_000


class BrokersAccount:
    """One user's account at alpaca; the gate to live trading stands open."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch, cash: str = "10000") -> None:
        monkeypatch.setattr(promotion_service, "refusal", lambda _session, _service: None)
        self.world = world
        self.user = world.user()
        self.owner = Actor(self.user.id)
        self.cash = Decimal(cash)
        self.credential = world.broker_account(self.user.id, verified_at=LONG_AGO)

    def service(self, stock: Stock, *, is_active: bool = True, **overrides: Any) -> TradingService:
        """Open a service that trades *stock* in the account."""
        values: dict[str, Any] = {"name": stock.symbol, "stock_symbol": stock.symbol, "initial_balance": Decimal(1000)}
        with SessionManager() as session:
            service = trading_service.create(session, self.owner, values | {"broker": "alpaca"} | overrides)
            return trading_service.activate(session, self.owner, service.id) if is_active else service

    def order(
        self,
        service: TradingService,
        side: OrderSide = OrderSide.BUY,
        shares: int = 10,
        state: OrderState = OrderState.ACCEPTED,
    ) -> Order:
        """Place an order by hand that the broker works."""
        with SessionManager() as session:
            locked = session.get_one(TradingService, service.id, with_for_update=True)
            held = positions.open_transaction(session, service.id)
            return order_service.place(
                session,
                locked,
                side=side,
                kind=OrderKind.MANUAL,
                shares=shares,
                reason="test",
                limit=20 * MICROS if side is OrderSide.BUY else 0,
                transaction_id=None if held is None or side is OrderSide.BUY else held.id,
                state=state,
            )

    def fill(self, order: Order, shares: int = 10, price: int = 10 * MICROS, at: datetime = LONG_AGO) -> None:
        """Book a fill of the order that the broker has reported."""
        with SessionManager() as session:
            service = session.get_one(TradingService, order.service_id, with_for_update=True)
            stored = session.get_one(Order, order.id)
            fill = Fill(f"PA1:{order.id}:{stored.filled_shares}", shares, price, shares * price // 10_000, 0, None)
            booking.book(session, service, stored, fill, at=at)

    def buy(self, service: TradingService, shares: int = 10, at: datetime = LONG_AGO) -> Order:
        """Let the service hold shares that it bought at 10."""
        order = self.order(service, shares=shares)
        self.fill(order, shares, at=at)
        return order

    def check(
        self,
        positions: Mapping[str, Any],
        orders: Sequence[BrokerOrder] = (),
        *,
        now: datetime = NOW,
        number: str = "PA1",
    ) -> Sequence[str]:
        """Reconcile with what the broker says."""
        with SessionManager() as session:
            credential = session.get_one(BrokerCredential, self.credential.id)
            held = {symbol: Decimal(str(quantity)) for symbol, quantity in positions.items()}
            account = Account(number, int(self.cash * 100))
            return account_reconciliation.check(session, credential, account, held, orders, now)

    def state(self, service: TradingService) -> tuple[str, str | None]:
        """Return the service's state and its reason, once the audit has found nothing wrong."""
        with SessionManager(read_only=True) as session:
            assert ledger_service.audit(session) == []
        stored = self.world.reload(service)
        return stored.state.value, stored.error_reason

    def live_orders(self, service: TradingService) -> Sequence[Order]:
        """Return the orders of the service that have not ended."""
        with SessionManager(read_only=True) as session:
            query = select(Order).where(Order.service_id == service.id, Order.state.in_(LIVE_ORDER_STATES))
            return session.scalars(query.order_by(Order.id)).all()


def reported(
    client_order_id: str, *, symbol: str = "ACME", report: Report = Report.WORKING, filled: int = 0
) -> BrokerOrder:
    """Return an order of ten shares as the broker reports it."""
    return BrokerOrder(client_order_id, (f"ref {client_order_id}",), frozenset(), symbol, report, 10, filled, LONG_AGO)
