"""Deflated Sharpe ratio and probability of backtest overfitting: published examples and independent computations."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from daytrader.core import cscv, overfitting
from daytrader.core.errors import InvalidParameterError, SweepStoppedError
from daytrader.core.overfitting import (
    backtest_overfitting,
    deflated_sharpe,
    expected_maximum_sharpe,
    probabilistic_sharpe_ratio,
)
from daytrader.core.tried import Tried

Matrix = npt.NDArray[np.float64]
YEAR = math.sqrt(252)


def block_sums(returns: Matrix, blocks: int) -> tuple[npt.NDArray[np.int64], Matrix, Matrix]:
    """Return count, sums and sums of squares of (T, k) *returns* over contiguous blocks."""
    parts = np.array_split(returns, blocks)
    count = np.array([len(part) for part in parts])
    return (
        count,
        np.array([part.sum(axis=0) for part in parts]).T,
        np.array([(part**2).sum(axis=0) for part in parts]).T,
    )


def naive(returns: Matrix, blocks: int) -> tuple[list[int], list[float], list[float], list[float]]:
    """Return best, Sharpe in sample, Sharpe outside and logit of every split, from the whole return matrix."""
    parts = np.array_split(np.arange(len(returns)), blocks)
    best, inside, outside, logits = [], [], [], []
    for chosen in combinations(range(blocks), blocks // 2):
        rows = np.concatenate([parts[block] for block in chosen])
        rest = np.setdiff1d(np.arange(len(returns)), rows)
        in_sample = returns[rows].mean(axis=0) / returns[rows].std(axis=0, ddof=1)
        out_of_sample = returns[rest].mean(axis=0) / returns[rest].std(axis=0, ddof=1)
        winner = int(np.argmax(in_sample))
        rank = stats.rankdata(out_of_sample)[winner]
        best.append(winner)
        inside.append(in_sample[winner] * YEAR)
        outside.append(out_of_sample[winner] * YEAR)
        relative = rank / (returns.shape[1] + 1)
        logits.append(math.log(relative / (1 - relative)))
    return best, inside, outside, logits


def noise(sessions: int, k: int, seed: int = 1, common: float = 0.5) -> Matrix:
    """Return returns without skill, correlated as those of one stock are, shape (sessions, k)."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0, 0.01, (sessions, 1))
    return common * market + rng.normal(0, 0.01, (sessions, k))


def test_the_published_example_of_the_deflated_sharpe_ratio() -> None:
    """
    Bailey and Lopez de Prado (2014): an annual 2.5 over five years of 250 days, the best of 100, is worth 0.90.

    Had it been the best of 46, or of 88 with normal returns, it would have reached 95 %.
    """
    sharpe, variance = 2.5 / math.sqrt(250), 0.5 / 250
    assert expected_maximum_sharpe(variance, 100) == pytest.approx(0.1132, abs=5e-5)
    for trials, skewness, kurtosis, deflated in ((100, -3, 10, 0.9004), (46, -3, 10, 0.9505), (88, 0, 3, 0.9505)):
        luck = expected_maximum_sharpe(variance, trials)
        told = probabilistic_sharpe_ratio(sharpe, luck, 1250, skewness, kurtosis)
        assert told == pytest.approx(deflated, abs=5e-5)


def test_the_best_of_many_without_skill_is_expected_where_simulation_finds_it() -> None:
    """A thousand normal draws, five thousand times: their mean maximum is 3.24."""
    draws = np.random.default_rng(1).normal(size=(5000, 1000)).max(axis=1)
    assert expected_maximum_sharpe(1.0, 1000) == pytest.approx(draws.mean(), rel=0.01)
    assert expected_maximum_sharpe(1.0, 1) == 0


def test_the_deflated_sharpe_ratio_is_made_of_the_returns_moments() -> None:
    """Moments by scipy; the variance is that across trials, and the ratios that do not exist are no trials."""
    rng = np.random.default_rng(3)
    equity = np.round(1_000_000 * np.cumprod(1 + 0.01 * rng.standard_t(4, 700) + 0.0005)).astype(np.int64)
    sharpes = np.append(rng.normal(0, 0.6, 40), np.nan)
    told = deflated_sharpe(equity, 1_000_000, sharpes, earlier_trials=60)
    assert told is not None
    returns = np.diff(np.concatenate(([1_000_000], equity))) / np.concatenate(([1_000_000], equity[:-1]))
    skewness, kurtosis = stats.skew(returns), stats.kurtosis(returns, fisher=False)
    sharpe = returns.mean() / returns.std(ddof=1)
    n, gamma, deviation = 100, np.euler_gamma, sharpes[:-1].std(ddof=1) / YEAR
    luck = deviation * ((1 - gamma) * stats.norm.ppf(1 - 1 / n) + gamma * stats.norm.ppf(1 - 1 / (n * math.e)))
    error = math.sqrt((1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2) / 699)
    assert (told.trials, told.sessions) == (100, 700)
    assert told.skewness == pytest.approx(skewness)
    assert told.kurtosis == pytest.approx(kurtosis)
    assert told.sharpe_ratio == pytest.approx(sharpe * YEAR)
    assert told.expected_maximum == pytest.approx(luck * YEAR)
    assert told.probabilistic == pytest.approx(stats.norm.cdf(sharpe / error))
    assert told.deflated == pytest.approx(stats.norm.cdf((sharpe - luck) / error))


def test_earlier_trials_deflate() -> None:
    """The same result found later is worth less."""
    equity = np.round(1_000_000 * np.cumprod(1 + np.random.default_rng(3).normal(0.001, 0.01, 500))).astype(np.int64)
    sharpes = np.linspace(-1, 1, 30)
    told = [deflated_sharpe(equity, 1_000_000, sharpes, earlier) for earlier in (0, 100, 10_000)]
    values = [one.deflated for one in told if one is not None]
    assert values[0] > values[1] > values[2]
    assert {one.probabilistic for one in told if one is not None} == {told[0].probabilistic}  # type: ignore[union-attr]  # seen above


def test_what_never_moved_is_not_deflated() -> None:
    """Nor what lost everything, nor one session."""
    for equity in ([100, 100, 100], [100, 0, 0], [101]):
        assert deflated_sharpe(np.array(equity), 100, np.array([1.0, 2.0])) is None


@pytest.mark.parametrize(
    ("sessions", "k", "blocks"), [(240, 7, 6), (203, 130, 6), (97, 64, 4), (320, 65, 8), (30, 3, 2)]
)
def test_every_split_equals_the_one_from_the_return_matrix(sessions: int, k: int, blocks: int) -> None:
    """Best, both ratios and the rank, also where blocks differ by a session; any number of threads."""
    returns = noise(sessions, k, seed=k)
    _, inside, outside, logits = naive(returns, blocks)
    for threads in (1, 3):
        told = backtest_overfitting(*block_sums(returns, blocks), threads=threads)
        assert told is not None
        assert (told.combinations, told.splits) == (k, math.comb(blocks, blocks // 2))
        order = np.argsort([sum(1 << block for block in chosen) for chosen in combinations(range(blocks), blocks // 2)])
        splits = cscv.splits_of(blocks)
        ours = np.argsort(splits.low + (splits.high << blocks // 2))
        np.testing.assert_allclose(told.in_sample[ours], np.array(inside)[order], rtol=1e-9)
        np.testing.assert_allclose(told.out_of_sample[ours], np.array(outside)[order], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(told.logits[ours], np.array(logits)[order], rtol=1e-12, atol=1e-12)
        assert told.probability == np.mean(np.array(logits) <= 0)
        assert told.probability_of_loss == np.mean(np.array(outside) < 0)
        line = stats.linregress(inside, outside)
        assert told.degradation_slope == pytest.approx(line.slope)
        assert told.degradation_intercept == pytest.approx(line.intercept)


def test_sixteen_blocks_are_12870_splits_that_pair_up() -> None:
    """Each split is the outside of another one, and none is there twice."""
    splits = cscv.splits_of(16)
    whole = splits.low + (splits.high << 8)
    assert np.unique(whole).size == 12_870
    assert (whole + whole[splits.complement] == 0xFFFF).all()


def test_float32_decides_nothing_that_float64_decides_otherwise() -> None:
    """A thousand near-equal combinations, many exactly equal: best and ranks as by sorting float64 ratios."""
    rng = np.random.default_rng(8)
    base = noise(256, 1, seed=4)
    returns = base + rng.integers(0, 40, 1000) * 1e-9 * np.sign(base)
    _, sums, squares = block_sums(returns, 8)
    splits = cscv.splits_of(8)
    told = cscv.rank_splits(splits, Tried(sums, squares), threads=2)
    for split in range(0, splits.low.size, 7):
        ratio = _ratios(splits, split, sums, squares)
        assert told.best[split] == np.argmax(ratio)
        outside = _ratios(splits, int(splits.complement[split]), sums, squares)
        own = outside[told.best[split]]
        assert told.below[split] == np.sum(outside < own * (1 - 1e-12 * np.sign(own)))
        assert told.equal[split] == np.sum(np.abs(outside - own) <= abs(own) * 1e-12)


def _ratios(splits: cscv.Splits, split: int, sums: Matrix, squares: Matrix) -> Matrix:
    half = sums.shape[1] // 2
    s, q = np.zeros(len(sums)), np.full(len(sums), 1e-35)
    for block in range(half):
        for bits, column in ((splits.low[split], block), (splits.high[split], half + block)):
            if bits >> block & 1:
                s, q = s + sums[:, column], q + squares[:, column]
    ratio: Matrix = s * np.abs(s) / q
    return ratio


def test_equals_in_sample_are_the_first_and_outside_share_their_rank() -> None:
    """All alike: nothing was gained by choosing, the best is the median."""
    returns = np.tile(noise(80, 1), 100)
    count, sums, squares = block_sums(returns, 8)
    ranks = cscv.rank_splits(cscv.splits_of(8), Tried(sums, squares))
    assert not ranks.best.any()
    assert (ranks.equal == 100).all()
    told = backtest_overfitting(count, sums, squares)
    assert told is not None
    assert told.probability == 1
    assert not told.logits.any()


def test_what_wins_everywhere_is_not_overfitted() -> None:
    """One combination with skill among a hundred without."""
    returns = noise(640, 100)
    returns[:, 42] += 0.01
    told = backtest_overfitting(*block_sums(returns, 16))
    assert told is not None
    assert told.probability < 0.001
    assert told.probability_of_loss == 0


def test_noise_is_a_coin_flip_and_what_must_revert_is_certainly_overfitted() -> None:
    """
    Without skill the best in sample is anywhere outside; with every mean taken off it is last.

    The second is the paper's case of compensation: what is gained in one half is lost in the other.
    """
    flips = [backtest_overfitting(*block_sums(noise(320, 50, seed, 0.0), 8)) for seed in range(40)]
    assert np.mean([told.probability for told in flips if told is not None]) == pytest.approx(0.5, abs=0.1)
    returns = noise(320, 50)
    told = backtest_overfitting(*block_sums(returns - returns.mean(axis=0), 8))
    assert told is not None
    assert told.probability == 1
    assert told.probability_of_loss == 1
    assert told.degradation_slope is not None
    assert told.degradation_slope < -0.5


def test_what_never_traded_is_no_candidate() -> None:
    """A flat line would beat every loser; a stretch without a trade is a ratio of 0."""
    returns = noise(160, 20) - 0.02
    idle = np.concatenate((np.zeros((160, 5)), returns), axis=1)
    with_idle, without = backtest_overfitting(*block_sums(idle, 8)), backtest_overfitting(*block_sums(returns, 8))
    assert with_idle is not None
    assert without is not None
    assert with_idle.combinations == 20
    np.testing.assert_array_equal(with_idle.logits, without.logits)
    returns[:80, 3] = 0
    told = backtest_overfitting(*block_sums(returns, 2))
    assert told is not None
    assert 0.0 in told.in_sample.tolist()


def test_nothing_to_compare_is_no_probability() -> None:
    """One combination, fewer sessions than blocks, none that is a candidate."""
    assert backtest_overfitting(*block_sums(noise(80, 1), 8)) is None
    assert backtest_overfitting(*block_sums(noise(5, 10), 8)) is None
    assert backtest_overfitting(*block_sums(noise(80, 3), 8), np.array([True, False, False])) is None
    with pytest.raises(InvalidParameterError, match="blocks"):
        backtest_overfitting(*block_sums(noise(80, 3), 5))


def test_it_tells_how_far_it_is_and_stops_when_told() -> None:
    """Up to 1; then SweepStoppedError."""
    heard: list[float] = []
    blocks = block_sums(noise(32, 100), 4)
    backtest_overfitting(*blocks, progress=heard.append)
    assert heard[-1] == 1
    with pytest.raises(SweepStoppedError):
        backtest_overfitting(*blocks, should_stop=lambda: True)


def test_the_normal_distribution_is_scipys() -> None:
    """Far into the tail that a hundred million trials reach."""
    for p in (1e-9, 0.001, 0.3, 0.5, 0.975, 1 - 1e-9):
        assert overfitting._NORMAL.inv_cdf(p) == pytest.approx(stats.norm.ppf(p), rel=1e-9, abs=1e-12)
    for z in (-5.0, -1.0, 0.0, 2.5):
        assert overfitting._NORMAL.cdf(z) == pytest.approx(stats.norm.cdf(z), rel=1e-9)
