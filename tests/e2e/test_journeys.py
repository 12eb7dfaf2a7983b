"""What people do with the web interface, in a real browser against a real server whose replay trades."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from daytrader.services import demo
from tests.e2e.accessibility import found_in_both_schemes
from tests.e2e.server import RunningServer, daytrader, wait_for
from tests.e2e.steps import SLOW, act, choose, field, open_page, sign_out

PASSWORD: Final = "Enough-Secret-1"
PAGES: Final = [
    ("/", "Dashboard"),
    ("/services", "Services"),
    ("/services/new", "New service"),
    ("/services/1", "Apple trend"),
    ("/stocks", "Stocks"),
    ("/stocks/AAPL", "AAPL"),
    ("/transactions", "Transactions"),
    ("/orders", "Orders"),
    ("/backtests", "Backtests"),
    ("/backtests/new", "New backtest"),
    ("/sweeps", "Sweeps"),
    ("/sweeps/new", "New sweep"),
    ("/scans", "Scan"),
    ("/admin", "Administration"),
    ("/settings", "Settings"),
    ("/nowhere", "Not found"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The demo, its replay at a bar every two seconds; beside its account there is an admin's."""
    instance = tmp_path_factory.mktemp("journeys") / "instance"
    words = ("user", "create", "boss", "--email", "boss@example.com", "--admin", "--password-stdin")
    made = daytrader(instance, *words, given=PASSWORD)
    assert made.returncode == 0, made.stderr
    with RunningServer(instance, "--demo", "--speed", "0.5") as running:
        running.sign_in()
        # Until here the replay does not wait, and a machine with other work has no time for anybody else.
        wait_for(lambda: running.get("/system/info").json()["market_time"] >= demo.HURRIES_TO.isoformat()[:10])
        yield running


def test_a_visitor_opens_an_account_signs_out_and_in_again(server: RunningServer, browser: Browser) -> None:
    """A wrong password is told in words, the right one leads to an empty dashboard that says what to do."""
    page = browser.new_page()  # its console tells of the 401: the refusal itself
    open_page(page, server, "/", "Dashboard")
    sign_out(page, "demo")
    page.get_by_role("link", name="Open an account").click()
    field(page, "User name").fill("newcomer")
    field(page, "E-mail").fill("newcomer@example.com")
    field(page, "Password").fill(PASSWORD)
    field(page, "Password again").fill(PASSWORD)
    act(page, "Open the account")
    expect(page.get_by_text("Open your first trading service")).to_be_visible(timeout=SLOW)

    sign_out(page, "newcomer")
    field(page, "User name or mail address").fill("newcomer")
    field(page, "Password").fill(PASSWORD + "x")
    act(page, "Sign in")
    expect(page.get_by_role("alert")).to_be_visible(timeout=SLOW)
    field(page, "Password").fill(PASSWORD)
    act(page, "Sign in")
    expect(page.get_by_text("Open your first trading service")).to_be_visible(timeout=SLOW)
    page.close()


def test_two_users_never_see_each_others_things(server: RunningServer, browser: Browser) -> None:
    """Another's service is not there for who asks by its address, and no list names it."""
    page = browser.new_page()  # its console tells of the 404
    open_page(page, server, "/", "Dashboard")
    expect(page.get_by_role("region", name="Services").first).to_contain_text("Apple trend", timeout=SLOW)
    sign_out(page, "demo")
    field(page, "User name or mail address").fill("newcomer")
    field(page, "Password").fill(PASSWORD)
    act(page, "Sign in")
    expect(page.get_by_role("button", name="newcomer")).to_be_visible(timeout=SLOW)

    for path in ("/", "/services", "/transactions", "/orders"):
        page.goto(server.address + path)
        expect(page.get_by_role("button", name="newcomer")).to_be_visible(timeout=SLOW)
        expect(page.locator("main")).to_contain_text(re.compile("first trading service|No transactions|No orders"))
        expect(page.locator("main")).not_to_contain_text("Apple trend")
    page.goto(server.address + "/services/1")
    expect(page.get_by_role("alert").first).to_contain_text("not found", timeout=SLOW)
    page.close()


def test_a_service_is_set_up_backtested_activated_and_trades(server: RunningServer, page: Page) -> None:
    """The backtest follows the settings while they are typed; the service trades the replay and says why."""
    open_page(page, server, "/services/new", "New service")
    preview = page.get_by_test_id("preview")
    expect(preview).to_contain_text("of just buying and holding", timeout=SLOW)
    choose(page, "Stock", "MSFT")
    choose(page, "Strategy", "Buy and hold")
    field(page, "Name").fill("Journey")
    field(page, "Stop-loss").fill("")
    field(page, "Stop-loss").press_sequentially("2,05")  # key by key, as people do: on the way there is a "2."
    expect(field(page, "Stop-loss")).to_have_value("2.05 %")
    field(page, "Stop-loss").fill("0")
    field(page, "Take-profit").fill("0")
    expect(preview).to_contain_text("Trades", timeout=SLOW)
    before = preview.inner_text()
    field(page, "Used by one buy").fill("90")
    expect(preview).not_to_have_text(before, timeout=SLOW)
    act(page, "Bars, limits and costs")
    field(page, "Of a bar's volume, at most").press_sequentially("2.5")

    act(page, "Create and activate")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Journey", timeout=SLOW)
    assert server.items("/services", name="Journey")[0]["volume_limit_percent"] == 2.5
    expect(page.get_by_role("heading", level=1)).to_contain_text("Active", timeout=SLOW)
    expect(page.get_by_test_id("last-decision")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(re.compile(r"^[\d,]+ shares$"))).to_be_visible(timeout=SLOW)
    page.get_by_role("tab", name="Transactions").click()
    expect(page.get_by_role("region", name="Transactions")).to_contain_text("Open", timeout=SLOW)
    page.get_by_role("tab", name="Orders").click()
    expect(page.get_by_role("region", name="Orders")).to_contain_text("Filled", timeout=SLOW)


def test_a_chart_grows_as_bars_come(server: RunningServer, page: Page) -> None:
    """The last bar of a stock follows the market without being asked for again."""
    open_page(page, server, "/stocks/AAPL", "AAPL")
    chart = page.get_by_role("img", name=re.compile("Prices of AAPL"))
    expect(chart).to_be_visible(timeout=SLOW)
    before = chart.get_attribute("aria-label") or ""
    expect(chart).not_to_have_attribute("aria-label", before, timeout=SLOW)
    expect(page.locator("main")).not_to_contain_text("undefined")


def test_a_trade_by_hand_is_voided_and_another_one_completed(server: RunningServer, page: Page) -> None:
    """On a service that waits: bought, taken back with a reason; bought again, sold, paused and stopped."""
    open_page(page, server, "/services/new", "New service")
    expect(page.get_by_test_id("preview")).to_be_visible(timeout=SLOW)
    choose(page, "Stock", "IBM")
    choose(page, "Strategy", "Trend following")
    field(page, "Window").fill("5000")  # more bars than there are: it never gives a signal of its own
    field(page, "Name").fill("By hand")
    act(page, "Create and activate")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Active", timeout=SLOW)

    _buy(page, 3)
    page.get_by_role("tab", name="Transactions").click()
    table = page.get_by_role("region", name="Transactions")
    expect(table).to_contain_text("by hand", timeout=SLOW)
    page.get_by_role("button", name=re.compile("Actions of transaction")).first.click()
    page.get_by_role("menuitem", name="Void").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Void it")).to_be_disabled()
    field(dialog, "Why").fill("a typing error")
    act(page, "Void it", dialog)
    expect(table).to_contain_text("Voided", timeout=SLOW)

    _buy(page, 4)
    act(page, "Sell by hand")
    act(page, re.compile("Sell 4 IBM"), page.get_by_role("dialog"))
    expect(table).to_contain_text("Closed", timeout=SLOW)

    act(page, "Pause")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Paused", timeout=SLOW)
    act(page, "Stop")
    act(page, "Stop it", page.get_by_role("dialog"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Stopped", timeout=SLOW)


def test_a_backtest_is_run_compared_and_its_report_opened(server: RunningServer, page: Page) -> None:
    """Settings with a live preview become a kept report; run again with another setting the two stand side by side."""
    open_page(page, server, "/backtests/new", "New backtest")
    choose(page, "Stock", "AAPL")
    choose(page, "Strategy", "Trend following")
    expect(page.get_by_test_id("preview")).to_contain_text("of just buying and holding", timeout=SLOW)
    act(page, "Run and keep the report")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trend following", timeout=SLOW)
    expect(page.locator("main")).to_contain_text("Buy and hold")
    expect(page.get_by_role("img", name=re.compile("Prices of AAPL"))).to_be_visible(timeout=SLOW)
    trade = page.get_by_role("region", name="Trades of the backtest").locator("tbody tr").first
    expect(trade).to_contain_text("average", timeout=SLOW)
    trade.click()
    expect(trade).to_have_class(re.compile("selected"))
    act(page, "Download")
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Report as a page").click()
    assert "AAPL" in saved.value.path().read_text(encoding="utf-8")
    assert found_in_both_schemes(page, "a backtest") == []

    page.get_by_role("link", name="Change and run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("New backtest", timeout=SLOW)
    field(page, "Window").fill("20")
    act(page, "Run and keep the report")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trend following", timeout=SLOW)
    act(page, re.compile("^Compare$"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Another backtest").click()
    page.get_by_role("option").first.click()
    act(page, "Compare", dialog)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Compare", timeout=SLOW)
    expect(page.get_by_role("region", name="Settings that differ")).to_contain_text("20 \u2192 50", timeout=SLOW)
    expect(page.get_by_role("row", name=re.compile("Sharpe ratio"))).to_be_visible()
    assert found_in_both_schemes(page, "a comparison") == []


def test_a_sweep_is_run_and_its_verdict_read(server: RunningServer, page: Page) -> None:
    """What it takes is known before; the verdict stands first, and a cell of the heatmap leads to its backtest."""
    open_page(page, server, "/sweeps/new", "New sweep")
    estimate = page.get_by_test_id("estimate")
    expect(estimate).to_contain_text("bars each", timeout=SLOW)
    field(page, "Fast: step").fill("5")
    field(page, "Slow: step").fill("10")
    expect(estimate).to_contain_text(re.compile(r"^16\s*combinations"), timeout=SLOW)
    act(page, "Run the sweep")
    verdict = page.get_by_test_id("verdict")
    expect(verdict).to_contain_text(re.compile("odds that|Not proven|Holds up"), timeout=SLOW)
    expect(page.get_by_role("img", name=re.compile("Sharpe ratio over Fast and Slow"))).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("region", name="Combinations").locator("tbody tr")).to_have_count(16, timeout=SLOW)
    assert found_in_both_schemes(page, "a sweep") == []

    page.get_by_text("Table", exact=True).click()
    cell = page.get_by_role("table", name=re.compile("over Fast and Slow")).get_by_role("button").first
    cell.click()
    expect(cell).to_have_attribute("aria-pressed", "true")
    heatmap = page.get_by_role("region", name="Where it works")
    expect(heatmap).to_contain_text("Best of the chosen cell: Fast", timeout=SLOW)
    heatmap.get_by_role("link", name="Backtest it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("New backtest", timeout=SLOW)
    expect(page.get_by_role("combobox", name="Strategy")).to_have_value("Moving-average cross", timeout=SLOW)
    expect(field(page, "Fast")).to_have_value("5")


def test_stocks_of_a_sweep_are_judged_one_by_one(server: RunningServer, page: Page) -> None:
    """The choice for all stands first; a stock that is chosen shows its own verdict and walk-forward."""
    asked = {"symbols": ["AAPL", "IBM"], "strategy": "sma_cross", "grid": {"fast": [5, 10], "slow": [20, 50]}}
    accepted = server.post("/sweeps", asked | {"walk_forward": {"train": 504, "test": 252}}).json()
    open_page(page, server, f"/sweeps/{accepted['sweep_id']}", "AAPL, IBM")
    stocks = page.get_by_role("region", name="Stocks", exact=True)
    expect(stocks.locator("tbody tr")).to_have_count(2, timeout=SLOW)
    expect(page.get_by_role("region", name="One choice for all")).to_be_visible()
    stocks.get_by_text("IBM").click()
    alone = page.get_by_role("region", name="IBM alone")
    expect(alone).to_contain_text("Sharpe, deflated", timeout=SLOW)
    expect(page.get_by_role("region", name="Walked forward")).to_contain_text("Out of sample it made")
    assert found_in_both_schemes(page, "a sweep of several stocks") == []


def test_a_scan_tells_todays_signals(server: RunningServer, page: Page) -> None:
    """A strategy's word on the last bar of every stock, with the reason."""
    open_page(page, server, "/scans", "Scan")
    choose(page, "Strategy", "Trend following")
    act(page, re.compile("^Scan$"))
    signals = page.get_by_role("region", name="Signals", exact=True)
    expect(signals.locator("tbody tr").first).to_contain_text(
        re.compile("close is (above|at or below) its average"), timeout=SLOW
    )
    assert found_in_both_schemes(page, "a scan") == []


def test_prices_and_transactions_are_taken_away_as_files(server: RunningServer, page: Page) -> None:
    """Each holds what the page shows: every bar of the stock, and the transactions that the filter leaves."""
    open_page(page, server, "/stocks/AAPL", "AAPL")
    act(page, "Export")
    with page.expect_download(timeout=SLOW) as saved:
        page.get_by_role("menuitem", name="As CSV").click()
    assert saved.value.suggested_filename == "AAPL-daily.csv"
    bars = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8").splitlines()))
    stored = server.get("/prices/AAPL/history").json()
    assert [f"{bar['date']}T00:00:00Z" for bar in bars] == stored["timestamps"]
    assert [float(bar["close"]) for bar in bars] == stored["close"]

    open_page(page, server, "/transactions", "Transactions")
    choose(page, "State", "Closed")
    expect(page.get_by_role("region", name="Transactions")).not_to_contain_text("Open", timeout=SLOW)
    with page.expect_download(timeout=SLOW) as saved:
        act(page, "Export CSV")
    rows = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8").splitlines()))
    assert {row["state"] for row in rows} == {"CLOSED"}
    assert {int(row["id"]) for row in rows} <= {trade["id"] for trade in server.items("/transactions", state="CLOSED")}


def test_an_admin_opens_an_account_by_a_link(server: RunningServer, browser: Browser) -> None:
    """The link is shown once and leads to a password of the user's own choice; an admin sees every part."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    open_page(page, server, "/admin", "Administration")
    expect(page.get_by_text("Only for admins")).to_be_visible(timeout=SLOW)
    sign_out(page, "demo")
    field(page, "User name or mail address").fill("boss")
    field(page, "Password").fill(PASSWORD)
    act(page, "Sign in")
    page.get_by_role("link", name="Administration").click()
    act(page, "New user")
    dialog = page.get_by_role("dialog")
    field(dialog, "Name").fill("invited")
    field(dialog, "Mail address").fill("invited@example.com")
    act(page, "Create the account", dialog)
    link = page.get_by_test_id("one-time-link").inner_text(timeout=SLOW)
    act(page, "I have passed it on")
    expect(page.get_by_test_id("one-time-link")).to_have_count(0)
    expect(page.get_by_role("region", name="Users")).to_contain_text("invited@example.com", timeout=SLOW)

    found = found_in_both_schemes(page, "users")
    for part, words in (
        ("Engine and health", "Pause all trading"),
        ("Jobs", "SUCCEEDED|Succeeded|No background work"),
        ("Dividends and splits", "held back"),
        ("Database", "Back up now"),
        ("Configuration", "DAYTRADER_SECRET_KEY"),
        ("Audit log", "user.create"),
    ):
        page.get_by_role("navigation", name="Administration").get_by_role("link", name=part).click()
        expect(page.locator("main")).to_contain_text(re.compile(words), timeout=SLOW)
        found += found_in_both_schemes(page, part)
    assert found == []

    other = browser.new_context().new_page()
    other.goto(link)
    field(other, "New password").fill(PASSWORD)
    field(other, "Once more").fill(PASSWORD)
    act(other, "Set the password")
    expect(other.get_by_role("status")).to_contain_text("The password is set", timeout=SLOW)
    other.context.close()
    context.close()
    server.sign_in("invited", PASSWORD)
    server.sign_in()  # the demo again, for who comes next


def test_every_page_is_accessible_in_light_and_dark(server: RunningServer, page: Page) -> None:
    """Axe finds nothing serious, and nothing is to be scrolled sideways on a phone."""
    found: list[str] = []
    for path, title in PAGES:
        if path == "/nowhere":
            page.evaluate("history.pushState(null, '', '/services/../nowhere')")
            page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
        else:
            page.goto(server.address + path)
        expect(page.get_by_role("heading", level=1)).to_contain_text(title, timeout=SLOW)
        expect(page.get_by_role("status", name="Loading")).to_have_count(0, timeout=SLOW)
        found += found_in_both_schemes(page, path)
    sign_out(page, "demo")
    expect(field(page, "Password")).to_be_visible(timeout=SLOW)
    found += found_in_both_schemes(page, "sign in")

    assert "\n".join(found) == ""


def _buy(page: Page, shares: int) -> None:
    act(page, "Buy by hand")
    dialog = page.get_by_role("dialog")
    field(dialog, "Shares").fill(str(shares))
    act(page, f"Buy {shares} IBM", dialog)
    expect(dialog).to_have_count(0, timeout=SLOW)
