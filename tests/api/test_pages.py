"""Our pages in a real browser, whose console must stay clean and which asks no other host."""

from __future__ import annotations

import json

from playwright.sync_api import Browser, Dialog, Page, expect

from daytrader.models import TradingService, User
from daytrader.services.session_manager import SessionManager

from ..conftest import PASSWORD, World
from .conftest import Caller

NEW_PASSWORD = "Chosen-By-Link-1"
HARMFUL = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def _link(admin: Caller, url: str, user: User) -> str:
    answer = admin.post(f"/users/{user.id}/reset-password", base_url=url)
    link: str = answer.get_json()["set_password_url"]
    return link


def _choose(page: Page, first: str, again: str) -> None:
    page.get_by_label("New password", exact=True).fill(first)
    page.get_by_label("Once more", exact=True).fill(again)
    page.get_by_role("button", name="Set the password").click()


def test_a_one_time_link_opens_a_page_that_sets_the_password(url: str, admin: Caller, world: World, page: Page) -> None:
    """As it is sent; two passwords that differ are told, and afterwards the new one signs in."""
    user = world.user("carol")
    page.goto(_link(admin, url, user))

    _choose(page, NEW_PASSWORD, NEW_PASSWORD + "x")
    expect(page.get_by_role("alert")).to_have_text("The two passwords differ.")
    _choose(page, NEW_PASSWORD, NEW_PASSWORD)

    expect(page.get_by_role("status")).to_contain_text("login of carol")
    with SessionManager(read_only=True) as session:
        assert session.get_one(User, user.id).verify_password(NEW_PASSWORD)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("User name or mail address").fill("carol")
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="carol")).to_be_visible()


def test_the_address_keeps_no_token(url: str, admin: Caller, world: World, page: Page) -> None:
    """Neither the address bar nor the history; a page without one says so."""
    page.goto(_link(admin, url, world.user("carol")))

    expect(page.get_by_label("New password", exact=True)).to_be_visible()
    assert page.url == f"{url}/set-password"
    page.reload()
    expect(page.locator("body")).to_contain_text("This link is not whole")
    expect(page.get_by_label("New password", exact=True)).not_to_be_visible()


def test_a_refusal_is_shown_and_a_weak_password_spends_no_link(
    url: str, admin: Caller, world: World, browser: Browser
) -> None:
    """A common password is refused in words, and the next try works; a spent link is told."""
    link = _link(admin, url, world.user("carol"))
    page = browser.new_page()  # its console tells of the 400: the refusal itself
    page.goto(link)
    _choose(page, "Password123", "Password123")
    expect(page.get_by_role("alert")).to_contain_text("is one of the most common passwords")
    _choose(page, NEW_PASSWORD, NEW_PASSWORD)
    expect(page.get_by_role("status")).to_be_visible()

    page.goto("about:blank")
    page.goto(link)
    _choose(page, NEW_PASSWORD, NEW_PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("is not valid any more: ask for a new link")
    page.close()


def test_case_20_markup_in_names_is_text_in_the_page(url: str, alice: Caller, world: World, page: Page) -> None:
    """A service named like a script is an odd name: nothing runs, and the policy has nothing to refuse."""
    stock = world.stock("ACME", name=HARMFUL)
    world.prices(stock, [10.0, 11.0])
    made: TradingService = world.service(alice.user, stock, name=HARMFUL, description=HARMFUL)
    alice.post(f"/services/{made.id}/activate")
    alice.post("/transactions", {"service_id": made.id, "shares": 1})
    dialogs: list[Dialog] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog)
        dialog.dismiss()

    page.on("dialog", note)

    page.goto(url)
    page.get_by_label("User name or mail address").fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("region", name="Services").first).to_contain_text(HARMFUL)
    expect(page.locator("main")).to_contain_text("ACME")
    assert page.locator("main img, main script").count() == 0
    assert dialogs == []


def test_the_authorize_button_of_swagger_works(url: str, alice: Caller, page: Page) -> None:
    """The bare token is pasted once; from then on *Execute* asks as that user."""
    page.goto(f"{url}/api/v1/docs")
    page.get_by_role("button", name="Authorize").click(timeout=60_000)
    page.locator(".auth-container input").fill(alice.token)
    page.locator(".auth-container").get_by_role("button", name="Authorize").click()
    page.get_by_role("button", name="Close").click()

    page.get_by_role("link", name="users", exact=True).click()
    operation = page.locator(".opblock", has_text="/users/me")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Execute").click()

    body = operation.locator(".live-responses-table .response-col_description code").first
    expect(body).to_contain_text('"username": "alice"', timeout=60_000)
    assert json.loads(body.inner_text())["email"] == "alice@example.com"
