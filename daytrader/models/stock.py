"""What can be traded."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Select, String, bindparam, exists, select
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship, validates

from daytrader.models.base import Base
from daytrader.utils import validators

if TYPE_CHECKING:
    from daytrader.models.corporate_action import CorporateAction
    from daytrader.models.stock_daily_price import StockDailyPrice
    from daytrader.models.stock_intraday_price import StockIntradayPrice
    from daytrader.models.trading_service import TradingService
    from daytrader.models.trading_transaction import TradingTransaction


class Stock(Base):
    """One listed stock."""

    __tablename__ = "stocks"

    symbol: Mapped[str] = mapped_column(String(10), unique=True, index=True)
    name: Mapped[str | None] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(default=True)
    sector: Mapped[str | None] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(String(1000))

    daily_prices: Mapped[list[StockDailyPrice]] = relationship(
        back_populates="stock", cascade="all, delete-orphan", passive_deletes=True
    )
    intraday_prices: Mapped[list[StockIntradayPrice]] = relationship(
        back_populates="stock", cascade="all, delete-orphan", passive_deletes=True
    )
    corporate_actions: Mapped[list[CorporateAction]] = relationship(
        back_populates="stock", cascade="all, delete-orphan", passive_deletes=True
    )
    services: Mapped[list[TradingService]] = relationship(back_populates="stock")
    transactions: Mapped[list[TradingTransaction]] = relationship(back_populates="stock")

    @property
    def has_dependencies(self) -> bool:
        """Whether services or transactions refer to this stock."""
        return self._any("services") or self._any("transactions")

    @property
    def has_prices(self) -> bool:
        """Whether any bar of this stock is stored."""
        return self._any("daily_prices") or self._any("intraday_prices")

    def _any(self, relation: str) -> bool:
        # Asks the database for one row: a stock may have millions of bars.
        session = object_session(self)
        if session is None or self.id is None:
            return bool(getattr(self, relation))
        return bool(session.scalar(_any_of(relation), {"stock": self.id}))

    @validates("symbol")
    def validate_symbol(self, key: str, value: object) -> str:
        """Format and length."""
        return validators.checked(key, validators.symbol, value)

    @validates("name")
    def validate_name(self, key: str, value: object) -> str | None:
        """Length."""
        return validators.checked(key, validators.stock_name, value)

    @validates("sector")
    def validate_sector(self, key: str, value: object) -> str | None:
        """Length."""
        return validators.checked(key, validators.sector, value)

    @validates("description")
    def validate_description(self, key: str, value: object) -> str | None:
        """Length."""
        return validators.checked(key, validators.description, value)


@cache
def _any_of(relation: str) -> Select[tuple[bool]]:
    """Return the question whether there is any of the *relation* of the stock that is bound as `stock`."""
    child = Stock.__mapper__.relationships[relation].entity.class_
    return select(exists().where(child.stock_id == bindparam("stock")))
