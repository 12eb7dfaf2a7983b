"""What a daily and an intraday price have in common: a bar and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

from sqlalchemy import BigInteger, Float
from sqlalchemy.orm import Mapped, mapped_column, validates

from daytrader.models.base import Base
from daytrader.models.enums import PriceSource
from daytrader.utils import validators

PRICE_DECIMALS: Final = 6
"""The scale of prices, and so of what is derived from them."""
_PRICES = ("open_price", "high_price", "low_price", "close_price")


class BarColumns(Base):
    """Open, high, low, close and volume, each optional, with the rules that hold between them."""

    __abstract__ = True

    open_price: Mapped[float | None] = mapped_column(Float(53))
    high_price: Mapped[float | None] = mapped_column(Float(53))
    low_price: Mapped[float | None] = mapped_column(Float(53))
    close_price: Mapped[float | None] = mapped_column(Float(53))
    # The specification's Integer, wide enough for an index fund's busiest day.
    volume: Mapped[int | None] = mapped_column(BigInteger)

    source: Mapped[PriceSource]

    @property
    def change(self) -> float | None:
        """Close minus open."""
        if self.open_price is None or self.close_price is None:
            return None
        return round(self.close_price - self.open_price, PRICE_DECIMALS)

    @property
    def change_percent(self) -> float | None:
        """Change in percent of the open."""
        if self.change is None or not self.open_price:
            return None
        return round(self.change / self.open_price * 100, PRICE_DECIMALS)

    @property
    def is_real_data(self) -> bool:
        """Whether the price was traded somewhere, rather than made up."""
        return self.source is not PriceSource.SIMULATED

    @property
    def is_valid(self) -> bool:
        """Whether the bar passes every check of ``core.bars``: complete, positive and ordered."""
        prices = [self.open_price, self.high_price, self.low_price, self.close_price]
        if any(price is None or not price > 0 for price in prices) or not isinstance(self.source, PriceSource):
            return False
        opened, high, low, close = (price or 0.0 for price in prices)
        return low <= min(opened, close) and high >= max(opened, close)

    def update_from_dict(self, values: Mapping[str, Any]) -> Self:
        """Set the given columns; the order of prices is judged on the bar as it will be, not on the way there."""
        given = {name: values[name] for name in _PRICES if name in values}
        after = {name: getattr(self, name) for name in _PRICES} | {
            name: validators.checked(name, validators.price, value) for name, value in given.items()
        }
        validators.checked("prices", lambda named: validators.price_order(**named), after)
        for name in given:
            setattr(self, name, None)
        return super().update_from_dict(values)

    @validates("source")
    def validate_source(self, key: str, value: object) -> PriceSource:
        """A known source."""
        return validators.checked(key, validators.member_of(PriceSource), value)

    @validates(*_PRICES)
    def validate_prices(self, key: str, value: object) -> float | None:
        """Not negative, and low <= open, close <= high with what is already there."""
        price = validators.checked(key, validators.price, value)
        prices = {name: getattr(self, name) for name in _PRICES} | {key: price}
        validators.checked(key, lambda named: validators.price_order(**named), prices)
        return price

    @validates("volume")
    def validate_volume(self, key: str, value: object) -> int | None:
        """A whole number of shares."""
        return validators.checked(key, validators.volume, value)
