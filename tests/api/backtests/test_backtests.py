"""Tests of the backtest resources over HTTP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from daytrader.api import backtesting
from daytrader.api.backtesting import Backtesting
from daytrader.api.schemas.backtest import BacktestItemSchema, ReportSchema, StoredReportSchema
from daytrader.core import backtest
from daytrader.core.rules import Rules
from daytrader.models import Job, Stock, StockDailyPrice
from daytrader.models.enums import JobState
from daytrader.services import backtest_service, price_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import TooManyRequestsError
from tests.conftest import World

from ..conftest import Caller
from .conftest import REPORT, SMA, report_of


def test_the_answer_is_the_report_of_the_core(alice: Caller, acme: Stock) -> None:
    """The same figures, names and pinned hash as the core's run and so the command line's."""
    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, acme.id)
    rules = Rules(
        allocation=Decimal("0.8"),
        fixed_shares=7,
        stop_loss_percent=Decimal("2.5"),
        volume_limit_percent=Decimal("0.5"),
    )
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
            "volume_limit": 0.5,
        },
    )

    assert answer.status_code == 200
    told = answer.get_json()
    assert {name: told[name] for name in expected} == expected
    assert set(expected) == set(ReportSchema().dump_fields) - {"members"}
    assert set(told) == set(StoredReportSchema().dump_fields) - {"members"}
    assert {trade["shares"] for trade in told["trades"]} == {5}  # half a percent of 1,000


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

    assert own.get_json()["service_id"] == service.id
    assert report_of(own.get_json()) == report_of(same.get_json())
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
        ({"members": [{"symbol": "ACME"}]}, 400, "symbol"),
        ({"params": "fast"}, 400, "params"),
    ],
)
def test_what_cannot_be_run(alice: Caller, change: dict[str, Any], status: int, field: str | None) -> None:
    """400 naming the setting; 404 for the symbol; 422 only for want of prices."""
    answer = alice.post("/backtests", {"symbol": "ACME", "strategy": "sma_cross"} | change)

    assert answer.status_code == status
    if field:
        assert field in answer.get_json()["validation_errors"]


def test_a_backtest_changes_nothing_of_the_service(world: World, alice: Caller, acme: Stock) -> None:
    """No event, no column of the service moves."""
    service = world.service(alice.user, acme)
    before = alice.get(f"/services/{service.id}").get_json()
    world.published.clear()

    alice.post(f"/services/{service.id}/backtest")

    assert alice.get(f"/services/{service.id}").get_json() == before
    assert world.published == []


@pytest.mark.usefixtures("acme")
def test_what_was_run_is_found_again(alice: Caller) -> None:
    """The same report under its address, in the list with its figures; its trades, its curve, and a page."""
    made = alice.post("/backtests", SMA)
    told = made.get_json()
    place = f"/backtests/{told['id']}"
    assert made.headers["Location"] == f"/api/v1{place}"

    assert alice.get(place).get_json() == told
    (item,) = alice.get("/backtests", strategy="sma_cross", sort="total_return_pct").get_json()["items"]
    assert set(item) == set(BacktestItemSchema().dump_fields)
    assert item["metrics"] == told["metrics"]
    assert (item["settings"] | item["params"], item["data_hash"], item["engine_version"]) == (
        told["pinned"]["params"],
        told["pinned"]["data_hash"],
        told["pinned"]["engine_version"],
    )
    assert alice.get(f"{place}/trades").get_json() == {"items": told["trades"]}
    curve = alice.get(f"{place}/equity").get_json()
    assert (curve["dates"], curve["portfolio_values"]) == (told["dates"], told["portfolio_values"])
    assert min(curve["drawdown_pct"]) == pytest.approx(told["metrics"]["max_drawdown_pct"])
    held = curve["buy_and_hold_values"]
    assert len(held) == len(curve["dates"])
    assert (held[-1] / told["initial_balance"] - 1) * 100 == pytest.approx(told["metrics"]["buy_and_hold_return_pct"])
    page = alice.get(f"{place}/report.html")
    assert (page.mimetype, page.headers["Content-Disposition"]) == (
        "text/html",
        f'attachment; filename="backtest-{told["id"]}.html"',
    )
    assert "<svg" in page.text
    assert "ACME" in page.text


@pytest.mark.usefixtures("acme")
def test_another_users_backtest_is_not_there(alice: Caller, bob: Caller, admin: Caller) -> None:
    """404 in every form and no row of a list; an admin reads; a deleted one is gone."""
    place = f"/backtests/{alice.post('/backtests', SMA).get_json()['id']}"

    for path in (place, f"{place}/trades", f"{place}/equity", f"{place}/report.html"):
        assert bob.get(path).status_code == 404
        assert admin.get(path).status_code == 200
    assert bob.get("/backtests").get_json()["items"] == []
    assert bob.delete(place).status_code == 404
    assert alice.delete(place).status_code == 204
    assert alice.get(place).status_code == 404


@pytest.mark.parametrize(("day", "is_restated"), [("2020-01-03", True), ("2020-04-30", False)])
def test_changed_prices_are_flagged_and_later_ones_are_not(
    alice: Caller, admin: Caller, acme: Stock, day: str, *, is_restated: bool
) -> None:
    """A corrected bar restates what was made from it; a new bar does not, and the report stays as it was made."""
    told = alice.post("/backtests", SMA).get_json()
    assert told["is_restated"] is False
    bar = {"open_price": 200.0, "high_price": 210.0, "low_price": 190.0, "close_price": 205.0}
    with SessionManager(read_only=True) as session:
        stored = session.query(StockDailyPrice.id).filter_by(stock_id=acme.id, price_date=date.fromisoformat(day))
        price_id = stored.scalar()
    if price_id:
        assert admin.put(f"/prices/daily/{price_id}", bar).status_code == 200
    else:
        assert admin.post("/prices/daily", bar | {"symbol": "ACME", "price_date": day}).status_code == 201

    assert alice.get(f"/backtests/{told['id']}").get_json() == told | {"is_restated": is_restated}


@pytest.mark.usefixtures("acme")
def test_two_are_compared(alice: Caller, bob: Caller) -> None:
    """Side by side with exactly the settings in which they differ."""
    first = alice.post("/backtests", SMA).get_json()["id"]
    second = alice.post("/backtests", SMA | {"params": {"fast": 4, "slow": 8}, "stop_loss": 3}).get_json()["id"]

    told = alice.get("/backtests/compare", ids=f"{second},{first}").get_json()

    assert [item["id"] for item in told["items"]] == [second, first]
    assert told["differences"] == {"fast": [4, 3], "stop_loss_percent": [3.0, 5.0]}
    assert told["is_same_data"] is True
    assert bob.get("/backtests/compare", ids=f"{first},{second}").status_code == 404
    for wrong in ("", "1", f"{first},{first}", "1,x", ",".join(str(n) for n in range(1, 13))):
        assert alice.get("/backtests/compare", ids=wrong).status_code == 400


def test_a_long_one_is_a_job(
    app: Flask, alice: Caller, acme: Stock, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """202 with the job, whose result_url is the backtest: the same report as at once, also if the job begins anew."""
    now = alice.post("/backtests", SMA).get_json()
    service = world.service(alice.user, acme)
    monkeypatch.setattr(backtest_service, "SHORT", 10)

    accepted = alice.post("/backtests", SMA | {"allocation": 0.5, "cash": 10000})
    days = alice.post(f"/services/{service.id}/backtest", {"days": 30}).get_json()
    assert accepted.status_code == 202
    job = accepted.get_json()
    assert accepted.headers["Location"] == f"/api/v1/jobs/{job['id']}"
    app.extensions["jobs"].run_waiting()

    done = alice.get(f"/jobs/{job['id']}").get_json()
    assert (done["error"], done["state"], done["progress"]) == (None, "SUCCEEDED", 1)
    kept = alice.get(done["result_url"].removeprefix("/api/v1")).get_json()
    assert {name: kept[name] for name in now if name in REPORT} == {name: now[name] for name in now if name in REPORT}
    of_service = alice.get(alice.get(f"/jobs/{days['id']}").get_json()["result_url"].removeprefix("/api/v1"))
    assert (of_service.get_json()["service_id"], of_service.get_json()["days_simulated"]) == (service.id, 31)
    _run_again(app, job["id"])
    assert alice.get("/backtests").get_json()["pagination"]["total_items"] == 3


def _run_again(app: Flask, job_id: int) -> None:
    with SessionManager() as session:
        session.get_one(Job, job_id).state = JobState.QUEUED
    app.extensions["jobs"].run_waiting()


@pytest.mark.usefixtures("acme")
def test_a_third_at_once_is_too_many(app: Flask, alice: Caller, bob: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of one user's may run, jobs included; another user has two of his own."""
    monkeypatch.setattr(backtest_service, "SHORT", 10)
    assert [alice.post("/backtests", SMA).status_code for _ in range(3)] == [202, 202, 429]
    assert bob.post("/backtests", SMA).status_code == 202
    app.extensions["jobs"].run_waiting()
    assert alice.post("/backtests", SMA).status_code == 202


def test_places_are_given_back() -> None:
    """However the work ended."""
    running = Backtesting(1)
    with pytest.raises(ValueError, match="broken"), running.slot(7, 0):
        with pytest.raises(TooManyRequestsError), running.slot(7, 0):
            pass
        raise ValueError("broken")
    with running.slot(7, 0):
        pass


@pytest.mark.usefixtures("acme")
def test_no_request_compiles(app: Flask, alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a first start what runs backtests is compiled for a minute: until then it is refused, not waited for."""
    monkeypatch.setattr(backtesting, "_COMPILED_SECONDS", 0.01)
    is_compiled = app.extensions["backtesting"].is_compiled
    sweep = {**SMA, "params": {}, "grid": {"fast": [2, 3], "slow": [5]}}
    asked = (("/backtests", SMA), ("/backtests/preview", SMA), ("/sweeps?dry_run=true", sweep))
    is_compiled.clear()
    for path, body in asked:
        refused = alice.post(path, body)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "1"
        assert "compiles the backtester" in refused.get_json()["message"]
    is_compiled.set()
    assert [alice.post(path, body).status_code for path, body in asked] == [200, 200, 200]


@pytest.mark.usefixtures("acme")
def test_a_repeated_request_under_a_key_is_kept_once(alice: Caller) -> None:
    """As every POST that starts work."""
    answers = [alice.post("/backtests", SMA, headers={"Idempotency-Key": "k"}).get_json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert alice.get("/backtests").get_json()["pagination"]["total_items"] == 1
