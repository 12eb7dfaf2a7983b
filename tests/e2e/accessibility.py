"""What axe finds on a page, in light and in dark, and whether the page is too wide for a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, expect

_AXE: Final = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
_PHONE: Final = 390


def found_in_both_schemes(page: Page, name: str) -> list[str]:
    """Return what is wrong with the page as it stands, called *name*; its size is as before."""
    found = []
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator(f"html[data-mantine-color-scheme={scheme}]")).to_have_count(1)
        page.wait_for_timeout(400)  # colours change over a moment
        found += [f"{name} {scheme} {line}" for line in violations(page)]
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": _PHONE, "height": 844})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(size)
    return [*found, f"{name} is {width} pixels wide on a phone"] if width > _PHONE else found


def violations(page: Page) -> list[str]:
    """Return the serious ones; axe must have been loaded."""
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['failureSummary'][:160]}"
        for violation in result["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"][:3]
    ]
