"""Tests of daytrader.utils.lean_imports: what a library can do without is not loaded with it, and is there later."""

from __future__ import annotations

import importlib
import sys

import pytest

from daytrader.utils.lean_imports import without


def test_what_is_left_out_is_missing_in_the_block_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were not installed, also where the block fails."""
    monkeypatch.delitem(sys.modules, "this", raising=False)

    with pytest.raises(ModuleNotFoundError), without("this"):
        importlib.import_module("this")

    assert "this" not in sys.modules


def test_what_is_loaded_stays() -> None:
    """Others hold it already."""
    with without("json"):
        assert importlib.import_module("json") is sys.modules["json"]
    assert sys.modules["json"] is not None
