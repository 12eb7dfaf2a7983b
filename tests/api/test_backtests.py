"""Tests of the backtest resources over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from daytrader.api.schemas.backtest import ReportSchema
from daytrader.core import backtest
from daytrader.core.rules import Rules
from daytrader.models import Stock
from daytrader.services import price_service
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from .conftest import Caller

CLOSES = [100 + 10 * ((day // 7) % 3) + day % 5 for day in range(120)]


@pytest.fixture
def acme(world: World) -> Stock:
    """ACME with 120 daily bars that swing."""
    stock = world.stock("ACME")
    world.prices(stock, [float(close) for close in CLOSES])
    return stock


def test_the_answer_is_the_report_of_the_core(alice: Caller, acme: Stock) -> None:
    """The same figures, names and pinned hash as the core's run and so the command line's."""
    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, acme.id)
    rules = Rules(allocation=Decimal("0.8"), fixed_shares=7, stop_loss_percent=Decimal("2.5"))
    expected = backtest.run(
        bars, "sma_cross", {"fast": 3, "slow": 8}, rules, symbol="ACME", cash=Decimal(5000)
    ).to_dict()

    answer = alice.post(
        "/backtests",
        {
            "symbol": "acme",
            "strategy": "sma_cross",
            "params": {"fast": 3, "slow": 8},
            "cash": 5000,
            "allocation": 0.8,
            "shares": 7,
            "stop_loss": 2.5,
        },
    )

    assert answer.status_code == 200
    assert answer.get_json() == expected
    assert set(expected) == set(ReportSchema().dump_fields)
    assert expected["trades"]


def test_a_services_backtest_takes_its_settings(world: World, alice: Caller, acme: Stock) -> None:
    """Strategy, rules and initial balance are the service's; the period is asked for."""
    service = world.service(
        alice.user,
        acme,
        strategy="sma_cross",
        strategy_params={"fast": 3, "slow": 8},
        initial_balance=Decimal(5000),
    )
    body = {"symbol": "ACME", "strategy": "sma_cross", "params": {"fast": 3, "slow": 8}, "cash": 5000}

    own = alice.post(f"/services/{service.id}/backtest", {"start": "2020-02-01", "end": "2020-03-31"})
    same = alice.post("/backtests", body | {"start": "2020-02-01", "end": "2020-03-31"})
    days = alice.post(f"/services/{service.id}/backtest", {"days": 30})
    whole = alice.post(f"/services/{service.id}/backtest")

    assert own.get_json() == same.get_json()
    assert (own.get_json()["start"], own.get_json()["end"]) == ("2020-02-01", "2020-03-31")
    assert days.get_json()["days_simulated"] == 31
    assert whole.get_json()["days_simulated"] == 120


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"symbol": "NONE"}, 404, None),
        ({"strategy": "astrology"}, 400, "strategy"),
        ({"params": {"fast": 0}}, 400, "fast"),
        ({"params": {"colour": 1}}, 400, "colour"),
        ({"start": "soon"}, 400, "start"),
        ({"start": "2020-03-01", "end": "2020-02-01"}, 400, "start"),
        ({"start": "2030-01-01"}, 422, None),
        ({"interval": 5}, 422, None),
        ({"prices": "adjusted"}, 422, None),
        ({"cash": 0}, 400, "cash"),
        ({"allocation": 2}, 400, "allocation"),
        ({"fill": "never"}, 400, "fill"),
        ({"stop-loss": 5}, 400, "stop-loss"),
        ({"params": "fast"}, 400, "params"),
    ],
)
def test_what_cannot_be_run(alice: Caller, change: dict[str, Any], status: int, field: str | None) -> None:
    """400 naming the setting; 404 for the symbol; 422 only for want of prices."""
    answer = alice.post("/backtests", {"symbol": "ACME", "strategy": "sma_cross"} | change)

    assert answer.status_code == status
    if field:
        assert field in answer.get_json()["validation_errors"]


def test_a_backtest_changes_nothing(world: World, alice: Caller, acme: Stock) -> None:
    """No event, no row of the service moves."""
    service = world.service(alice.user, acme)
    before = alice.get(f"/services/{service.id}").get_json()
    world.published.clear()

    alice.post(f"/services/{service.id}/backtest")

    assert alice.get(f"/services/{service.id}").get_json() == before
    assert world.published == []
