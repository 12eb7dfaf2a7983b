"""What people do with their own account in a real browser: colours, password, second factor, keys for scripts."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Final

import pyotp
import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessibility import found_in_both_schemes
from tests.e2e.server import RunningServer, daytrader
from tests.e2e.steps import SLOW, act, field, open_page, sign_out

PASSWORD: Final = "Enough-Secret-1"
ANOTHER: Final = "Changed-My-Mind-2"
REFUSED: Final = re.compile("-error")
"""What describes a field whose content was refused."""
STEP: Final = 30
"""Seconds for which a code is shown."""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps its database."""
    return tmp_path_factory.mktemp("account") / "instance"


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[RunningServer]:
    """A server without a demo, and one user, who is no admin."""
    words = ("user", "create", "owner", "--email", "owner@example.com", "--password-stdin")
    made = daytrader(instance, *words, given=PASSWORD)
    assert made.returncode == 0, made.stderr
    with RunningServer(instance) as running:
        yield running


def _sign_in(page: Page, server: RunningServer, password: str) -> None:
    page.goto(server.address)
    field(page, "User name or mail address").fill("owner")
    field(page, "Password").fill(password)
    act(page, "Sign in")


def _settings(page: Page, server: RunningServer, password: str) -> None:
    _sign_in(page, server, password)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dashboard", timeout=SLOW)
    open_page(page, server, "/settings", "Settings")


def test_the_colours_that_were_chosen_stay(server: RunningServer, page: Page) -> None:
    """Whatever the system says, on every page and after a reload; until the system is to choose again."""
    dark, light = (page.locator(f"html[data-mantine-color-scheme={scheme}]") for scheme in ("dark", "light"))
    page.emulate_media(color_scheme="light")
    _settings(page, server, PASSWORD)
    expect(light).to_have_count(1)
    page.get_by_role("radiogroup", name="Colours").get_by_text("Dark", exact=True).click()
    expect(dark).to_have_count(1)
    open_page(page, server, "/services", "Services")
    expect(dark).to_have_count(1)
    act(page, "Light colours")
    expect(light).to_have_count(1)
    page.emulate_media(color_scheme="dark")
    open_page(page, server, "/settings", "Settings")
    expect(light).to_have_count(1)
    page.get_by_role("radiogroup", name="Colours").get_by_text("As the system").click()
    expect(dark).to_have_count(1)


def test_a_number_is_taken_as_it_is_typed(server: RunningServer, page: Page) -> None:
    """Key by key: a point and noughts on the way to a decimal stay, a comma groups where commas are shown."""
    _settings(page, server, PASSWORD)
    for label, typed, shown in (
        ("Backtest: Sharpe ratio, at least", "0.05", "0.05"),
        ("Backtest: return, at least", "-2.50", "-2.50 %"),
        ("In positions, at most", "12,500.50", "12,500.50"),
    ):
        field(page, label).press_sequentially(typed)
        expect(field(page, label)).to_have_value(shown)
    act(page, "Save the limits")
    expect(field(page, "In positions, at most")).to_have_value("12,500.5", timeout=SLOW)


def test_a_key_is_made_copied_used_and_revoked(server: RunningServer, page: Page) -> None:
    """It is shown once, does what its scope says and no more, and is worth nothing once it is revoked."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _settings(page, server, PASSWORD)
    panel = page.get_by_role("region", name="API keys", exact=True).first
    expect(panel).to_contain_text("No keys", timeout=SLOW)
    act(page, "New key", panel)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Make the key")).to_be_disabled()
    field(dialog, "Name").fill("nightly report")
    assert found_in_both_schemes(page, "a new key") == []
    act(page, "Make the key", dialog)
    key = page.get_by_test_id("api-key").inner_text(timeout=SLOW)
    act(page, "Copy the key", panel)
    expect(panel.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == key
    act(page, "I have kept it", panel)
    assert key not in page.content()

    services = f"{server.address}/api/v1/services"
    by_key = {"Authorization": f"Bearer {key}"}
    assert requests.get(services, headers=by_key, timeout=30).status_code == HTTPStatus.OK
    assert requests.post(services, json={}, headers=by_key, timeout=30).status_code == HTTPStatus.FORBIDDEN
    act(page, "Revoke nightly report", panel)
    act(page, "Revoke it", dialog)
    expect(panel).to_contain_text("No keys", timeout=SLOW)
    assert requests.get(services, headers=by_key, timeout=30).status_code == HTTPStatus.UNAUTHORIZED


def test_a_password_is_changed_and_only_the_new_one_signs_in(server: RunningServer, browser: Browser) -> None:
    """A wrong one is refused at its field; this login goes on, others end, and the old password is worth nothing."""
    page = browser.new_page()  # its console tells of the refusals themselves
    elsewhere = browser.new_page()
    _settings(elsewhere, server, PASSWORD)
    _settings(page, server, PASSWORD)
    field(page, "Current password").fill(PASSWORD + "x")
    field(page, "New password").fill(ANOTHER)
    field(page, "Once more").fill(ANOTHER)
    act(page, "Change the password")
    expect(field(page, "Current password")).to_have_attribute("aria-describedby", REFUSED, timeout=SLOW)
    field(page, "Current password").fill(PASSWORD)
    act(page, "Change the password")
    expect(page.get_by_text("Your password is changed")).to_be_visible(timeout=SLOW)
    page.reload()
    expect(page.get_by_role("button", name="owner")).to_be_visible(timeout=SLOW)
    elsewhere.reload()
    expect(field(elsewhere, "Password")).to_be_visible(timeout=SLOW)
    elsewhere.close()

    sign_out(page, "owner")
    _sign_in(page, server, PASSWORD)
    expect(page.get_by_role("alert")).to_be_visible(timeout=SLOW)
    field(page, "Password").fill(ANOTHER)
    act(page, "Sign in")
    expect(page.get_by_role("button", name="owner")).to_be_visible(timeout=SLOW)
    page.close()


def test_a_second_factor_is_set_up_asked_for_and_removed(
    server: RunningServer, instance: Path, browser: Browser
) -> None:
    """Its secret is shown until a code proves it; from then on the password alone does not sign in, nor remove it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()  # its console tells of the refusals themselves
    _settings(page, server, ANOTHER)
    act(page, "Set it up")
    panel = page.get_by_role("region", name="Two-factor sign-in")
    secret = page.get_by_test_id("totp-secret").inner_text(timeout=SLOW)
    codes = pyotp.TOTP(secret)
    assert found_in_both_schemes(page, "the second factor") == []
    field(panel, "Code").fill("000000")
    act(page, "Put it in force", panel)
    expect(field(panel, "Code")).to_have_attribute("aria-describedby", REFUSED, timeout=SLOW)
    field(panel, "Code").fill(codes.now())
    act(page, "Put it in force", panel)
    expect(panel).to_contain_text("In force", timeout=SLOW)
    assert secret not in page.content()

    sign_out(page, "owner")
    _sign_in(page, server, ANOTHER)
    code = field(page, "Code of your authenticator")
    expect(code).to_be_focused(timeout=SLOW)
    code.fill("000000")
    act(page, "Sign in")
    expect(page.get_by_role("alert")).to_be_visible(timeout=SLOW)
    code.fill(codes.at(time.time() + STEP))  # a code is good once: the next one, which a clock that goes ahead shows
    act(page, "Sign in")
    expect(page.get_by_role("button", name="owner")).to_be_visible(timeout=SLOW)

    open_page(page, server, "/settings", "Settings")
    with closing(sqlite3.connect(instance / "daytrader.db", timeout=30)) as database, database:
        database.execute("UPDATE users SET totp_last_step = NULL")  # as if a minute had gone by
    act(page, "Remove it", panel)
    dialog = page.get_by_role("dialog")
    field(dialog, "Your password").fill(ANOTHER)
    field(dialog, "Code").fill(codes.now())
    act(page, "Remove it", dialog)
    expect(panel).to_contain_text("Off", timeout=SLOW)
    act(page, "Sign out everywhere")
    act(page, "Sign out everywhere", dialog)
    _sign_in(page, server, ANOTHER)
    expect(page.get_by_role("button", name="owner")).to_be_visible(timeout=SLOW)
    context.close()
