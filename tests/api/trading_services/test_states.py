"""Tests of /services over HTTP: state, mode and the checks that tell what the engine would do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from daytrader.models import TradingService
from daytrader.models.enums import ServiceState
from daytrader.services.session_manager import SessionManager
from tests.conftest import World

from ..conftest import Caller
from .conftest import NEW

STATES = {
    "INACTIVE": (),
    "ACTIVE": ("activate",),
    "PAUSED": ("activate", "pause"),
}
VERBS = {
    ("INACTIVE", "activate"): "ACTIVE",
    ("INACTIVE", "toggle"): "ACTIVE",
    ("ACTIVE", "pause"): "PAUSED",
    ("ACTIVE", "stop"): "INACTIVE",
    ("ACTIVE", "toggle"): "INACTIVE",
    ("PAUSED", "resume"): "ACTIVE",
    ("PAUSED", "stop"): "INACTIVE",
    ("ERROR", "stop"): "INACTIVE",
}
TARGETS = {
    ("INACTIVE", "ACTIVE"),
    ("ACTIVE", "PAUSED"),
    ("ACTIVE", "INACTIVE"),
    ("PAUSED", "ACTIVE"),
    ("PAUSED", "INACTIVE"),
    ("ERROR", "INACTIVE"),
}


def _bring(service: int, state: str, alice: Caller) -> None:
    if state == "ERROR":
        with SessionManager() as session:
            session.get_one(TradingService, service).state = ServiceState.ERROR
        return
    for verb in STATES[state]:
        assert alice.post(f"/services/{service}/{verb}").status_code == 200


@pytest.mark.parametrize("state", ["INACTIVE", "ACTIVE", "PAUSED", "ERROR"])
@pytest.mark.parametrize("verb", ["activate", "pause", "resume", "stop", "toggle"])
def test_verbs_follow_the_table(alice: Caller, service: int, state: str, verb: str) -> None:
    """Each verb from each state: the new state, or 409 and the old one."""
    _bring(service, state, alice)
    expected = VERBS.get((state, verb))

    answer = alice.post(f"/services/{service}/{verb}")

    assert answer.status_code == (200 if expected else 409)
    assert alice.get(f"/services/{service}").get_json()["state"] == (expected or state)


@pytest.mark.parametrize("state", ["INACTIVE", "ACTIVE", "PAUSED", "ERROR"])
@pytest.mark.parametrize("target", ["ACTIVE", "INACTIVE", "PAUSED", "ERROR"])
def test_states_follow_the_table(alice: Caller, service: int, state: str, target: str) -> None:
    """PUT /state knows the same transitions; ERROR is set by the system alone."""
    _bring(service, state, alice)

    answer = alice.put(f"/services/{service}/state", {"state": target.lower()})

    assert answer.status_code == (200 if (state, target) in TARGETS else 409)


def test_a_state_change_is_told_after_the_commit(world: World, alice: Caller, service: int) -> None:
    """Once, to the service's rooms and its owner's; a refused one is never told."""
    world.published.clear()

    alice.post(f"/services/{service}/activate")
    alice.post(f"/services/{service}/activate")

    told = [event.event for event in world.published if event.event.name == "service:state_change"]
    assert len(told) == 1
    assert told[0].rooms == ("services", f"service_{service}", f"user_{alice.user.id}")
    assert told[0].entity["state"] == "ACTIVE"


def test_stopping_says_what_becomes_of_the_position(alice: Caller, service: int) -> None:
    """Kept by default, and then unprotected; or sold at the next open."""
    alice.post(f"/services/{service}/activate")
    assert alice.post(f"/services/{service}/stop").get_json()["notice"] is None
    alice.post(f"/services/{service}/activate")
    alice.post("/transactions", {"service_id": service, "shares": 5})

    kept = alice.post(f"/services/{service}/stop").get_json()
    alice.post(f"/services/{service}/activate")
    sold = alice.post(f"/services/{service}/stop", {"position": "sell"}).get_json()

    assert "without protection" in kept["notice"]
    assert kept["current_shares"] == 5
    assert "sold at the next open" in sold["notice"]
    order = alice.get("/orders", side="sell", state="pending").get_json()["items"]
    assert [(o["shares"], o["kind"]) for o in order] == [(5, "EXIT")]
    assert alice.post(f"/services/{service}/stop", {"position": "burn"}).status_code == 400


def test_modes(alice: Caller, service: int) -> None:
    """SELL needs shares, BUY needs none, HOLD always goes."""
    alice.post(f"/services/{service}/activate")
    assert alice.put(f"/services/{service}/mode", {"mode": "SELL"}).status_code == 409
    assert alice.put(f"/services/{service}/mode", {"mode": "hold"}).get_json()["mode"] == "HOLD"
    assert alice.put(f"/services/{service}/mode", {"mode": "BUY"}).get_json()["mode"] == "BUY"
    alice.post("/transactions", {"service_id": service, "shares": 5})
    assert alice.put(f"/services/{service}/mode", {"mode": "BUY"}).status_code == 409
    assert alice.put(f"/services/{service}/mode", {"mode": "SLEEP"}).status_code == 400


def test_checks_change_nothing(world: World, alice: Caller, service: int) -> None:
    """They tell what the engine would do on the last bar, and leave every row as it was."""
    alice.put(f"/services/{service}", {"strategy": "buy_and_hold"})
    alice.post(f"/services/{service}/activate")
    before = alice.get(f"/services/{service}").get_json()
    world.published.clear()

    buy = alice.get(f"/services/{service}/check-buy").get_json()
    sell = alice.get(f"/services/{service}/check-sell").get_json()

    assert buy["should_proceed"] is True
    assert buy["service_id"] == service
    assert buy["next_action"] == "CHECK_SELL"
    assert buy["details"]["close"] == 59
    assert buy["details"]["shares"] == 82  # 5,000 at 59 x 1.0005 x 1.03
    assert sell["should_proceed"] is False
    assert alice.get(f"/services/{service}").get_json() == before
    assert world.published == []
    assert alice.get(f"/services/{service}/decisions").get_json()["items"] == []


def test_a_check_tells_why_not(world: World, alice: Caller, service: int) -> None:
    """A service that is not active would not, and neither would one whose stock has no prices."""
    inactive = alice.get(f"/services/{service}/check-buy")
    world.stock("BARE")
    bare = alice.post("/services", NEW | {"stock_symbol": "BARE"}).get_json()["id"]
    alice.post(f"/services/{bare}/activate")

    assert inactive.status_code == 200
    assert inactive.get_json()["should_proceed"] is False
    assert "not active" in inactive.get_json()["reason"]
    assert "no prices" in alice.get(f"/services/{bare}/check-buy").get_json()["reason"]


@pytest.mark.usefixtures("world")
def test_a_check_knows_the_market_and_not_the_future(alice: Caller, service: int) -> None:
    """In a replay the last bar is the one that the replay has shown."""
    from daytrader.models import FeedCursor

    with SessionManager() as session:
        session.add(FeedCursor(name="replay", position=datetime(2020, 1, 10, tzinfo=UTC)))

    details = alice.get(f"/services/{service}/check-buy").get_json()["details"]

    assert details["bar_time"] == "2020-01-10T00:00:00Z"
    assert details["close"] == 19
