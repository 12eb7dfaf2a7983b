"""JSON shapes of what a sweep found: the best, what it is worth, and the verdict."""

from __future__ import annotations

from daytrader.api.schemas.backtest import ReportSchema
from daytrader.api.schemas.fields import BaseSchema, Number, Object, Shown, Text, Whole, Word
from daytrader.core.ranking import METRICS
from daytrader.core.verdict import Level


class DeflatedSharpeSchema(BaseSchema):
    """The Sharpe ratio of the best, and what is left of it after so many tries."""

    sharpe_ratio = Number(dump_only=True, doc="As observed, annualised", example=1.2)
    expected_maximum = Number(
        dump_only=True, doc="What the best of so many tries without skill shows, annualised", example=0.9
    )
    probabilistic = Number(dump_only=True, doc="Probability of more than 0, were it the only try", example=0.99)
    deflated = Number(dump_only=True, doc="Probability of more than luck: 0.95 is wanted", example=0.8)
    trials = Whole(dump_only=True, doc="Combinations that traded, earlier ones included", example=1000)
    sessions = Whole(dump_only=True, doc="Returns it was observed on", example=2148)
    skewness = Number(dump_only=True, doc="Of those returns", example=-0.3)
    kurtosis = Number(dump_only=True, doc="Of those returns, 3 for normal ones", example=5.1)


class OverfittingSchema(BaseSchema):
    """What choosing the best on one half of the past was worth on the other."""

    probability = Number(dump_only=True, doc="How often the choice was no better than the median", example=0.3)
    combinations = Whole(dump_only=True, doc="How many were compared", example=1000)
    splits = Whole(dump_only=True, doc="Ways to halve the past", example=12870)
    degradation_slope = Number(
        dump_only=True, allow_none=True, doc="Sharpe ratio outside for one more in sample", example=-0.2
    )
    degradation_intercept = Number(
        dump_only=True, allow_none=True, doc="Sharpe ratio outside where the one in sample is 0", example=0.4
    )
    probability_of_loss = Number(dump_only=True, doc="How often the choice lost outside", example=0.1)


class StabilitySchema(BaseSchema):
    """How the neighbours of the best do: a plateau or a needle."""

    neighbours = Whole(dump_only=True, doc="Combinations one step away that traded", example=8)
    median = Number(dump_only=True, doc="Of their metric", example=0.8)
    minimum = Number(dump_only=True, doc="Of their metric", example=0.2)
    median_share = Number(dump_only=True, allow_none=True, doc="Of the best's metric", example=0.7)
    plateau_share = Number(dump_only=True, allow_none=True, doc="Of them that keep 80 % of it", example=0.5)


class VerdictSchema(BaseSchema):
    """Whether the best may be believed."""

    level = Word(*Level, dump_only=True, doc="How far", example="doubtful")
    odds_of_luck = Number(dump_only=True, allow_none=True, doc="0 to 1", example=0.3)
    sentence = Text(dump_only=True, doc="In words", example="Not proven: 30 % odds that the best is luck.")


class WindowSchema(BaseSchema):
    """One step of a walk-forward: chosen on the first window, traded in the second."""

    train_start = Text(dump_only=True, doc="First session to choose on", example="2020-01-02")
    train_end = Text(dump_only=True, doc="Last session to choose on", example="2021-12-31")
    test_start = Text(dump_only=True, doc="First session to trade", example="2022-01-03")
    test_end = Text(dump_only=True, doc="Last session to trade", example="2022-06-30")
    chosen = Whole(dump_only=True, allow_none=True, doc="The combination, null where none traded", example=17)
    settings = Object(dump_only=True, allow_none=True, doc="Of that combination", example={"fast": 10, "slow": 50})
    in_sample = Number(dump_only=True, allow_none=True, doc="The metric where it was chosen", example=1.4)
    out_of_sample = Number(dump_only=True, allow_none=True, doc="The metric where it was traded", example=0.6)
    in_sample_annualized_pct = Number(
        dump_only=True, allow_none=True, doc="Yearly return where it was chosen", example=21.5
    )
    out_of_sample_return_pct = Number(dump_only=True, doc="Return where it was traded", example=3.2)
    trades = Whole(dump_only=True, doc="Closed where it was traded", example=4)


class WalkedForwardSchema(ReportSchema):
    """The report of the stitched test windows, and the windows that it is made of."""

    mode = Word("rolling", "anchored", dump_only=True, doc="Whether training windows keep their length, or their start")
    metric = Word(*METRICS, dump_only=True, doc="What each choice was made by", example="sharpe_ratio")
    efficiency = Number(dump_only=True, allow_none=True, doc="Yearly return over the mean one in training", example=0.6)
    windows = Shown(WindowSchema, many=True)


class SweepFindingsSchema(BaseSchema):
    """What a sweep found; what could not be computed is null."""

    metric = Word(*METRICS, dump_only=True, doc="What the best was chosen by", example="sharpe_ratio")
    best = Whole(dump_only=True, allow_none=True, doc="The combination, null where none traded", example=17)
    settings = Object(dump_only=True, allow_none=True, doc="Of that combination", example={"fast": 10, "slow": 50})
    metrics = Object(dump_only=True, allow_none=True, doc="Its figures by name", example={"sharpe_ratio": 1.2})
    deflated_sharpe = Shown(DeflatedSharpeSchema, allow_none=True)
    overfitting = Shown(OverfittingSchema, allow_none=True)
    stability = Shown(StabilitySchema, allow_none=True)
    earlier_trials = Whole(
        dump_only=True, doc="Combinations that the user tried before on the same history", example=12
    )
    walk_forward = Shown(WalkedForwardSchema, allow_none=True)
    not_walked = Text(
        dump_only=True,
        allow_none=True,
        doc="Why there is no walk-forward, where one was asked for",
        example="110 sessions leave none to test on after 504 of training",
    )
    verdict = Shown(VerdictSchema)


class SweepSymbolSchema(BaseSchema):
    """The best of one stock alone, as lists show it."""

    symbol = Text(dump_only=True, example="AAPL")
    settings = Object(dump_only=True, allow_none=True, doc="Null where nothing traded", example={"fast": 10})
    value = Number(dump_only=True, allow_none=True, doc="Of the sweep's metric", example=1.2)
    overfitting = Number(dump_only=True, allow_none=True, doc="Its probability", example=0.3)
    deflated_sharpe = Number(dump_only=True, allow_none=True, doc="Probability of more than luck", example=0.8)
    walk_forward_return_pct = Number(
        dump_only=True, allow_none=True, doc="What choosing anew would have made", example=12.5
    )
    efficiency = Number(dump_only=True, allow_none=True, doc="Of the walk-forward", example=0.6)
    level = Word(*Level, dump_only=True, doc="The verdict", example="doubtful")
