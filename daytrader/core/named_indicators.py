"""Any TA-Lib function by name, on stored bars: `sma:20`, `bbands:20:2`, `stoch:fastk_period=14`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np

from daytrader.core import indicators
from daytrader.core.arrays import FloatArray
from daytrader.core.bars import Bars, SignalView
from daytrader.core.errors import InvalidParameterError
from daytrader.core.ta import abstract, talib

Series: TypeAlias = FloatArray | Mapping[str, FloatArray]
Parameters: TypeAlias = Mapping[str, int | float]

MOST_INDICATORS: Final = 20
"""How many one request may ask for."""

_NAMES: Final = "names"
_LARGEST: Final = 100_000  # TA-Lib's largest window
# Needs a series of periods beside the prices.
_WITHOUT_INPUT: Final = frozenset({"MAVP"})
_OUTPUT_NAMES: Final = {
    "upperband": "upper",
    "middleband": "middle",
    "lowerband": "lower",
    "macdsignal": "signal",
    "macdhist": "histogram",
}
# What `core.indicators` calls TA-Lib's parameters.
_PARAMETERS: Final = {
    "window": "timeperiod",
    "deviations": "nbdevup",
    "fast": "fastperiod",
    "slow": "slowperiod",
    "signal": "signalperiod",
}


@dataclass(frozen=True, slots=True)
class Indicator:
    """
    One indicator that was asked for.

    Attributes:
        key: As it was written.
        function: TA-Lib's name, upper case.
        parameters: All of them by TA-Lib's names, defaults filled in.
    """

    key: str
    function: str
    parameters: Parameters


@cache
def known_functions() -> tuple[str, ...]:
    """Return the names that `parse` takes, lower case, in order."""
    names = talib.get_functions()
    return tuple(sorted(name.lower() for name in names if name not in _WITHOUT_INPUT))


def parse(names: str) -> list[Indicator]:
    """
    Return the indicators in *names*, separated by commas: a TA-Lib function in any case, then its parameters.

    Parameters follow after colons, in TA-Lib's order or as ``name=value``; what is left out has TA-Lib's default. The
    lower Bollinger band is as far off as the upper one unless it is told otherwise.

    Raises:
        InvalidParameterError: For *names*, naming the function or parameter and what is allowed.
    """
    keys = dict.fromkeys(key for part in names.split(",") if (key := part.strip()))
    if not keys:
        raise _refused("name at least one indicator, like sma:20")
    if len(keys) > MOST_INDICATORS:
        raise _refused(f"at most {MOST_INDICATORS} indicators at once, were {len(keys)}")
    return [_parse(key) for key in keys]


def compute(indicator: Indicator, bars: Bars) -> Series:
    """
    Return the indicator on every bar, shape (n,), NaN while warming up; several outputs by their names.

    Each row is what somebody saw on that day: prices and volumes of the past in the shares of the row, so that a series
    lies on a chart of raw prices and no later split changes it. Where `core.indicators` has the function its rules
    hold. The infinite is NaN too.

    Raises:
        InvalidParameterError: If a parameter is beyond TA-Lib's bounds, naming the function and its parameters.
    """
    pieces = []
    for first, last in _between_splits(bars):
        outputs = _outputs(indicator, seen_from(bars.head(last), first))
        pieces.append({name: values[first:] for name, values in outputs.items()})
    series = {name: _finite(np.concatenate([piece[name] for piece in pieces])) for name in pieces[0]}
    return next(iter(series.values())) if len(series) == 1 else series


def seen_from(bars: Bars, row: int) -> SignalView:
    """Return the bars' prices and volumes, adjusted for splits, in the shares of *row*."""
    factor = float(bars.split_factor[row]) if bars.n else 1.0
    view = bars.signal
    if factor == 1.0:
        return view
    return SignalView(
        view.open / factor, view.high / factor, view.low / factor, view.close / factor, view.volume * factor
    )


def _between_splits(bars: Bars) -> list[tuple[int, int]]:
    """Return the stretches of rows, first and end, that no split divides; at least one."""
    cuts = (np.flatnonzero(np.diff(bars.split_factor)) + 1).tolist()
    return list(zip([0, *cuts], [*cuts, bars.n], strict=True))


def _parse(key: str) -> Indicator:
    name, *given = (part.strip() for part in key.split(":"))
    if name.lower() not in known_functions():
        raise _refused(f"unknown indicator, known: {', '.join(known_functions())}")
    function = name.upper()
    defaults = _defaults(function)
    values: dict[str, int | float] = {}
    for place, text in enumerate(given):
        parameter, value = _parameter(function, list(defaults), place, text)
        if parameter in values:
            raise _refused(f"{function.lower()}: {parameter} is given twice")
        values[parameter] = _number(function, parameter, value, is_whole=isinstance(defaults[parameter], int))
    if function == "BBANDS" and "nbdevup" in values:
        values.setdefault("nbdevdn", values["nbdevup"])
    indicator = Indicator(key, function, {**defaults, **values})
    _outputs(indicator, _NO_BARS)  # refuses what is out of bounds before any price is read
    return indicator


def _parameter(function: str, known: Sequence[str], place: int, text: str) -> tuple[str, str]:
    allowed = f"allowed: {', '.join(known) or 'none'}"
    name, is_named, value = text.partition("=")
    if is_named:
        name = name.strip().lower()
        if name not in known:
            raise _refused(f"{function.lower()}: unknown parameter, {allowed}")
        return name, value.strip()
    if place >= len(known):
        raise _refused(f"{function.lower()}: too many parameters, {allowed}")
    return known[place], text


def _number(function: str, parameter: str, text: str, *, is_whole: bool) -> int | float:
    kind = "a whole number" if is_whole else "a number"
    try:
        value = int(text) if is_whole else float(text)
    except ValueError:
        raise _refused(f"{function.lower()}: {parameter} must be {kind}") from None
    if not abs(value) <= _LARGEST:
        raise _refused(f"{function.lower()}: {parameter} must be {kind} within {_LARGEST:,}")
    return value


@cache
def _defaults(function: str) -> dict[str, int | float]:
    return dict(_function(function).info["parameters"])


def _function(name: str) -> Any:
    return abstract.Function(name)


def _outputs(indicator: Indicator, view: SignalView) -> dict[str, FloatArray]:
    ours = _OURS.get(indicator.function)
    try:
        outputs = ours(view, indicator.parameters) if ours else None
    except InvalidParameterError as error:
        reasons = ", ".join(reason for messages in error.fields.values() for reason in messages)
        raise _refused(f"{indicator.function.lower()}: {_PARAMETERS.get(error.name, error.name)} {reasons}") from None
    return _talib(indicator, view) if outputs is None else outputs


def _talib(indicator: Indicator, view: SignalView) -> dict[str, FloatArray]:
    function = _function(indicator.function)
    function.parameters = dict(indicator.parameters)
    warm_up = function.lookback
    if warm_up < 0:
        written = ", ".join(f"{name}={value}" for name, value in indicator.parameters.items())
        raise _refused(f"{indicator.key}: a parameter is out of TA-Lib's bounds ({written})")
    names = [_OUTPUT_NAMES.get(name, name) for name in function.output_names]
    size = view.close.size
    if size <= warm_up or not _has_input(function, view):
        return {name: np.full(size, np.nan) for name in names}
    results = function({name: np.ascontiguousarray(getattr(view, name)) for name in view._fields})
    columns = [np.array(column, np.float64) for column in ([results] if len(names) == 1 else results)]
    for column in columns:
        column[:warm_up] = np.nan  # TA-Lib fills whole numbers with 0
    return dict(zip(names, columns, strict=True))


def _has_input(function: Any, view: SignalView) -> bool:
    """Return whether every series that the function reads has a value: TA-Lib refuses one that has none."""
    for wanted in function.input_names.values():
        for name in [wanted] if isinstance(wanted, str) else wanted:
            if np.isnan(getattr(view, name)).all():
                return False
    return True


def _bollinger(view: SignalView, given: Parameters) -> dict[str, FloatArray] | None:
    if given["matype"] != 0 or given["nbdevup"] != given["nbdevdn"]:
        return None
    bands = indicators.bollinger(view.close, int(given["timeperiod"]), given["nbdevup"])
    return dict(zip(("upper", "middle", "lower"), bands, strict=True))


def _macd(view: SignalView, given: Parameters) -> dict[str, FloatArray]:
    windows = (int(given[name]) for name in ("fastperiod", "slowperiod", "signalperiod"))
    return dict(zip(("macd", "signal", "histogram"), indicators.macd(view.close, *windows), strict=True))


def _window(given: Parameters) -> int:
    return int(given["timeperiod"])


# Where we have a rule of our own it holds here too: a strategy's RSI and a chart's are one.
_OURS: Final[dict[str, Callable[[SignalView, Parameters], dict[str, FloatArray] | None]]] = {
    "SMA": lambda view, given: {"real": indicators.sma(view.close, _window(given))},
    "EMA": lambda view, given: {"real": indicators.ema(view.close, _window(given))},
    "RSI": lambda view, given: {"real": indicators.rsi(view.close, _window(given))},
    "ATR": lambda view, given: {"real": indicators.atr(view.high, view.low, view.close, _window(given))},
    "NATR": lambda view, given: {"real": indicators.natr(view.high, view.low, view.close, _window(given))},
    "BBANDS": _bollinger,
    "MACD": _macd,
}
_NO_BARS: Final = SignalView(*(np.empty(0) for _ in SignalView._fields))


def _finite(values: FloatArray) -> FloatArray:
    values[~np.isfinite(values)] = math.nan
    return values


def _refused(reason: str) -> InvalidParameterError:
    return InvalidParameterError(_NAMES, reason)
