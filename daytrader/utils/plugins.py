"""What is found by its name: what comes with DayTrader, and what installed packages add by an entry point."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points


def found(group: str, shipped: Mapping[str, str]) -> dict[str, EntryPoint]:
    """
    Return everything of an entry point *group* by name; nothing is imported before its ``load``.

    *shipped* are our own, as ``module:attribute``: there even where the package is run without being installed.
    Another package may add names, but not replace what ours mean.
    """
    ours = {name: EntryPoint(name, value, group) for name, value in shipped.items()}
    return {point.name: point for point in entry_points(group=group)} | ours
