"""What was asked of a broker."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from daytrader.core.reasons import STOP_REASON
from daytrader.models.base import Base, Money, Price
from daytrader.models.enums import LIVE_ORDER_STATES, OrderKind, OrderSide, OrderState
from daytrader.models.execution import Execution
from daytrader.models.trading_transaction import TradingTransaction

_LIVE = f"state IN ({', '.join(repr(state.value) for state in LIVE_ORDER_STATES)})"
_IS_LIVE = text(f"{_LIVE} AND kind NOT IN ('STOP', 'TARGET')")
_IS_LIVE_LEG = text(f"{_LIVE} AND kind IN ('STOP', 'TARGET')")


BEYOND_STOP: Final = f"{STOP_REASON}: passed while nothing watched it"
"""Why a position is sold whose stop was passed while no order of ours rested at its broker."""


def is_stop(kind: OrderKind, decision_id: int | None, reason: str | None) -> bool:
    """Return whether an order sells because the stop was reached: its leg does, and what is sold after or for it."""
    is_after = kind is OrderKind.EXIT and decision_id is None and reason in (STOP_REASON, BEYOND_STOP)
    return kind is OrderKind.STOP or is_after


class Order(Base):
    """One order intent, stored before the broker hears of it."""

    __tablename__ = "orders"
    __table_args__ = (
        # L8: one order per (decision, attempt), one live order per service and side, and beside it one bracket leg.
        UniqueConstraint("decision_id", "attempt"),
        Index("uq_orders_live", "service_id", "side", unique=True, sqlite_where=_IS_LIVE, postgresql_where=_IS_LIVE),
        Index(
            "uq_orders_live_leg", "service_id", unique=True, sqlite_where=_IS_LIVE_LEG, postgresql_where=_IS_LIVE_LEG
        ),
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
    # Of a leg that rests at a broker; its limit is the target.
    stop_price: Mapped[Price | None]
    reserved_cash: Mapped[Money] = mapped_column(default=Decimal(0))
    # The bar whose close decided the order.
    bar_time: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    # The broker's own name of it, once that is known.
    broker_ref: Mapped[str | None] = mapped_column(String(64))
    # When it was last sent to a broker that has to be asked what became of it.
    sent_at: Mapped[datetime | None]
    # Why it is to end: the broker is asked to, and may have filled it meanwhile.
    cancel_reason: Mapped[str | None] = mapped_column(String(200))
    # [{"state", "at", "reason"}], oldest first
    history: Mapped[list[Any]] = mapped_column(JSON, default=list)

    # Whoever reads an order tells of its fills: those of many orders are read together.
    executions: Mapped[list[Execution]] = relationship(order_by=Execution.id, passive_deletes=True, lazy="selectin")
    transaction: Mapped[TradingTransaction | None] = relationship()
