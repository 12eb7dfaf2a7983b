"""What a newcomer sees after `make run`: services that trade real prices, over the API and on the page."""

from __future__ import annotations

import re
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from daytrader.services import demo
from tests.e2e.server import RunningServer, daytrader, wait_for

FAST = ("--demo", "--speed", "20")


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instance folder of the running demo."""
    return tmp_path_factory.mktemp("demo") / "instance"


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[RunningServer]:
    """The demo as `make run` starts it, at its own speed."""
    with RunningServer(instance, "--demo") as running:
        running.sign_in()
        yield running


def test_it_is_ready_when_it_says_so(server: RunningServer) -> None:
    """The address is printed after the server has answered there."""
    answer = server.get("/system/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"


def test_within_a_minute_there_are_transactions(server: RunningServer) -> None:
    """Of every service, decided by them, visible over the API, and a line on the console for each."""
    symbols = {service["stock_symbol"] for service in server.items("/services")}

    def traded() -> list[dict[str, Any]] | None:
        found = server.items("/transactions")
        return found if {transaction["stock_symbol"] for transaction in found} == symbols else None

    transactions = wait_for(traded)
    first = min(transactions, key=lambda transaction: int(transaction["id"]))
    line = re.compile(rf"{first['purchase_date'][:10]}  BUY +{first['shares']:g} {first['stock_symbol']}")
    server.printed(line, 10)


def test_there_is_one_active_service_a_stock_each_by_a_strategy_of_its_own_choice(server: RunningServer) -> None:
    """Five stocks, four strategies."""
    services = server.items("/services")
    assert sorted(service["stock_symbol"] for service in services) == ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
    assert {service["state"] for service in services} == {"ACTIVE"}
    assert len({service["strategy"] for service in services}) == 4


def test_every_decision_is_journalled_with_its_reason(server: RunningServer) -> None:
    """Also the many to do nothing."""
    service = next(service for service in server.items("/services") if service["stock_symbol"] == "AAPL")
    decisions = wait_for(lambda: server.items(f"/services/{service['id']}/decisions"))
    assert all(decision["reason"] for decision in decisions)
    assert len({decision["bar_time"] for decision in decisions}) == len(decisions)


def test_the_page_shows_services_and_trades_live(server: RunningServer, page: Page) -> None:
    """The demo's account signs in by itself; events arrive over the socket without a reload."""
    page.goto(server.address)
    services = page.get_by_role("region", name="Services").first
    for service in demo.SERVICES:
        expect(services).to_contain_text(str(service["name"]), timeout=60_000)
    trades = page.get_by_role("region", name="Recent trades")
    expect(trades.get_by_role("listitem").first).to_be_visible(timeout=60_000)
    expect(trades).to_contain_text("AAPL")
    expect(page.get_by_test_id("account-value")).to_have_text(re.compile(r"\d\d,\d\d\d"))
    before = page.get_by_test_id("market-time").inner_text()
    expect(page.get_by_test_id("market-time")).not_to_have_text(before, timeout=60_000)


def test_the_page_fits_a_phone(server: RunningServer, page: Page) -> None:
    """Nothing to scroll sideways at 375 pixels."""
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(server.address)
    expect(page.get_by_role("region", name="Services").first).to_contain_text("Apple trend", timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_the_swagger_page_works_offline(server: RunningServer, page: Page) -> None:
    """Its assets come from this server alone."""
    page.goto(f"{server.address}/api/v1/docs")
    page.get_by_role("link", name="services", exact=True).click(timeout=60_000)
    expect(page.locator("body")).to_contain_text("/services/{service_id}/activate")
    expect(page.get_by_role("button", name="Authorize")).to_be_visible()


def test_who_authorizes_on_the_swagger_page_tries_out_an_operation(server: RunningServer, page: Page) -> None:
    """The access token as the sign-in answers it, pasted as the page says, without a scheme in front."""
    page.goto(f"{server.address}/api/v1/docs")
    page.get_by_role("button", name="Authorize").click(timeout=60_000)
    dialog = page.locator(".auth-container")
    dialog.get_by_role("textbox").fill(str(server.token))
    dialog.locator(".auth-btn-wrapper").get_by_text("Authorize", exact=True).click()
    dialog.locator(".auth-btn-wrapper").get_by_text("Close", exact=True).click()

    page.get_by_role("link", name="users", exact=True).click()
    operation = page.locator(".opblock-get", has=page.locator('[data-path="/users/me"]'))
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Execute").click()

    answered = operation.locator(".live-responses-table .response")
    expect(answered.locator(".response-col_status")).to_have_text(re.compile("^200"), timeout=60_000)
    expect(answered).to_contain_text(f'"username": "{server.account[0]}"')


def test_secrets_are_the_owners_alone(server: RunningServer, instance: Path) -> None:
    """Made at first start, mode 0600."""
    for name in ("secret-key", "demo-password"):
        assert stat.S_IMODE((instance / name).stat().st_mode) == 0o600
    assert (instance / "demo-password").read_text().strip() == server.account[1]


def test_another_sites_name_for_this_address_is_refused(server: RunningServer) -> None:
    """DNS rebinding: a foreign page must not read the demo's password."""
    answer = requests.get(server.address, headers={"Host": "evil.example"}, timeout=60)
    assert answer.status_code == 400
    assert server.account[1] not in answer.text


def test_a_second_engine_on_the_same_database_is_refused(server: RunningServer, instance: Path) -> None:
    """Two would trade twice."""
    second = daytrader(instance, "run", "--demo", "--port", "0")
    assert second.returncode == 1
    assert "is running on this instance: stop it first" in second.stderr
    assert server.get("/system/ready").status_code == 200


def test_a_port_in_use_is_said_and_nothing_is_made(server: RunningServer, tmp_path: Path) -> None:
    """Before the database is touched."""
    port = server.address.rsplit(":", 1)[1]
    second = daytrader(tmp_path / "other", "run", "--demo", "--port", port)
    assert second.returncode == 1
    assert (
        second.stderr
        == f"Error: cannot listen on 127.0.0.1:{port}: Address already in use. Choose another with --port\n"
    )
    assert not (tmp_path / "other" / "daytrader.db").exists()


def test_ctrl_c_stops_it_and_the_next_start_goes_on_where_it_was(tmp_path: Path) -> None:
    """Within ten seconds, with the books in order, and everything still there."""
    with RunningServer(tmp_path, *FAST) as first:
        first.sign_in()
        wait_for(lambda: len(first.items("/transactions")) >= 3)
        assert first.stop(signal.SIGINT) == 0
    assert "Stopping ..." in first.lines
    assert not any("Traceback" in line for line in first.lines)
    audit = daytrader(tmp_path, "audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr
    with RunningServer(tmp_path, *FAST) as second:
        assert second.account == first.account
        second.sign_in()
        assert len(second.items("/transactions")) >= 3
        # Everything it imports and loads; on an idle machine the seconds of the clock.
        assert second.cpu_seconds_to_ready < 5
        resumed = second.printed(re.compile(r"prices, from (\d{4}-\d\d-\d\d)"), 5).group(1)
        assert resumed > demo.LAST_SEEN.date().isoformat()
        assert second.stop(signal.SIGTERM) == 0


def test_without_the_demo_it_serves_what_is_there(tmp_path: Path) -> None:
    """An empty instance: ready, nobody signed in, no password on the page."""
    with RunningServer(tmp_path) as server:
        assert server.get("/system/ready").status_code == 200
        assert server.get("/services").status_code == 401
        assert "password=" not in requests.get(server.address, timeout=60).text
        assert not (tmp_path / "demo-password").exists()
        assert any("No service is active" in line for line in server.lines)
        assert server.stop() == 0


def test_the_demo_stays_on_this_machine(tmp_path: Path) -> None:
    """Its password is shown to whoever asks."""
    refused = daytrader(tmp_path, "run", "--demo", "--host", "0.0.0.0", "--port", "0")
    assert refused.returncode == 2
    assert "loopback" in refused.stderr
    assert not (tmp_path / "daytrader.db").exists()
