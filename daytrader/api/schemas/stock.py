"""JSON shape of a stock."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Flag, Moment, Shown, Text, Whole
from daytrader.utils import validators


class StockSchema(BaseSchema):
    """One listed stock."""

    id = Whole(dump_only=True)
    symbol = Text(validators.symbol, required=True, example="AAPL")
    name = Text(validators.stock_name, allow_none=True, example="Apple Inc.")
    is_active = Flag()
    sector = Text(validators.sector, allow_none=True, example="Technology")
    description = Text(validators.description, allow_none=True, example="Phones, computers and services")
    has_dependencies = Flag(dump_only=True)
    has_prices = Flag(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class StockMatchesSchema(BaseSchema):
    """What a search found."""

    items = Shown(StockSchema, many=True)
