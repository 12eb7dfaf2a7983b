"""Indicators equal TA-Lib's published regression values, plus our rules for warm-up and flat series."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from daytrader.core import indicators
from daytrader.core.arrays import FloatArray
from daytrader.core.errors import InvalidParameterError
from tests.core.builders import column, random_walk

ORACLES = Path(__file__).parents[1] / "data" / "oracles"
SERIES = ORACLES / "talib_ref_252.csv"


def compute(function: str, params: str, output: str) -> FloatArray:
    """Return our indicator for a row of TA-Lib's table."""
    high, low, close = (column(SERIES, name) for name in ("high", "low", "close"))
    numbers = [int(number) for number in re.findall(r"\d+", params)]
    computed: dict[str, Callable[[], FloatArray]] = {
        "SMA": lambda: indicators.sma(close, numbers[0]),
        "EMA": lambda: indicators.ema(close, numbers[0]),
        "RSI": lambda: indicators.rsi(close, numbers[0]),
        "NATR": lambda: indicators.natr(high, low, close, numbers[0]),
        "BBANDS": lambda: dict(
            zip(("upper", "middle", "lower"), indicators.bollinger(close, numbers[0], numbers[1]), strict=True)
        )[output],
        "MACD": lambda: dict(
            zip(("macd", "signal", "hist"), indicators.macd(close, numbers[0], numbers[1], numbers[2]), strict=True)
        )[output],
    }
    return computed[function]()


def expected_rows() -> list[dict[str, str]]:
    """Return the rows of TA-Lib's table whose indicators we offer."""
    ours = {"SMA", "EMA", "RSI", "NATR", "BBANDS", "MACD"}
    with (ORACLES / "talib_expected.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["function"] in ours]


@pytest.mark.parametrize("row", expected_rows(), ids=lambda row: f"{row['function']}-{row['output']}-{row['bar']}")
def test_equals_talibs_regression_value(row: dict[str, str]) -> None:
    """To the last bits of the value, and to the published one's two to four decimals (it is cut off, not rounded)."""
    value = compute(row["function"], row["params"], row["output"])[int(row["bar"])]
    assert value == pytest.approx(float(row["talib_value"]), rel=1e-12)
    assert value == pytest.approx(float(row["expected"]), abs=0.01)


def test_atr_is_natr_in_currency() -> None:
    """NATR is ATR in percent of the close."""
    high, low, close = (column(SERIES, name) for name in ("high", "low", "close"))
    np.testing.assert_allclose(
        indicators.atr(high, low, close) / close * 100, indicators.natr(high, low, close), rtol=1e-12
    )


def test_rsi_of_a_flat_series_is_50() -> None:
    """TA-Lib says 0, which would buy a stock that does not trade; the warm-up stays NaN."""
    strength = indicators.rsi(np.full(30, 12.34), 14)
    assert np.isnan(strength[:14]).all()
    assert (strength[14:] == 50).all()


def test_rounding_noise_of_a_split_is_no_move() -> None:
    """1.05, then 0.70 after a 3:2 split, is 1.0499999999999998 on the signal scale: the stock has not moved."""
    close = np.array([1.05] * 6 + [0.7 * 1.5] * 30)
    assert close[0] != close[-1]
    assert indicators.rsi(close, 14)[14:].tolist() == [50.0] * (close.size - 14)


def test_rsi_is_50_only_until_the_first_move() -> None:
    """Flat means unchanged since the first bar; afterwards it is TA-Lib's, also where the price stands still again."""
    close = np.array([10.0] * 20 + [9.0] + [9.0] * 20)
    strength = indicators.rsi(close, 14)
    assert strength[19] == 50
    assert (strength[20:] == 0).all()


@pytest.mark.parametrize("length", [0, 1, 3])
def test_too_few_bars_are_all_warm_up(length: int) -> None:
    """NaN of the same length, never an error."""
    close = np.arange(1.0, length + 1)
    arrays = [
        indicators.sma(close, 5),
        indicators.ema(close, 5),
        indicators.rsi(close),
        indicators.atr(close, close, close),
        indicators.natr(close, close, close),
        *indicators.bollinger(close),
        *indicators.macd(close),
    ]
    for array in arrays:
        assert array.shape == (length,)
        assert np.isnan(array).all()


def test_a_window_of_one_is_the_price() -> None:
    """TA-Lib starts at two."""
    close = random_walk(10).close
    np.testing.assert_array_equal(indicators.sma(close, 1), close)
    np.testing.assert_array_equal(indicators.ema(close, 1), close)


@pytest.mark.parametrize(
    "call",
    [
        lambda close: indicators.sma(close, 0),
        lambda close: indicators.ema(close, -1),
        lambda close: indicators.rsi(close, 1),
        lambda close: indicators.bollinger(close, 1),
        lambda close: indicators.bollinger(close, 20, 0.0),
        lambda close: indicators.macd(close, 26, 12),
        lambda close: indicators.atr(close, close, close, 0),
        lambda close: indicators.sma(close, 100_001),
    ],
)
def test_a_window_out_of_bounds_is_refused(call: Callable[[FloatArray], object]) -> None:
    """With the parameter's name and what is allowed."""
    with pytest.raises(InvalidParameterError, match="must be"):
        call(np.arange(1.0, 50.0))


def test_a_cross_needs_both_rows_and_more_than_noise() -> None:
    """At or below on the row before, above by more than 1e-9 of the close on this one; NaN is neither."""
    close = np.full(6, 100.0)
    slow = np.full(6, 100.0)
    fast = np.array([np.nan, 101.0, 99.0, 100.0 + 5e-8, 101.0, 99.0])
    assert indicators.crosses_above(fast, slow, close).tolist() == [False, False, False, False, True, False]
    assert indicators.crosses_below(fast, slow, close).tolist() == [False, False, True, False, False, True]
