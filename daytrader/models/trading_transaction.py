"""A purchase and, in time, its sale."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from daytrader.models.base import Base, Money, Price
from daytrader.models.enums import TransactionState
from daytrader.utils import validators
from daytrader.utils.current_datetime import get_current_datetime

if TYPE_CHECKING:
    from daytrader.models.stock import Stock
    from daytrader.models.trading_service import TradingService

_IS_OPEN = text("state = 'OPEN'")


class TradingTransaction(Base):
    """
    One position of one service, from buy to sell.

    *shares* and *purchase_price* are as filled; *open_shares* is what is left after splits and sales. *cost*,
    *proceeds* and the fees are sums of exact cents over the executions; *adjustments* are the dividends and the cash
    in lieu that the position earned.
    """

    __tablename__ = "trading_transactions"
    __table_args__ = (
        # L7: at most one open position per service.
        Index(
            "uq_trading_transactions_open", "service_id", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN
        ),
    )

    service_id: Mapped[int] = mapped_column(ForeignKey("trading_services.id", ondelete="CASCADE"), index=True)
    stock_id: Mapped[int | None] = mapped_column(ForeignKey("stocks.id"), index=True)
    stock_symbol: Mapped[str] = mapped_column(String(10), index=True)
    shares: Mapped[Money]
    state: Mapped[TransactionState] = mapped_column(default=TransactionState.OPEN)
    purchase_price: Mapped[Price]
    sale_price: Mapped[Price | None]
    gain_loss: Mapped[Money | None]
    purchase_date: Mapped[datetime] = mapped_column(default=get_current_datetime)
    sale_date: Mapped[datetime | None]
    notes: Mapped[str | None] = mapped_column(Text)

    open_shares: Mapped[int] = mapped_column(default=0)
    cost: Mapped[Money] = mapped_column(default=Decimal(0))
    buy_fee: Mapped[Money] = mapped_column(default=Decimal(0))
    proceeds: Mapped[Money] = mapped_column(default=Decimal(0))
    sell_fee: Mapped[Money] = mapped_column(default=Decimal(0))
    adjustments: Mapped[Money] = mapped_column(default=Decimal(0))
    entry_reason: Mapped[str | None] = mapped_column(String(200))
    exit_reason: Mapped[str | None] = mapped_column(String(200))
    is_manual: Mapped[bool] = mapped_column(default=False)

    service: Mapped[TradingService] = relationship(back_populates="transactions")
    stock: Mapped[Stock | None] = relationship(back_populates="transactions")

    @property
    def is_complete(self) -> bool:
        """Whether the position has been bought and sold."""
        return self.state is TransactionState.CLOSED

    @property
    def is_profitable(self) -> bool:
        """Whether the sale brought more than the purchase took."""
        return self.gain_loss is not None and self.gain_loss > 0

    @property
    def can_be_cancelled(self) -> bool:
        """Whether the purchase can still be voided: open, and nothing of it sold."""
        return self.state is TransactionState.OPEN and self.proceeds == 0

    @property
    def calculated_gain_loss(self) -> Decimal | None:
        """L3: proceeds - sell fee - cost - buy fee + adjustments; nothing while the position is open."""
        if self.sale_price is None:
            return None
        return self.proceeds - self.sell_fee - self.cost - self.buy_fee + self.adjustments

    @validates("stock_symbol")
    def validate_stock_symbol(self, key: str, value: object) -> str:
        """Format and length."""
        return validators.checked(key, validators.symbol, value)

    @validates("state")
    def validate_state(self, key: str, value: object) -> TransactionState:
        """A known state."""
        return validators.checked(key, validators.member_of(TransactionState), value)

    @validates("shares")
    def validate_shares(self, key: str, value: object) -> Decimal:
        """Above zero."""
        return validators.checked(key, validators.shares, value)

    @validates("purchase_price")
    def validate_purchase_price(self, key: str, value: object) -> Decimal:
        """Above zero."""
        return validators.checked(key, validators.fill_price, value)

    @validates("sale_price")
    def validate_sale_price(self, key: str, value: object) -> Decimal | None:
        """Not negative."""
        return validators.checked(key, validators.sale_price, value)
