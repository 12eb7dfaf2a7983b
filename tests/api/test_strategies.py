"""Tests of the /strategies resources over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.core.strategy import use_local
from daytrader.models import User
from tests.core.documented import example

from ..conftest import World
from .conftest import Caller

SignIn = Callable[[User], Caller]


@pytest.fixture
def settings(settings: Settings) -> Iterator[Settings]:
    """The settings with a folder for strategies; what was read from it is forgotten after the test."""
    settings.strategies_folder.mkdir()
    yield settings
    use_local([], [])


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


def test_a_strategy_of_the_installation_is_one_as_any(settings: Settings, sign_in: SignIn, world: World) -> None:
    """Read at the start from the instance's folder, told with its parameters, and a service may trade by it."""
    (settings.strategies_folder / "dip.py").write_text(example())
    create_app(settings)
    alice = sign_in(world.user())

    told = alice.get("/strategies/rsi_dip").get_json()
    stock = world.stock()
    service = {"name": "dips", "stock_symbol": stock.symbol, "initial_balance": 1000, "strategy": "rsi_dip"}
    accepted = alice.post("/services", service | {"strategy_params": {"low": 20}})
    refused = alice.post("/services", service | {"name": "more", "strategy_params": {"low": 51}})

    assert [(p["name"], p["default"], p["maximum"]) for p in told["parameters"]] == [("low", 25.0, 50.0)]
    assert accepted.status_code == 201, accepted.get_json()
    assert "between 1.0 and 50.0" in str(refused.get_json()["validation_errors"])
