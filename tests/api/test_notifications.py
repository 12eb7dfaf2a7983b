"""/notifications: chosen, shown without addresses, tried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.models import NotificationTarget
from daytrader.services.session_manager import SessionManager
from daytrader.utils import sealing
from tests.post_office import PostOffice

from ..conftest import World
from .conftest import Caller

PHONE: dict[str, Any] = {
    "name": "my phone",
    "url": "tgram://123456789:AAcanary_hijklmnop-token/987654321",
    "kinds": ["trades", "errors"],
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A mail server and webhooks on this machine are fine."""
    return replace(settings, private_notifications=True)


def test_targets_are_chosen_all_at_once_and_shown_without_addresses(alice: Caller, bob: Caller, world: World) -> None:
    """Those that are not named are gone; an address is stored sealed, and stays where none is given."""
    assert alice.get("/notifications").get_json() == {"targets": []}
    chosen = alice.put("/notifications", {"targets": [PHONE, PHONE | {"name": "desk", "is_active": False}]})
    assert chosen.status_code == 200, chosen.text
    desk, phone = chosen.get_json()["targets"]
    assert (phone["name"], phone["shown"], phone["kinds"], phone["is_active"]) == (
        "my phone",
        "Telegram: 987654321",
        ["errors", "trades"],
        True,
    )
    assert (desk["is_active"], desk["failures"], desk["last_error"], desk["last_sent_at"]) == (False, 0, None, None)

    kept = alice.put("/notifications", {"targets": [{"name": "my phone", "kinds": ["daily_summary"]}]}).get_json()
    assert [(target["id"], target["kinds"]) for target in kept["targets"]] == [(phone["id"], ["daily_summary"])]
    assert alice.get("/notifications").get_json() == kept
    assert bob.get("/notifications").get_json() == {"targets": []}
    with SessionManager(read_only=True) as session:
        stored = session.query(NotificationTarget).one()
    assert sealing.unseal(stored.sealed_url) == PHONE["url"]
    assert b"canary" not in stored.sealed_url
    assert "canary" not in chosen.text + str(world.published) + str(stored.to_dict())
    assert alice.put("/notifications", {"targets": []}).get_json() == {"targets": []}


@pytest.mark.parametrize(
    ("targets", "why"),
    [
        ([PHONE | {"url": "file:///etc/canary"}], "my phone: its url must begin with one of"),
        ([PHONE | {"url": None}], "my phone is new: its url is needed"),
        ([PHONE, PHONE], "have the same name twice"),
        ([PHONE | {"name": f"n{number}"} for number in range(11)], "10 are the most"),
        ([PHONE | {"kinds": []}], "kinds must be a list of one or more"),
        ([PHONE | {"kinds": ["weather"]}], "kinds must be"),
        ([PHONE | {"name": ""}], "name must be"),
        ([PHONE | {"shown": "mine"}], "shown is read-only or unknown"),
        ("all", "must be a list of 0 to"),
    ],
)
def test_what_breaks_a_rule_is_named_and_nothing_changes(alice: Caller, targets: Any, why: str) -> None:
    """The target by its name; no address in the answer."""
    refused = alice.put("/notifications", {"targets": targets})
    assert refused.status_code == 400
    assert why in refused.get_json()["validation_errors"]["targets"][0]
    assert "canary" not in refused.text
    assert alice.get("/notifications").get_json() == {"targets": []}


def test_the_test_button_says_whether_it_arrives(alice: Caller, bob: Caller, post_office: PostOffice) -> None:
    """And why not; of others' targets it knows nothing."""
    url = f"json://{post_office.web}/canary-path"
    alice.put("/notifications", {"targets": [PHONE | {"name": "web", "url": url}]})
    assert alice.post("/notifications/test", {"name": "web"}).get_json() == {"is_accepted": True, "error": None}
    assert post_office.posts[-1]["title"] == "DayTrader: a test"
    post_office.status = 410
    failed = alice.post("/notifications/test", {"name": "web"})
    assert failed.status_code == 200
    assert failed.get_json()["is_accepted"] is False
    assert "410" in failed.get_json()["error"]
    assert "canary" not in failed.text
    assert alice.post("/notifications/test", {"name": "none"}).status_code == 404
    assert bob.post("/notifications/test", {"name": "web"}).status_code == 404


def test_private_addresses_are_refused_unless_a_setting_allows_them(
    world: World, settings: Settings, alice: Caller, post_office: PostOffice
) -> None:
    """A user's webhook must not reach what only this machine may."""
    strict = create_app(replace(settings, private_notifications=False))
    caller = Caller(strict.test_client(), alice.user, alice.token)
    caller.put("/notifications", {"targets": [PHONE | {"name": "web", "url": f"json://{post_office.web}/"}]})
    answer = caller.post("/notifications/test", {"name": "web"}).get_json()
    assert answer["is_accepted"] is False
    assert "private network" in answer["error"]
    assert post_office.paths == []
    assert world.engine


def test_api_keys_choose_nothing_and_tests_are_limited(alice: Caller, settings: Settings, app: Flask) -> None:
    """Whoever finds a key must not be told of its owner's trades; nobody is sent tests without end."""
    key = alice.post("/auth/api-keys", {"name": "k", "scopes": ["trade"]}).get_json()["key"]
    script = Caller(app.test_client(use_cookies=False), alice.user, key)
    assert script.get("/notifications").status_code == 200
    assert script.put("/notifications", {"targets": []}).status_code == 403
    few = create_app(replace(settings, limit_notifications="2/minute"))
    caller = Caller(few.test_client(), alice.user, alice.token)
    answers = [caller.post("/notifications/test", {"name": "none"}).status_code for _ in range(3)]
    assert answers == [404, 404, 429]
