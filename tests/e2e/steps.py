"""What people do on every page of the interface."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Locator, Page, expect

from tests.e2e.server import RunningServer

SLOW: Final = 60_000
"""Milliseconds that a loaded machine may take for what usually takes none."""


def open_page(page: Page, server: RunningServer, path: str, title: str) -> None:
    """Go to *path* and wait for its page, called *title*."""
    page.goto(server.address + path)
    expect(page.get_by_role("heading", level=1)).to_contain_text(title, timeout=SLOW)


def field(place: Page | Locator, label: str) -> Locator:
    """Return the input called *label*."""
    return place.get_by_label(label, exact=True)


def act(page: Page, name: str | re.Pattern[str], within: Page | Locator | None = None) -> None:
    """Press the button called *name*."""
    (within or page).get_by_role("button", name=name).click()


def sign_out(page: Page, name: str) -> None:
    """Sign the user called *name* out."""
    page.get_by_role("button", name=name).click()
    page.get_by_role("menuitem", name="Sign out").click()


def choose(page: Page, label: str, option: str) -> None:
    """Choose *option* of the list called *label*."""
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=re.compile(f"^{option}")).click()
