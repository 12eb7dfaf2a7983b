"""Take the pictures of the documents: the demo's page after some trades, and a backtest's report."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from daytrader.core import backtest
from daytrader.core.rules import Costs, Rules
from daytrader.services.data_providers.sample import SampleProvider
from tests.browser import find_chromium
from tests.e2e.server import RunningServer, wait_for

_SETTLE_MILLISECONDS: Final = 4_000
IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"


def main() -> None:
    """Write docs/images/landing.png and docs/images/report.png."""
    chromium = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.program, env={**os.environ, **chromium.environment}
        )
        _report(browser)
        _landing(browser)
        browser.close()


def _landing(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as folder, RunningServer(Path(folder) / "instance", "--demo") as server:
        server.sign_in()
        page = browser.new_page(viewport={"width": 1280, "height": 1080}, color_scheme="light")
        page.goto(server.address)
        stocks = len(server.items("/services"))
        wait_for(lambda: len({trade["stock_symbol"] for trade in server.items("/transactions")}) == stocks, 180)
        page.wait_for_timeout(_SETTLE_MILLISECONDS)
        page.screenshot(path=IMAGES / "landing.png")


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
