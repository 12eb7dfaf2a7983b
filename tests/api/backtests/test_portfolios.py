"""Tests of /backtests over HTTP with several members, which share one budget."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from daytrader.core import portfolio
from daytrader.core.portfolio import Member
from daytrader.core.rules import Rules
from daytrader.models import Stock
from daytrader.services import backtest_service, price_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World

from ..conftest import Caller
from .conftest import CLOSES, report_of


def test_a_portfolio_shares_one_budget(app: Flask, world: World, alice: Caller, acme: Stock) -> None:
    """The report of the core's portfolio, each trade with its member; kept, found again, and the same from a job."""
    other = world.stock("OTHER")
    world.prices(other, [float(close) for close in CLOSES[::-1]])
    asked = {
        "cash": 5000,
        "members": [
            {"symbol": "acme", "strategy": "sma_cross", "params": {"fast": 3, "slow": 8}, "stop_loss": 2.5},
            {"symbol": "OTHER", "strategy": "sma_cross", "params": {"fast": 2, "slow": 5}, "budget": 2000},
        ],
    }
    with SessionManager(read_only=True) as session:
        bars = [price_service.load_bars(session, stock.id) for stock in (acme, other)]
    members = [
        Member("ACME", bars[0], "sma_cross", {"fast": 3, "slow": 8}, Rules(stop_loss_percent=Decimal("2.5"))),
        Member("OTHER", bars[1], "sma_cross", {"fast": 2, "slow": 5}, Rules(), Decimal(2000)),
    ]
    expected = portfolio.run(members, cash=Decimal(5000)).to_dict()

    told = alice.post("/backtests", asked).get_json()

    assert report_of(told) == expected
    assert {trade["member"] for trade in told["trades"]} == {"ACME", "OTHER"}
    assert alice.get(f"/backtests/{told['id']}").get_json() == told
    assert "ACME" in alice.get(f"/backtests/{told['id']}/report.html").text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backtest_service, "SHORT", 10)
        job = alice.post("/backtests", asked).get_json()
    app.extensions["jobs"].run_waiting()
    done = alice.get(f"/jobs/{job['id']}").get_json()
    assert report_of(alice.get(done["result_url"].removeprefix("/api/v1")).get_json()) == expected


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("members", "status", "field"),
    [
        ([], 400, "members"),
        ([{"strategy": "sma_cross"}], 400, "members"),
        ([{"symbol": "ACME", "budget": 99_999}], 400, "budget"),
        ([{"symbol": "ACME", "colour": 1}], 400, "members"),
        ([{"symbol": "ACME"}, {"symbol": "NONE"}], 404, None),
    ],
)
def test_portfolios_that_cannot_be_run(
    alice: Caller, members: list[dict[str, Any]], status: int, field: str | None
) -> None:
    """400 naming what is wrong; 404 for a member's symbol."""
    answer = alice.post("/backtests/preview", {"members": members})
    assert answer.status_code == status
    if field:
        assert field in answer.get_json()["validation_errors"]
