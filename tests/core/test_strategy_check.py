"""The check finds what would make a backtest lie, and names the row where it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
import pytest

from daytrader.core.arrays import BoolArray, FloatArray
from daytrader.core.bars import Bars
from daytrader.core.indicators import crosses_above, crosses_below, sma
from daytrader.core.strategy import Parameter, Params, Signals, Strategy, get_strategy
from daytrader.core.strategy_check import Verdict, check
from daytrader.utils.errors import InsufficientDataError
from tests.core.builders import flat_bars, random_walk, split

SHIPPED = (
    "bollinger_reversion",
    "breakout",
    "buy_and_hold",
    "macd",
    "rsi_reversion",
    "sma_cross",
    "sma_trend",
    "technical",
)
RULES = ["runs", "unchanged", "same again", "warm-up", "exit wins", "causal", "scale", "split"]
Said = tuple[BoolArray, BoolArray, Mapping[str, FloatArray]]


class Planted:
    """A strategy around one function of the bars."""

    name = "planted"
    description = "Does what a test plants."
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, say: Callable[[Bars], Said], warmup: int = 20) -> None:
        self.say = say
        self.first = warmup

    def warmup(self, params: Params) -> int:  # noqa: ARG002 - the protocol's signature
        """Return what was planted."""
        return self.first

    def signals(self, bars: Bars, params: Params) -> Signals:  # noqa: ARG002 - the protocol's signature
        """Return what was planted."""
        entry, exit_, values = self.say(bars)
        return Signals.of([(entry, "in")], [(exit_, "out")], values)


def broken(strategy: Strategy, bars: Bars | None = None) -> dict[str, Verdict]:
    """Return the rules that *strategy* breaks."""
    verdicts = check(strategy, bars or random_walk(400, seed=8), {})
    assert [verdict.rule for verdict in verdicts] in (RULES, ["runs"])
    return {verdict.rule: verdict for verdict in verdicts if not verdict.is_kept}


def padded(values: FloatArray, before: int = 0, after: int = 0) -> FloatArray:
    """Return *values* with NaN around them."""
    return np.concatenate((np.full(before, np.nan), values, np.full(after, np.nan)))


def tomorrows_close(bars: Bars) -> Said:
    """Buy when tomorrow closes higher: a shift by -1. No figures: the signals alone have to give it away."""
    close = bars.signal.close
    tomorrow = padded(close[1:], after=min(1, close.size))
    return tomorrow > close, tomorrow < close, {}


def whole_mean(bars: Bars) -> Said:
    """Compare with the mean of the whole series: a normalisation that knows the future."""
    close = bars.signal.close
    mean = close.mean() if close.size else 0.0
    return close < mean, close > mean, {"distance": close / mean - 1}


def centred_mean(bars: Bars) -> Said:
    """Compare with a window around the row instead of before it."""
    close = bars.signal.close
    mean = np.full(close.size, np.nan)
    if close.size >= 5:
        mean[2:-2] = np.convolve(close, np.ones(5) / 5, "valid")
    return close < mean, close > mean, {}


def tomorrow_appended(bars: Bars) -> Said:
    """Be long on days before a rise; it also says something about no bars at all."""
    close = bars.signal.close
    rises = np.append(close[1:] > close[:-1], False)
    return rises, ~rises, {}


def future_high(bars: Bars) -> Said:
    """Sell at the highest price that is still to come."""
    close = bars.signal.close
    highest = np.maximum.accumulate(close[::-1])[::-1]
    return close < highest * 0.9, close >= highest, {}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_strategy_keeps_every_rule(name: str) -> None:
    """On a made-up series with a split in it; the sample prices are checked through the command."""
    walk = random_walk(500, seed=6)
    before = np.arange(walk.n) < 300
    open_, high, low, close = (
        np.where(before, column, column / 2) for column in (walk.open, walk.high, walk.low, walk.close)
    )
    bars = Bars.build(walk.time, open_, high, low, close, walk.volume, events=[split(300, 2)])
    assert broken(get_strategy(name), bars) == {}


@pytest.mark.parametrize("say", [tomorrows_close, tomorrow_appended, whole_mean, centred_mean, future_high])
def test_a_look_ahead_is_found(say: Callable[[Bars], Said]) -> None:
    """Whatever its form; the verdict names row and date."""
    verdict = broken(Planted(say))["causal"]
    assert "depends on later bars" in verdict.told
    assert verdict.row is not None
    assert verdict.row >= 0
    assert verdict.bar is not None
    assert verdict.bar[:2] in ("19", "20")


def test_a_rare_look_ahead_is_found_where_it_shows() -> None:
    """One signal in 400 bars depends on its tomorrow: the check cuts right after it."""
    bars = random_walk(400, seed=8)
    jump = int(np.argmax(np.diff(bars.close) / bars.close[:-1]))

    def say(seen: Bars) -> Said:
        close = seen.signal.close
        rise = padded(np.diff(close) / close[:-1], after=min(1, close.size))
        largest = float(np.max(np.diff(bars.close) / bars.close[:-1]))
        return rise >= largest - 1e-12, np.zeros(close.size, np.bool_), {}

    assert broken(Planted(say), bars)["causal"].row == jump


def test_writing_into_the_bars_is_found() -> None:
    """It would change the prices that orders are made with."""

    def say(bars: Bars) -> Said:
        close = bars.signal.close
        close[5:6] *= 2
        return close < 0, close < 0, {}

    verdict = broken(Planted(say))["unchanged"]
    assert (verdict.row, "it writes into the bars' close" in verdict.told) == (5, True)


def test_bars_refuse_to_be_written_to() -> None:
    """Outside of the check the attempt itself fails: whoever reads them reads the same."""
    bars = random_walk(30)
    for column in (bars.close, bars.volume, bars.signal.close):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_a_memory_of_other_bars_is_found() -> None:
    """The same bars must give the same signals, whatever came before."""
    seen: list[int] = []

    def say(bars: Bars) -> Said:
        seen.append(bars.n)
        even = np.arange(bars.n) % 2 == len(seen) % 2
        return even, ~even, {}

    assert "same again" in broken(Planted(say))


def test_a_warm_up_that_is_too_short_is_found() -> None:
    """The figure is not there yet on the first row that may signal."""

    def say(bars: Bars) -> Said:
        average = sma(bars.signal.close, 20)
        return bars.signal.close > average, bars.signal.close < average, {"ratio": bars.signal.close / average}

    assert broken(Planted(say, warmup=19)) == {}
    verdict = broken(Planted(say, warmup=18))["warm-up"]
    assert verdict.row == 18


def unknown_is_below(bars: Bars) -> Said:
    """Get out unless the close is above its average: true of an average that is not there yet. No figures."""
    average = sma(bars.signal.close, 30)
    above = bars.signal.close > average
    return above, ~above, {}


def unknown_is_nought(bars: Bars) -> Said:
    """Any price is above an average that stands at 0 until it is known."""
    average = np.nan_to_num(sma(bars.signal.close, 30))
    return bars.signal.close > average, bars.signal.close < average, {"average": average / bars.signal.close}


@pytest.mark.parametrize(("say", "side"), [(unknown_is_below, "exit"), (unknown_is_nought, "entry")])
@pytest.mark.parametrize("warmup", [0, 28])
def test_signals_that_do_not_come_from_prices_are_found(say: Callable[[Bars], Said], side: str, warmup: int) -> None:
    """A figure that is unknown and not shown gives itself away: what it says is so from whatever day the bars begin."""
    verdict = broken(Planted(say, warmup=warmup))["warm-up"]
    assert verdict.told == f"it says {side} on each row before 29 whatever the prices are"
    assert verdict.row == warmup
    assert broken(Planted(say, warmup=29)) == {}


def test_signals_by_row_are_no_warm_up_that_is_too_short() -> None:
    """Whoever buys once, every week or always does not ask prices, and need not wait for any."""
    for rows in (lambda n: np.arange(n) == 0, lambda n: np.arange(n) % 5 == 0, lambda n: np.ones(n, np.bool_)):

        def say(bars: Bars, rows: Callable[[int], BoolArray] = rows) -> Said:
            return rows(bars.n), np.zeros(bars.n, np.bool_), {}

        assert broken(Planted(say, warmup=0)) == {}


def test_a_split_among_histories_that_begin_later_is_theirs() -> None:
    """Its row is counted from where they begin."""
    walk = random_walk(400, seed=8)
    before = np.arange(walk.n) < 300
    open_, high, low, close = (
        np.where(before, column, column / 2) for column in (walk.open, walk.high, walk.low, walk.close)
    )
    bars = Bars.build(walk.time, open_, high, low, close, walk.volume, events=[split(300, 2)])

    def say(seen: Bars) -> Said:
        assert all(0 <= row < seen.n for row in seen.event_row)
        assert all(abs(seen.close[row] / seen.close[row - 1] - 0.5) < 0.2 for row in seen.event_row if row)
        above = seen.signal.close > sma(seen.signal.close, 30)
        return above, ~above, {}

    assert broken(Planted(say, warmup=29), bars) == {}


@pytest.mark.parametrize("warmup", [-1, 2.5, True, None])
def test_a_warm_up_that_is_no_number_of_rows_is_found(warmup: object) -> None:
    """It has to be a whole number from 0."""
    assert "whole number" in broken(Planted(tomorrows_close, warmup=warmup))["runs"].told  # type: ignore[arg-type]  # on purpose


def test_a_price_that_is_a_setting_is_found() -> None:
    """Cheap below 100.00 is another thing after a split, and for another stock."""

    def say(bars: Bars) -> Said:
        return bars.signal.close < 100, bars.signal.close > 110, {}

    assert {"scale"} <= broken(Planted(say)).keys()


def test_raw_prices_are_found() -> None:
    """A split looks like a crash in them."""

    def say(bars: Bars) -> Said:
        fast, slow = sma(bars.close, 5), sma(bars.close, 20)
        return crosses_above(fast, slow, bars.close), crosses_below(fast, slow, bars.close), {}

    assert broken(Planted(say)).keys() == {"split"}


def test_a_strategy_that_fails_is_told_with_its_line() -> None:
    """Nothing else is asked of it then."""

    def say(bars: Bars) -> Said:
        raise ZeroDivisionError(f"{bars.n - 400}")

    verdict = broken(Planted(say))["runs"]
    assert "ZeroDivisionError: 0" in verdict.told
    assert f"{__file__}, line " in verdict.told


def test_a_strategy_that_fails_on_a_short_history_is_found() -> None:
    """A stock is listed some day: no bar, one bar, two."""

    def say(bars: Bars) -> Said:
        first = bars.signal.close[1]
        return bars.signal.close > first * 1.5, bars.signal.close < first, {}

    assert "IndexError" in broken(Planted(say))["causal"].told


def test_figures_of_another_length_are_found() -> None:
    """They are the evidence of each row."""

    def say(bars: Bars) -> Said:
        return bars.close > 0, bars.close < 0, {"half": bars.close[::2].copy()}

    assert "half must be 400 values" in broken(Planted(say))["runs"].told


def test_a_history_without_signals_proves_nothing() -> None:
    """Shorter than the warm-up: that is said, not passed."""
    with pytest.raises(InsufficientDataError, match="too few to check"):
        check(get_strategy("sma_trend"), flat_bars([10.0] * 49), {})
