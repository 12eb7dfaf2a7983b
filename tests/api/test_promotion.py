"""/services/{id}/promotion and /promote, /risk/promotion."""

from __future__ import annotations

import pytest

from daytrader.api.schemas.promotion import PromotionSchema
from daytrader.models import TradingService
from daytrader.services.promotion_service import THRESHOLDS

from .conftest import Caller

NONE_ASKED = {
    name: 0 if name.startswith("max") else 1 if name.endswith(("sessions", "trades")) else -50 for name in THRESHOLDS
}


@pytest.fixture
def kept(alice: Caller, active_service: TradingService) -> int:
    """A backtest of the service."""
    found: int = alice.post(f"/services/{active_service.id}/backtest", {}).get_json()["id"]
    return found


def test_thresholds_are_named_all_at_first_then_one_by_one(alice: Caller, bob: Caller) -> None:
    """What is missing is named, and so is what is out of bounds; everybody has own ones."""
    assert set(alice.get("/risk/promotion").get_json().values()) == {None}
    refused = alice.put("/risk/promotion", {"min_paper_trades": 3})
    assert (refused.status_code, set(refused.get_json()["validation_errors"])) == (
        400,
        set(THRESHOLDS) - {"min_paper_trades"},
    )
    refused = alice.put("/risk/promotion", NONE_ASKED | {"min_paper_sessions": 0, "max_paper_drawdown_percent": 101})
    assert set(refused.get_json()["validation_errors"]) == {"min_paper_sessions", "max_paper_drawdown_percent"}
    assert alice.put("/risk/promotion", NONE_ASKED).status_code == 200
    changed = alice.put("/risk/promotion", {"min_paper_trades": 3}).get_json()
    assert changed == NONE_ASKED | {"min_paper_trades": 3} == alice.get("/risk/promotion").get_json()
    assert set(bob.get("/risk/promotion").get_json().values()) == {None}


def test_every_criterion_is_shown_with_its_figure_and_its_threshold(
    alice: Caller, active_service: TradingService, kept: int
) -> None:
    """Before anything is pinned, and for a backtest that could be."""
    alice.put("/risk/promotion", NONE_ASKED)
    address = f"/services/{active_service.id}/promotion"
    body = alice.get(address).get_json()
    assert set(body) == set(PromotionSchema().dump_fields)
    assert (body["is_permitted"], body["reason"], body["backtest_id"]) == (False, "the owner has not opted in", None)
    assert {each["is_met"] for each in body["criteria"] if each["name"].startswith("backtest")} == {False}

    found = {each["name"]: each for each in alice.get(address, backtest_id=kept).get_json()["criteria"]}
    assert len(found) == 13
    assert (found["backtest_sessions"]["measured"], found["backtest_sessions"]["threshold"]) == (2, 1)
    assert found["backtest_settings"]["is_met"]
    assert (found["paper_sessions"]["measured"], found["paper_sessions"]["is_met"]) == (0, False)
    assert alice.get(address, backtest_id=kept + 1).status_code == 404
    assert alice.get(address, backtest_id="x").status_code == 400


def test_opting_in_takes_a_yes_and_evidence(
    alice: Caller, admin: Caller, active_service: TradingService, kept: int
) -> None:
    """What is missing is named; an admin cannot promote another's service."""
    address = f"/services/{active_service.id}/promote"
    assert alice.post(address, {"backtest_id": kept, "confirm": False}).status_code == 400
    assert alice.post(address, {"backtest_id": kept}).status_code == 400
    refused = alice.post(address, {"backtest_id": kept, "confirm": True})
    assert refused.status_code == 409
    assert "Sessions on paper: 0, no threshold is set" in refused.get_json()["message"]
    assert alice.delete(address).status_code == 409
    assert admin.post(address, {"backtest_id": kept, "confirm": True}).status_code == 403
    log = admin.get("/system/audit-log", action="promotion.opt_in").get_json()["items"]
    assert {each["result"] for each in log} == {"conflict", "validation_error", "forbidden"}


def test_a_key_neither_sets_thresholds_nor_opts_in(alice: Caller, active_service: TradingService, kept: int) -> None:
    """Whoever finds one must not reach real money by it."""
    key = alice.post("/auth/api-keys", {"name": "bot", "scopes": ["trade"]}).get_json()["key"]
    robot = Caller(alice.client, alice.user, key)
    assert robot.put("/risk/promotion", NONE_ASKED).status_code == 403
    asked = {"backtest_id": kept, "confirm": True}
    assert robot.post(f"/services/{active_service.id}/promote", asked).status_code == 403
    assert robot.get(f"/services/{active_service.id}/promotion").status_code == 200
