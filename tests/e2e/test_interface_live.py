"""What the web interface does while the world moves: a line that breaks, a file that comes in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.server import RunningServer, daytrader, wait_for
from tests.e2e.steps import SLOW, act, choose, field, open_page

PASSWORD: Final = "Enough-Secret-1"
SATURDAY: Final = 6

THRESHOLDS: Final = {
    "Backtest: sessions, at least": "10",
    "Backtest: trades, at least": "1",
    "Backtest: return, at least": "-50",
    "Backtest: Sharpe ratio, at least": "-1",
    "Backtest: deepest fall, at most": "90",
    "On paper: sessions, at least": "5000",
    "On paper: trades, at least": "1",
    "On paper: return, at least": "-50",
    "On paper: deepest fall, at most": "90",
}
"""Of the form in the settings."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without a demo: an admin, and a stock whose prices nobody has imported yet."""
    instance = tmp_path_factory.mktemp("live") / "instance"
    words = ("user", "create", "boss", "--email", "boss@example.com", "--admin", "--password-stdin")
    made = daytrader(instance, *words, given=PASSWORD)
    assert made.returncode == 0, made.stderr
    with RunningServer(instance) as running:
        running.sign_in("boss", PASSWORD)
        yield running


class Line:
    """The page's socket, which can be cut."""

    def __init__(self, page: Page) -> None:
        self._routes: list[WebSocketRoute] = []
        self._is_cut = False
        self.asked: list[str] = []
        page.route_web_socket(re.compile("/socket.io/"), self._connect)

    def _connect(self, route: WebSocketRoute) -> None:
        if self._is_cut:
            route.close()
            return
        far = route.connect_to_server()

        def send(message: str | bytes) -> None:
            self.asked.append(str(message))
            far.send(message)

        route.on_message(send)
        self._routes.append(route)

    def cut(self) -> None:
        """Hang up, and let nobody through."""
        self._is_cut = True
        for route in self._routes:
            route.close()
        self.asked.clear()

    def mend(self) -> None:
        """Let the page through again."""
        self._is_cut = False


def _sign_in(page: Page, server: RunningServer) -> None:
    page.goto(server.address)
    field(page, "User name or mail address").fill("boss")
    field(page, "Password").fill(PASSWORD)
    act(page, "Sign in")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dashboard", timeout=SLOW)


def test_a_file_is_checked_then_imported_and_each_bad_row_is_told(
    server: RunningServer, page: Page, tmp_path: Path
) -> None:
    """A trial writes nothing; a bad row is told by its line; the good rows become a chart."""
    days = [date(2023, 3, 1) + timedelta(days) for days in range(90)]
    rows = [f"{day},{5 + day.day},{6 + day.day},4,5,100" for day in days if day.isoweekday() < SATURDAY]
    rows[3] = f"{rows[3].split(',')[0]},5,4,4.5,5,100"
    file = tmp_path / "prices.csv"
    file.write_text("\n".join(["Date,Open,High,Low,Close,Volume", *rows]), encoding="utf-8")
    _sign_in(page, server)
    open_page(page, server, "/stocks", "Stocks")
    expect(page.locator("main")).to_contain_text("No stocks yet", timeout=SLOW)
    act(page, "Add a stock")
    field(page.get_by_role("dialog"), "Symbol").fill("ACME")
    act(page, re.compile("^Add"), page.get_by_role("dialog"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("ACME", timeout=SLOW)

    act(page, re.compile("^Import"))
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(file)
    dialog.get_by_role("combobox", name="Times without a zone").fill("berlin")
    page.get_by_role("option", name="Europe/Berlin").click()
    choose(page, "Dates such as 03/04/2024", "are of April")
    field(dialog, "Only check: write nothing").check()
    with page.expect_request(re.compile("/prices/import")) as sent:
        act(page, "Check the file", dialog)
    assert "timezone=Europe%2FBerlin" in sent.value.url
    assert "date_order=dmy" in sent.value.url
    wrong = dialog.get_by_role("region", name="What is wrong")
    expect(wrong.locator("tbody tr")).to_have_count(1, timeout=SLOW)
    expect(wrong.locator("tbody tr").first).to_contain_text("5priceslow price is above high price")
    expect(dialog).to_contain_text("nothing written")
    assert server.get("/stocks/symbol/ACME").json()["has_prices"] is False

    field(dialog, "Only check: write nothing").uncheck()
    field(dialog, "Keep the good rows of a file that has bad ones").check()
    act(page, re.compile("^Import$"), dialog)
    expect(dialog).to_contain_text("Rows stored", timeout=SLOW)
    act(page, "Close", dialog)
    expect(page.get_by_role("img", name=re.compile("Prices of ACME"))).to_be_visible(timeout=SLOW)
    assert len(server.get("/prices/ACME/history").json()["timestamps"]) == len(rows) - 1


def test_what_happened_while_the_line_was_cut_comes_by_itself(server: RunningServer, page: Page) -> None:
    """The page says that its figures stand still, then has what it missed sent again, and says no more."""
    line = Line(page)
    _sign_in(page, server)
    open_page(page, server, "/services/new", "New service")
    choose(page, "Stock", "ACME")
    field(page, "Name").fill("Cut off")
    act(page, "Create and activate")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Active", timeout=SLOW)
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=SLOW)
    service = server.items("/services")[0]["id"]

    line.cut()
    expect(page.get_by_role("alert").filter(has_text="No connection to the server")).to_be_visible(timeout=SLOW)
    assert server.post(f"/services/{service}/pause").status_code == 200
    expect(page.get_by_role("heading", level=1)).to_contain_text("Active")
    line.mend()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Paused", timeout=SLOW)
    expect(page.get_by_role("alert").filter(has_text="No connection to the server")).to_have_count(0, timeout=SLOW)
    assert any('"resume"' in asked for asked in line.asked)

    act(page, "Decide again and compare")
    expect(page.locator("main")).to_contain_text("decisions decided again: all the same", timeout=SLOW)


def test_what_a_service_lacks_before_real_money(server: RunningServer, page: Page) -> None:
    """The owner sets thresholds, a backtest of the service is made, and the gate says what is missing."""
    _sign_in(page, server)
    open_page(page, server, "/settings", "Settings")
    for label, value in THRESHOLDS.items():
        field(page, label).fill(value)
    act(page, "Save the thresholds")
    expect(page.get_by_text("Thresholds are set")).to_be_visible(timeout=SLOW)
    assert server.get("/risk/promotion").json()["min_paper_sessions"] == 5000

    service = server.items("/services")[0]
    open_page(page, server, f"/services/{service['id']}", service["name"])
    page.get_by_role("tab", name="Real money").click()
    expect(page.get_by_text("the owner has not opted in")).to_be_visible(timeout=SLOW)
    act(page, "Backtest its settings")
    criteria = page.get_by_role("region", name="Criteria")
    expect(criteria.get_by_role("row", name="Sessions on paper")).to_contain_text("5,000", timeout=SLOW)
    expect(criteria.get_by_role("row", name="Sessions of the backtest")).to_contain_text("yes", timeout=SLOW)
    expect(page.get_by_role("button", name="Let it trade real money")).to_be_disabled()


def test_all_buying_is_stopped_and_let_go_on(server: RunningServer, page: Page) -> None:
    """A limit is set and kept; the switch asks, is seen on the dashboard, and is turned back."""
    _sign_in(page, server)
    open_page(page, server, "/settings", "Settings")
    field(page, "In positions, at most").fill("5000")
    act(page, "Save the limits")
    wait_for(lambda: server.get("/risk").json()["max_position_value"] == 5000)

    act(page, "Stop all buying")
    field(page.get_by_role("dialog"), "Why").fill("a drill")
    act(page, "Stop all buying", page.get_by_role("dialog"))
    expect(page.get_by_text("Buying is stopped")).to_be_visible(timeout=SLOW)
    open_page(page, server, "/", "Dashboard")
    alert = page.get_by_role("list", name="Alerts")
    expect(alert).to_contain_text("You have stopped all buying: a drill", timeout=SLOW)
    alert.get_by_role("link", name="Let it go on").click()
    act(page, "Let your services buy again")
    act(page, "Let them buy again", page.get_by_role("dialog"))
    expect(page.get_by_text("Buying is on")).to_be_visible(timeout=SLOW)
