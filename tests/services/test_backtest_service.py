"""Tests of daytrader.services.backtest_service; the answers over HTTP are in tests/api/backtests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from daytrader.core.rules import Rules
from daytrader.models import Stock
from daytrader.services import backtest_service
from daytrader.services.backtest_request import BacktestRequest
from daytrader.services.session_manager import SessionManager
from daytrader.services.trading_rules import rules_of
from daytrader.utils.errors import InsufficientDataError, InvalidInputError, NotFoundError

from ..conftest import World


@pytest.fixture
def acme(world: World) -> Stock:
    """ACME, 60 days from the first of 2020, rising by 1 a day."""
    stock = world.stock("ACME")
    world.prices(stock, [100.0 + day for day in range(60)])
    return stock


def _request(**changes: object) -> BacktestRequest:
    values: dict[str, object] = {
        "symbol": "ACME",
        "strategy": "buy_and_hold",
        "params": {},
        "rules": Rules(),
        "cash": Decimal(10_000),
    }
    return BacktestRequest(**(values | changes))  # type: ignore[arg-type]  # each test gives what fits


def test_a_service_is_tested_as_it_is_set(world: World, acme: Stock) -> None:
    """Its symbol, strategy, parameters, rules, interval and initial balance."""
    service = world.service(world.user(), acme, strategy="sma_trend", strategy_params={"window": 9}, slippage_bps=7)

    request = backtest_service.of_service(service, start=date(2020, 2, 1))

    assert (request.symbol, request.strategy, request.params) == ("ACME", "sma_trend", {"window": 9})
    assert request.rules == rules_of(service)
    assert (request.cash, request.interval, request.start) == (Decimal(10_000), 0, date(2020, 2, 1))


@pytest.mark.usefixtures("acme")
def test_days_count_back_from_the_end() -> None:
    """From the last bar, or from the end that was asked for."""
    with SessionManager(read_only=True) as session:
        last = backtest_service.run(session, _request(), days=10).to_dict()
        earlier = backtest_service.run(session, _request(end=date(2020, 1, 31)), days=10).to_dict()

    assert (last["start"], last["end"]) == ("2020-02-19", "2020-02-29")
    assert (earlier["start"], earlier["end"]) == ("2020-01-21", "2020-01-31")


@pytest.mark.usefixtures("acme")
def test_what_cannot_be_run_says_why() -> None:
    """A wrong request, an unknown stock and missing prices are three different things."""
    with SessionManager(read_only=True) as session:
        with pytest.raises(InvalidInputError, match="start"):
            backtest_service.run(session, _request(start=date(2020, 2, 1), end=date(2020, 1, 1)))
        with pytest.raises(InvalidInputError, match="days"):
            backtest_service.run(session, _request(start=date(2020, 2, 1)), days=5)
        with pytest.raises(NotFoundError):
            backtest_service.run(session, _request(symbol="NONE"))
        with pytest.raises(InsufficientDataError):
            backtest_service.run(session, _request(interval=15))
