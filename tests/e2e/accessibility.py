"""What axe finds on a page, in light and in dark, and whether the page is too wide for a phone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Page, expect

_AXE: Final = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
_PHONE: Final = 390
_NEVER_SERIOUS: Final = (
    "region",
    "landmark-unique",
    "landmark-one-main",
    "empty-table-header",
    "server-side-image-map",
)
"""Rules that take long for what is left out of the result."""
_RULES: Final[Mapping[Literal["light", "dark"], Mapping[str, Any]]] = {
    "light": {"rules": {rule: {"enabled": False} for rule in _NEVER_SERIOUS}},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}},
}
"""Nothing but colours hangs on the scheme: what has none is judged once."""


def found_in_both_schemes(page: Page, name: str) -> list[str]:
    """Return what is wrong with the page as it stands, called *name*; its size is as before."""
    found = []
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    for scheme, rules in _RULES.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator(f"html[data-mantine-color-scheme={scheme}]")).to_have_count(1)
        page.wait_for_timeout(400)  # colours change over a moment
        found += [f"{name} {scheme} {line}" for line in violations(page, rules)]
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": _PHONE, "height": 844})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(size)
    return [*found, f"{name} is {width} pixels wide on a phone"] if width > _PHONE else found


def violations(page: Page, rules: Mapping[str, Any]) -> list[str]:
    """Return the serious ones against *rules*; axe must have been loaded."""
    options = {"resultTypes": ["violations"], "preload": False, **rules}
    result: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['failureSummary'][:160]}"
        for violation in result["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"][:3]
    ]
