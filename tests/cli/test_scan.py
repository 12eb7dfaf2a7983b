"""``daytrader scan``: what a strategy says today."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pytest

from daytrader.services import price_service
from daytrader.services.data_providers.base import PriceSeries
from daytrader.services.session_manager import SessionManager
from tests.cli.conftest import Command

TREND = ("--strategy", "sma_trend", "--param", "window=5")


def store(symbol: str, closes: list[float], last: date = date(2020, 6, 30)) -> None:
    """Store daily closes whose last one is of *last*."""
    first = (last - date(1970, 1, 1)).days - len(closes) + 1
    time, prices = (first + np.arange(len(closes))) * 86_400, np.array(closes)
    volume = np.full(prices.size, 1000.0)
    series = PriceSeries(symbol, time, prices, prices, prices, prices, volume, prices, (), "test")
    with SessionManager() as session:
        price_service.store_series(session, series)


@pytest.fixture
def market(daytrader: Command) -> Command:
    """Four stocks: one that begins to rise, one that has risen, one that falls, and one that stopped trading."""
    daytrader("db", "upgrade")
    store("NEW", [10.0] * 9 + [12.0])
    store("OLD", [10.0, 11, 12, 13, 14, 15, 16, 17, 18, 19])
    store("DOWN", [19.0, 18, 17, 16, 15, 14, 13, 12, 11, 10])
    store("GONE", [10.0] * 9 + [12.0], last=date(2019, 6, 28))
    daytrader("stocks", "add", "NONE")
    return daytrader


def signals(market: Command, *words: object) -> dict[str, dict[str, Any]]:
    """Return the signals by symbol."""
    result = market("scan", *TREND, *words, "--json")
    assert result.exit_code == 0, result.stderr
    return {one["symbol"]: one for one in json.loads(result.stdout)["signals"]}


def test_every_stock_is_asked_at_its_last_bar(market: Command) -> None:
    """With side, reason, figures and whether it is news."""
    told = signals(market)
    assert {symbol: (one["side"], one["is_new"]) for symbol, one in told.items()} == {
        "NEW": ("buy", True),
        "OLD": ("buy", False),
        "DOWN": ("sell", False),
    }
    assert told["NEW"]["session"] == "2020-06-30"
    assert told["NEW"]["close"] == 12
    assert told["NEW"]["reason"]
    assert list(told["NEW"]["evidence"].values()) == [pytest.approx(10.4)]


def test_a_stock_that_ended_before_the_others_has_no_signal_today(market: Command) -> None:
    """It is told, not listed; asked for alone, its last bar is the day."""
    result = market("scan", *TREND)
    assert "1 stocks end before the others and have no signal today: GONE" in result.stderr
    assert "GONE" in signals(market, "GONE")


def test_signals_may_be_narrowed(market: Command) -> None:
    """By side, by news, by symbol."""
    assert set(signals(market, "--side", "sell")) == {"DOWN"}
    assert set(signals(market, "--new")) == {"NEW"}
    assert set(signals(market, "old", "DOWN")) == {"OLD", "DOWN"}


def test_the_table_says_why(market: Command) -> None:
    """And how many were asked."""
    shown = market("scan", *TREND).stdout
    assert "2020-06-30" in shown
    assert "3 signals of sma_trend on 4 stocks" in shown


def test_wrong_words_are_refused(market: Command) -> None:
    """An unknown strategy, a wrong parameter, an unknown symbol, symbols beside --all."""
    for words, code in (
        (("--strategy", "luck"), 2),
        (("--strategy", "sma_trend", "--param", "window=0"), 2),
        (("NOPE",), 1),
        (("OLD", "--all"), 2),
    ):
        assert market("scan", *words).exit_code == code
