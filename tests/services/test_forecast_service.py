"""Forecasts: errors by hand, intervals that mean something, dates of the exchange."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date

import numpy as np
import pytest

from daytrader.core.arrays import FloatArray
from daytrader.models import CorporateAction
from daytrader.models.enums import CorporateActionKind
from daytrader.services import forecast_service, price_service
from daytrader.services.data_providers.base import PriceSeries
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.services.forecast_service import ETS, MAX_HORIZON, NAIVE, THETA, Forecast
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import InsufficientDataError, InvalidInputError, NotFoundError
from tests.conftest import World


def forecast(horizon: object = 10, symbol: str = "ACME") -> Forecast:
    """Return the forecast as a reader asks for it."""
    with SessionManager(read_only=True) as session:
        return forecast_service.forecast(session, symbol, horizon)


def walk(rows: int, volatility: float = 0.02, seed: int = 3) -> list[float]:
    """Return closes to the cent whose logarithms are a random walk."""
    steps = np.random.default_rng(seed).normal(0, volatility, rows)
    closes: list[float] = np.round(100 * np.exp(np.cumsum(steps)), 2).tolist()
    return closes


@pytest.fixture(scope="module")
def sample() -> PriceSeries:
    """Thirteen years of IBM."""
    return SampleProvider().fetch("IBM")


def test_mase_by_hand() -> None:
    """Training moves by 1, 3 and 2 (mean 2); errors of 4 and 2 (mean 3) are 1.5 of that."""
    training, actual, forecasts = (np.array(row, np.float64) for row in ([10, 11, 8, 10], [14, 8], [10, 10]))

    assert forecast_service.mase(actual, forecasts, training) == 1.5
    assert forecast_service.mase(actual, forecasts, np.array([10.0, 10.0])) is None


def test_the_errors_are_those_of_the_holdout(world: World) -> None:
    """Recomputed from the closes: the naive one by hand, the model's from closes that end before the holdout."""
    closes = np.array(walk(300))
    world.prices(world.stock(), closes.tolist())
    training, actual = closes[:-10], closes[-10:]
    scale = np.abs(training[1:] - training[:-1]).mean()

    found = forecast(10)

    assert found.error.metric == "mase"
    assert found.error.naive == pytest.approx(np.abs(actual - training[-1]).mean() / scale, rel=1e-12)
    rivals = {
        method: float(np.abs(actual - np.exp(model(np.log(training), 10).mean)).mean() / scale)
        for method, model in ((ETS, forecast_service._ets), (THETA, forecast_service._theta))
    }
    assert found.method == min(rivals, key=rivals.__getitem__)
    assert found.error.model == pytest.approx(min(rivals.values()), rel=1e-9)


def test_a_random_walk_spreads_with_the_root_of_time(world: World) -> None:
    """In logarithms the intervals are 2 x 1.2816 (1.96) standard deviations x sqrt(h) wide."""
    closes = walk(750)
    world.prices(world.stock(), closes)
    sigma = float(np.diff(np.log(closes)).std())

    found = forecast(20)

    for lower, upper, quantile in (
        (found.lower_80, found.upper_80, 1.2815515655),
        (found.lower_95, found.upper_95, 1.9599639845),
    ):
        widths = np.log(np.array(upper) / np.array(lower)) / (2 * quantile * sigma)
        np.testing.assert_allclose(widths, np.sqrt(np.arange(1, 21)), rtol=0.1)
    assert found.mean[0] == pytest.approx(closes[-1], rel=0.02)


def test_the_intervals_hold_what_they_promise() -> None:
    """Over 60 random walks the 80 % interval of either model held the fifth close about as often as it says."""
    hits = {ETS: 0, THETA: 0}
    for seed in range(60):
        logs = np.log(walk(205, seed=seed))
        for method, model in ((ETS, forecast_service._ets), (THETA, forecast_service._theta)):
            path = model(logs[:200], 5)
            hits[method] += bool(abs(logs[204] - path.mean[4]) < 1.2815515655 * path.deviation[4])
    assert all(40 <= held <= 56 for held in hits.values()), hits  # 48 expected, 3.1 the standard deviation


@pytest.mark.parametrize("horizon", [1, 30, MAX_HORIZON])
def test_intervals_nest_and_prices_stay_positive(world: World, horizon: int) -> None:
    """Every column has the horizon's length, the wider interval encloses the narrower one."""
    world.prices(world.stock(), walk(400, volatility=0.05))

    found = forecast(horizon)

    columns = np.array([found.lower_95, found.lower_80, found.mean, found.upper_80, found.upper_95])
    assert columns.shape == (5, horizon)
    assert (np.diff(columns, axis=0) > 0).all()
    assert (columns > 0).all()
    assert (found.horizon, len(found.dates)) == (horizon, horizon)


def test_the_dates_are_the_exchanges_next_sessions(world: World) -> None:
    """After Wednesday, 2020-12-23: neither Christmas nor a weekend nor New Year."""
    closes = walk(60)
    world.prices(world.stock(), closes, first=date(2020, 10, 25))

    found = forecast(6)

    assert found.as_of == date(2020, 12, 23)
    days = [date(2020, 12, number) for number in (24, 28, 29, 30, 31)]
    assert found.dates == [*days, date(2021, 1, 4)]


def test_a_split_changes_nothing_but_the_shares(world: World) -> None:
    """The same closes, those before a 2:1 split doubled, have the same forecast."""
    closes = walk(200)
    world.prices(world.stock("PLAIN"), closes)
    split = world.stock()
    world.prices(split, [2 * close for close in closes[:150]] + closes[150:])
    with SessionManager() as session:
        kind, ex_date = CorporateActionKind.SPLIT, date(2020, 5, 30)  # row 150
        session.add(CorporateAction(stock_id=split.id, ex_date=ex_date, kind=kind, ratio_numerator=2, source="test"))

    plain, found = forecast(5, "PLAIN"), forecast(5)

    np.testing.assert_allclose(found.mean, plain.mean, rtol=1e-6)
    assert found.error.model == pytest.approx(plain.error.model, rel=1e-6)


def test_a_price_that_never_moved_has_no_error(world: World) -> None:
    """The naive forecast is all there is to say, and it is certain."""
    world.prices(world.stock(), [25.0] * 100)

    found = forecast(3)

    assert (found.method, found.error.model, found.error.naive) == (NAIVE, None, None)
    for column in (found.mean, found.lower_80, found.upper_95):
        assert column == pytest.approx([25.0] * 3)


def test_a_stock_that_hardly_trades_is_forecast(world: World) -> None:
    """A close that stands still for weeks breaks neither model."""
    rng = np.random.default_rng(5)
    moves = np.where(rng.random(200) < 0.03, rng.choice([-0.01, 0.01], 200), 0.0)
    world.prices(world.stock(), np.round(1 + np.cumsum(moves), 2).tolist())

    found = forecast(5)

    assert np.isfinite([found.mean, found.lower_95, found.upper_95]).all()
    assert 0.5 < found.mean[-1] < 1.5


def test_the_history_must_hold_training_and_holdout(world: World) -> None:
    """Thirty closes and as many again as are forecast, ten at least."""
    stock = world.stock()
    world.prices(stock, walk(40))

    assert forecast(10).horizon == 10
    with pytest.raises(InsufficientDataError, match="40 sessions of ACME are known, this horizon needs 41"):
        forecast(11)


@pytest.mark.parametrize("horizon", [0, -1, MAX_HORIZON + 1, 1.5, "many", None, True])
def test_the_horizon_is_a_whole_number_of_sessions(world: World, horizon: object) -> None:
    """From one to half a year."""
    world.stock()

    with pytest.raises(InvalidInputError) as error:
        forecast(horizon)
    assert list(error.value.fields) == ["horizon"]


@pytest.mark.usefixtures("world")
def test_an_unknown_symbol_is_not_found() -> None:
    """As everywhere."""
    with pytest.raises(NotFoundError):
        forecast()


@pytest.mark.usefixtures("world")
def test_five_thousand_bars_take_less_than_two_seconds(sample: PriceSeries) -> None:
    """Of processor time, the libraries being loaded: only the last three years are fitted."""
    closes = np.concatenate([sample.close, sample.close])[:5000]
    with SessionManager() as session:
        price_service.store_series(session, _series("ACME", closes))
    forecast(5)

    started = time.process_time()
    found = forecast(30)

    assert time.process_time() - started < 2
    assert found.method in {ETS, THETA}


def test_statsmodels_is_loaded_by_the_first_forecast_only() -> None:
    """A server that nobody asks for forecasts starts without it."""
    code = "import sys, daytrader.services.forecast_service; sys.exit('statsmodels' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=300).returncode == 0


def _series(symbol: str, closes: FloatArray) -> PriceSeries:
    """Return daily bars that each trade at one price."""
    day = np.datetime64("2000-01-01") + np.arange(closes.size)
    return PriceSeries(
        symbol,
        day.astype("datetime64[s]").astype(np.int64),
        closes,
        closes,
        closes,
        closes,
        np.full(closes.size, 1000.0),
        closes,
        (),
        "test",
    )
