"""Splits and dividends."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from daytrader.models.base import Base, Exact
from daytrader.models.enums import CorporateActionKind

if TYPE_CHECKING:
    from daytrader.models.stock import Stock


class CorporateAction(Base):
    """
    What happens to a holder on *ex_date*: a dividend of *amount* per share, or *ratio_numerator* new shares for
    *ratio_denominator* old ones.
    """

    __tablename__ = "corporate_actions"
    __table_args__ = (
        UniqueConstraint("stock_id", "ex_date", "kind"),
        CheckConstraint("ratio_numerator > 0 AND ratio_denominator > 0", name="ratio_positive"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
    )

    stock_id: Mapped[int] = mapped_column(ForeignKey("stocks.id", ondelete="CASCADE"))
    ex_date: Mapped[date]
    kind: Mapped[CorporateActionKind]
    ratio_numerator: Mapped[int] = mapped_column(default=1)
    ratio_denominator: Mapped[int] = mapped_column(default=1)
    amount: Mapped[Decimal] = mapped_column(Exact(18, 6), default=Decimal(0))
    source: Mapped[str] = mapped_column(String(20))
    # A "dividend" too large to be one waits for a person: it is not paid.
    is_quarantined: Mapped[bool] = mapped_column(default=False)
    # Held against the close before it, or let go by a person: until then each reading of the bars judges it.
    is_judged: Mapped[bool] = mapped_column(default=False, server_default=true())

    stock: Mapped[Stock] = relationship(back_populates="corporate_actions")

    @property
    def symbol(self) -> str:
        """The stock's."""
        return self.stock.symbol
