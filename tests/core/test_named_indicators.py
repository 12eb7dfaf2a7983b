"""Any TA-Lib function by name: TA-Lib's published values, our rules, what is refused, and splits."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daytrader.core import indicators
from daytrader.core.arrays import FloatArray
from daytrader.core.bars import Bars, CorporateEvent
from daytrader.core.errors import InvalidParameterError
from daytrader.core.named_indicators import MOST_INDICATORS, Series, compute, known_functions, parse
from tests.core.builders import column, days, flat_bars, random_walk, split

ORACLES = Path(__file__).parents[1] / "data" / "oracles"
SERIES = ORACLES / "talib_ref_252.csv"
OUTPUTS = {"hist": "histogram", "down": "aroondown", "up": "aroonup"}


def reference() -> Bars:
    """Return the prices of TA-Lib's own regression tests."""
    columns = [column(SERIES, name) for name in ("open", "high", "low", "close", "volume")]
    return Bars.build(days(252) * 86_400, *columns)


def one(names: str, bars: Bars) -> Series:
    """Return the only indicator in *names*."""
    (indicator,) = parse(names)
    return compute(indicator, bars)


def line(names: str, bars: Bars) -> FloatArray:
    """Return the only output of the only indicator in *names*."""
    series = one(names, bars)
    assert not isinstance(series, Mapping)
    return series


def lines(names: str, bars: Bars) -> Mapping[str, FloatArray]:
    """Return the outputs of the only indicator in *names*."""
    series = one(names, bars)
    assert isinstance(series, Mapping)
    return series


def with_splits(bars: Bars, *events: CorporateEvent) -> Bars:
    """Return the same raw prices with splits between them."""
    return Bars.build(bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume, events=events)


def expected_rows() -> list[dict[str, str]]:
    """Return TA-Lib's table, but for SAR, which it computed on other prices."""
    with (ORACLES / "talib_expected.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["function"] != "SAR"]


def written(row: dict[str, str]) -> str:
    """Return a row's function and parameters as a request writes them; SMA is TA-Lib's average type 0."""
    numbers = re.sub(r"\s*\(.*?\)", "", row["params"]).replace(" SMA", ",0").replace("SMA", "0").split(",")
    return ":".join([row["function"].lower(), *(text.strip() for text in numbers if text.strip())])


@pytest.mark.parametrize("row", expected_rows(), ids=lambda row: f"{written(row)}-{row['output']}-{row['bar']}")
def test_equals_talibs_regression_value(row: dict[str, str]) -> None:
    """Parameters in TA-Lib's order or by name, outputs by their names, every kind of input."""
    series = one(written(row), reference())
    values = series[OUTPUTS.get(row["output"], row["output"])] if isinstance(series, Mapping) else series
    assert values[int(row["bar"])] == pytest.approx(float(row["talib_value"]), rel=1e-9)


@pytest.mark.parametrize("name", known_functions())
def test_every_function_of_talib_answers(name: str) -> None:
    """With its defaults: the bars' length, never infinite, and no row depends on a later bar or a later split."""
    bars = with_splits(random_walk(150), split(60, 2), split(120, 1, 3))
    whole, part = one(name, bars), one(name, bars.head(100))
    for values, earlier in zip(_columns(whole), _columns(part), strict=True):
        assert values.shape == (150,)
        assert values.dtype == np.float64
        assert not np.isinf(values).any()
        np.testing.assert_array_equal(values[:100], earlier)


@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize("names", ["sma:5", "rsi", "bbands", "macd", "atr", "natr", "stoch", "cdldoji", "obv"])
def test_too_few_bars_are_all_warm_up(names: str, rows: int) -> None:
    """NaN, never an error."""
    for values in _columns(one(names, random_walk(5).head(rows))):
        assert values.shape == (rows,)
        assert names == "obv" or np.isnan(values).all()


def test_equals_the_indicators_that_strategies_read() -> None:
    """The same values to the last bit, by the same functions."""
    bars = random_walk(80)
    close = bars.close
    np.testing.assert_array_equal(line("sma:20", bars), indicators.sma(close, 20))
    np.testing.assert_array_equal(line("ema:9", bars), indicators.ema(close, 9))
    np.testing.assert_array_equal(line("rsi:14", bars), indicators.rsi(close, 14))
    np.testing.assert_array_equal(line("atr:14", bars), indicators.atr(bars.high, bars.low, close, 14))
    np.testing.assert_array_equal(line("natr:14", bars), indicators.natr(bars.high, bars.low, close, 14))
    for name, values in zip(("upper", "middle", "lower"), indicators.bollinger(close, 20, 2.0), strict=True):
        np.testing.assert_array_equal(lines("bbands:20:2", bars)[name], values)
    for name, values in zip(("macd", "signal", "histogram"), indicators.macd(close), strict=True):
        np.testing.assert_array_equal(lines("macd", bars)[name], values)


def test_our_rules_hold() -> None:
    """A flat RSI is 50, and a window of one is the price: TA-Lib says 0 and refuses."""
    bars = flat_bars([12.0] * 20)
    assert line("rsi:14", bars)[14:].tolist() == [50.0] * 6
    assert line("sma:1", bars).tolist() == [12.0] * 20


def test_a_pattern_warms_up_as_nan() -> None:
    """TA-Lib's patterns are whole numbers that cannot say "unknown"; after the warm-up 0 is no pattern."""
    doji = line("cdldoji", flat_bars([5.0] * 15))
    assert np.isnan(doji[:10]).all()
    assert set(doji[10:].tolist()) <= {0.0, 100.0}


def test_one_deviation_is_for_both_bands() -> None:
    """`bbands:20:1` is one deviation up and down; two numbers are one for each."""
    bars = random_walk(40)
    both, apart = lines("bbands:20:1", bars), lines("bbands:20:1:3", bars)
    np.testing.assert_allclose(both["upper"] - both["middle"], both["middle"] - both["lower"])
    np.testing.assert_allclose(3 * (apart["upper"] - apart["middle"]), apart["middle"] - apart["lower"])


def test_a_split_leaves_every_row_in_the_shares_of_its_day() -> None:
    """Prices before a split are brought to the new shares for the rows after it; volumes grow as prices fall."""
    quotes = flat_bars([10.0, 10.0, 10.0, 5.0, 5.0, 6.0])
    volume = np.array([100.0, 100.0, 100.0, 200.0, 200.0, 200.0])
    bars = with_splits(replace(quotes, volume=volume), split(3, 2))
    np.testing.assert_array_equal(line("sma:2", bars), [np.nan, 10, 10, 5, 5, 5.5])
    np.testing.assert_array_equal(line("mom:1", bars), [np.nan, 0, 0, 0, 0, 1])
    np.testing.assert_array_equal(line("obv", bars), [100, 100, 100, 200, 200, 400])


def test_what_is_not_finite_is_nan() -> None:
    """The arc cosine of a price does not exist, its exponential is beyond all numbers."""
    bars = flat_bars([5.0, 1000.0])
    assert np.isnan(line("acos", bars)).all()
    assert np.isnan(line("exp", bars)).tolist() == [False, True]


def test_unknown_volumes_make_unknown_figures() -> None:
    """TA-Lib refuses a column without a value."""
    assert np.isnan(line("obv", flat_bars([5.0, 6.0, 7.0]))).all()


def test_names_as_given_are_the_keys() -> None:
    """In the order and the case they were written in, spaces cut off, the same one once; parameters complete."""
    found = parse(" SMA:20 , rsi,stoch:slowd_period=4:fastk_period=9, rsi")
    assert [indicator.key for indicator in found] == ["SMA:20", "rsi", "stoch:slowd_period=4:fastk_period=9"]
    assert found[1].parameters == {"timeperiod": 14}
    assert found[2].parameters == {
        "fastk_period": 9,
        "slowk_period": 3,
        "slowk_matype": 0,
        "slowd_period": 4,
        "slowd_matype": 0,
    }


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("", "at least one"),
        (" , ", "at least one"),
        ("foo:3", r"unknown indicator, known: .*\bsma\b"),
        ("mavp", "unknown indicator"),
        ("sma:length=3", "sma: unknown parameter, allowed: timeperiod"),
        ("sma:20:3", "too many parameters, allowed: timeperiod"),
        ("cdldoji:3", "too many parameters, allowed: none"),
        ("sma:timeperiod=3:timeperiod=4", "timeperiod is given twice"),
        ("sma:20.5", "sma: timeperiod must be a whole number"),
        ("sma:", "timeperiod must be a whole number"),
        ("sma:nan", "timeperiod must be a whole number"),
        ("sma:0", "timeperiod must be 1 to 100,000"),
        ("sma:100001", "timeperiod must be a whole number within 100,000"),
        ("rsi:1", "timeperiod must be 2 to 100,000"),
        ("bbands:20:0", "nbdevup must be positive"),
        ("bbands:20:nan", "nbdevup must be a number within"),
        ("bbands:20:inf", "nbdevup must be a number within"),
        ("bbands:20:2:2:99", r"out of TA-Lib's bounds \(.*matype=99"),
        ("macd:26:12", "fastperiod must be below slow"),
        ("adx:1", r"adx:1: .*timeperiod=1"),
        (",".join(f"sma:{window}" for window in range(1, MOST_INDICATORS + 2)), "at most 20 indicators"),
    ],
)
def test_refuses_and_names_what_is_allowed(names: str, reason: str) -> None:
    """Before any price is read."""
    with pytest.raises(InvalidParameterError, match=reason) as error:
        parse(names)
    assert list(error.value.fields) == ["names"]


def _columns(series: Series) -> list[FloatArray]:
    return list(series.values()) if isinstance(series, Mapping) else [series]
