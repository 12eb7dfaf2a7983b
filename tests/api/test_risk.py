"""/risk and its siblings below /system/engine: limits, kill switch, flattening."""

from __future__ import annotations

from decimal import Decimal

from daytrader.models import TradingService
from daytrader.services import exposure_limits
from daytrader.services.session_manager import SessionManager

from ..conftest import PASSWORD, World
from .conftest import Caller


def test_limits_are_set_one_by_one_and_lifted_by_null(alice: Caller) -> None:
    """What is not named stays."""
    assert alice.put("/risk", {"max_daily_loss": 500, "max_orders_per_minute": 3}).status_code == 200
    changed = alice.put("/risk", {"max_position_value": 1000.5, "max_daily_loss": None}).get_json()
    names = ("max_daily_loss", "max_position_value", "max_orders_per_minute")
    assert [changed[name] for name in names] == [None, 1000.5, 3]
    assert alice.get("/risk").get_json() == changed


def test_a_limit_that_is_none_is_refused_by_its_name(alice: Caller) -> None:
    """Zero would be a kill switch in disguise."""
    for name, wrong in (("max_daily_loss", 0), ("max_position_value", -1), ("max_orders_per_minute", 0)):
        answer = alice.put("/risk", {name: wrong})
        assert answer.status_code == 400
        assert list(answer.get_json()["validation_errors"]) == [name]


def test_the_kill_switch_refuses_a_buy_until_it_is_released(alice: Caller, active_service: TradingService) -> None:
    """It says why it is on, and since when."""
    killed = alice.post("/risk/kill", {"reason": "nonsense from the vendor"}).get_json()
    assert (killed["is_killed"], killed["kill_reason"]) == (True, "nonsense from the vendor")
    assert killed["killed_at"] is not None
    order = {"service_id": active_service.id, "shares": 1}
    refused = alice.post("/transactions", order)
    assert (refused.status_code, refused.get_json()["message"]) == (409, "the kill switch is on")

    assert alice.post("/risk/release").get_json()["is_killed"] is False
    assert alice.post("/transactions", order).status_code == 201


def test_the_installations_switch_is_seen_by_everybody_and_turned_by_admins(
    alice: Caller, admin: Caller, active_service: TradingService
) -> None:
    """An owner learns of it, and cannot turn it off."""
    assert alice.post("/system/engine/kill", {}).status_code == 403
    assert admin.post("/system/engine/kill", {}).get_json()["is_killed"] is True
    assert alice.get("/risk").get_json()["is_installation_killed"] is True
    alice.post("/risk/release")
    assert alice.post("/transactions", {"service_id": active_service.id, "shares": 1}).status_code == 409

    assert admin.post("/system/engine/release").get_json()["is_killed"] is False
    assert alice.get("/risk").get_json()["is_installation_killed"] is False


def test_what_is_taken_of_the_limits_is_shown(alice: Caller, admin: Caller, active_service: TradingService) -> None:
    """Of own services, and of all together for an admin."""
    alice.post("/transactions", {"service_id": active_service.id, "shares": 2})
    own = alice.get("/risk").get_json()
    assert own["position_value"] > 0
    assert own["orders_last_minute"] == 1
    assert admin.get("/risk").get_json()["position_value"] == 0
    assert admin.get("/system/engine/limits").get_json()["position_value"] == own["position_value"]
    assert admin.put("/system/engine/limits", {"max_position_value": 1}).get_json()["max_position_value"] == 1


def test_flattening_own_positions_leaves_others_alone(
    alice: Caller, bob: Caller, active_service: TradingService, world: World
) -> None:
    """The caller's services are paused and their positions for sale; nobody else's."""
    alice.post("/transactions", {"service_id": active_service.id, "shares": 2})
    assert bob.post("/risk/flatten").get_json() == {"paused": 0, "cancelled": 0, "selling": 0}
    assert alice.post("/risk/flatten").get_json() == {"paused": 1, "cancelled": 0, "selling": 1}
    assert world.reload(active_service).state.value == "PAUSED"


def test_limits_go_with_their_owner(world: World, alice: Caller) -> None:
    """Deleting an account leaves none behind."""
    alice.put("/risk", {"max_daily_loss": 5})
    user_id = alice.get("/users/me").get_json()["id"]
    body = {"confirm": True, "password": PASSWORD}
    assert alice._send("DELETE", f"/users/{user_id}", json=body).status_code == 204
    with SessionManager(read_only=True) as session:
        assert exposure_limits.read(session, user_id).max_daily_loss is None
    del world


def test_the_money_is_exact(alice: Caller) -> None:
    """Cents are stored as cents."""
    alice.put("/risk", {"max_daily_loss": 0.01})
    user_id = alice.get("/users/me").get_json()["id"]
    with SessionManager(read_only=True) as session:
        assert exposure_limits.read(session, user_id).max_daily_loss == Decimal("0.01")
