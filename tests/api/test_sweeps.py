"""Tests of /sweeps and /scans over HTTP: asked for, computed, read, judged, and nobody else's."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from daytrader.core import sweep
from daytrader.core.combinations import grid
from daytrader.core.rules import Rules
from daytrader.models import Job, Stock, Sweep
from daytrader.services import price_service, sweep_files, sweep_results, sweep_service
from daytrader.services.session_manager import SessionManager
from daytrader.services.sweep_results import ResultQuery
from tests.stored_bars import store_daily

from ..conftest import World
from .conftest import Caller

DAYS = 320
AXES = {"fast": [2, 3, 5], "slow": [5, 8, 12, 20]}


def _store(symbol: str, seed: int, days: int = DAYS) -> Stock:
    rng = np.random.default_rng(seed)
    closes = np.round(100 * np.exp(np.cumsum(rng.normal(0.0005, 0.02, days))), 2).tolist()
    with SessionManager() as session:
        stock = Stock(symbol=symbol)
        session.add(stock)
        session.flush()
        store_daily(
            session,
            stock.id,
            [
                {
                    "price_date": date(2020, 1, 1) + timedelta(days=day),
                    "open_price": close,
                    "high_price": round(close * 1.01, 2),
                    "low_price": round(close * 0.99, 2),
                    "close_price": close,
                }
                for day, close in enumerate(closes)
            ],
        )
    return stock


@pytest.fixture
def acme(world: World) -> Stock:
    """ACME, 320 days that wander."""
    del world
    return _store("ACME", 1)


@pytest.fixture
def swept(app: Flask, alice: Caller, acme: Stock) -> Callable[..., dict[str, Any]]:
    """Ask for a sweep of ACME, compute it and return it as it is shown then."""
    del acme

    def run(**changes: Any) -> dict[str, Any]:
        asked = {"symbol": "ACME", "strategy": "sma_cross", "grid": AXES} | changes
        accepted = alice.post("/sweeps", {name: value for name, value in asked.items() if value is not None})
        assert accepted.status_code == 202, accepted.get_json()
        app.extensions["jobs"].run_waiting()
        shown: dict[str, Any] = alice.get(f"/sweeps/{accepted.get_json()['sweep_id']}").get_json()
        assert shown["state"] == "SUCCEEDED", shown["error"]
        return shown

    return run


def test_a_sweep_is_asked_for_and_computed_as_a_job(app: Flask, alice: Caller, acme: Stock, world: World) -> None:
    """202 with the job; the sweep says what it takes; its user hears of the job; the figures are the core's bits."""
    accepted = alice.post("/sweeps", {"symbol": "acme", "strategy": "sma_cross", "grid": AXES, "stop_loss": 3})
    assert accepted.status_code == 202
    told = accepted.get_json()
    assert accepted.headers["Location"] == f"/api/v1/jobs/{told['id']}"
    assert (told["kind"], told["state"], told["result_url"]) == ("sweep", "QUEUED", None)
    shown = alice.get(f"/jobs/{told['id']}").get_json()
    assert told == {name: shown[name] for name in told if name != "sweep_id"} | {"sweep_id": 1}
    asked = alice.get(f"/sweeps/{told['sweep_id']}").get_json()
    assert (asked["state"], asked["combinations"], asked["settings"]) == ("QUEUED", 12, ["fast", "slow"])
    assert asked["job_id"] == told["id"]
    assert asked["estimated_seconds"] > 0

    app.extensions["jobs"].run_waiting()

    job = alice.get(f"/jobs/{asked['job_id']}").get_json()
    assert (job["error"], job["state"], job["result_url"]) == (None, "SUCCEEDED", f"/api/v1/sweeps/{asked['id']}")
    states = [e.event.entity["state"] for e in world.published if e.event.name == "job:update"]
    assert states[0] == "QUEUED"
    assert states[-1] == "SUCCEEDED"
    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, acme.id)
    tried = grid(AXES)
    rules = Rules().changed({"stop_loss_percent": 3})
    outcome = sweep.run(bars, "sma_cross", tried, rules, cash=100 * Rules().allocation * 200)  # 10,000
    items = _all(alice, asked["id"], sort="slow", order="asc")
    assert len(items) == 12
    for item in items:
        row = item["index"]
        assert item["params"] == tried.of(row)
        assert item["is_valid"] == outcome.is_valid[row]
        if item["is_valid"]:
            assert item["metrics"]["final_equity"] == outcome.final_equity[row] / 100  # as money is everywhere
            assert item["metrics"]["max_drawdown_pct"] == outcome.max_drawdown_pct[row]
    assert [item["params"]["slow"] for item in items] == sorted(item["params"]["slow"] for item in items)


def _all(caller: Caller, sweep_id: int, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    page = 1
    while True:
        found = caller.get(f"/sweeps/{sweep_id}/results", page=page, page_size=5, **query).get_json()
        items += found["items"]
        if not found["pagination"]["has_next"]:
            return items
        page += 1


def test_the_best_stands_first_and_is_a_backtest_of_its_own(alice: Caller, swept: Callable[..., Any]) -> None:
    """By any metric; a backtest of its settings shows the same figures; the verdict is a sentence."""
    shown = swept(metric="total_return_pct")
    first, *others = _all(alice, shown["id"])
    traded = [item["is_valid"] and item["metrics"]["exposure_pct"] > 0 for item in others]
    known = [item["metrics"]["total_return_pct"] for item in others[: sum(traded)]]
    assert first["params"] == shown["best_params"]
    assert first["metrics"]["total_return_pct"] == shown["best_value"] >= max(known)
    assert traded == sorted(traded, reverse=True)

    alone = alice.post("/backtests/preview", {"symbol": "ACME", "strategy": "sma_cross", "params": first["params"]})
    assert alone.get_json()["metrics"]["total_return_pct"] == shown["best_value"]
    findings = shown["findings"]
    assert findings["verdict"]["sentence"].endswith(".")
    assert 0 <= findings["overfitting"]["probability"] <= 1
    assert findings["deflated_sharpe"]["trials"] <= 12
    assert findings["stability"]["neighbours"] > 0


def test_a_second_sweep_on_the_same_history_counts_the_first(
    swept: Callable[..., Any], admin: Caller, bob: Caller, app: Flask
) -> None:
    """As tries of the same luck, also a bar later; not another stock's, another user's or another period's."""
    first = swept()
    second = swept(grid={"fast": [4], "slow": [9, 10]})
    assert (first["findings"]["earlier_trials"], second["findings"]["earlier_trials"]) == (0, 12)
    assert first["data_hash"] == second["data_hash"]
    bar = {"symbol": "ACME", "price_date": "2021-01-04", "close_price": 99.0}
    bar |= {"open_price": 99.0, "high_price": 99.0, "low_price": 99.0}
    assert admin.post("/prices/daily", bar).status_code == 201
    early = swept(end="2020-06-30")
    assert early["data_hash"] != first["data_hash"]
    assert early["findings"]["earlier_trials"] == 12 + 2
    _store("OTHER", 2)
    assert swept(symbol="OTHER")["findings"]["earlier_trials"] == 0
    assert swept(symbol=None, symbols=["OTHER", "ACME"], end="2020-06-30")["findings"]["earlier_trials"] == 12 * 3 + 2
    assert swept(start="2020-07-01")["findings"]["earlier_trials"] == 12 * 1 + 2
    theirs = _ask(bob).get_json()
    app.extensions["jobs"].run_waiting()
    assert bob.get(f"/sweeps/{theirs['sweep_id']}").get_json()["findings"]["earlier_trials"] == 0


@pytest.mark.parametrize(
    ("how", "combinations", "names"),
    [
        ({"grid": {"fast": {"from": 2, "to": 6, "step": 2}, "stop_loss": [2, 2.5]}}, 6, ["fast", "stop_loss_percent"]),
        ({"grid": None, "random": {"fast": [2, 9], "slow": [10, 30]}, "draws": 9, "seed": 3}, 9, ["fast", "slow"]),
        ({"grid": None, "combinations": [{"fast": 2}, {"fast": 4}, {"fast": 3}]}, 3, ["fast"]),
    ],
)
def test_ways_of_searching(
    alice: Caller, swept: Callable[..., Any], how: dict[str, Any], combinations: int, names: list[str]
) -> None:
    """A grid of values or ranges, draws that a seed decides, or a list."""
    shown = swept(**how)
    assert (shown["combinations"], shown["settings"]) == (combinations, names)
    assert len(_all(alice, shown["id"])) == combinations
    again = swept(**how)
    assert _all(alice, again["id"]) == _all(alice, shown["id"])


def test_one_choice_for_several_symbols(alice: Caller, swept: Callable[..., Any]) -> None:
    """Together the means; each symbol's own figures by name."""
    _store("OTHER", 2)
    shown = swept(symbol=None, symbols=["ACME", "OTHER"])
    own = {
        symbol: {item["index"]: item for item in _all(alice, shown["id"], symbol=symbol)}
        for symbol in ("ACME", "OTHER")
    }
    for item in _all(alice, shown["id"]):
        if item["is_valid"]:
            of_each = [own[symbol][item["index"]]["metrics"] for symbol in own]
            assert item["metrics"]["total_return_pct"] == pytest.approx(
                sum(each["total_return_pct"] for each in of_each) / 2
            )
            for count in ("trades", "final_equity"):
                assert item["metrics"][count] == pytest.approx(sum(each[count] for each in of_each))
            days = sum(each["max_drawdown_days"] for each in of_each) / 2
            assert abs(item["metrics"]["max_drawdown_days"] - days) <= 0.5
    assert shown["findings"]["overfitting"]["combinations"] > 1
    assert shown["findings"]["verdict"]["sentence"]
    assert alice.get(f"/sweeps/{shown['id']}/results", symbol="NONE").status_code == 400


def test_of_several_symbols_those_without_prices_are_left_out(alice: Caller, swept: Callable[..., Any]) -> None:
    """Told with the reason before it is asked for and in what came of it; where none has prices it is refused."""
    with SessionManager() as session:
        session.add(Stock(symbol="NONE"))
    reason = "no prices of NONE are stored at this interval"
    body = {"symbols": ["NONE", "ACME"], "strategy": "sma_cross", "grid": AXES}
    told = alice.post("/sweeps?dry_run=true", body).get_json()
    assert (told["symbols"], told["bars"], told["left_out"]) == (1, DAYS, [{"symbol": "NONE", "reason": reason}])
    shown = swept(symbol=None, symbols=["NONE", "ACME"])
    assert (shown["symbol"], shown["symbols"]) == ("ACME", ["ACME"])
    assert shown["left_out"] == [{"symbol": "NONE", "reason": reason}]
    assert shown["findings"]["deflated_sharpe"]
    refused = alice.post("/sweeps", body | {"start": "2030-01-01"})
    assert refused.status_code == 422
    assert reason in refused.get_json()["message"]
    assert "there is no bar to trade in the chosen dates" in refused.get_json()["message"]
    assert swept()["left_out"] == []


def test_each_of_several_symbols_is_judged_as_if_it_were_swept_alone(
    app: Flask, alice: Caller, bob: Caller, swept: Callable[..., Any]
) -> None:
    """Deflated Sharpe ratio, overfitting, stability, walk-forward and verdict are those of the symbol's own sweep."""
    _store("OTHER", 2)
    walk = {"mode": "rolling", "train": 120, "test": 60}
    shown = swept(symbol=None, symbols=["ACME", "OTHER"], walk_forward=walk)
    assert shown["findings"]["deflated_sharpe"] is shown["findings"]["walk_forward"] is None
    listed = alice.get(f"/sweeps/{shown['id']}/symbols").get_json()["items"]
    assert [item["symbol"] for item in listed] == ["ACME", "OTHER"]
    for item in listed:
        asked = {"symbol": item["symbol"], "strategy": "sma_cross", "grid": AXES, "walk_forward": walk}
        alone = bob.post("/sweeps", asked).get_json()["sweep_id"]
        app.extensions["jobs"].run_waiting()
        expected = bob.get(f"/sweeps/{alone}").get_json()["findings"]
        found = alice.get(f"/sweeps/{shown['id']}/symbols/{item['symbol'].lower()}").get_json()
        assert found == expected
        assert item == bob.get(f"/sweeps/{alone}/symbols").get_json()["items"][0]
        assert item["deflated_sharpe"] == found["deflated_sharpe"]["deflated"]
        assert item["value"] == found["metrics"]["sharpe_ratio"]
        assert item["walk_forward_return_pct"] == found["walk_forward"]["metrics"]["total_return_pct"]
        assert bob.get(f"/sweeps/{alone}/symbols/{item['symbol']}").get_json() == expected


def test_symbols_are_listed_by_any_figure(alice: Caller, swept: Callable[..., Any]) -> None:
    """Page by page; one whose history leaves nothing to walk on says so, and its figure is unknown and last."""
    for seed, (symbol, days) in enumerate((("OTHER", DAYS), ("SHORT", 110)), 2):
        _store(symbol, seed, days)
    symbols = ["SHORT", "ACME", "OTHER"]
    shown = swept(symbol=None, symbols=symbols, walk_forward={"train": 120, "test": 60})
    place = f"/sweeps/{shown['id']}/symbols"
    for order, is_descending in (("asc", False), ("desc", True)):
        items = alice.get(place, sort="walk_forward_return_pct", order=order).get_json()["items"]
        assert items[-1]["symbol"] == "SHORT"
        known = [item["walk_forward_return_pct"] for item in items[:-1]]
        assert known == sorted(known, reverse=is_descending)
    second = alice.get(place, page=2, page_size=2).get_json()
    assert [item["symbol"] for item in second["items"]] == ["OTHER"]
    assert second["pagination"]["total_pages"] == 2
    short = alice.get(f"{place}/SHORT").get_json()
    assert short["walk_forward"] is None
    assert "110 sessions leave none to test on" in short["not_walked"]
    assert short["verdict"]["sentence"]
    assert alice.get(place, sort="colour").status_code == 400
    assert alice.get(f"{place}/NONE").status_code == 404


def test_earlier_tries_of_a_symbol_are_those_on_itself(alice: Caller, swept: Callable[..., Any]) -> None:
    """Of several swept together each counts its own; the choice for all counts whatever touched one of them."""
    _store("OTHER", 2)
    swept(grid={"fast": [4], "slow": [9, 10]})
    shown = swept(symbol=None, symbols=["ACME", "OTHER"])
    found = {
        symbol: alice.get(f"/sweeps/{shown['id']}/symbols/{symbol}").get_json()["earlier_trials"]
        for symbol in ("ACME", "OTHER")
    }
    assert found == {"ACME": 2, "OTHER": 0}
    assert shown["findings"]["earlier_trials"] == 2


@pytest.mark.usefixtures("acme")
def test_the_estimate_counts_the_walk_forward(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its trainings read the bars again, and one without a session to test on is refused before it is queued."""
    monkeypatch.setattr(sweep_service, "_seconds_each", lambda *_: 1.0)
    body = {"symbol": "ACME", "strategy": "sma_cross", "grid": AXES}
    walk = {"mode": "anchored", "train": 120, "test": 60}
    plain = alice.post("/sweeps?dry_run=true", body).get_json()
    walked = alice.post("/sweeps?dry_run=true", {**body, "walk_forward": walk}).get_json()
    assert plain["estimated_seconds"] == 12
    assert walked["estimated_seconds"] == pytest.approx(12 * (1 + sum(range(120, DAYS, 60)) / DAYS))
    _store("OTHER", 2)
    both = {name: value for name, value in body.items() if name != "symbol"} | {"symbols": ["ACME", "OTHER"]}
    of_both = alice.post("/sweeps?dry_run=true", {**both, "walk_forward": walk}).get_json()
    assert of_both["estimated_seconds"] == pytest.approx(2 * walked["estimated_seconds"])
    refused = alice.post("/sweeps?dry_run=true", {**body, "walk_forward": {**walk, "train": 5000}})
    assert refused.status_code == 422


def test_walk_forward(swept: Callable[..., Any]) -> None:
    """Each choice is traded in the window after it; windows follow each other."""
    walked = swept(walk_forward={"mode": "anchored", "train": 120, "test": 60})["findings"]["walk_forward"]
    windows = walked["windows"]
    assert [window["test_start"] for window in windows[1:]] > [window["test_end"] for window in windows[:-1]]
    assert windows[0]["train_start"] == "2020-01-01"
    assert len(walked["dates"]) == len(walked["portfolio_values"]) == DAYS - 120


def test_a_heatmap_shows_the_mean_the_median_or_the_best_of_what_shares_a_cell(
    alice: Caller, swept: Callable[..., Any]
) -> None:
    """Over any two settings; what the strategy refuses is null, and what never traded does not count."""
    shown = swept(grid=AXES | {"stop_loss": [1, 3, 9]})
    items = _all(alice, shown["id"])
    place = f"/sweeps/{shown['id']}/heatmap"
    for reduce, of in (("best", max), ("median", np.median), ("mean", np.mean)):
        told = alice.get(place, x="fast", y="slow", metric="total_return_pct", reduce=reduce).get_json()
        assert (told["x_values"], told["y_values"]) == (AXES["fast"], AXES["slow"])
        for (row, slow), (column, fast) in product(enumerate(AXES["slow"]), enumerate(AXES["fast"])):
            known = [
                item["metrics"]["total_return_pct"]
                for item in items
                if item["params"]["fast"] == fast
                and item["params"]["slow"] == slow
                and item["is_valid"]
                and (item["metrics"]["trades"] or item["metrics"]["exposure_pct"])
            ]
            assert told["count"][row][column] == len(known)
            expected = of(known) if known else None
            assert told["values"][row][column] == (None if expected is None else pytest.approx(expected))
    assert alice.get(place, x="fast", y="slow", metric="total_return_pct").get_json() == told
    assert alice.get(place, x="fast", y="colour").status_code == 400
    assert alice.get(place, x="fast", y="fast").status_code == 400
    assert alice.get(place, x="fast", y="slow", metric="colour").status_code == 400


def test_results_of_one_cell(alice: Caller, swept: Callable[..., Any]) -> None:
    """Those with the named settings, still the best first: what stands behind a cell of the heatmap."""
    shown = swept(grid=AXES | {"stop_loss": [1, 3, 9]})
    place = f"/sweeps/{shown['id']}/results"
    found = alice.get(place, where="fast:3,slow:8").get_json()
    assert found["pagination"]["total_items"] == 3
    expected = [item for item in _all(alice, shown["id"]) if (item["params"]["fast"], item["params"]["slow"]) == (3, 8)]
    assert found["items"] == expected
    assert alice.get(place, where="fast:11").get_json()["items"] == []
    for refused in ("colour:1", "fast", "fast:red", "fast:"):
        assert alice.get(place, where=refused).status_code == 400
    for part in ("results", "heatmap", "symbols"):
        unknown = alice.get(f"/sweeps/{shown['id']}/{part}", x="fast", y="slow", colour="red")
        assert "colour" in unknown.get_json()["validation_errors"]


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"symbol": "NONE"}, 404, None),
        ({"symbol": None}, 400, "symbol"),
        ({"symbols": ["ACME"]}, 400, "symbol"),
        ({"symbol": None, "symbols": ["ACME", "acme"]}, 400, "symbols"),
        ({"strategy": "astrology"}, 400, "strategy"),
        ({"grid": None}, 400, "grid"),
        ({"random": {"fast": [1, 2]}}, 400, "grid"),
        ({"grid": {}}, 400, "grid"),
        ({"grid": {"fast": ["2"]}}, 400, "grid"),
        ({"grid": {"fast": {"from": 1}}}, 400, "grid"),
        ({"draws": 5}, 400, "draws"),
        ({"seed": 5}, 400, "seed"),
        ({"grid": None, "combinations": [{"fast": 2}], "seed": 5}, 400, "seed"),
        ({"grid": {"stop_loss": [1], "stop_loss_percent": [2]}}, 400, "grid"),
        ({"grid": None, "combinations": [{"fast": 2}, {"fast": None}]}, 400, "combinations.1.fast"),
        ({"grid": None, "combinations": [{"fast": 2}, {"fast": "3"}]}, 400, "combinations.1.fast"),
        ({"grid": None, "combinations": [{"fast": 2}, {}]}, 400, "combinations.1"),
        ({"grid": None, "combinations": [{"fast": 2}, {"slow": 3}]}, 400, "combinations.1"),
        ({"grid": None, "combinations": [{"fast": 2}, {"fast": 3}, {"fast": 0}]}, 400, "combinations.2.fast"),
        ({"grid": {"fast": [2, 100_000]}}, 400, "fast"),
        ({"grid": {"colour": [1, 2]}}, 400, "colour"),
        (
            {
                "grid": {
                    "fast": {"from": 2, "to": 4, "step": 0.5},
                    "slow": {"from": 5, "to": 504},
                    "stop_loss": {"from": 1, "to": 400},
                }
            },
            400,
            "fast",
        ),
        ({"grid": None, "combinations": [{"fast": 2}, {"fast": 2.5}, {"fast": 3}]}, 400, "combinations.1.fast"),
        ({"grid": {"fast": [1e30]}}, 400, "grid"),
        ({"grid": None, "random": {"stop_loss": [10**12, 1e12 + 0.001]}}, 400, None),
        ({"grid": {"fast": {"from": 1, "to": 3000}, "slow": {"from": 1, "to": 3000}}}, 400, "combinations"),
        ({"grid": {"fast": [2]}, "params": {"fast": 3}}, 400, "fast"),
        ({"grid": None, "random": {"fast": [9, 2]}}, 400, "random"),
        ({"metric": "luck"}, 400, "metric"),
        ({"walk_forward": {"train": 0}}, 400, "walk_forward"),
        ({"start": "2030-01-01"}, 422, None),
        ({"interval": 5}, 422, None),
    ],
)
def test_what_cannot_be_searched(alice: Caller, change: dict[str, Any], status: int, field: str | None) -> None:
    """Told before anything is stored: 400 naming the setting, 404 for the symbol, 422 for want of prices."""
    asked = {"symbol": "ACME", "strategy": "sma_cross", "grid": AXES} | change
    answer = alice.post("/sweeps", {name: value for name, value in asked.items() if value is not None})

    assert answer.status_code == status, answer.get_json()
    if field:
        assert field in answer.get_json()["validation_errors"]
    assert alice.get("/sweeps").get_json()["items"] == []


@pytest.mark.usefixtures("acme")
def test_a_dry_run_only_says_what_it_would_take(alice: Caller) -> None:
    """Number and seconds; nothing is stored, and a running sweep is no hindrance."""
    told = alice.post("/sweeps?dry_run=true", {"symbol": "ACME", "strategy": "sma_cross", "grid": AXES})
    assert told.status_code == 200
    assert {name: told.get_json()[name] for name in ("combinations", "symbols", "backtests", "bars")} == {
        "combinations": 12,
        "symbols": 1,
        "backtests": 12,
        "bars": DAYS,
    }
    with SessionManager(read_only=True) as session:
        assert session.query(Job).count() == 0


def _ask(caller: Caller) -> TestResponse:
    return caller.post("/sweeps", {"symbol": "ACME", "strategy": "sma_cross", "grid": AXES})


@pytest.mark.usefixtures("acme")
def test_another_users_sweep_is_not_there(app: Flask, alice: Caller, bob: Caller, admin: Caller) -> None:
    """404 in every form and no row of a list; an admin reads; a deleted one is gone with its files."""
    place = f"/sweeps/{_ask(alice).get_json()['sweep_id']}"
    assert alice.get(f"{place}/results").status_code == 409
    assert alice.delete(place).status_code == 409
    app.extensions["jobs"].run_waiting()
    for part, query in (("", {}), ("/results", {}), ("/heatmap", {"x": "fast", "y": "slow"})):
        assert bob.get(place + part, **query).status_code == 404
        assert admin.get(place + part, **query).status_code == 200
    assert bob.get("/sweeps").get_json()["items"] == []
    assert bob.delete(place).status_code == 404
    folder = sweep_files.root(app.extensions["settings"].instance)
    assert list(folder.iterdir())
    assert alice.delete(place).status_code == 204
    assert alice.get(place).status_code == 404
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("acme")
def test_a_cancelled_sweep_leaves_no_file(app: Flask, alice: Caller) -> None:
    """Its state is its job's, and it can be removed."""
    asked = _ask(alice).get_json()
    assert alice.delete(f"/jobs/{asked['id']}").status_code == 204
    assert alice.get(f"/sweeps/{asked['sweep_id']}").get_json()["state"] == "CANCELLED"
    assert app.extensions["jobs"].run_waiting() == 0
    assert alice.delete(f"/sweeps/{asked['sweep_id']}").status_code == 204


@pytest.mark.usefixtures("acme")
def test_a_third_at_once_is_too_many(alice: Caller) -> None:
    """Two of one user's may wait or run."""
    assert [_ask(alice).status_code for _ in range(3)] == [202, 202, 429]


def test_a_scan_lists_todays_signals(app: Flask, alice: Caller, acme: Stock) -> None:
    """Of every stock, with reasons; one whose prices end earlier says nothing about today and is named."""
    _store("OTHER", 2)
    with SessionManager() as session:
        store_daily(
            session,
            acme.id,
            [
                {
                    "price_date": date(2020, 12, 1),
                    "open_price": 5.0,
                    "high_price": 5.0,
                    "low_price": 5.0,
                    "close_price": 5.0,
                }
            ],
        )
    accepted = alice.post("/scans", {"strategy": "buy_and_hold"})
    assert accepted.status_code == 202
    app.extensions["jobs"].run_waiting()
    job = alice.get(f"/jobs/{accepted.get_json()['id']}").get_json()
    result = job["result"]
    assert (result["as_of"], result["stocks"], result["stale"]) == ("2020-12-01", 2, ["OTHER"])
    (signal,) = result["signals"]
    assert (signal["symbol"], signal["side"], signal["session"], signal["close"]) == ("ACME", "buy", "2020-12-01", 5.0)
    assert signal["reason"]
    assert alice.post("/scans", {"strategy": "astrology"}).status_code == 400
    assert alice.post("/scans", {"symbols": ["NONE"]}).status_code == 404


@pytest.mark.usefixtures("acme")
def test_a_repeated_sweep_or_scan_under_a_key_is_one(alice: Caller) -> None:
    """One job each, however often the answer is lost on its way."""
    asked = {"symbol": "ACME", "strategy": "sma_cross", "grid": AXES}
    for place, body in (("/sweeps", asked), ("/scans", {"strategy": "buy_and_hold"})):
        answers = [alice.post(place, body, headers={"Idempotency-Key": place}).get_json() for _ in range(2)]
        assert answers[0] == answers[1]
    with SessionManager(read_only=True) as session:
        assert session.query(Job).count() == 2
        assert session.query(Sweep).count() == 1


def test_results_of_a_million_combinations_are_paged_at_once(tmp_path: Path) -> None:
    """Any page in any order in less than two seconds of the processor's time, equals by number."""
    tried = grid({"fast": range(1000), "slow": range(1000)})
    files = sweep_files.of(tmp_path, 1)
    files.begin(tried, 1, tried.size)
    for name in ("is_valid", "trades"):
        np.load(files.folder / f"{name}.npy", mmap_mode="r+")[:] = 1
    column = np.load(files.folder / "sharpe_ratio.npy", mmap_mode="r+")
    column[0] = np.arange(tried.size) % 1000
    stored = Sweep(request={"space": {"method": "grid", "axes": {"fast": [], "slow": []}}})
    began = time.process_time()
    told = sweep_results.page(
        files, stored, ResultQuery("sharpe_ratio", is_descending=True, page=11, page_size=100, symbol=0)
    )
    assert time.process_time() - began < 2
    assert [item["index"] for item in told["items"]] == [998 + 1000 * row for row in range(100)]
