"""Take the pictures of the documents: pages of the demo after some trades, research done in it, and a report."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, sync_playwright

from daytrader.core import backtest
from daytrader.core.rules import Costs, Rules
from daytrader.services.data_providers.sample import SampleProvider
from tests.browser import find_chromium
from tests.e2e.server import RunningServer, wait_for

_SETTLE_MILLISECONDS: Final = 4_000
_PICTURES: Final[tuple[tuple[str, str, Literal["light", "dark"]], ...]] = (
    ("dashboard", "/", "light"),
    ("service", "/services/1", "light"),
    ("new-service", "/services/new", "dark"),
    ("backtest", "/backtests/1", "light"),
    ("sweep", "/sweeps/1", "dark"),
)
_BACKTEST: Final[dict[str, object]] = {
    "symbol": "AAPL",
    "strategy": "sma_trend",
    "params": {"window": 50},
    "start": "2006-01-03",
}
_SWEEP: Final[dict[str, object]] = {
    "symbol": "AAPL",
    "strategy": "sma_cross",
    "grid": {"fast": {"from": 5, "to": 20, "step": 1}, "slow": {"from": 22, "to": 80, "step": 3}},
    "walk_forward": {},
}
IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"


def main() -> None:
    """Write the pictures of `_PICTURES` and the report's to docs/images."""
    chromium = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.program, env={**os.environ, **chromium.environment}
        )
        _report(browser)
        _pages(browser)
        browser.close()


def _pages(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as folder, RunningServer(Path(folder) / "instance", "--demo") as server:
        server.sign_in()
        stocks = len(server.items("/services"))
        wait_for(lambda: len({trade["stock_symbol"] for trade in server.items("/transactions")}) == stocks, 180)
        for path, body in (("/backtests", _BACKTEST), ("/sweeps", _SWEEP)):
            server.post(path, body).raise_for_status()
        wait_for(lambda: server.items("/sweeps")[0]["state"] == "SUCCEEDED", 180)
        for name, path, scheme in _PICTURES:
            page = browser.new_page(viewport={"width": 1360, "height": 900}, color_scheme=scheme)
            page.goto(server.address + path)
            page.wait_for_timeout(_SETTLE_MILLISECONDS)
            page.screenshot(path=IMAGES / f"{name}.png")
            page.close()


def _report(browser: Browser) -> None:
    bars = SampleProvider().fetch("AAPL").bars()
    rules = Rules(costs=Costs(per_order=Decimal(1)))
    report = backtest.run(
        bars, "sma_trend", {"window": 50}, rules, symbol="AAPL", cash=Decimal(10_000), start=date(2009, 1, 2)
    )
    page = browser.new_page(viewport={"width": 1080, "height": 1400}, color_scheme="light")
    page.set_content(report.to_html())
    page.screenshot(path=IMAGES / "report.png")


if __name__ == "__main__":
    main()
