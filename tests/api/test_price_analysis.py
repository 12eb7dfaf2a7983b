"""Tests of a stock's history, analysis, indicators and forecast over HTTP."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pytest

from daytrader.models import Stock, StockIntradayPrice
from daytrader.services.session_manager import SessionManager
from tests.stored_bars import store_daily

from ..conftest import World
from .conftest import Caller

SESSIONS = 5000


@pytest.fixture
def acme(world: World) -> Stock:
    """ACME, whose close rose by one a day from 10 on."""
    stock = world.stock("ACME")
    world.prices(stock, [float(close) for close in range(10, 70)])
    return stock


@pytest.fixture
def long(world: World) -> Stock:
    """LONG, five thousand daily bars."""
    stock = world.stock("LONG")
    closes = (100 + np.sin(np.arange(SESSIONS))).tolist()
    prices = ("open_price", "high_price", "low_price", "close_price")
    rows = [
        {"price_date": date(1970, 1, 1) + timedelta(days=day), "volume": 1000} | dict.fromkeys(prices, close)
        for day, close in enumerate(closes)
    ]
    with SessionManager() as session:
        store_daily(session, stock.id, rows)
    return stock


@pytest.mark.usefixtures("long")
def test_a_long_history_is_whole_and_compressed(alice: Caller) -> None:
    """5,000 bars in one answer; gzip for whoever accepts it."""
    answer = alice.get("/prices/LONG/history")
    packed = alice._send("GET", "/prices/LONG/history", headers={"Accept-Encoding": "gzip"})

    assert len(answer.get_json()["timestamps"]) == SESSIONS
    assert packed.headers["Content-Encoding"] == "gzip"
    assert orjson.loads(gzip.decompress(packed.data)) == answer.get_json()
    assert len(packed.data) < len(answer.data) / 3


def test_an_intraday_history_is_of_one_interval(alice: Caller, acme: Stock) -> None:
    """The regular session's bars, by the exchange's date."""
    opening = datetime(2020, 1, 2, 14, 30, tzinfo=UTC)
    with SessionManager() as session:
        for minutes, start in ((5, opening - timedelta(hours=2)), (5, opening), (15, opening)):
            prices = {f"{name}_price": 12.0 for name in ("open", "high", "low", "close")}
            session.add(StockIntradayPrice(stock_id=acme.id, timestamp=start, interval=minutes, **prices))

    body = alice.get("/prices/ACME/history", interval=5, start="2020-01-02", end="2020-01-02").get_json()

    assert (body["interval"], body["timestamps"], body["close"]) == (5, ["2020-01-02T14:30:00Z"], [12])
    assert alice.get("/prices/ACME/history", interval=5, adjusted="true").status_code == 422


@pytest.mark.usefixtures("acme")
def test_an_analysis_has_the_shape_of_the_contract(alice: Caller) -> None:
    """Of the last bar; null where the history is too short; daily by default, longer bars on demand."""
    body = alice.get("/prices/acme/analysis").get_json()

    assert (body["symbol"], body["timeframe"], body["as_of"]) == ("ACME", "DAILY", "2020-02-29T00:00:00Z")
    assert body["latest_price"] == 69
    assert body["moving_averages"] == {"5": 67, "10": 64.5, "20": 59.5, "50": 44.5, "200": None}
    assert body["price_changes"]["90"] is None
    assert set(body["bollinger"]) == {"upper", "middle", "lower"}
    assert set(body["macd"]) == {"macd", "signal", "histogram"}
    assert set(body["signals"]) == {"rsi", "bollinger", "ma_crossover"}
    assert (body["rsi"], body["trend"], body["resistance"]) == (100, "up", None)
    assert alice.get("/prices/acme/analysis", timeframe="weekly").get_json()["timeframe"] == "WEEKLY"


@pytest.mark.usefixtures("acme")
def test_indicators_lie_on_the_history(alice: Caller) -> None:
    """Row for row, warm-up null, several outputs by name."""
    span = {"start": "2020-01-03", "end": "2020-01-06"}
    history = alice.get("/prices/ACME/history", **span).get_json()
    body = alice.get("/prices/ACME/indicators", names="sma:4,bbands:3:2", **span).get_json()

    assert body["timestamps"] == history["timestamps"]
    assert body["series"]["sma:4"] == [None, 11.5, 12.5, 13.5]
    assert set(body["series"]["bbands:3:2"]) == {"upper", "middle", "lower"}
    assert body["series"]["bbands:3:2"]["middle"] == [11, 12, 13, 14]


@pytest.mark.usefixtures("acme")
def test_a_forecast_names_its_method_and_its_error(alice: Caller) -> None:
    """As many sessions as asked for, each interval within the next, the naive forecast's error beside it."""
    body = alice.get("/prices/ACME/forecast", horizon=3).get_json()

    assert (body["horizon"], body["as_of"], len(body["dates"])) == (3, "2020-02-29", 3)
    assert body["dates"] == ["2020-03-02", "2020-03-03", "2020-03-04"]
    names = ("lower_95", "lower_80", "mean", "upper_80", "upper_95")
    for row in zip(*(body[name] for name in names), strict=True):
        assert list(row) == sorted(row)
    assert body["error"]["metric"] == "mase"
    assert body["error"]["model"] < body["error"]["naive"]
    assert body["method"]


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("route", "query", "field"),
    [
        ("analysis", {"timeframe": "hourly"}, "timeframe"),
        ("indicators", {}, "names"),
        ("indicators", {"names": "nonsense"}, "names"),
        ("indicators", {"names": "sma:0"}, "names"),
        ("indicators", {"names": "sma:5", "interval": 7}, "interval"),
        ("history", {"start": "2020-02-01", "end": "2020-01-01"}, "start"),
        ("forecast", {"horizon": 0}, "horizon"),
        ("forecast", {"horizon": "far"}, "horizon"),
    ],
)
def test_arguments_are_judged(alice: Caller, route: str, query: dict[str, Any], field: str) -> None:
    """400 naming the argument."""
    refused = alice.get(f"/prices/ACME/{route}", **query)

    assert (refused.status_code, set(refused.get_json()["validation_errors"])) == (400, {field})


@pytest.mark.parametrize("route", ["history", "latest", "analysis", "indicators", "forecast"])
def test_an_unknown_stock(world: World, alice: Caller, route: str) -> None:
    """404; without prices 422 where some are needed, an empty answer where none are."""
    world.stock("NEW")
    query = {"names": "sma:5"} if route == "indicators" else {}

    assert alice.get(f"/prices/NONE/{route}", **query).status_code == 404
    assert alice.get(f"/prices/NEW/{route}", **query).status_code == (422 if route in ("analysis", "forecast") else 200)


@pytest.mark.parametrize("day", ["20200102", "2020-W01-2", "2020-1-2", "2020-01-02T00:00:00Z"])
def test_a_day_is_written_one_way(alice: Caller, world: World, day: str) -> None:
    """YYYY-MM-DD, and no other form that ISO 8601 has for it."""
    world.stock("ACME")

    answer = alice.get("/prices/ACME/history", start=day)

    assert answer.status_code == 400
    assert answer.get_json()["validation_errors"] == {"start": ["must be a date: YYYY-MM-DD"]}


def test_a_misspelt_parameter_is_named(alice: Caller, world: World) -> None:
    """With what is allowed: `from` instead of `start` would show all there is."""
    world.stock("ACME")

    answer = alice.get("/prices/ACME/history", **{"from": "2020-01-02"})

    assert answer.get_json()["validation_errors"] == {"from": ["is unknown, allowed: start, end, interval, adjusted"]}
