"""The document's own provider does what the document says."""

from __future__ import annotations

import re
from datetime import date
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from daytrader.services import data_providers, price_service
from daytrader.services.data_providers import get_provider
from daytrader.services.data_providers.errors import UnknownSymbolError
from daytrader.services.session_manager import SessionManager
from daytrader.utils import plugins
from tests.conftest import World

DOCUMENT = Path(__file__).parents[3] / "docs" / "data.md"


def test_the_example_is_found_by_entry_point_and_stored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As printed: its class, known by the group's entry point, gives bars that are stored."""
    text = DOCUMENT.read_text(encoding="utf-8")
    example: dict[str, Any] = {}
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    exec(code, example)  # the document is the test's subject
    assert f'[project.entry-points."{data_providers.ENTRY_POINTS}"]' in text
    point = EntryPoint("flat", "my_package:Flat", data_providers.ENTRY_POINTS)
    monkeypatch.setattr(EntryPoint, "load", lambda _point: example["Flat"])
    monkeypatch.setattr(plugins, "entry_points", lambda *, group: [point] if group == point.group else [])
    data_providers._found.cache_clear()
    data_providers.provider_names.cache_clear()
    try:
        provider = get_provider("flat")
    finally:
        data_providers._found.cache_clear()
        data_providers.provider_names.cache_clear()

    with pytest.raises(UnknownSymbolError, match="flat symbol ACME"):
        provider.history("ACME")
    with SessionManager() as session:
        stock = price_service.store_series(session, provider.history("FLAT", 0, date(2024, 1, 3)))
    with SessionManager(read_only=True) as session:
        assert price_service.load_bars(session, stock.id).close.tolist() == [10.0, 10.0]
    assert world.published
