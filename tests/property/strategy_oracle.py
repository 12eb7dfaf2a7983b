"""
The shipped strategies once more: the textbook formulas in plain Python, without TA-Lib and the core's code.

Written from docs/strategies.md alone. Every window is summed anew, so that nothing is carried along but what the
formula itself carries (Wilder's and the exponential averages). A figure that does not exist yet is None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Figure = float | None
Settings = Mapping[str, int | float]


class Prices(NamedTuple):
    """Prices on one scale: splits are taken out."""

    high: Sequence[float]
    low: Sequence[float]
    close: Sequence[float]


class Told(NamedTuple):
    """What a strategy says of one row, before exit wins over entry."""

    entry: bool
    exit: bool


def oracle(name: str, prices: Prices, params: Settings) -> list[tuple[bool, bool]]:
    """Return (entry, exit) for each row: nothing before the warm-up, and exit wins."""
    warmup, rule = _RULES[name]
    first = warmup(params)
    told = rule(prices, params)
    return [
        (row >= first and said.entry and not said.exit, row >= first and said.exit) for row, said in enumerate(told)
    ]


def average(values: Sequence[float], row: int, window: int) -> Figure:
    """Return the mean of the last *window* values."""
    return None if row < window - 1 else math.fsum(values[row - window + 1 : row + 1]) / window


def deviation(values: Sequence[float], row: int, window: int) -> Figure:
    """Return their population standard deviation."""
    mean = average(values, row, window)
    if mean is None:
        return None
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values[row - window + 1 : row + 1]) / window)


def wilder_rsi(close: Sequence[float], window: int) -> list[Figure]:
    """Return 100 x average gain / (average gain + average loss), averages smoothed by 1 / window (Wilder 1978)."""
    strength: list[Figure] = [None] * len(close)
    gain = loss = 0.0
    has_moved = False
    for row in range(1, len(close)):
        change = close[row] - close[row - 1]
        has_moved = has_moved or abs(close[row] - close[0]) > 1e-9 * close[row]
        if row <= window:
            gain += max(change, 0.0) / window
            loss += max(-change, 0.0) / window
        else:
            gain = (gain * (window - 1) + max(change, 0.0)) / window
            loss = (loss * (window - 1) + max(-change, 0.0)) / window
        if row >= window:
            strength[row] = 100 * gain / (gain + loss) if has_moved and gain + loss > 0 else 50.0
    return strength


def exponential(values: Sequence[Figure], window: int, first: int) -> list[Figure]:
    """Return the exponential average of smoothing 2 / (window + 1), seeded at row *first* by the mean up to it."""
    found: list[Figure] = [None] * len(values)
    now = 0.0
    for row in range(first, len(values)):
        value = values[row]
        assert value is not None
        if row == first:
            now = math.fsum(value or 0.0 for value in values[first - window + 1 : first + 1]) / window
        else:
            now += (value - now) * 2 / (window + 1)
        found[row] = now
    return found


def above(left: Figure, right: Figure, close: float) -> bool:
    """Whether *left* exceeds *right* by more than a billionth of the close."""
    return left is not None and right is not None and left - right > 1e-9 * close


def crosses(over: Sequence[Figure], under: Sequence[Figure], close: Sequence[float], row: int) -> bool:
    """Whether *over* is above *under* now, and was at or below it on the row before."""
    if row == 0 or over[row - 1] is None or under[row - 1] is None:
        return False
    return above(over[row], under[row], close[row]) and not above(over[row - 1], under[row - 1], close[row - 1])


def _technical(prices: Prices, params: Settings) -> list[Told]:
    close = prices.close
    strength = wilder_rsi(close, 14)
    fast = [average(close, row, 5) for row in range(len(close))]
    slow = [average(close, row, 20) for row in range(len(close))]
    told = []
    for row, now in enumerate(close):
        middle, spread, rsi, quick = slow[row], deviation(close, row, 20), strength[row], fast[row]
        if middle is None or spread is None or rsi is None or quick is None:
            told.append(Told(False, False))
            continue
        is_below = above(middle - 2 * spread, now, now)
        dips = not above(now, quick * (1 - params["buy_threshold"] / 100), now)
        rallies = not above(quick * (1 + params["sell_threshold"] / 100), now, now)
        turns = crosses(slow, fast, close, row) and rsi >= 30 and not is_below
        told.append(
            Told(
                rsi < 30 or is_below or (above(quick, middle, now) and dips),
                rsi > 70 or above(now, middle + 2 * spread, now) or (above(middle, quick, now) and rallies) or turns,
            )
        )
    return told


def _sma_cross(prices: Prices, params: Settings) -> list[Told]:
    close, rows = prices.close, range(len(prices.close))
    fast = [average(close, row, int(params["fast"])) for row in rows]
    slow = [average(close, row, int(params["slow"])) for row in rows]
    return [Told(crosses(fast, slow, close, row), crosses(slow, fast, close, row)) for row in rows]


def _sma_trend(prices: Prices, params: Settings) -> list[Told]:
    told = []
    for row, now in enumerate(prices.close):
        mean = average(prices.close, row, int(params["window"]))
        told.append(Told(above(now, mean, now), mean is not None and not above(now, mean, now)))
    return told


def _rsi_reversion(prices: Prices, params: Settings) -> list[Told]:
    return [
        Told(rsi is not None and params["oversold"] - rsi > 1e-9, rsi is not None and rsi - params["overbought"] > 1e-9)
        for rsi in wilder_rsi(prices.close, int(params["window"]))
    ]


def _bollinger_reversion(prices: Prices, params: Settings) -> list[Told]:
    window, told = int(params["window"]), []
    for row, now in enumerate(prices.close):
        middle, spread = average(prices.close, row, window), deviation(prices.close, row, window)
        lower = None if middle is None or spread is None else middle - params["deviations"] * spread
        told.append(Told(above(lower, now, now), above(now, middle, now)))
    return told


def _breakout(prices: Prices, params: Settings) -> list[Told]:
    entry, exit_, told = int(params["entry_window"]), int(params["exit_window"]), []
    for row, now in enumerate(prices.close):
        top = max(prices.high[row - entry : row]) if row >= entry else None
        bottom = min(prices.low[row - exit_ : row]) if row >= exit_ else None
        told.append(Told(above(now, top, now), above(bottom, now, now)))
    return told


def _macd(prices: Prices, params: Settings) -> list[Told]:
    fast, slow, smooth = (int(params[name]) for name in ("fast", "slow", "signal"))
    close = prices.close
    # Both averages begin on one row: the fast one is seeded by the last of the closes that seed the slow one.
    quick, steady = exponential(close, fast, slow - 1), exponential(close, slow, slow - 1)
    line: list[Figure] = [
        None if one is None or other is None else one - other for one, other in zip(quick, steady, strict=True)
    ]
    first = slow + smooth - 2
    signal = exponential(line, smooth, first)
    line[:first] = [None] * min(first, len(line))
    rows = range(len(close))
    return [Told(crosses(line, signal, close, row), crosses(signal, line, close, row)) for row in rows]


def _buy_and_hold(prices: Prices, params: Settings) -> list[Told]:  # noqa: ARG001 (the others' signature)
    return [Told(True, False)] * len(prices.close)


_RULES: dict[str, tuple[Callable[[Settings], int], Callable[[Prices, Settings], list[Told]]]] = {
    "technical": (lambda params: 20, _technical),  # noqa: ARG005 (the others' signature)
    "sma_cross": (lambda params: int(max(params["fast"], params["slow"])), _sma_cross),
    "sma_trend": (lambda params: int(params["window"]) - 1, _sma_trend),
    "rsi_reversion": (lambda params: int(params["window"]), _rsi_reversion),
    "bollinger_reversion": (lambda params: int(params["window"]) - 1, _bollinger_reversion),
    "breakout": (lambda params: int(max(params["entry_window"], params["exit_window"])), _breakout),
    "macd": (lambda params: int(params["slow"] + params["signal"]) - 1, _macd),
    "buy_and_hold": (lambda params: 0, _buy_and_hold),  # noqa: ARG005 (the others' signature)
}
