"""JSON shapes of sweeps and scans."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from daytrader.api.schemas.backtest import BacktestSchema
from daytrader.api.schemas.fields import (
    BaseSchema,
    Choice,
    Field,
    Flag,
    Moment,
    Number,
    Object,
    Part,
    Series,
    Shown,
    Text,
    Whole,
    Word,
)
from daytrader.api.schemas.job import JobItemSchema
from daytrader.api.schemas.sweep_findings import SweepFindingsSchema
from daytrader.core.combinations import plain, stepped
from daytrader.core.errors import InvalidParameterError
from daytrader.core.heatmap import REDUCTIONS
from daytrader.core.ranking import METRICS
from daytrader.models.enums import JobState
from daytrader.services.sweep_request import MOST_COMBINATIONS
from daytrader.utils import query_values, validators
from daytrader.utils.errors import BrokenRuleError, InvalidInputError

_MOST_SYMBOLS: Final = 2000
_LARGEST: Final = 10**12  # what any setting may be is far below


class Symbols(Field):
    """One or more symbols, each once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.swagger = {"type": "array", "items": {"type": "string"}, "minItems": 1}

    def check(self, value: Any) -> tuple[str, ...]:
        """A list of them."""
        if not isinstance(value, list) or not 0 < len(value) <= _MOST_SYMBOLS:
            raise BrokenRuleError(f"must be a list of 1 to {_MOST_SYMBOLS:,} symbols")
        found = tuple(validators.symbol(item) for item in value)
        if len(set(found)) < len(found):
            raise BrokenRuleError("must name each symbol once")
        return found


class Axes(Field):
    """What to vary: settings with their values, or with ``{from, to, step}``."""

    swagger = {"type": "object", "additionalProperties": {}}  # noqa: RUF012 (as every field)

    def check(self, value: Any) -> dict[str, list[int | float]]:
        """Settings with one or more numbers each."""
        if not isinstance(value, dict) or not value:
            raise BrokenRuleError("must be an object of one or more settings")
        return {name: _values(query_values.text(name), axis) for name, axis in value.items()}


class Bounds(Axes):
    """What to draw: settings with their lowest and highest value."""

    def check(self, value: Any) -> dict[str, list[int | float]]:
        """Settings with two numbers each."""
        found = super().check(value)
        for name, values in found.items():
            if len(values) != 2 or values[0] > values[1]:  # noqa: PLR2004 (a lowest and a highest)
                raise BrokenRuleError(f"{name} must be [lowest, highest]")
        return found


class Rows(Field):
    """Combinations one by one."""

    swagger = {"type": "array", "items": {"type": "object"}, "minItems": 1}  # noqa: RUF012 (as every field)

    def check(self, value: Any) -> list[dict[str, int | float]]:
        """Objects of numbers."""
        if not isinstance(value, list) or not value:
            raise BrokenRuleError("must be a list of one or more objects of settings")
        return [_row(place, row) for place, row in enumerate(value)]


class Grid(Field):
    """Rows of numbers; only shown."""

    swagger = {"type": "array", "items": {"type": "array", "items": {"type": "number", "x-nullable": True}}}  # noqa: RUF012 (as every field)


class WalkForwardSchema(BaseSchema):
    """How to choose anew in each window and trade the choice in the next."""

    mode = Word("rolling", "anchored", load_default="rolling", doc="Training windows keep their length, or their start")
    train = Whole(validators.whole(1, 100_000), load_default=504, doc="Sessions of a training window")
    test = Whole(validators.whole(1, 100_000), load_default=126, doc="Sessions of a test window")


class SweepInputSchema(BacktestSchema):
    """What to search: the settings of a backtest, and those to vary."""

    symbol = Text(validators.symbol, example="AAPL", doc="One stock, or `symbols`")
    symbols = Symbols(doc="Several stocks: one choice for all of them, and each judged alone", example=["AAPL", "MSFT"])
    grid = Axes(
        doc="Every combination of these values: settings of the strategy, or rules such as `stop_loss`",
        example={"fast": {"from": 5, "to": 50, "step": 5}, "slow": [20, 50, 100]},
    )
    random = Bounds(doc="Draws between these bounds, both included", example={"fast": [5, 50], "slow": [20, 200]})
    draws = Whole(validators.whole(1, MOST_COMBINATIONS), doc="How many, with `random` alone; 1000 by default")
    seed = Whole(validators.whole(0, 2**31 - 1), doc="Decides the draws, with `random` alone; 1 by default")
    combinations = Rows(doc="These combinations", example=[{"fast": 5, "slow": 20}, {"fast": 10, "slow": 50}])
    metric = Word(*METRICS, load_default="sharpe_ratio", doc="What the best is chosen by")
    walk_forward = Part(WalkForwardSchema, allow_none=True, load_default=None, doc="Of each stock alone")


class SweepSchema(BaseSchema):
    """A sweep as lists show it."""

    id = Whole(dump_only=True)
    user_id = Whole(dump_only=True)
    job_id = Whole(dump_only=True, allow_none=True)
    state = Choice(JobState, dump_only=True)
    strategy = Text(dump_only=True, example="sma_cross")
    symbol = Text(dump_only=True, doc="The first, where there are several", example="AAPL")
    symbols = Series(Text)
    interval = Whole(dump_only=True)
    method = Word("grid", "random", "list", dump_only=True)
    metric = Text(dump_only=True, example="sharpe_ratio")
    combinations = Whole(dump_only=True, example=10000)
    best_value = Number(dump_only=True, allow_none=True, doc="Of the metric")
    best_params = Object(dump_only=True, example={"fast": 10, "slow": 50})
    data_hash = Text(dump_only=True, allow_none=True, doc="Of the prices it was made from")
    engine_version = Text(dump_only=True)
    error = Text(dump_only=True, allow_none=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)
    finished_at = Moment(dump_only=True, allow_none=True)


class LeftOutSchema(BaseSchema):
    """One of several stocks that is not searched on."""

    symbol = Text(dump_only=True, example="NONE")
    reason = Text(dump_only=True, example="no prices of NONE are stored at this interval")


class SweepDetailSchema(SweepSchema):
    """A sweep with its request and what the statistics say."""

    request = Object(dump_only=True, doc="As it was understood")
    settings = Series(Text, doc="The settings that vary")
    left_out = Shown(LeftOutSchema, many=True, doc="Those of several stocks that cannot be searched on")
    estimated_seconds = Number(dump_only=True, doc="Measured on a sample when it was asked for")
    progress = Number(dump_only=True, doc="0 to 1", example=0.42)
    eta = Moment(dump_only=True, allow_none=True)
    findings = Shown(SweepFindingsSchema, allow_none=True)


class SweepJobSchema(JobItemSchema):
    """The job of a sweep that was asked for."""

    sweep_id = Whole(dump_only=True, doc="The sweep, which is there to be looked at while it is computed", example=1)


class EstimateSchema(BaseSchema):
    """What a sweep would take."""

    combinations = Whole(dump_only=True, example=10000)
    symbols = Whole(dump_only=True, example=1)
    backtests = Whole(dump_only=True, doc="Combinations times symbols", example=10000)
    bars = Whole(dump_only=True, doc="Of the first symbol", example=2148)
    left_out = Shown(LeftOutSchema, many=True, doc="Those of several stocks that cannot be searched on")
    estimated_seconds = Number(dump_only=True, doc="Measured on a sample, on this machine", example=1.5)


class SweepResultSchema(BaseSchema):
    """What one combination came to."""

    index = Whole(dump_only=True)
    params = Object(dump_only=True, example={"fast": 10, "slow": 50})
    is_valid = Flag(dump_only=True, doc="Whether the strategy takes these settings")
    metrics = Object(dump_only=True, allow_none=True, doc="Figures by name, as a report has them")


class HeatmapSchema(BaseSchema):
    """A figure over two settings."""

    x = Text(dump_only=True, example="fast")
    y = Text(dump_only=True, example="slow")
    metric = Text(dump_only=True, example="sharpe_ratio")
    reduce = Word(*REDUCTIONS, dump_only=True, doc="What stands for the combinations that share a cell")
    x_values = Series(Number)
    y_values = Series(Number)
    values = Grid(dump_only=True, doc="By row of y, then column of x; null where nothing traded")
    count = Grid(dump_only=True, doc="How many combinations that is, likewise")


class ScanInputSchema(BaseSchema):
    """What to look for, and where."""

    strategy = Text(load_default="technical", example="sma_cross")
    params = Object(load_default=dict, example={"fast": 10, "slow": 20})
    symbols = Symbols(load_default=(), doc="Every stored stock, if none is named", example=["AAPL", "MSFT"])
    interval = BacktestSchema().fields["interval"]


def _values(name: str, axis: Any) -> list[int | float]:
    if isinstance(axis, dict):
        return _range(name, axis)
    if not isinstance(axis, list) or not 0 < len(axis) <= MOST_COMBINATIONS:
        raise BrokenRuleError(f"{name} must be a list of numbers, or from, to and step")
    return [_number(name, item) for item in axis]


def _range(name: str, axis: dict[str, Any]) -> list[int | float]:
    if set(axis) - {"from", "to", "step"} or not {"from", "to"} <= set(axis):
        raise BrokenRuleError(f"{name} must have from, to and, if it is not 1, step")
    low, high, step = (Decimal(str(_number(name, axis.get(part, 1)))) for part in ("from", "to", "step"))
    try:
        values = stepped(name, low, high, step, most=MOST_COMBINATIONS)
    except InvalidParameterError as error:
        raise BrokenRuleError(str(error)) from None
    return [_json(value) for value in values]


def _row(place: int, row: Any) -> dict[str, int | float]:
    if not isinstance(row, dict) or not row:
        raise InvalidInputError({str(place): ["must be an object of one or more settings"]})
    return {name: validators.checked(f"{place}.{name}", _setting, value) for name, value in row.items()}


def _number(name: str, value: Any) -> int | float:
    try:
        return _setting(value)
    except BrokenRuleError as error:
        raise BrokenRuleError(f"{name} {error}") from None


def _setting(value: Any) -> int | float:
    if isinstance(value, str):
        raise BrokenRuleError("must be a number")
    number = validators.decimal(value)
    if abs(number) > _LARGEST:
        raise BrokenRuleError(f"must be at most {_LARGEST:,}")
    return _json(plain(number))


def _json(value: int | Decimal) -> int | float:
    return float(value) if isinstance(value, Decimal) else value
