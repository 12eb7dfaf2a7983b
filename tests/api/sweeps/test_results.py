"""Tests of /sweeps: computed as a job, and its results read and judged."""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask

from daytrader.core import sweep
from daytrader.core.combinations import grid
from daytrader.core.rules import Rules
from daytrader.models import Stock, Sweep
from daytrader.services import price_service, sweep_files, sweep_results
from daytrader.services.session_manager import SessionManager
from daytrader.services.sweep_results import ResultQuery
from tests.conftest import World
from tests.stored_bars import store_random_walk

from ..conftest import Caller
from .conftest import AXES, DAYS, Swept, ask_for_sweep, results_of


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
    items = results_of(alice, asked["id"], sort="slow", order="asc")
    assert len(items) == 12
    for item in items:
        row = item["index"]
        assert item["params"] == tried.of(row)
        assert item["is_valid"] == outcome.is_valid[row]
        if item["is_valid"]:
            assert item["metrics"]["final_equity"] == outcome.final_equity[row] / 100  # as money is everywhere
            assert item["metrics"]["max_drawdown_pct"] == outcome.max_drawdown_pct[row]
    assert [item["params"]["slow"] for item in items] == sorted(item["params"]["slow"] for item in items)


def test_the_best_stands_first_and_is_a_backtest_of_its_own(alice: Caller, swept: Swept) -> None:
    """By any metric; a backtest of its settings shows the same figures; the verdict is a sentence."""
    shown = swept(metric="total_return_pct")
    first, *others = results_of(alice, shown["id"])
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
    swept: Swept, admin: Caller, bob: Caller, app: Flask
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
    store_random_walk("OTHER", 2, DAYS)
    assert swept(symbol="OTHER")["findings"]["earlier_trials"] == 0
    assert swept(symbol=None, symbols=["OTHER", "ACME"], end="2020-06-30")["findings"]["earlier_trials"] == 12 * 3 + 2
    assert swept(start="2020-07-01")["findings"]["earlier_trials"] == 12 * 1 + 2
    theirs = ask_for_sweep(bob).get_json()
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
    alice: Caller, swept: Swept, how: dict[str, Any], combinations: int, names: list[str]
) -> None:
    """A grid of values or ranges, draws that a seed decides, or a list."""
    shown = swept(**how)
    assert (shown["combinations"], shown["settings"]) == (combinations, names)
    assert len(results_of(alice, shown["id"])) == combinations
    again = swept(**how)
    assert results_of(alice, again["id"]) == results_of(alice, shown["id"])


def test_walk_forward(swept: Swept) -> None:
    """Each choice is traded in the window after it; windows follow each other."""
    walked = swept(walk_forward={"mode": "anchored", "train": 120, "test": 60})["findings"]["walk_forward"]
    windows = walked["windows"]
    assert [window["test_start"] for window in windows[1:]] > [window["test_end"] for window in windows[:-1]]
    assert windows[0]["train_start"] == "2020-01-01"
    assert len(walked["dates"]) == len(walked["portfolio_values"]) == DAYS - 120


def test_a_heatmap_shows_the_mean_the_median_or_the_best_of_what_shares_a_cell(alice: Caller, swept: Swept) -> None:
    """Over any two settings; what the strategy refuses is null, and what never traded does not count."""
    shown = swept(grid=AXES | {"stop_loss": [1, 3, 9]})
    items = results_of(alice, shown["id"])
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


def test_results_of_one_cell(alice: Caller, swept: Swept) -> None:
    """Those with the named settings, still the best first: what stands behind a cell of the heatmap."""
    shown = swept(grid=AXES | {"stop_loss": [1, 3, 9]})
    place = f"/sweeps/{shown['id']}/results"
    found = alice.get(place, where="fast:3,slow:8").get_json()
    assert found["pagination"]["total_items"] == 3
    expected = [
        item for item in results_of(alice, shown["id"]) if (item["params"]["fast"], item["params"]["slow"]) == (3, 8)
    ]
    assert found["items"] == expected
    assert alice.get(place, where="fast:11").get_json()["items"] == []
    for refused in ("colour:1", "fast", "fast:red", "fast:"):
        assert alice.get(place, where=refused).status_code == 400
    for part in ("results", "heatmap", "symbols"):
        unknown = alice.get(f"/sweeps/{shown['id']}/{part}", x="fast", y="slow", colour="red")
        assert "colour" in unknown.get_json()["validation_errors"]


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
