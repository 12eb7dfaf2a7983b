"""JSON shapes of prices."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Choice, Day, Flag, Moment, Number, Series, Shown, Text, Whole
from daytrader.models.enums import PriceSource


class _BarSchema(BaseSchema):
    """What daily and intraday prices have in common."""

    id = Whole(dump_only=True)
    stock_id = Whole(dump_only=True)
    symbol = Text(dump_only=True)
    open_price = Number(dump_only=True, allow_none=True)
    high_price = Number(dump_only=True, allow_none=True)
    low_price = Number(dump_only=True, allow_none=True)
    close_price = Number(dump_only=True, allow_none=True)
    volume = Whole(dump_only=True, allow_none=True)
    source = Choice(PriceSource, dump_only=True)
    change = Number(dump_only=True, allow_none=True)
    change_percent = Number(dump_only=True, allow_none=True)
    is_real_data = Flag(dump_only=True)
    is_valid = Flag(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class DailyPriceSchema(_BarSchema):
    """One session of one stock."""

    price_date = Day(dump_only=True)
    adj_close = Number(dump_only=True, allow_none=True)
    trading_range = Number(dump_only=True, allow_none=True)
    trading_range_percent = Number(dump_only=True, allow_none=True)


class LatestBarSchema(BaseSchema):
    """The last bar of one interval."""

    interval = Whole(dump_only=True, doc="Minutes, 0 for daily")
    timestamp = Moment(dump_only=True)
    open = Number(dump_only=True)
    high = Number(dump_only=True)
    low = Number(dump_only=True)
    close = Number(dump_only=True)
    volume = Number(dump_only=True, allow_none=True)


class LatestSchema(BaseSchema):
    """The last bar of each interval that has one."""

    symbol = Text(dump_only=True)
    items = Shown(LatestBarSchema, many=True)


class HistorySchema(BaseSchema):
    """Bars in columns, oldest first, for charts."""

    symbol = Text(dump_only=True)
    interval = Whole(dump_only=True, doc="Minutes, 0 for daily")
    adjusted = Flag(dump_only=True)
    timestamps = Series(Moment)
    open = Series(Number)
    high = Series(Number)
    low = Series(Number)
    close = Series(Number)
    volume = Series(Number)
