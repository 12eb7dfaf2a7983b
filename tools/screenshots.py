"""Take the pictures of the documents: the demo's page after some trades."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from tests.browser import find_chromium
from tests.e2e.server import RunningServer, wait_for

_SETTLE_MILLISECONDS: Final = 4_000
IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"


def main() -> None:
    """Write docs/images/landing.png."""
    chromium = find_chromium()
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningServer(Path(folder) / "instance", "--demo") as server,
        sync_playwright() as playwright,
    ):
        server.sign_in()
        browser = playwright.chromium.launch(
            executable_path=chromium.program, env={**os.environ, **chromium.environment}
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1080}, color_scheme="light")
        page.goto(server.address)
        stocks = len(server.items("/services"))
        wait_for(lambda: len({trade["stock_symbol"] for trade in server.items("/transactions")}) == stocks, 180)
        page.wait_for_timeout(_SETTLE_MILLISECONDS)
        page.screenshot(path=IMAGES / "landing.png")
        browser.close()


if __name__ == "__main__":
    main()
