"""What a person sees: the first paint, and whether fifty rows that change each second keep the page smooth."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, WebSocketRoute, sync_playwright

from benchmarks.run import Figure, absolute
from daytrader.services import database, trading_service, user_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from tests.browser import find_chromium
from tests.e2e.server import RunningServer, daytrader

_ROWS: Final = 50
_SECONDS: Final = 10
_RUNS: Final = 5
_PASSWORD: Final = "Enough-Secret-1"
_SMOOTH_TARGET, _PAINT_TARGET = 0.05, 1.5
_WATCH: Final = """
window.tasks = [];
new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((task) => task.duration)))
  .observe({ type: "longtask", buffered: true });
"""
_PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def measure(folder: Path) -> list[Figure]:
    """Return the first paint of a signed-in dashboard, and the longest task while fifty of its rows change a second."""
    instance = folder / "instance"
    _fill(instance)
    chromium = find_chromium()
    with RunningServer(instance) as server, sync_playwright() as playwright:
        server.sign_in("trader", _PASSWORD)
        browser = playwright.chromium.launch(
            executable_path=chromium.program, env={**os.environ, **chromium.environment}
        )
        paints, longest = _look(browser, server)
        browser.close()
    work = f"{_ROWS} rows of the dashboard changing each second for {_SECONDS} s in Chromium: the longest task"
    return [
        absolute("interface-paint", "dashboard signed in, first contentful paint", paints, _PAINT_TARGET, _RUNS),
        absolute("interface-rows", work, longest, _SMOOTH_TARGET, 1),
    ]


def _fill(instance: Path) -> None:
    given = ("user", "create", "trader", "--email", "t@example.com", "--admin", "--password-stdin")
    made = daytrader(instance, *given, given=_PASSWORD)
    assert made.returncode == 0, made.stderr
    stocks = daytrader(instance, "prices", "fetch", "AAPL", "--provider", "sample")
    assert stocks.returncode == 0, stocks.stderr
    engine = database.connect(f"sqlite:///{instance / 'daytrader.db'}")
    with SessionManager() as session:
        user = user_service.by_username(session, "trader")
        assert user is not None
        for number in range(_ROWS):
            values = {"name": f"Service {number}", "stock_symbol": "AAPL", "initial_balance": 10_000}
            trading_service.create(session, Actor(user.id), values)
    engine.dispose()


def _look(browser: Browser, server: RunningServer) -> tuple[float, float]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(_WATCH)
    sockets: list[WebSocketRoute] = []

    def through(route: WebSocketRoute) -> None:
        far = route.connect_to_server()
        route.on_message(far.send)
        far.on_message(route.send)
        sockets.append(route)

    page.route_web_socket(re.compile("/socket.io/"), through)
    page.goto(server.address)
    page.get_by_label("User name or mail address").fill("trader")
    page.get_by_label("Password", exact=True).fill(_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("region", name="Services").first.get_by_text(f"Service {_ROWS - 1}", exact=True).wait_for()
    paints = []
    for _ in range(_RUNS):
        page.goto(server.address)
        page.get_by_role("region", name="Services").first.get_by_text("Service 1", exact=True).wait_for()
        page.wait_for_function(_PAINT)  # what is in the document may not be on the screen yet
        paints.append(float(page.evaluate(_PAINT)) / 1000)
    page.wait_for_timeout(3000)
    return sorted(paints)[_RUNS // 2], _change(page, sockets[-1], server.items("/services"))


def _change(page: Page, socket: WebSocketRoute, services: list[dict[str, Any]]) -> float:
    """Return the longest task in seconds while each of *services* is told of as changed once a second."""
    page.evaluate("window.tasks = []")
    sequence, began = 1_000_000, time.monotonic()
    for second in range(_SECONDS):
        for place, service in enumerate(services[:_ROWS]):
            sequence += 1
            entity = {**service, "total_gain_loss": 1 + second + place / 100}
            told = {"event": "service:update", "action": "updated", "entity": entity}
            moment = {"timestamp": service["updated_at"], "sequence": sequence}
            socket.send(f"42{json.dumps(['service:update', told | moment])}")
            page.wait_for_timeout(max(0.0, began + second + (place + 1) / _ROWS - time.monotonic()) * 1000)
    shown = page.get_by_role("region", name="Services").first.inner_text()
    assert f"+{_SECONDS}.{_ROWS - 1}" in shown, "the last change is not shown"
    tasks: list[float] = page.evaluate("window.tasks")
    return max([*tasks, 1.0]) / 1000  # tasks below 50 ms are not told of
