"""What technical analysts read from bars: averages, oscillators, trend, signals, levels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from daytrader.core import indicators
from daytrader.core.arrays import BoolArray, FloatArray
from daytrader.core.bars import Bars, SignalView
from daytrader.core.named_indicators import seen_from
from daytrader.core.ta import talib

Trend: TypeAlias = Literal["up", "down", "sideways"]
Signal: TypeAlias = Literal["buy", "sell", "neutral"]

AVERAGES: Final = (5, 10, 20, 50, 200)
CHANGES: Final = (1, 5, 10, 30, 90)
"""Bars."""

_FAST, _SLOW = 5, 20
_WINDOW: Final = 14
_OVERSOLD, _OVERBOUGHT = 30, 70
_TRENDING: Final = 25  # Wilder (1978)
_LEVEL_BARS: Final = 120
_BESIDE: Final = 2  # bars on each side of a swing, Williams (1995)


@dataclass(frozen=True, slots=True)
class Bands:
    """Bollinger bands of 20 bars and two population standard deviations."""

    upper: float | None
    middle: float | None
    lower: float | None


@dataclass(frozen=True, slots=True)
class Macd:
    """MACD of 12, 26 and 9 bars."""

    macd: float | None
    signal: float | None
    histogram: float | None


@dataclass(frozen=True, slots=True)
class SignalSet:
    """What each rule says of the last bar."""

    rsi: Signal | None
    bollinger: Signal | None
    ma_crossover: Signal | None


@dataclass(frozen=True, slots=True)
class Figures:
    """
    The analysis of the last bar; None where the history is too short.

    Prices are in the shares of the last bar: earlier splits are taken out.

    Attributes:
        moving_averages: SMA of the close by window.
        rsi: Wilder's RSI of 14 bars, 0 to 100, 50 for a flat series.
        bollinger: The bands.
        macd: The MACD.
        atr: Wilder's average true range of 14 bars, currency units.
        trend: See `_trend`.
        price_changes: Change of the close over so many bars, percent.
        signals: See `_signals`.
        support: See `_levels`.
        resistance: Likewise.
    """

    latest_price: float
    moving_averages: Mapping[str, float | None]
    rsi: float | None
    bollinger: Bands
    macd: Macd
    atr: float | None
    trend: Trend | None
    price_changes: Mapping[str, float | None]
    signals: SignalSet
    support: float | None
    resistance: float | None


def analyse(bars: Bars) -> Figures:
    """Return the figures of the last of *bars*, of which there is at least one."""
    view = seen_from(bars, bars.n - 1)
    close = view.close
    strength = indicators.rsi(close, _WINDOW)
    upper, middle, lower = indicators.bollinger(close)
    support, resistance = _levels(view)
    return Figures(
        latest_price=float(close[-1]),
        moving_averages={str(window): _last(indicators.sma(close, window)) for window in AVERAGES},
        rsi=_last(strength),
        bollinger=Bands(_last(upper), _last(middle), _last(lower)),
        macd=Macd(*(_last(line) for line in indicators.macd(close))),
        atr=_last(indicators.atr(view.high, view.low, close, _WINDOW)),
        trend=_trend(view),
        price_changes={str(span): _change(close, span) for span in CHANGES},
        signals=_signals(close, strength, upper, lower),
        support=support,
        resistance=resistance,
    )


def _trend(view: SignalView) -> Trend | None:
    """
    Return which way the price goes: "sideways" while ADX(14) is below 25, else the way of the larger of +DI and -DI.

    Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978, "Directional Movement"; 25 is the
    customary threshold of a trend. None before ADX exists, on the 28th bar.
    """
    high, low, close = (np.ascontiguousarray(column) for column in (view.high, view.low, view.close))
    strength = _last(talib.ADX(high, low, close, _WINDOW))
    if strength is None:
        return None
    rise = talib.PLUS_DI(high, low, close, _WINDOW)[-1] - talib.MINUS_DI(high, low, close, _WINDOW)[-1]
    if strength < _TRENDING or rise == 0:
        return "sideways"
    return "up" if rise > 0 else "down"


def _signals(close: FloatArray, strength: FloatArray, upper: FloatArray, lower: FloatArray) -> SignalSet:
    """
    Return the verdicts, by the rules of the strategy `technical`.

    RSI below 30 buys, above 70 sells; a close below the lower band buys, above the upper one sells; SMA(5) crossing
    above SMA(20) on the last bar buys, crossing below sells. Differences within 1e-9 of the close are none.
    """
    fast, slow = indicators.sma(close, _FAST), indicators.sma(close, _SLOW)
    near = indicators.noise(close)
    averages_before = slow[:-1]  # a cross needs both rows
    return SignalSet(
        rsi=_verdict(strength, strength < _OVERSOLD, strength > _OVERBOUGHT),
        bollinger=_verdict(upper, lower - close > near, close - upper > near),
        ma_crossover=_verdict(
            averages_before,
            indicators.crosses_above(fast, slow, close),
            indicators.crosses_below(fast, slow, close),
        ),
    )


def _verdict(known: FloatArray, buys: BoolArray, sells: BoolArray) -> Signal | None:
    """Return what the last row says; None while *known* still warms up."""
    if _last(known) is None:
        return None
    if buys[-1]:
        return "buy"
    return "sell" if sells[-1] else "neutral"


def _levels(view: SignalView) -> tuple[float | None, float | None]:
    """
    Return support and resistance: the nearest swing low at or below the last close, the nearest swing high at or above.

    A swing is a fractal (Bill Williams, Trading Chaos, 1995): a low below the two before it and not above the two
    after, a high likewise, among the last 120 bars. None where there is none, as above an all-time high.
    """
    low, high, close = view.low[-_LEVEL_BARS:], view.high[-_LEVEL_BARS:], float(view.close[-1])
    lows, highs = -_peaks(-low), _peaks(high)
    below, above = lows[lows <= close], highs[highs >= close]
    return (float(below.max()) if below.size else None), (float(above.min()) if above.size else None)


def _peaks(values: FloatArray) -> FloatArray:
    if values.size < 2 * _BESIDE + 1:
        return np.empty(0)
    around = np.lib.stride_tricks.sliding_window_view(values, 2 * _BESIDE + 1)
    middle = around[:, _BESIDE]
    is_peak = (middle > around[:, :_BESIDE].max(axis=1)) & (middle >= around[:, _BESIDE + 1 :].max(axis=1))
    peaks: FloatArray = middle[is_peak]
    return peaks


def _change(close: FloatArray, span: int) -> float | None:
    return float(close[-1] / close[-1 - span] - 1) * 100 if close.size > span else None


def _last(values: FloatArray) -> float | None:
    value = float(values[-1]) if values.size else math.nan
    return value if math.isfinite(value) else None
