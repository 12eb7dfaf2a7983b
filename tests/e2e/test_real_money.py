"""The way to real money in a real browser: an account at a broker, and a service before its gate."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.fernet import Fernet
from playwright.sync_api import Browser, Page, expect

from tests.brokers.alpaca_api import Alpaca
from tests.brokers.alpaca_server import KEY, SECRET, serve
from tests.e2e.accessibility import found_in_both_schemes
from tests.e2e.server import PATIENCE, RunningServer, wait_for
from tests.e2e.steps import SLOW, act, choose, field, open_page

TESTED_TO: Final = "2011-12-30"
"""The end of the backtest: what the replay trades afterwards is the time on paper."""
ON_PAPER_FROM: Final = "2012-09-04"
"""More sessions than are asked for, until the sample ends."""
LENIENT: Final = {
    "min_backtest_sessions": 100,
    "min_backtest_trades": 1,
    "min_backtest_return_percent": -50,
    "min_backtest_sharpe_ratio": -10,
    "max_backtest_drawdown_percent": 90,
    "min_paper_sessions": 100,
    "min_paper_trades": 1,
    "min_paper_return_percent": -50,
    "max_paper_drawdown_percent": 90,
}


@dataclass
class Desk:
    """The broker, and the server whose accounts are there."""

    alpaca: Alpaca
    server: RunningServer
    instance: Path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The demo after its replay, beside a broker on this machine."""
    instance = tmp_path_factory.mktemp("money") / "instance"
    alpaca = Alpaca(datetime(2024, 1, 3, tzinfo=UTC))
    with serve(alpaca) as address:
        variables = {
            "DAYTRADER_ALPACA_TRADING_URL": address,
            "DAYTRADER_SEALING_KEY": Fernet.generate_key().decode(),
        }
        with RunningServer(instance, "--demo", "--speed", "0", "--replay-from", ON_PAPER_FROM, **variables) as server:
            server.sign_in()
            yield Desk(alpaca, server, instance)


def test_an_account_from_its_keys_to_its_end(desk: Desk, browser: Browser) -> None:
    """Wrong keys are refused in words; right ones are taken, tried, never shown again, and forgotten."""
    page = browser.new_page()  # its console tells of the 400 and the 409: the refusals themselves
    open_page(page, desk.server, "/settings", "Settings")
    panel = page.get_by_role("region", name="Broker accounts").first
    expect(panel).to_contain_text("No account connected", timeout=SLOW)
    act(page, "Connect an account", panel)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Connect it")).to_be_disabled()
    field(dialog, "Key").fill(KEY)
    field(dialog, "Secret").fill(SECRET + "-wrong")
    act(page, "Connect it", dialog)
    expect(dialog.get_by_role("alert")).to_contain_text("does not take these keys", timeout=SLOW)
    assert desk.server.get("/brokers").json()["connected"] == []

    field(dialog, "Secret").fill(SECRET)
    dialog.get_by_text("Real money", exact=True).click()
    act(page, "Connect it", dialog)
    expect(dialog.get_by_role("alert")).to_contain_text("second factor", timeout=SLOW)
    dialog.get_by_text("The broker's paper market").click()
    act(page, "Connect it", dialog)
    expect(dialog).to_have_count(0, timeout=SLOW)
    expect(panel.get_by_role("row", name=re.compile("PA3TEST"))).to_contain_text(f"\u2026{KEY[-4:]}", timeout=SLOW)
    assert found_in_both_schemes(page, "a connected account") == []
    page.reload()
    expect(panel).to_contain_text("PA3TEST", timeout=SLOW)
    for secret in (KEY, SECRET):
        assert secret not in page.content()
        assert secret not in desk.server.get("/brokers").text

    act(page, "Test alpaca PA3TEST", panel)
    expect(page.get_by_text("Cash in the account: 100,000.00")).to_be_visible(timeout=SLOW)
    desk.alpaca.is_blocked = True
    act(page, "Test alpaca PA3TEST", panel)
    expect(page.get_by_role("alert").filter(has_text="trading blocked")).to_be_visible(timeout=SLOW)

    act(page, "Disconnect alpaca PA3TEST", panel)
    act(page, "Disconnect it", page.get_by_role("dialog"))
    expect(panel).to_contain_text("No account connected", timeout=SLOW)
    page.close()


def test_a_service_passes_its_gate_and_goes_back(desk: Desk, browser: Browser) -> None:
    """Every criterion is met, its owner says yes, names an account, orders by hand there, and takes it all back."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})  # its console tells of a 409: a refusal itself
    service = _with_time_on_paper(desk)
    assert desk.server.put("/risk/promotion", LENIENT).status_code == 200
    kept = desk.server.post(f"/services/{service['id']}/backtest", {"end": TESTED_TO}).json()["id"]

    open_page(page, desk.server, f"/services/{service['id']}", service["name"])
    page.get_by_role("tab", name="Real money").click()
    consent = page.get_by_role("tabpanel").get_by_role("button", name="Let it trade real money")
    expect(page.get_by_text("Paper only")).to_be_visible(timeout=SLOW)
    expect(consent).to_be_disabled()
    choose(page, "Backtest that stands for it", f"{kept}:")
    criteria = page.get_by_role("region", name="Criteria")
    expect(criteria.get_by_role("cell", name="yes", exact=True)).to_have_count(13, timeout=SLOW)
    expect(criteria.get_by_role("cell", name="no", exact=True)).to_have_count(0)
    consent.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Backtest {kept} is pinned to it")
    act(page, "Go back", dialog)
    expect(dialog).to_have_count(0, timeout=SLOW)
    expect(page.get_by_text("Paper only")).to_be_visible()

    consent.click()
    act(page, "Let it trade real money", dialog)
    expect(page.get_by_text("May trade real money")).to_be_visible(timeout=SLOW)
    assert desk.server.get(f"/services/{service['id']}/promotion").json()["is_permitted"] is True
    assert found_in_both_schemes(page, "an open gate") == []

    expect(page.get_by_text("It trades on paper: connect an account")).to_be_visible()
    _name_the_broker(page, desk, service["id"])
    _back_to_paper(page)
    expect(page.get_by_text("Paper only")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("withdrawn by the owner")).to_be_visible()
    expect(page.get_by_role("combobox", name="Trades at")).to_have_count(0)
    assert desk.server.get(f"/services/{service['id']}").json()["broker"] == "paper"

    consent.click()
    act(page, "Let it trade real money", dialog)
    _send_there(page, desk, service["id"])
    _order_on_its_way(page, desk)
    _back_to_paper(page)
    expect(page.get_by_text("It trades on paper once its shares are sold")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("Buys nothing at alpaca")).to_be_visible(timeout=SLOW)
    assert desk.server.get(f"/services/{service['id']}/promotion").json()["is_permitted"] is False
    assert found_in_both_schemes(page, "a gate shut again") == []
    page.close()


def _name_the_broker(page: Page, desk: Desk, service_id: int) -> None:
    """Send the service's orders to an account: not while it holds shares."""
    dialog = page.get_by_role("dialog")
    desk.alpaca.is_blocked = False
    assert desk.server.post("/brokers", {"broker": "alpaca", "key": KEY, "secret": SECRET}).status_code == 201
    page.reload()
    page.get_by_role("tab", name="Real money").click()
    choose(page, "Trades at", "alpaca PA3TEST")
    act(page, "Send them there", dialog)
    expect(dialog.get_by_role("alert")).to_contain_text("while the service holds shares", timeout=SLOW)
    act(page, "Go back", dialog)
    expect(dialog).to_have_count(0, timeout=SLOW)
    assert desk.server.get(f"/services/{service_id}").json()["broker"] == "paper"
    act(page, "Sell by hand")
    act(page, re.compile(r"^Sell \d+ GOOG"), dialog)
    expect(page.get_by_text("no shares")).to_be_visible(timeout=SLOW)
    _send_there(page, desk, service_id)


def _send_there(page: Page, desk: Desk, service_id: int) -> None:
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_count(0, timeout=SLOW)
    choose(page, "Trades at", "alpaca PA3TEST")
    act(page, "Send them there", dialog)
    expect(dialog).to_have_count(0, timeout=SLOW)
    assert desk.server.get(f"/services/{service_id}").json()["broker"] == "alpaca"


def _order_on_its_way(page: Page, desk: Desk) -> None:
    """
    An order by hand is under way, and stays so.

    Every turn of an account begins with a question, and from here on the broker answers none: no turn sends the order,
    or ends it because the gate is shut. The first that was refused was the last that may have begun before.
    """
    dialog = page.get_by_role("dialog")
    refused, desk.alpaca.is_too_busy = desk.alpaca.happened["429"], True
    act(page, "Buy by hand")
    field(dialog, "Shares").fill("1")
    act(page, "Buy 1 GOOG", dialog)
    expect(page.get_by_text("The order is under way at alpaca")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("list", name="Orders under way")).to_contain_text("Buy 1 at most", timeout=SLOW)
    wait_for(lambda: desk.alpaca.happened["429"] > refused)


def _back_to_paper(page: Page) -> None:
    dialog = page.get_by_role("dialog")
    act(page, "Back to paper only")
    act(page, "Back to paper only", dialog)
    expect(dialog).to_have_count(0, timeout=SLOW)


def _with_time_on_paper(desk: Desk) -> dict[str, Any]:
    """Return a service that has closed trades, its bars dated as if each had been decided on its day."""
    desk.server.printed(re.compile("The stored prices end here"), PATIENCE)
    with closing(sqlite3.connect(desk.instance / "daytrader.db", timeout=30)) as database, database:
        database.execute("UPDATE decisions SET created_at = bar_time")
    return desk.server.items("/services", stock_symbol="GOOG")[0]
