"""
How much of the best of many tries is luck: the deflated Sharpe ratio and the probability of backtest overfitting.

Sharpe ratios are annualised for people and not annualised in the formulas; returns are those of sessions, the first
from the initial balance. Combinations that never held a share have no Sharpe ratio and are no trials.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import Final

import numpy as np

from daytrader.core import cscv
from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.errors import InvalidParameterError
from daytrader.core.metrics import SESSIONS_PER_YEAR
from daytrader.core.tried import Tried, moved

_YEAR_ROOT: Final = math.sqrt(SESSIONS_PER_YEAR)
_EULER_MASCHERONI: Final = 0.577_215_664_901_532_9
_NORMAL: Final = NormalDist()
_MOST_BLOCKS: Final = 16
_FEW: Final = 2  # sessions or combinations that leave nothing to compare


@dataclass(frozen=True, slots=True)
class DeflatedSharpe:
    """
    The Sharpe ratio of the best, and what is left of it.

    Attributes:
        sharpe_ratio: As observed, annualised.
        expected_maximum: What the best of so many trials without any skill is expected to show, annualised.
        probabilistic: Probability that the true ratio is above 0, were it the only trial.
        deflated: Probability that it is above what luck alone explains: the deflated Sharpe ratio.
        trials: Combinations that traded, earlier trials included.
        sessions: Returns it was observed on.
        skewness: Of those returns.
        kurtosis: Likewise, 3 for normal ones.
    """

    sharpe_ratio: float
    expected_maximum: float
    probabilistic: float
    deflated: float
    trials: int
    sessions: int
    skewness: float
    kurtosis: float


@dataclass(frozen=True, eq=False, slots=True)
class Overfitting:
    """
    What choosing the best in sample was worth outside, over all symmetric splits.

    Attributes:
        probability: Fraction of the splits in which the best in sample was no better than the median outside.
        combinations: How many were compared: those that traded.
        splits: How many ways there are to halve the blocks.
        degradation_slope: By how much the Sharpe ratio outside changes with one more in sample (least squares over
            the splits); None if the one in sample never differs.
        degradation_intercept: Likewise, annualised: the ratio outside where the one in sample is 0.
        probability_of_loss: Fraction of the splits in which the best in sample lost outside.
        in_sample: Sharpe ratio of the best in sample, annualised, shape (splits,); 0 where nothing moved.
        out_of_sample: That combination's outside, likewise.
        logits: ln(w / (1 - w)) of its relative rank w outside, shape (splits,); 0 is the median.
    """

    probability: float
    combinations: int
    splits: int
    degradation_slope: float | None
    degradation_intercept: float | None
    probability_of_loss: float
    in_sample: FloatArray
    out_of_sample: FloatArray
    logits: FloatArray


def probabilistic_sharpe_ratio(
    sharpe: float, benchmark: float, sessions: int, skewness: float, kurtosis: float
) -> float | None:
    """
    Return the probability that the true ratio is above *benchmark*; neither is annualised.

    Source: Bailey and Lopez de Prado (2012), "The Sharpe ratio efficient frontier", Journal of Risk 15(2). None for
    fewer than two sessions, or where the moments leave the estimate no variance.
    """
    variance = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2
    if sessions < _FEW or not variance > 0:
        return None
    return _NORMAL.cdf((sharpe - benchmark) * math.sqrt((sessions - 1) / variance))


def expected_maximum_sharpe(variance: float, trials: int) -> float:
    """
    Return the ratio that the best of *trials* without skill is expected to show; *variance* is that across trials.

    Source: Bailey and Lopez de Prado (2014), "The deflated Sharpe ratio", Journal of Portfolio Management 40(5). One
    trial is expected to show 0.
    """
    if trials < _FEW:
        return 0.0
    low = _NORMAL.inv_cdf(1 - 1 / trials)
    high = _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - _EULER_MASCHERONI) * low + _EULER_MASCHERONI * high)


def deflated_sharpe(
    equity: IntArray, initial: int, sharpes: FloatArray, earlier_trials: int = 0
) -> DeflatedSharpe | None:
    """
    Return what is left of the best's Sharpe ratio after the number of trials it was chosen from.

    Args:
        equity: Of the best at each session close, cents, shape (T,).
        initial: What it began with, cents.
        sharpes: The annualised ratios of this sweep's combinations, shape (k,), NaN where one has none.
        earlier_trials: Combinations that were tried on the same data before.

    Returns:
        None where the best has no Sharpe ratio or its moments leave the estimate no variance.
    """
    before = np.concatenate(([initial], equity[:-1])).astype(np.float64)
    if equity.size < _FEW or not (before > 0).all():
        return None
    returns = equity / before - 1
    centred = returns - returns.mean()
    spread = float((centred**2).mean())
    if not spread > 0:
        return None
    sessions = int(returns.size)
    sharpe = float(returns.mean()) / math.sqrt(spread * sessions / (sessions - 1))
    skewness = float((centred**3).mean()) / spread**1.5
    kurtosis = float((centred**4).mean()) / spread**2
    known = sharpes[np.isfinite(sharpes)]
    known /= _YEAR_ROOT
    trials = known.size + earlier_trials
    variance = float(known.var(ddof=1)) if known.size >= _FEW else 0.0
    luck = expected_maximum_sharpe(variance, trials)
    alone = probabilistic_sharpe_ratio(sharpe, 0.0, sessions, skewness, kurtosis)
    deflated = probabilistic_sharpe_ratio(sharpe, luck, sessions, skewness, kurtosis)
    if alone is None or deflated is None:
        return None
    return DeflatedSharpe(sharpe * _YEAR_ROOT, luck * _YEAR_ROOT, alone, deflated, trials, sessions, skewness, kurtosis)


def backtest_overfitting(
    count: IntArray,
    sums: FloatArray,
    squares: FloatArray,
    is_candidate: BoolArray | None = None,
    *,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Overfitting | None:
    """
    Return the probability of backtest overfitting by combinatorially symmetric cross-validation.

    Source: Bailey, Borwein, Lopez de Prado and Zhu (2017), "The probability of backtest overfitting", Journal of
    Computational Finance 20(4); the measure of performance is the Sharpe ratio. Of equals in sample the first is the
    best; equals outside share the mean of their ranks.

    Args:
        count: Sessions in each of B blocks, B even, 2 to 16, shape (B,).
        sums: Sum of each combination's returns per block, shape (k, B).
        squares: Their sum of squares, likewise.
        is_candidate: Which combinations may be chosen, shape (k,), all by default; one that never moved may not.
        threads: How many may work; the result is the same.
        progress: Told the fraction that is done.
        should_stop: Asked now and then whether to give up.

    Returns:
        None where there is nothing to compare: fewer than two candidates, or a block without sessions.

    Raises:
        InvalidParameterError: If the number of blocks is odd or beyond its bounds.
        SweepStoppedError: If *should_stop* said so.
    """
    blocks = int(count.size)
    if blocks % 2 or not _FEW <= blocks <= _MOST_BLOCKS:
        raise InvalidParameterError("blocks", f"must be even and at most {_MOST_BLOCKS}")
    tried = Tried(sums, squares, moved(squares, is_candidate))
    k = tried.size
    if k < _FEW or not count.all():
        return None
    splits = _splits(blocks)
    inside = _sessions(splits, count)
    ranks = cscv.rank_splits(splits, tried, threads=threads, progress=progress, should_stop=should_stop)
    rank = ranks.below + (ranks.equal + 1) / 2
    logits = np.log(rank / (k + 1 - rank))
    in_sample = _sharpe(splits, inside, *tried.of(ranks.best))
    out_of_sample = _sharpe(splits, inside, *tried.of(ranks.best[splits.complement]))[splits.complement]
    slope, intercept = _line(in_sample, out_of_sample)
    return Overfitting(
        probability=float(np.mean(logits <= 0)),
        combinations=k,
        splits=int(logits.size),
        degradation_slope=slope,
        degradation_intercept=intercept,
        probability_of_loss=float(np.mean(out_of_sample < 0)),
        in_sample=in_sample,
        out_of_sample=out_of_sample,
        logits=logits,
    )


@cache
def _splits(blocks: int) -> cscv.Splits:
    return cscv.splits_of(blocks)


def _sessions(splits: cscv.Splits, count: IntArray) -> IntArray:
    """Return how many sessions each split has in sample."""
    half = count.size // 2
    total = np.zeros(splits.low.size, np.int64)
    for block in range(half):
        total += (splits.low >> block & 1) * count[block] + (splits.high >> block & 1) * count[half + block]
    return total


def _sharpe(
    splits: cscv.Splits, sessions: IntArray, sums: FloatArray, squares: FloatArray, chosen: IntArray
) -> FloatArray:
    """Return the annualised Sharpe ratio of *chosen*, one combination per split, on the split's in-sample half."""
    half = sums.shape[1] // 2
    total, power = np.zeros(chosen.size), np.zeros(chosen.size)
    for block in range(half):
        for bits, column in ((splits.low, block), (splits.high, half + block)):
            is_inside = bits >> block & 1
            total += is_inside * sums[chosen, column]
            power += is_inside * squares[chosen, column]
    mean = total / sessions
    variance = (power - total * mean) / np.maximum(1, sessions - 1)
    moves = variance > 0
    return np.where(moves, mean / np.sqrt(np.where(moves, variance, 1.0)) * _YEAR_ROOT, 0.0)


def _line(x: FloatArray, y: FloatArray) -> tuple[float | None, float | None]:
    """Return slope and intercept of the least squares line, None where *x* never differs."""
    spread = float(x.var())
    if not spread > 0:
        return None, None
    slope = float(((x - x.mean()) * (y - y.mean())).mean()) / spread
    return slope, float(y.mean()) - slope * float(x.mean())
