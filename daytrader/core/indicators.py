"""
Indicators: TA-Lib's, plus our rules for warm-up and flat series.

Every function takes float64 arrays of shape (n,), oldest first, and returns arrays of the same shape, NaN while
warming up. Windows are bars.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from daytrader.core.arrays import BoolArray, FloatArray
from daytrader.core.errors import InvalidParameterError
from daytrader.core.ta import talib

_LARGEST_WINDOW: Final = 100_000  # TA-Lib's
_FLAT_RSI: Final = 50.0
NOISE: Final = 1e-9
"""The part of a close by which two prices may differ and still count as equal."""


def sma(close: FloatArray, window: int) -> FloatArray:
    """
    Return the simple moving average.

    Raises:
        InvalidParameterError: If *window* is not 1 to 100,000.
    """
    _check_window("window", window, least=1)
    if window == 1:
        return close.copy()  # TA-Lib starts at 2
    return _same_length(close, talib.SMA(_dense(close), window))


def ema(close: FloatArray, window: int) -> FloatArray:
    """
    Return the exponential moving average, seeded with the simple one, smoothing 2 / (window + 1).

    Raises:
        InvalidParameterError: If *window* is not 1 to 100,000.
    """
    _check_window("window", window, least=1)
    if window == 1:
        return close.copy()
    return _same_length(close, talib.EMA(_dense(close), window))


def rsi(close: FloatArray, window: int = 14) -> FloatArray:
    """
    Return Wilder's relative strength index, 0 to 100; 50 while nothing has moved since the first bar.

    TA-Lib says 0 there, which would buy a stock that does not trade.

    Raises:
        InvalidParameterError: If *window* is not 2 to 100,000.
    """
    _check_window("window", window, least=2)
    strength = _same_length(close, talib.RSI(_dense(close), window))
    if close.size > window:
        # A split leaves rounding noise on the signal scale: that is no move.
        moved = np.abs(close - close[0]) > noise(close)
        first_move = int(np.argmax(moved)) if moved.any() else close.size
        strength[window : max(window, first_move)] = _FLAT_RSI
    return strength


def bollinger(
    close: FloatArray, window: int = 20, deviations: float = 2.0
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """
    Return upper band, middle and lower band: the SMA and *deviations* population standard deviations around it.

    Raises:
        InvalidParameterError: If *window* is not 2 to 100,000 or *deviations* not positive.
    """
    _check_window("window", window, least=2)
    if not 0 < deviations < np.inf:
        raise InvalidParameterError("deviations", "must be positive")
    if close.size == 0:
        return close.copy(), close.copy(), close.copy()
    upper, middle, lower = talib.BBANDS(_dense(close), window, deviations, deviations)
    return upper, middle, lower


def macd(
    close: FloatArray, fast: int = 12, slow: int = 26, signal: int = 9
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """
    Return the MACD line (fast EMA - slow EMA), its signal line (EMA of it) and their difference.

    Raises:
        InvalidParameterError: If *fast* or *slow* is not 2 to 100,000, *signal* not 1 to 100,000, or fast >= slow.
    """
    _check_window("fast", fast, least=2)
    _check_window("slow", slow, least=2)
    _check_window("signal", signal, least=1)
    if fast >= slow:
        raise InvalidParameterError("fast", "must be below slow")
    if close.size == 0:
        return close.copy(), close.copy(), close.copy()
    line, signal_line, histogram = talib.MACD(_dense(close), fast, slow, signal)
    return line, signal_line, histogram


def atr(high: FloatArray, low: FloatArray, close: FloatArray, window: int = 14) -> FloatArray:
    """
    Return Wilder's average true range, in currency units.

    Raises:
        InvalidParameterError: If *window* is not 1 to 100,000.
    """
    _check_window("window", window, least=1)
    return _same_length(close, talib.ATR(_dense(high), _dense(low), _dense(close), window))


def natr(high: FloatArray, low: FloatArray, close: FloatArray, window: int = 14) -> FloatArray:
    """
    Return the average true range in percent of the close.

    Raises:
        InvalidParameterError: If *window* is not 1 to 100,000.
    """
    _check_window("window", window, least=1)
    return _same_length(close, talib.NATR(_dense(high), _dense(low), _dense(close), window))


def highest_before(high: FloatArray, window: int) -> FloatArray:
    """
    Return the highest of the *window* values before each row, the row itself left out: a Donchian channel's top.

    Raises:
        InvalidParameterError: If *window* is not 1 to 100,000.
    """
    _check_window("window", window, least=1)
    return _one_later(high if window == 1 or not high.size else talib.MAX(_dense(high), window))


def lowest_before(low: FloatArray, window: int) -> FloatArray:
    """
    Return the lowest of the *window* values before each row, the row itself left out: a Donchian channel's bottom.

    Raises:
        InvalidParameterError: If *window* is not 1 to 100,000.
    """
    _check_window("window", window, least=1)
    return _one_later(low if window == 1 or not low.size else talib.MIN(_dense(low), window))


def noise(close: FloatArray) -> FloatArray:
    """Return how far apart two prices may be on each row and still count as equal: 1e-9 of the close."""
    return close * NOISE


def crosses_above(fast: FloatArray, slow: FloatArray, close: FloatArray) -> BoolArray:
    """Return where *fast* is above *slow* after it was at or below on the row before, both valid on both rows."""
    return _crosses(_dense(fast), _dense(slow), _dense(close))


def crosses_below(fast: FloatArray, slow: FloatArray, close: FloatArray) -> BoolArray:
    """Return where *fast* is below *slow* after it was at or above on the row before, both valid on both rows."""
    return _crosses(_dense(slow), _dense(fast), _dense(close))


@njit(cache=True)
def _crosses(upper: FloatArray, lower: FloatArray, close: FloatArray) -> BoolArray:
    crosses = np.zeros(close.size, np.bool_)
    for row in range(1, close.size):
        # neither holds on NaN
        was_not_above = upper[row - 1] - lower[row - 1] <= close[row - 1] * NOISE
        crosses[row] = was_not_above & (upper[row] - lower[row] > close[row] * NOISE)
    return crosses


def _one_later(values: FloatArray) -> FloatArray:
    later = np.full(values.shape, np.nan)
    later[1:] = values[:-1]
    return later


def _check_window(name: str, window: int, least: int) -> None:
    if not least <= window <= _LARGEST_WINDOW:
        raise InvalidParameterError(name, f"must be {least} to {_LARGEST_WINDOW:,}")


def _dense(values: FloatArray) -> FloatArray:
    return np.ascontiguousarray(values, np.float64)


def _same_length(close: FloatArray, result: FloatArray) -> FloatArray:
    return result if close.size else close.copy()
