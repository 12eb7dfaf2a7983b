"""Tests of fetching prices of a provider over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from daytrader.jobs.worker import Worker
from tests.conftest import World

from ..conftest import Caller


def test_a_provider_is_asked_by_a_job(world: World, admin: Caller, worker: Worker) -> None:
    """With dividends and splits; a symbol that it does not have fails the job with a sentence."""
    world.stock("AAPL")
    world.stock("ACME")
    body = {"provider": "sample", "start": "2005-02-01", "end": "2005-03-31"}

    answer = admin.post("/prices/aapl/fetch", body)
    unknown = admin.post("/prices/ACME/fetch", {})
    assert (answer.status_code, answer.get_json()["kind"]) == (202, "fetch_prices")
    assert worker.run_waiting() == 2

    job = admin.get(f"/jobs/{answer.get_json()['id']}").get_json()
    assert (job["state"], job["result"]["rows"], job["result"]["events"]) == ("SUCCEEDED", 41, 1)
    assert admin.get("/prices/daily", symbol="AAPL").get_json()["pagination"]["total_items"] == 41
    failed = admin.get(f"/jobs/{unknown.get_json()['id']}").get_json()
    assert (failed["state"], failed["error"][:13]) == ("FAILED", "sample symbol")


@pytest.mark.usefixtures("acme")
def test_intraday_bars_of_a_provider(admin: Caller, worker: Worker) -> None:
    """Any interval that it has."""
    body = {"provider": "simulated", "interval": 15, "start": "2024-01-02", "end": "2024-01-02"}
    answer = admin.post("/prices/ACME/fetch", body)
    assert worker.run_waiting() == 1

    job = admin.get(f"/jobs/{answer.get_json()['id']}").get_json()
    assert (job["state"], job["result"]["rows"], job["result"]["interval"]) == ("SUCCEEDED", 26, 15)
    assert job["result_url"].endswith("/prices/intraday?symbol=ACME&interval=15")


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"provider": "nobody"}, "provider"),
        ({"interval": 5}, "interval"),
        ({"provider": "alpaca"}, "provider"),  # no keys are set
        ({"start": "2020-02-01", "end": "2020-01-01"}, "start"),
        ({"start": "soon"}, "start"),
    ],
)
def test_what_is_asked_of_a_provider_is_judged(admin: Caller, body: dict[str, Any], field: str) -> None:
    """400 naming the field; an unknown stock is 404."""
    refused = admin.post("/prices/ACME/fetch", body)

    assert (refused.status_code, set(refused.get_json()["validation_errors"])) == (400, {field})
    assert admin.post("/prices/NONE/fetch", {}).status_code == 404
