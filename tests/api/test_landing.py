"""Tests of daytrader.api.landing; test_pages.py and tests/e2e look at the pages in a browser."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.services import demo


@pytest.mark.parametrize("path", ["/", "/set-password"])
def test_the_page_and_its_files_are_our_own(client: FlaskClient, path: str) -> None:
    """Everything it loads is served here, and nothing in it is inline: the policy would not run it."""
    page = client.get(path)

    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert page.status_code == 200
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert all(client.get(address).status_code == 200 for address in addresses)
    assert not re.search(r"<script(?![^>]*src=)|<style|style=| on\w+=", page.text)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")


@pytest.mark.parametrize("name", ["landing.js", "socket.js", "account.js", "drawing.js", "set_password.js"])
def test_scripts_never_write_markup(client: FlaskClient, name: str) -> None:
    """Text enters the page as text only: a service named ``<script>`` is just an odd name."""
    script = client.get(f"/assets/{name}").text

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)
    assert all(part.startswith("./") for part in re.findall(r'from "([^"]+)"', script))


def test_only_the_demo_tells_its_account(settings: Settings, client: FlaskClient) -> None:
    """The credentials stand in the page in demo mode, and nowhere else."""
    account = demo.credentials(settings.instance)
    shown = create_app(replace(settings, demo=True)).test_client().get("/").text

    assert account.password in shown
    assert account.password not in client.get("/").text


@pytest.mark.parametrize("path", ["/assets/../app.py", "/assets/..%2fapp.py", "/assets/landing.py", "/assets/"])
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    """No way out of the folder."""
    assert client.get(path).status_code == 404
