"""Notifications in a real browser: a target is added, tried, switched off and removed; its address is seen once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.server import RunningServer, wait_for
from tests.e2e.steps import SLOW, act, field, open_page
from tests.post_office import PostOffice


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The demo's last month, whose webhooks may be on this machine."""
    instance = tmp_path_factory.mktemp("told") / "instance"
    options = ("--demo", "--speed", "0", "--replay-from", "2013-02-01")
    with RunningServer(instance, *options, DAYTRADER_PRIVATE_NOTIFICATIONS="true") as running:
        yield running


def test_a_target_from_its_address_to_its_end(server: RunningServer, post_office: PostOffice, browser: Browser) -> None:
    """What is wrong with an address is said where it is typed; a test says whether it arrives."""
    page = browser.new_page()  # its console tells of the 400: the refusal itself
    open_page(page, server, "/settings", "Settings")
    panel = page.get_by_role("region", name="Notifications").first
    expect(panel).to_contain_text("No targets", timeout=SLOW)

    act(page, "New target", panel)
    dialog = page.get_by_role("dialog")
    field(dialog, "Name").fill("my desk")
    field(dialog, "Address").fill("file:///etc/passwd")
    act(page, "Add the target", dialog)
    expect(dialog.get_by_role("alert")).to_contain_text("must begin with one of mailto://", timeout=SLOW)
    field(dialog, "Address").fill(f"json://{post_office.web}/canary-path")
    act(page, "Add the target", dialog)
    expect(dialog).to_have_count(0, timeout=SLOW)
    expect(panel).to_contain_text("webhook: 127.0.0.1", timeout=SLOW)
    expect(panel).to_contain_text("trades, errors")
    expect(page.locator("body")).not_to_contain_text("canary")

    act(page, "Test my desk", panel)
    expect(page.get_by_text("The test was sent.")).to_be_visible(timeout=SLOW)
    assert "Notifications reach you here." in post_office.texts

    panel.get_by_role("switch", name="Tell my desk").click()
    expect(panel.get_by_role("switch", name="Tell my desk")).not_to_be_checked(timeout=SLOW)
    post_office.status = 500
    act(page, "Test my desk", panel)
    expect(page.get_by_role("alert").filter(has_text=re.compile("500"))).to_be_visible(timeout=SLOW)

    act(page, "Remove my desk", panel)
    act(page, "Remove it", page.get_by_role("dialog"))
    expect(panel).to_contain_text("No targets", timeout=SLOW)
    page.close()


def test_the_demos_trades_arrive(server: RunningServer, post_office: PostOffice) -> None:
    """Whatever the engine books is told within seconds, in words."""
    server.sign_in()
    service = server.items("/services", stock_symbol="IBM")[0]
    if service["current_shares"]:
        transaction = server.items("/transactions", service_id=service["id"], state="OPEN")[0]
        path, body = f"/transactions/{transaction['id']}/complete", {}
    else:
        path, body = "/transactions", {"service_id": service["id"], "shares": 1}
    chosen = {"targets": [{"name": "desk", "url": f"json://{post_office.web}/x", "kinds": ["trades"]}]}
    assert server.put("/notifications", chosen).status_code == 200
    assert server.post(path, body).status_code in {200, 201}
    told = wait_for(lambda: next((text for text in post_office.texts if "IBM for good" in text), None))
    assert re.search(r"IBM for good (bought|sold) \d+ IBM at [\d.]+", told)
