"""Tests of /sweeps: what may be asked for, what it would take, and whose it is."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from daytrader.models import Job, Sweep
from daytrader.services import sweep_estimate, sweep_files
from daytrader.services.session_manager import SessionManager
from tests.stored_bars import store_random_walk

from ..conftest import Caller
from .conftest import AXES, DAYS, ask_for_sweep


@pytest.mark.usefixtures("acme")
def test_the_estimate_counts_the_walk_forward(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its trainings read the bars again, and one without a session to test on is refused before it is queued."""
    monkeypatch.setattr(sweep_estimate, "_seconds_each", lambda *_: 1.0)
    body = {"symbol": "ACME", "strategy": "sma_cross", "grid": AXES}
    walk = {"mode": "anchored", "train": 120, "test": 60}
    plain = alice.post("/sweeps?dry_run=true", body).get_json()
    walked = alice.post("/sweeps?dry_run=true", {**body, "walk_forward": walk}).get_json()
    assert plain["estimated_seconds"] == 12
    assert walked["estimated_seconds"] == pytest.approx(12 * (1 + sum(range(120, DAYS, 60)) / DAYS))
    store_random_walk("OTHER", 2, DAYS)
    both = {name: value for name, value in body.items() if name != "symbol"} | {"symbols": ["ACME", "OTHER"]}
    of_both = alice.post("/sweeps?dry_run=true", {**both, "walk_forward": walk}).get_json()
    assert of_both["estimated_seconds"] == pytest.approx(2 * walked["estimated_seconds"])
    refused = alice.post("/sweeps?dry_run=true", {**body, "walk_forward": {**walk, "train": 5000}})
    assert refused.status_code == 422


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
    answer = ask_for_sweep(alice, **change)

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


@pytest.mark.usefixtures("acme")
def test_another_users_sweep_is_not_there(app: Flask, alice: Caller, bob: Caller, admin: Caller) -> None:
    """404 in every form and no row of a list; an admin reads; a deleted one is gone with its files."""
    place = f"/sweeps/{ask_for_sweep(alice).get_json()['sweep_id']}"
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
    asked = ask_for_sweep(alice).get_json()
    assert alice.delete(f"/jobs/{asked['id']}").status_code == 204
    assert alice.get(f"/sweeps/{asked['sweep_id']}").get_json()["state"] == "CANCELLED"
    assert app.extensions["jobs"].run_waiting() == 0
    assert alice.delete(f"/sweeps/{asked['sweep_id']}").status_code == 204


@pytest.mark.usefixtures("acme")
def test_a_third_at_once_is_too_many(alice: Caller) -> None:
    """Two of one user's may wait or run."""
    assert [ask_for_sweep(alice).status_code for _ in range(3)] == [202, 202, 429]


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
