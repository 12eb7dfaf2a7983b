"""JSON shapes of prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from daytrader.api.schemas.fields import (
    BaseSchema,
    Choice,
    Day,
    Flag,
    Moment,
    Number,
    Object,
    Series,
    Shown,
    Text,
    Whole,
    Word,
)
from daytrader.models.enums import AnalysisTimeframe, PriceSource
from daytrader.services.data_providers import provider_names
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.utils import validators
from daytrader.utils.constants import DAILY, MAX_PRICE
from daytrader.utils.errors import BrokenRuleError


class _Shares(Number):
    """A whole number of shares, beyond 32 bits on an index fund's busiest day."""

    swagger: Mapping[str, Any] = {"type": "integer", "format": "int64"}


def _price(value: Decimal) -> float | None:
    if value.is_signed():  # -0 too: whoever writes it means something else
        raise BrokenRuleError(f"must be at least 0 and at most {MAX_PRICE:,}")
    return validators.price(value)


class _BarSchema(BaseSchema):
    """What daily and intraday prices have in common."""

    id = Whole(dump_only=True)
    stock_id = Whole(dump_only=True)
    symbol = Text(dump_only=True)
    open_price = Number(_price, allow_none=True, example=187.15)
    high_price = Number(_price, allow_none=True, example=188.44)
    low_price = Number(_price, allow_none=True, example=183.89)
    close_price = Number(_price, allow_none=True, example=185.64)
    volume = _Shares(validators.volume, allow_none=True, example=82_488_700)
    source = Choice(PriceSource)
    change = Number(dump_only=True, allow_none=True)
    change_percent = Number(dump_only=True, allow_none=True)
    is_real_data = Flag(dump_only=True)
    is_valid = Flag(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class DailyPriceSchema(_BarSchema):
    """One session of one stock."""

    price_date = Day(validators.price_date, required=True, example="2024-01-02")
    adj_close = Number(_price, allow_none=True)
    trading_range = Number(dump_only=True, allow_none=True)
    trading_range_percent = Number(dump_only=True, allow_none=True)


class IntradayPriceSchema(_BarSchema):
    """One bar within a session."""

    timestamp = Moment(validators.timestamp, required=True, doc="Its start", example="2024-01-02T14:30:00Z")
    interval = Whole(validators.intraday_interval, doc="Minutes: 1, 5, 15, 30 or 60", example=5)
    is_delayed = Flag(dump_only=True)
    is_simulated = Flag(dump_only=True)
    is_historical = Flag(dump_only=True)
    is_real_time = Flag(dump_only=True)


class NewDailyPriceSchema(DailyPriceSchema):
    """A daily price to store; `symbol` or `stock_id` says whose."""

    stock_id = Whole()
    symbol = Text(validators.symbol, example="AAPL")


class NewIntradayPriceSchema(IntradayPriceSchema):
    """An intraday price to store; `symbol` or `stock_id` says whose."""

    stock_id = Whole()
    symbol = Text(validators.symbol, example="AAPL")


class FetchSchema(BaseSchema):
    """What is asked of a data provider."""

    provider = Word(*provider_names(), load_default=SampleProvider.name, example=SampleProvider.name)
    start = Day(doc="First session", allow_none=True)
    end = Day(doc="Last session", allow_none=True)
    interval = Whole(validators.service_interval, load_default=DAILY, doc="Minutes, 0 for daily")


class LatestBarSchema(BaseSchema):
    """The last bar of one interval."""

    interval = Whole(dump_only=True, doc="Minutes, 0 for daily")
    timestamp = Moment(dump_only=True)
    open = Number(dump_only=True, allow_none=True)
    high = Number(dump_only=True, allow_none=True)
    low = Number(dump_only=True, allow_none=True)
    close = Number(dump_only=True, allow_none=True)
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


class BandsSchema(BaseSchema):
    """Bollinger bands of the last bar."""

    upper = Number(dump_only=True, allow_none=True)
    middle = Number(dump_only=True, allow_none=True)
    lower = Number(dump_only=True, allow_none=True)


class MacdSchema(BaseSchema):
    """MACD of the last bar."""

    macd = Number(dump_only=True, allow_none=True)
    signal = Number(dump_only=True, allow_none=True)
    histogram = Number(dump_only=True, allow_none=True)


class SignalsSchema(BaseSchema):
    """What each rule says of the last bar: buy, sell or neutral."""

    rsi = Text(dump_only=True, allow_none=True, doc="buy below 30, sell above 70, else neutral", example="neutral")
    bollinger = Text(dump_only=True, allow_none=True)
    ma_crossover = Text(dump_only=True, allow_none=True)


class AnalysisSchema(BaseSchema):
    """The figures of the last bar at one timeframe; null where the history is too short."""

    symbol = Text(dump_only=True)
    timeframe = Choice(AnalysisTimeframe, dump_only=True)
    as_of = Moment(dump_only=True)
    latest_price = Number(dump_only=True)
    moving_averages = Object(dump_only=True, doc="SMA of the close by window", example={"5": 185.64, "200": None})
    rsi = Number(dump_only=True, allow_none=True)
    bollinger = Shown(BandsSchema)
    macd = Shown(MacdSchema)
    atr = Number(dump_only=True, allow_none=True)
    trend = Text(dump_only=True, allow_none=True, doc="up, down or sideways", example="up")
    price_changes = Object(dump_only=True, doc="Change of the close over so many bars, percent", example={"1": -0.75})
    signals = Shown(SignalsSchema)
    support = Number(dump_only=True, allow_none=True)
    resistance = Number(dump_only=True, allow_none=True)


class IndicatorsSchema(BaseSchema):
    """Indicators in columns, row for row those of the history; null while warming up."""

    symbol = Text(dump_only=True)
    interval = Whole(dump_only=True, doc="Minutes, 0 for daily")
    timestamps = Series(Moment)
    series = Object(
        dump_only=True,
        doc="By the name that was asked for; several outputs by theirs",
        example={"sma:3": [None, None, 11.0], "bbands:20:2": {"upper": [None], "middle": [None], "lower": [None]}},
    )


class ForecastErrorSchema(BaseSchema):
    """How far off the method was on closes that it had not seen, and the naive forecast beside it."""

    metric = Text(dump_only=True, example="mase")
    model = Number(dump_only=True, allow_none=True)
    naive = Number(dump_only=True, allow_none=True)


class ForecastSchema(BaseSchema):
    """Closes of the next sessions, with what they stay within four times in five and nineteen times in twenty."""

    symbol = Text(dump_only=True)
    method = Text(dump_only=True)
    as_of = Day(dump_only=True)
    horizon = Whole(dump_only=True)
    dates = Series(Day)
    mean = Series(Number)
    lower_80 = Series(Number)
    upper_80 = Series(Number)
    lower_95 = Series(Number)
    upper_95 = Series(Number)
    error = Shown(ForecastErrorSchema)
