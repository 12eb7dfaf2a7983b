"""Tests of daytrader.utils.plugins."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from daytrader.utils import plugins


def test_another_package_adds_names_and_replaces_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever installs a package that calls its broker like ours still gets ours; nothing is imported to list names."""
    others = [EntryPoint("ours", "theirs:Other", "g"), EntryPoint("more", "not_there:More", "g")]
    monkeypatch.setattr(plugins, "entry_points", lambda *, group: others if group == "g" else [])

    found = plugins.found("g", {"ours": "decimal:Decimal.from_float"})

    assert sorted(found) == ["more", "ours"]
    assert found["ours"].load()(0.5) == 0.5
    with pytest.raises(ImportError):
        found["more"].load()
