"""Tests of the /strategies resources over HTTP."""

from __future__ import annotations

import pytest

from .conftest import Caller


@pytest.mark.usefixtures("world")
def test_strategies_tell_their_parameters(alice: Caller) -> None:
    """Types, bounds and defaults of each, and how many bars it needs."""
    body = alice.get("/strategies").get_json()

    names = [item["name"] for item in body["items"]]
    assert names == sorted(names)
    assert {"technical", "sma_cross", "sma_trend", "buy_and_hold"} <= set(names)
    assert body["pagination"]["total_items"] == len(names)
    cross = alice.get("/strategies/sma_cross").get_json()
    assert cross in body["items"]
    assert cross["warmup"] == 20
    fast, slow = cross["parameters"]
    assert (fast["name"], fast["type"], fast["default"]) == ("fast", "integer", 10)
    assert (slow["name"], slow["default"]) == ("slow", 20)
    assert fast["minimum"] < fast["default"] < fast["maximum"]


@pytest.mark.usefixtures("world")
def test_a_list_of_strategies_is_a_list_as_any(alice: Caller) -> None:
    """Paged, filtered and ordered; what it does not know is named."""
    assert [s["name"] for s in alice.get("/strategies", name_like="SMA", order="desc").get_json()["items"]] == [
        "sma_trend",
        "sma_cross",
    ]
    page = alice.get("/strategies/", page=2, page_size=1, name_like="sma").get_json()
    assert [s["name"] for s in page["items"]] == ["sma_trend"]
    assert (page["pagination"]["has_prev"], page["pagination"]["has_next"]) == (True, False)
    for query in ({"page": 0}, {"page_size": 101}, {"order": "up"}, {"sort": "id"}, {"colour": "red"}):
        answer = alice.get("/strategies", **query)
        assert answer.status_code == 400
        assert set(answer.get_json()["validation_errors"]) == set(query)


@pytest.mark.usefixtures("world")
def test_a_strategy_that_is_none(alice: Caller) -> None:
    """404."""
    assert alice.get("/strategies/astrology").status_code == 404
