"""End-of-day prices."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Float, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from daytrader.models.bar_columns import PRICE_DECIMALS, BarColumns
from daytrader.models.enums import PriceSource
from daytrader.utils import validators

if TYPE_CHECKING:
    from daytrader.models.stock import Stock


class StockDailyPrice(BarColumns):
    """One session of one stock, raw as traded; *adj_close* is the vendor's split- and dividend-adjusted close."""

    __tablename__ = "stock_daily_prices"
    __table_args__ = (UniqueConstraint("stock_id", "price_date"),)

    stock_id: Mapped[int] = mapped_column(ForeignKey("stocks.id", ondelete="CASCADE"))
    price_date: Mapped[date]
    adj_close: Mapped[float | None] = mapped_column(Float(53))
    source: Mapped[PriceSource] = mapped_column(default=PriceSource.HISTORICAL)

    stock: Mapped[Stock] = relationship(back_populates="daily_prices")

    @property
    def trading_range(self) -> float | None:
        """High minus low."""
        if self.high_price is None or self.low_price is None:
            return None
        return round(self.high_price - self.low_price, PRICE_DECIMALS)

    @property
    def trading_range_percent(self) -> float | None:
        """Trading range in percent of the low."""
        if self.trading_range is None or not self.low_price:
            return None
        return round(self.trading_range / self.low_price * 100, PRICE_DECIMALS)

    @validates("price_date")
    def validate_price_date(self, key: str, value: object) -> date:
        """Not in the future."""
        return validators.checked(key, validators.price_date, value)

    @validates("adj_close")
    def validate_adj_close(self, key: str, value: object) -> float | None:
        """Not negative."""
        return validators.checked(key, validators.price, value)
