"""JSON shapes of trading services, their checks and their decisions."""

from __future__ import annotations

from daytrader.api.schemas.fields import (
    BaseSchema,
    Choice,
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
from daytrader.brokers import PAPER, broker_names
from daytrader.models.enums import DecisionAction, ServiceAction, ServiceState, TradingMode
from daytrader.utils import validators
from daytrader.utils.constants import DESCRIPTION_LENGTH

RULES = validators.TRADING_RULES


class ServiceSchema(BaseSchema):
    """A trading service: what its owner sets, and what trading made of it."""

    id = Whole(dump_only=True)
    user_id = Whole(dump_only=True)
    stock_id = Whole(dump_only=True, allow_none=True)
    name = Text(validators.service_name, required=True, example="Swing AAPL")
    description = Text(validators.optional_text(DESCRIPTION_LENGTH), allow_none=True)
    stock_symbol = Text(
        validators.symbol, required=True, example="AAPL", doc="Changeable before the first transaction only"
    )
    state = Choice(ServiceState, dump_only=True)
    mode = Choice(TradingMode, dump_only=True)
    is_active = Flag(doc="false archives the service")
    initial_balance = Number(
        validators.initial_balance, required=True, example=10000, doc="Changeable before the first transaction only"
    )
    current_balance = Number(dump_only=True)
    minimum_balance = Number(validators.minimum_balance, doc="No order takes the balance below this")
    allocation_percent = Number(
        validators.allocation_percent,
        example=0.5,
        doc="The fraction of the spendable cash that one buy may use: 0 < x <= 1",
    )
    buy_threshold = Number(RULES["buy_threshold"], example=3, doc="Percent, for the strategy technical")
    sell_threshold = Number(RULES["sell_threshold"], example=2, doc="Percent, for the strategy technical")
    stop_loss_percent = Number(RULES["stop_loss_percent"], example=5, doc="Percent below the entry; 0 is off")
    take_profit_percent = Number(RULES["take_profit_percent"], example=10, doc="Percent above the entry; 0 is off")
    current_shares = Whole(dump_only=True)
    buy_count = Whole(dump_only=True)
    sell_count = Whole(dump_only=True)
    total_gain_loss = Number(dump_only=True)
    strategy = Text(example="technical")
    strategy_params = Object(example={}, doc="Parameters of the strategy by name")
    interval = Whole(RULES["interval"], doc="Minutes of the bars it reads: 0 (daily), 1, 5, 15, 30 or 60")
    fixed_shares = Whole(RULES["fixed_shares"], allow_none=True, doc="Shares per buy at most; null: by allocation")
    commission_per_order = Number(RULES["commission_per_order"])
    commission_per_share = Number(RULES["commission_per_share"])
    commission_percent = Number(RULES["commission_percent"])
    commission_minimum = Number(RULES["commission_minimum"])
    slippage_bps = Number(RULES["slippage_bps"], example=5, doc="Basis points")
    gap_reserve_percent = Number(RULES["gap_reserve_percent"], example=3, doc="Kept back for a higher open")
    volume_limit_percent = Number(
        RULES["volume_limit_percent"],
        allow_none=True,
        example=10,
        doc="Percent of a bar's volume that one fill takes at most, on paper and in backtests; null: no limit",
    )
    keep_protection = Flag(doc="Whether the stop-loss holds while paused or in mode HOLD", example=True)
    broker = Word(PAPER, *broker_names())
    error_reason = Text(dump_only=True, allow_none=True)
    reserved_cash = Number(dump_only=True)
    stop_price = Number(dump_only=True, allow_none=True)
    target_price = Number(dump_only=True, allow_none=True)
    is_armed = Flag(dump_only=True)
    last_bar_time = Moment(dump_only=True, allow_none=True)
    can_buy = Flag(dump_only=True)
    can_sell = Flag(dump_only=True)
    is_profitable = Flag(dump_only=True)
    has_dependencies = Flag(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class StopSchema(BaseSchema):
    """What becomes of a position when its service stops."""

    position = Word("keep", "sell", load_default="keep", doc="keep (default): unprotected; sell: at the next open")


class StoppedServiceSchema(ServiceSchema):
    """A service that was just stopped."""

    notice = Text(dump_only=True, allow_none=True, doc="What the owner must know about the position")


class StateSchema(BaseSchema):
    """A service state to move to."""

    state = Choice(ServiceState, required=True)


class ModeSchema(BaseSchema):
    """What a service is to wait for."""

    mode = Choice(TradingMode, required=True)


class CheckSchema(BaseSchema):
    """Whether a service would trade on the last bar, and why."""

    should_proceed = Flag(dump_only=True)
    reason = Text(dump_only=True)
    timestamp = Moment(dump_only=True)
    details = Object(dump_only=True, doc="The bar, the shares and the strategy's figures")
    service_id = Whole(dump_only=True)
    next_action = Choice(ServiceAction, dump_only=True, doc="What the service looks for next")


class DecisionSchema(BaseSchema):
    """What a service decided on one bar, and why."""

    id = Whole(dump_only=True)
    service_id = Whole(dump_only=True)
    interval = Whole(dump_only=True)
    bar_time = Moment(dump_only=True)
    action = Choice(DecisionAction, dump_only=True, doc="What it did")
    shares = Whole(dump_only=True)
    reason = Text(dump_only=True)
    evidence = Object(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class ServiceMatchesSchema(BaseSchema):
    """What a search found."""

    items = Shown(ServiceSchema, many=True)


class MetricsSchema(BaseSchema):
    """How a service has done; null where a figure is not defined."""

    equity = Number(dump_only=True, doc="Cash and the position at the last known close")
    current_balance = Number(dump_only=True)
    position_value = Number(dump_only=True)
    unrealized_gain_loss = Number(dump_only=True)
    total_gain_loss = Number(dump_only=True, doc="Of closed transactions")
    total_return_pct = Number(dump_only=True)
    buy_and_hold_return_pct = Number(dump_only=True, allow_none=True)
    max_drawdown_pct = Number(dump_only=True, doc="0 or negative")
    sharpe_ratio = Number(dump_only=True, allow_none=True)
    win_rate = Number(dump_only=True, allow_none=True, doc="Percent of the closed transactions")
    trades = Whole(dump_only=True, doc="Closed transactions", example=3)
    exposure_pct = Number(dump_only=True)
    fees = Number(dump_only=True)


class EquitySchema(BaseSchema):
    """The equity curve of a service, columnar: one value per session close."""

    timestamps = Series(Moment)
    equity = Series(Number)
    cash = Series(Number)
    position_value = Series(Number)


class ParameterSchema(BaseSchema):
    """One setting of a strategy."""

    name = Text(dump_only=True, example="window")
    type = Text(dump_only=True, example="integer", doc="integer or number")
    default = Number(dump_only=True)
    minimum = Number(dump_only=True)
    maximum = Number(dump_only=True)
    description = Text(dump_only=True, doc="What it does", example="Bars of the average")


class StrategySchema(BaseSchema):
    """A strategy that services and backtests can use."""

    name = Text(dump_only=True, example="sma_cross")
    description = Text(dump_only=True, doc="How it decides", example="Buys above its average, sells below")
    warmup = Whole(dump_only=True, doc="Bars before its first signal, with the default parameters")
    parameters = Shown(ParameterSchema, many=True)
