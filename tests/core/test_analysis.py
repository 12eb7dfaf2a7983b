"""The figures of the last bar: TA-Lib's published values and rules checked by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from daytrader.core.analysis import Bands, Figures, Macd, SignalSet, analyse
from daytrader.core.bars import Bars
from tests.core.builders import bars_of, column, days, flat_bars, random_walk, split

ORACLES = Path(__file__).parents[1] / "data" / "oracles"


def reference(rows: int) -> Figures:
    """Return the analysis of the first *rows* bars of TA-Lib's own regression tests."""
    series = ORACLES / "talib_ref_252.csv"
    columns = [column(series, name) for name in ("open", "high", "low", "close", "volume")]
    return analyse(Bars.build(days(252) * 86_400, *columns).head(rows))


def published(function: str, output: str, bar: int) -> float:
    """Return TA-Lib's value."""
    with (ORACLES / "talib_expected.csv").open() as file:
        for row in csv.DictReader(file):
            if (row["function"], row["output"], row["bar"]) == (function, output, str(bar)):
                return float(row["talib_value"])
    raise AssertionError(f"{function} {output} {bar} is not in the table")


def test_rsi_bands_and_macd_are_talibs() -> None:
    """Each at a bar for which TA-Lib publishes its value, nothing after that bar being read."""
    assert reference(252).rsi == pytest.approx(published("RSI", "real", 251), rel=1e-12)
    bands = reference(20).bollinger
    assert bands.upper == pytest.approx(published("BBANDS", "upper", 19), rel=1e-12)
    assert bands.middle == pytest.approx(published("BBANDS", "middle", 19), rel=1e-12)
    assert bands.lower == pytest.approx(published("BBANDS", "lower", 19), rel=1e-12)
    macd = reference(34).macd
    assert macd.macd == pytest.approx(published("MACD", "macd", 33), rel=1e-9)
    assert macd.signal == pytest.approx(published("MACD", "signal", 33), rel=1e-9)
    assert macd.histogram == pytest.approx(published("MACD", "hist", 33), rel=1e-9)


def test_atr_is_talibs_natr_in_currency() -> None:
    """NATR is ATR in percent of the close."""
    figures = reference(252)
    assert figures.atr is not None
    natr = published("NATR", "real", 251)
    assert figures.atr / figures.latest_price * 100 == pytest.approx(natr, rel=1e-9)


def test_averages_and_changes_by_hand() -> None:
    """Closes 1 to 300: the mean of the last n is in their middle, the change over n is n of what was n before."""
    figures = analyse(flat_bars([float(price) for price in range(1, 301)]))
    assert figures.latest_price == 300
    assert figures.moving_averages == {"5": 298, "10": 295.5, "20": 290.5, "50": 275.5, "200": 200.5}
    assert figures.price_changes == {str(span): pytest.approx(span / (300 - span) * 100) for span in (1, 5, 10, 30, 90)}


def test_one_bar_has_a_price_and_nothing_else() -> None:
    """What the history is too short for is None, never 0."""
    nothing = dict.fromkeys(("5", "10", "20", "50", "200"))
    assert analyse(flat_bars([7.0])) == Figures(
        latest_price=7.0,
        moving_averages=nothing,
        rsi=None,
        bollinger=Bands(None, None, None),
        macd=Macd(None, None, None),
        atr=None,
        trend=None,
        price_changes=dict.fromkeys(("1", "5", "10", "30", "90")),
        signals=SignalSet(None, None, None),
        support=None,
        resistance=None,
    )


@pytest.mark.parametrize("span", [1, 5, 90])
def test_a_change_needs_one_bar_more_than_its_span(span: int) -> None:
    """From n bars ago to now are n + 1 bars."""
    assert analyse(flat_bars([5.0] * span)).price_changes[str(span)] is None
    assert analyse(flat_bars([5.0] * (span + 1))).price_changes[str(span)] == 0


@pytest.mark.parametrize(
    ("step", "trend"), [(1.0, "up"), (-1.0, "down"), (0.0, "sideways")], ids=["rise", "fall", "flat"]
)
def test_the_trend_of_a_line_is_its_slope(step: float, trend: str) -> None:
    """ADX of a line is 100, of a flat one 0; unknown before the 28th bar."""
    bars = flat_bars([100 + step * row for row in range(28)])
    assert analyse(bars).trend == trend
    assert analyse(bars.head(27)).trend is None


def test_the_trend_follows_wilders_numbers() -> None:
    """On TA-Lib's series: what the published ADX, +DI and -DI say of the last bar."""
    strength = published("ADX", "real", 251)
    rise = published("PLUS_DI", "real", 251) > published("MINUS_DI", "real", 251)
    expected = "sideways" if strength < 25 else "up" if rise else "down"
    assert reference(252).trend == expected


def test_a_zigzag_goes_sideways() -> None:
    """It moves a lot and gets nowhere."""
    assert analyse(flat_bars([100 + 5 * (row % 2) for row in range(60)])).trend == "sideways"


@pytest.mark.parametrize(
    ("last", "verdict"), [(40.0, "buy"), (160.0, "sell"), (100.0, "neutral")], ids=["crash", "jump", "nothing"]
)
def test_rsi_and_bands_call_extremes(last: float, verdict: str) -> None:
    """Below 30 and below the lower band is a purchase, above 70 and above the upper one a sale."""
    signals = analyse(flat_bars([100.0] * 40 + [last])).signals
    assert (signals.rsi, signals.bollinger) == (verdict, verdict)


@pytest.mark.parametrize(("last", "verdict"), [(101.0, "buy"), (99.0, "sell"), (100.0, "neutral")])
def test_the_averages_cross_on_the_last_bar_only(last: float, verdict: str) -> None:
    """SMA(5) leaves SMA(20) on the bar of the move; a bar later it is no crossing any more."""
    closes = [100.0] * 25 + [last]
    assert analyse(flat_bars(closes)).signals.ma_crossover == verdict
    assert analyse(flat_bars([*closes, last])).signals.ma_crossover == "neutral"
    assert analyse(flat_bars(closes[:20])).signals.ma_crossover is None
    assert analyse(flat_bars(closes[:21])).signals.ma_crossover == "neutral"


def levels(lows: list[float], highs: list[float], close: float) -> tuple[float | None, float | None]:
    """Return support and resistance of bars with these lows and highs, the last one closing at *close*."""
    middles = [(low + high) / 2 for low, high in zip(lows, highs, strict=True)]
    closes = [*middles[:-1], close]
    quotes = [(price, high, low, price) for low, high, price in zip(lows, highs, closes, strict=True)]
    figures = analyse(bars_of(quotes))
    return figures.support, figures.resistance


def test_levels_are_the_nearest_swings() -> None:
    """Of the swing lows 80 and 90 the nearer below 95, of the swing highs 110 and 105 the nearer above."""
    lows = [95.0, 94, 80, 94, 95, 94, 90, 93, 94, 94, 94]
    highs = [100.0, 101, 110, 101, 100, 101, 105, 101, 100, 100, 100]
    assert levels(lows, highs, 95) == (90, 105)


def test_a_swing_needs_two_bars_on_each_side() -> None:
    """A low on the last bar but one is none yet, nor is one with a lower one beside it."""
    highs = [100.0] * 6
    assert levels([95.0, 95, 95, 95, 90, 95], highs, 96) == (None, None)
    assert levels([95.0, 95, 90, 89, 95, 95], highs, 96) == (89, None)


def test_a_flat_bottom_counts_once_and_a_flat_series_has_no_levels() -> None:
    """Below the two before it, not above the two after."""
    assert levels([95.0, 95, 90, 90, 95, 95], [100.0] * 6, 96) == (90, None)
    assert levels([90.0] * 8, [100.0] * 8, 95) == (None, None)


def test_nothing_stands_above_a_high() -> None:
    """At the highest price there ever was no resistance is known, and old swings are forgotten."""
    lows = [95.0, 95, 80, 95, 95]
    assert levels(lows, [100.0] * 5, 100) == (80, None)
    assert levels(lows + [95.0] * 118, [100.0] * 123, 100) == (None, None)


def test_prices_are_in_the_shares_of_the_last_bar() -> None:
    """A split is no crash: every figure is that of the series without it, price and range halved before it."""
    plain = random_walk(260)
    row = 200
    doubled = np.where(np.arange(260) < row, 2.0, 1.0)
    raw = Bars.build(
        plain.time,
        plain.open * doubled,
        plain.high * doubled,
        plain.low * doubled,
        plain.close * doubled,
        plain.volume / doubled,
        events=[split(row, 2)],
    )
    assert analyse(raw) == analyse(plain)
