"""Prices within a session."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from daytrader.models.bar_columns import BarColumns
from daytrader.models.enums import PriceSource
from daytrader.utils import validators

if TYPE_CHECKING:
    from daytrader.models.stock import Stock


class StockIntradayPrice(BarColumns):
    """One bar of *interval* minutes that starts at *timestamp* (UTC)."""

    __tablename__ = "stock_intraday_prices"
    __table_args__ = (UniqueConstraint("stock_id", "timestamp", "interval"),)

    stock_id: Mapped[int] = mapped_column(ForeignKey("stocks.id", ondelete="CASCADE"))
    timestamp: Mapped[datetime]
    interval: Mapped[int] = mapped_column(default=1)
    source: Mapped[PriceSource] = mapped_column(default=PriceSource.DELAYED)

    stock: Mapped[Stock] = relationship(back_populates="intraday_prices")

    @property
    def is_delayed(self) -> bool:
        """Whether the price came late, typically 15 to 20 minutes."""
        return self.source is PriceSource.DELAYED

    @property
    def is_simulated(self) -> bool:
        """Whether the price was made up."""
        return self.source is PriceSource.SIMULATED

    @property
    def is_historical(self) -> bool:
        """Whether the price is of a past period."""
        return self.source is PriceSource.HISTORICAL

    @property
    def is_real_time(self) -> bool:
        """Whether the price came live from an exchange."""
        return self.source is PriceSource.REAL_TIME

    @validates("timestamp")
    def validate_timestamp(self, key: str, value: object) -> datetime:
        """Not in the future."""
        return validators.checked(key, validators.timestamp, value)

    @validates("interval")
    def validate_interval(self, key: str, value: object) -> int:
        """One of the supported intervals."""
        return validators.checked(key, validators.intraday_interval, value)
