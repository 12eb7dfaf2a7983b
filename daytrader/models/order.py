"""What was asked of a broker."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from daytrader.models.base import Base, Money, Price
from daytrader.models.enums import LIVE_ORDER_STATES, OrderKind, OrderSide, OrderState
from daytrader.models.execution import Execution

_IS_LIVE = text(f"state IN ({', '.join(repr(state.value) for state in LIVE_ORDER_STATES)})")


class Order(Base):
    """One order intent, stored before the broker hears of it."""

    __tablename__ = "orders"
    __table_args__ = (
        # L8: one order per (decision, attempt), one live order per service and side.
        UniqueConstraint("decision_id", "attempt"),
        Index("uq_orders_live", "service_id", "side", unique=True, sqlite_where=_IS_LIVE, postgresql_where=_IS_LIVE),
    )

    service_id: Mapped[int] = mapped_column(ForeignKey("trading_services.id", ondelete="CASCADE"), index=True)
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id", ondelete="CASCADE"))
    attempt: Mapped[int] = mapped_column(default=1)
    # Bracket legs belong to their entry order.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    transaction_id: Mapped[int | None] = mapped_column(ForeignKey("trading_transactions.id", ondelete="CASCADE"))
    broker: Mapped[str] = mapped_column(String(20), default="paper")
    client_order_id: Mapped[str] = mapped_column(String(80), unique=True)
    side: Mapped[OrderSide]
    kind: Mapped[OrderKind]
    state: Mapped[OrderState] = mapped_column(default=OrderState.PENDING)
    shares: Mapped[int]
    filled_shares: Mapped[int] = mapped_column(default=0)
    limit_price: Mapped[Price | None]
    reserved_cash: Mapped[Money] = mapped_column(default=Decimal(0))
    # The bar whose close decided the order.
    bar_time: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    # [{"state", "at", "reason"}], oldest first
    history: Mapped[list[Any]] = mapped_column(JSON, default=list)

    executions: Mapped[list[Execution]] = relationship(order_by=Execution.id, passive_deletes=True)
