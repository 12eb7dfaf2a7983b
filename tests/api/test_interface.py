"""Tests of daytrader.api.pages over the built interface; test_pages.py and tests/e2e look at it in a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from daytrader.api.pages import PAGES
from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.services import demo


@pytest.mark.parametrize("path", ["/", "/set-password", "/services/7", "/stocks/BRK.B", "/services/"])
def test_the_page_and_its_files_are_our_own(client: FlaskClient, path: str) -> None:
    """Everything it loads is served here, and nothing in it is inline: the policy would not run it."""
    page = client.get(path)

    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert page.status_code == 200
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert all(client.get(address).status_code == 200 for address in addresses)
    assert not re.search(r"<script(?![^>]*src=)|<style|style=| on\w+=", page.text)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")


def test_hashed_files_are_kept_for_good_and_the_page_is_asked_for_again(client: FlaskClient) -> None:
    """What the page names never changes under its name; the page itself is compared by its ETag."""
    page = client.get("/")
    (script,) = re.findall(r'src="(/ui/assets/[^"]+)"', page.text)

    assert client.get(script).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert page.headers["Cache-Control"] == "no-cache"
    assert client.get("/", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304
    sent = client.get("/ui/scheme.js")
    assert sent.headers["Cache-Control"] == "no-cache"
    assert client.get("/ui/scheme.js", headers={"If-None-Match": sent.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "br"), ("gzip", "gzip"), ("", None)])
def test_files_travel_compressed(client: FlaskClient, accepted: str, encoding: str | None) -> None:
    """As the build compressed them, in what the browser reads; the type is that of the file."""
    (script,) = re.findall(r'src="(/ui/assets/[^"]+)"', client.get("/").text)

    sent = client.get(script, headers={"Accept-Encoding": accepted})

    assert sent.headers.get("Content-Encoding") == encoding
    assert sent.mimetype in ("text/javascript", "application/javascript")
    assert "Accept-Encoding" in sent.headers["Vary"]
    assert sent.status_code == 200


def test_only_the_demo_tells_its_account(settings: Settings, client: FlaskClient) -> None:
    """The credentials stand in the page in demo mode, and nowhere else."""
    account = demo.credentials(settings.instance)
    shown = create_app(replace(settings, demo=True)).test_client().get("/").text

    assert account.password in shown
    assert account.password not in client.get("/").text


def test_the_server_knows_the_pages_of_the_router(client: FlaskClient) -> None:
    """Whoever adds a page to the interface adds it to the server: a reload must not be a 404."""
    router = (Path(__file__).parents[2] / "ui" / "src" / "app" / "router.tsx").read_text(encoding="utf-8")
    roots = set(re.findall(r'path: "/([a-z-]+)', router))

    assert roots
    assert roots <= PAGES
    assert all(client.get(f"/{root}").status_code == 200 for root in roots)


def test_only_where_strangers_may_register_it_is_offered(settings: Settings, client: FlaskClient) -> None:
    """The page is told before it asks."""
    closed = create_app(replace(settings, registration=False)).test_client().get("/").text

    assert 'data-registration="on"' in client.get("/").text
    assert 'data-registration="off"' in closed


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../app.py",
        "/assets/..%2fapp.py",
        "/assets/landing.py",
        "/assets/",
        "/ui/..%2fapp.py",
        "/ui/../app.py",
        "/ui/",
        "/ui/nothing.js",
        "/static/index.html",
        "/api/v1/nothing",
        "/api",
        "/robots.txt",
        "/.env",
        "/wp-login.php",
    ],
)
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    """No way out of the folder, and no page in the place of what is not there."""
    assert client.get(path).status_code == 404


def test_a_browser_is_shown_that_nothing_is_there(client: FlaskClient) -> None:
    """A person gets the page that says so and leads back; programs get the envelope, the API's callers always."""
    accepted = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
    browser = {"Accept": accepted}
    shown = client.get("/nowhere", headers=browser)
    assert (shown.status_code, shown.mimetype) == (404, "text/html")
    assert shown.text == client.get("/").text
    for path, headers in (("/nowhere", {}), ("/nowhere", {"Accept": "*/*"}), ("/api/v1/nowhere", browser)):
        told = client.get(path, headers=headers)
        assert (told.status_code, told.get_json()["code"]) == (404, "not_found")
    assert client.post("/nowhere", headers=browser).get_json()["code"] == "not_found"
