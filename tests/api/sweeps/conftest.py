"""Sweeps of ACME, small enough to be computed within a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from daytrader.models import Stock
from tests.conftest import World
from tests.stored_bars import store_random_walk

from ..conftest import Caller

DAYS: Final = 320
AXES: Final = {"fast": [2, 3, 5], "slow": [5, 8, 12, 20]}
Swept = Callable[..., dict[str, Any]]
"""Computes the usual sweep with the changes it is given, and returns it as it is shown then."""


def ask_for_sweep(caller: Caller, **changes: Any) -> TestResponse:
    """Ask for the usual sweep; a change to None leaves that field out."""
    asked = {"symbol": "ACME", "strategy": "sma_cross", "grid": AXES} | changes
    return caller.post("/sweeps", {name: value for name, value in asked.items() if value is not None})


def results_of(caller: Caller, sweep_id: int, **query: Any) -> list[dict[str, Any]]:
    """Return the results of a sweep from all pages."""
    items: list[dict[str, Any]] = []
    page = 1
    while True:
        found = caller.get(f"/sweeps/{sweep_id}/results", page=page, page_size=5, **query).get_json()
        items += found["items"]
        if not found["pagination"]["has_next"]:
            return items
        page += 1


@pytest.fixture
def acme(world: World) -> Stock:
    """ACME, 320 days that wander."""
    del world
    return store_random_walk("ACME", 1, DAYS)


@pytest.fixture
def swept(app: Flask, alice: Caller, acme: Stock) -> Swept:
    """Sweep ACME for alice."""
    del acme

    def run(**changes: Any) -> dict[str, Any]:
        accepted = ask_for_sweep(alice, **changes)
        assert accepted.status_code == 202, accepted.get_json()
        app.extensions["jobs"].run_waiting()
        shown: dict[str, Any] = alice.get(f"/sweeps/{accepted.get_json()['sweep_id']}").get_json()
        assert shown["state"] == "SUCCEEDED", shown["error"]
        return shown

    return run
