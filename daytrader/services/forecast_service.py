"""Forecasts of the close: exponential smoothing or Theta, whichever did better on what it had not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy.orm import Session

from daytrader.core.arrays import FloatArray
from daytrader.core.named_indicators import seen_from
from daytrader.services import market_calendar, stock_service, technical_analysis_service
from daytrader.utils import validators
from daytrader.utils.days import date_of
from daytrader.utils.errors import InsufficientDataError

MAX_HORIZON: Final = 126
"""Sessions, half a year: beyond that the intervals say nothing that a trader could use."""

ETS: Final = "ETS(A,Ad,N) of log prices"
THETA: Final = "Theta of log prices"
NAIVE: Final = "naive"

# Three years. Smoothing forgets: the weights of older closes are below 1e-9 at any rate that is fitted to prices, and
# the level of risk of longer ago would widen or narrow today's intervals.
_HISTORY: Final = 750
_LEAST_TRAINING: Final = 30
_LEAST_HOLDOUT: Final = 10
_QUANTILE_80: Final = 1.2815515655446004  # of the normal distribution at 0.9
_QUANTILE_95: Final = 1.959963984540054  # at 0.975


@dataclass(frozen=True, slots=True)
class ForecastError:
    """
    How far off the method was on the holdout, and the naive forecast ("as the last close") beside it.

    MASE, the mean absolute error in units of the training closes' mean absolute change from one session to the next:
    below `naive` the method was worth having. None where the price never moved. Source: Hyndman and Koehler, Another
    look at measures of forecast accuracy, International Journal of Forecasting 22, 2006.
    """

    metric: str
    model: float | None
    naive: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """
    Closes of the next sessions, in the shares of the last bar.

    Attributes:
        symbol: Of the stock.
        method: How it was made.
        as_of: The last session that was read.
        horizon: How many sessions ahead.
        dates: Those sessions, by the exchange's calendar.
        mean: The point forecast: the middle of the distribution of prices, what the absolute error asks for.
        lower_80, upper_80: What the close stays within four times in five, shape (horizon,).
        lower_95, upper_95: Likewise nineteen times in twenty.
        error: On the holdout.
    """

    symbol: str
    method: str
    as_of: date
    horizon: int
    dates: Sequence[date]
    mean: Sequence[float]
    lower_80: Sequence[float]
    upper_80: Sequence[float]
    lower_95: Sequence[float]
    upper_95: Sequence[float]
    error: ForecastError


class _Path(NamedTuple):
    """Point forecast and its standard error for each step ahead, in logarithms, shape (steps,)."""

    mean: FloatArray
    deviation: FloatArray


_Model = Callable[[FloatArray, int], _Path]


def forecast(session: Session, symbol: str, horizon: object) -> Forecast:
    """
    Return the forecast of the next *horizon* closes (1 to 126) after the last session that the market knows.

    ETS and Theta forecast the last closes of the history (as many as the horizon, ten at least) without having seen
    them; the one with the smaller MASE is fitted to the last 750 closes and used. Both work on logarithms, so that
    no interval reaches below zero; the errors count as normal and independent there.

    Raises:
        InvalidInputError: Naming *horizon*.
        NotFoundError: If the symbol is unknown.
        InsufficientDataError: If there are fewer closes than the holdout and 30 more.
    """
    steps = validators.checked("horizon", validators.whole(1, MAX_HORIZON), horizon)
    stock = stock_service.by_symbol(session, symbol)
    bars = technical_analysis_service.known_sessions(session, stock.id)
    needed = _LEAST_TRAINING + max(steps, _LEAST_HOLDOUT)
    if bars.n < needed:
        raise InsufficientDataError(f"{bars.n} sessions of {stock.symbol} are known, this horizon needs {needed}")
    closes = seen_from(bars, bars.n - 1).close[-_HISTORY:]
    as_of = date_of(int(bars.session[-1]))
    method, path, error = _forecast(closes, steps)
    return Forecast(
        symbol=stock.symbol,
        method=method,
        as_of=as_of,
        horizon=steps,
        dates=market_calendar.sessions_after(as_of, steps),
        mean=_prices(path, 0),
        lower_80=_prices(path, -_QUANTILE_80),
        upper_80=_prices(path, _QUANTILE_80),
        lower_95=_prices(path, -_QUANTILE_95),
        upper_95=_prices(path, _QUANTILE_95),
        error=error,
    )


def mase(actual: FloatArray, forecasts: FloatArray, training: FloatArray) -> float | None:
    """Return the mean absolute scaled error, None where *training* never moved."""
    scale = float(np.abs(np.diff(training)).mean())
    return float(np.abs(actual - forecasts).mean()) / scale if scale > 0 else None


def _forecast(closes: FloatArray, steps: int) -> tuple[str, _Path, ForecastError]:
    held_out = max(steps, _LEAST_HOLDOUT)
    training, actual = closes[:-held_out], closes[-held_out:]
    naive = mase(actual, np.full(held_out, training[-1]), training)
    if naive is None or np.all(training == training[0]):
        still = _Path(np.full(steps, np.log(closes[-1])), np.zeros(steps))
        return NAIVE, still, ForecastError("mase", None, None)
    errors = {
        method: mase(actual, np.exp(model(np.log(training), held_out).mean), training) or 0.0
        for method, model in _MODELS.items()
    }
    best = min(errors, key=errors.__getitem__)
    return best, _MODELS[best](np.log(closes), steps), ForecastError("mase", errors[best], naive)


def _ets(logs: FloatArray, steps: int) -> _Path:
    """
    Forecast with additive errors, a damped additive trend and no season, fitted by maximum likelihood.

    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, chapter 8.
    """
    # Two seconds and pandas: only for those who forecast.
    import pandas as pd  # type: ignore[import-untyped]
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # type: ignore[import-untyped]

    fitted = ETSModel(pd.Series(logs), error="add", trend="add", damped_trend=True).fit(disp=0, warn_convergence=False)
    ahead = fitted.get_prediction(start=logs.size, end=logs.size + steps - 1)
    return _Path(np.asarray(ahead.predicted_mean), np.sqrt(np.asarray(ahead.forecast_variance)))


def _theta(logs: FloatArray, steps: int) -> _Path:
    """
    Forecast with the Theta method: simple smoothing with half of the linear trend as drift.

    Sources: Assimakopoulos and Nikolopoulos, The Theta model, International Journal of Forecasting 16, 2000; the
    variance sigma^2 (1 + (h - 1) alpha^2) is that of Hyndman and Billah, Unmasking the Theta method, 19, 2003, sigma
    being that of the errors one session ahead.
    """
    from statsmodels.tsa.forecasting.theta import ThetaModel  # type: ignore[import-untyped]

    fitted = ThetaModel(logs, period=1, deseasonalize=False, use_test=False).fit()
    alpha, slope = float(fitted.params["alpha"]), float(fitted.params["b0"])
    sigma = _one_step_deviation(logs, alpha, slope)
    spread = np.sqrt(1 + np.arange(steps) * alpha**2)
    return _Path(np.asarray(fitted.forecast(steps)), sigma * spread)


def _one_step_deviation(logs: FloatArray, alpha: float, slope: float) -> float:
    """Return the root mean square of what smoothing by *alpha*, drifting by half of *slope*, missed a session ahead."""
    level, squares = float(logs[0]), 0.0
    for value in logs[1:].tolist():
        expected = level + slope / 2
        squares += (value - expected) ** 2
        level = expected + alpha * (value - expected)
    return float(np.sqrt(squares / (logs.size - 1)))


def _prices(path: _Path, quantile: float) -> list[float]:
    prices: list[float] = np.exp(path.mean + quantile * path.deviation).tolist()
    return prices


_MODELS: Final[dict[str, _Model]] = {ETS: _ets, THETA: _theta}
