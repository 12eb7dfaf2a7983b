"""What a broker did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from daytrader.models.base import Base, Money, Price
from daytrader.models.enums import OrderSide
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.utils.current_datetime import get_current_datetime


class Execution(Base):
    """One fill of one order, booked exactly once."""

    __tablename__ = "executions"
    # L8: one row per (broker, execution).
    __table_args__ = (UniqueConstraint("broker", "execution_ref"),)

    service_id: Mapped[int] = mapped_column(ForeignKey("trading_services.id", ondelete="CASCADE"), index=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("trading_transactions.id", ondelete="CASCADE"), index=True)
    broker: Mapped[str] = mapped_column(String(20))
    execution_ref: Mapped[str] = mapped_column(String(100))
    side: Mapped[OrderSide]
    shares: Mapped[int]
    price: Mapped[Price]
    amount: Mapped[Money]  # shares x price, before the fee
    fee: Mapped[Money]
    # The bar in which it filled; null for a manual trade between bars.
    bar_time: Mapped[datetime | None]
    executed_at: Mapped[datetime] = mapped_column(default=get_current_datetime)
    # The bar touched both stop and target and its open did not tell which came first.
    is_ambiguous: Mapped[bool] = mapped_column(default=False)

    transaction: Mapped[TradingTransaction] = relationship()
