"""Tests of daytrader.utils.csv_cells: no spreadsheet runs what we export."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daytrader.utils.csv_cells import restored, safe


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_formula_is_quoted(text: str) -> None:
    """By an apostrophe, which spreadsheets hide."""
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "ACME", "a=b", "BRK.B", " =1"])
def test_what_is_no_formula_stays(text: str) -> None:
    """Most cells are as they were."""
    assert safe(text) == text


@given(st.text(alphabet="='+-@\t\rab", max_size=5))
def test_what_is_written_is_read_back(text: str) -> None:
    """Any text, apostrophes included."""
    assert restored(safe(text)) == text
    assert not safe(text).startswith(("=", "+", "-", "@", "\t", "\r"))
