"""JSON shapes of backtests and their reports."""

from __future__ import annotations

from typing import Any

from daytrader.api.schemas.fields import (
    BaseSchema,
    Day,
    Field,
    Flag,
    Moment,
    Number,
    Object,
    Parts,
    Series,
    Shown,
    Text,
    Whole,
    Word,
)
from daytrader.api.schemas.trading_service import ServiceSchema
from daytrader.utils import validators


class ServiceBacktestSchema(BaseSchema):
    """The period of a backtest with a service's own settings."""

    start = Day(doc="First session that may be traded")
    end = Day(doc="Last session")
    days = Whole(validators.whole(1, 36_500), doc="Calendar days up to the end, instead of a start")
    prices = Word("raw", "adjusted", load_default="raw")


def _like_service(name: str, **changes: Any) -> Field:
    # The field of a service under another name: one rule for both.
    field = ServiceSchema().fields[name]
    assert isinstance(field, Field)
    return type(field)(field.rule, doc=field.doc, example=field.example, allow_none=field.allow_none, **changes)


class RulesSchema(BaseSchema):
    """Sizing, protection and costs, with the names of the command line."""

    allocation = _like_service("allocation_percent")
    shares = _like_service("fixed_shares")
    stop_loss = _like_service("stop_loss_percent")
    take_profit = _like_service("take_profit_percent")
    buy_threshold = _like_service("buy_threshold")
    sell_threshold = _like_service("sell_threshold")
    minimum_balance = _like_service("minimum_balance")
    commission_per_order = _like_service("commission_per_order")
    commission_per_share = _like_service("commission_per_share")
    commission_percent = _like_service("commission_percent")
    commission_minimum = _like_service("commission_minimum")
    slippage_bps = _like_service("slippage_bps")
    gap_reserve = _like_service("gap_reserve_percent")
    volume_limit = _like_service("volume_limit_percent")


class MemberSchema(RulesSchema):
    """One member of a portfolio: the allocation is of the cash that it can spend."""

    symbol = Text(validators.symbol, required=True, example="AAPL")
    strategy = Text(load_default="technical", example="sma_cross")
    params = Object(load_default=dict, example={"fast": 10, "slow": 20})
    budget = Number(validators.initial_balance, doc="Cash of its own; without, it shares the rest", example=5000)
    name = Text(lambda value: validators.text(value, shortest=1, longest=100), doc="What the report calls it")


class BacktestSchema(RulesSchema):
    """A backtest, with the names of the command line."""

    symbol = Text(validators.symbol, example="AAPL", doc="One stock, or `members`")
    strategy = Text(load_default="technical", example="sma_cross")
    params = Object(load_default=dict, example={"fast": 10, "slow": 20})
    start = Day()
    end = Day()
    interval = _like_service("interval", load_default=0)
    cash = Number(validators.initial_balance, example=10000)
    fill = Word("next_open", "close", load_default="next_open")
    prices = Word("raw", "adjusted", load_default="raw")
    members = Parts(
        MemberSchema,
        doc="Instead of a symbol: a portfolio, whose members act in this order",
        example=[{"symbol": "AAPL", "strategy": "sma_cross"}, {"symbol": "MSFT"}],
    )


class TradeSchema(BaseSchema):
    """One trade of a report; what is not known while it is open is null."""

    member = Text(dump_only=True, is_always_shown=False, doc="Of a portfolio: whose it is", example="AAPL")
    entry_date = Text(dump_only=True)
    entry_price = Number(dump_only=True)
    shares = Whole(dump_only=True)
    exit_date = Text(dump_only=True, allow_none=True)
    exit_price = Number(dump_only=True, allow_none=True)
    gain_loss = Number(dump_only=True, allow_none=True)
    gain_loss_pct = Number(dump_only=True, allow_none=True)
    entry_reason = Text(dump_only=True)
    exit_reason = Text(dump_only=True, allow_none=True)


class MemberResultSchema(BaseSchema):
    """What one member of a portfolio did."""

    name = Text(dump_only=True, example="AAPL")
    symbol = Text(dump_only=True)
    strategy = Text(dump_only=True)
    params = Object(dump_only=True)
    budget = Number(dump_only=True, allow_none=True, doc="Cash of its own, null where it shares", example=5000)
    gain_loss = Number(dump_only=True)
    final_shares = Whole(dump_only=True)
    trades = Whole(dump_only=True)
    win_rate_pct = Number(dump_only=True, allow_none=True, doc="Percent of its trades that gained", example=55.5)
    exposure_pct = Number(dump_only=True)
    fees = Number(dump_only=True)
    ambiguous_bars = Whole(dump_only=True, doc="Bars that touched its stop and its target", example=0)
    expired_for_cash = Whole(dump_only=True, doc="Orders that others had left too little cash for", example=2)
    gains = Series(Number, doc="What it had brought at each session's close", example=120.5)


class ReportSchema(BaseSchema):
    """What a backtest or a replay came to."""

    symbol = Text(dump_only=True)
    strategy = Text(dump_only=True)
    params = Object(dump_only=True)
    start = Text(dump_only=True)
    end = Text(dump_only=True)
    initial_balance = Number(dump_only=True)
    final_balance = Number(dump_only=True)
    final_shares = Whole(dump_only=True)
    final_portfolio_value = Number(dump_only=True)
    gain_loss = Number(dump_only=True)
    gain_loss_pct = Number(dump_only=True)
    days_simulated = Whole(dump_only=True)
    metrics = Object(dump_only=True)
    trades = Shown(TradeSchema, many=True)
    members = Shown(MemberResultSchema, many=True, is_always_shown=False)  # of a portfolio alone
    dates = Series(Text, example="2023-01-03")
    portfolio_values = Series(Number, doc="At each session's close")
    pinned = Object(dump_only=True, doc="Data hash, parameters and engine version")


class BacktestItemSchema(BaseSchema):
    """A stored backtest as lists show it: what it was made from and its figures."""

    id = Whole(dump_only=True)
    user_id = Whole(dump_only=True)
    service_id = Whole(dump_only=True, allow_none=True, doc="The service whose settings were tested")
    job_id = Whole(dump_only=True, allow_none=True, doc="The job that ran it")
    symbol = Text(dump_only=True, example="AAPL")
    strategy = Text(dump_only=True, example="sma_cross")
    params = Object(dump_only=True, example={"fast": 10, "slow": 20})
    settings = Object(dump_only=True, doc="Every other setting")
    interval = Whole(dump_only=True, doc="Minutes of a bar, 0 for daily")
    start = Day(dump_only=True)
    end = Day(dump_only=True)
    initial_balance = Number(dump_only=True, example=10000)
    final_portfolio_value = Number(dump_only=True)
    total_return_pct = Number(dump_only=True)
    buy_and_hold_return_pct = Number(dump_only=True, allow_none=True)
    max_drawdown_pct = Number(dump_only=True, allow_none=True)
    sharpe_ratio = Number(dump_only=True, allow_none=True)
    trades = Whole(dump_only=True, doc="Closed ones")
    metrics = Object(dump_only=True)
    data_hash = Text(dump_only=True, doc="Of the prices it was made from")
    engine_version = Text(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class StoredReportSchema(ReportSchema):
    """A report with its place among the stored ones."""

    id = Whole(dump_only=True)
    user_id = Whole(dump_only=True)
    service_id = Whole(dump_only=True, allow_none=True)
    interval = Whole(dump_only=True, doc="Minutes of a bar, 0 for daily")
    is_restated = Flag(dump_only=True, doc="Whether the prices it was made from have changed since")
    created_at = Moment(dump_only=True)


class BacktestTradesSchema(BaseSchema):
    """The trades of a backtest."""

    items = Shown(TradeSchema, many=True)


class BacktestEquitySchema(BaseSchema):
    """The equity curve of a backtest, in columns: a value at each session's close."""

    dates = Series(Text)
    portfolio_values = Series(Number)
    drawdown_pct = Series(Number, doc="Below the highest value so far, in percent of it")
    buy_and_hold_values = Series(
        Number, allow_none=True, doc="What buying everything at the start and holding it was worth, where it is known"
    )


class ComparedBacktestSchema(BacktestItemSchema):
    """A stored backtest beside others."""

    is_restated = Flag(dump_only=True, doc="Whether the prices it was made from have changed since")


class BacktestComparisonSchema(BaseSchema):
    """Backtests side by side."""

    items = Shown(ComparedBacktestSchema, many=True)
    differences = Object(
        dump_only=True,
        doc="Each setting in which they differ, with their values in the order of the items",
        example={"fast": [10, 15]},
    )
    is_same_data = Flag(dump_only=True, doc="Whether all were made from the same prices")
