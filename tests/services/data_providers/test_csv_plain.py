"""Tests of daytrader.services.data_providers.csv_plain: large plain blocks are read at once, to the same end."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from daytrader.services.data_providers import csv_plain
from daytrader.services.data_providers.csv import PriceFile
from daytrader.services.data_providers.csv_layouts import Field
from daytrader.services.data_providers.csv_rows import RowParser
from tests.services.data_providers.price_texts import written

_HEADER = "date,symbol,open,high,low,close,volume"
_ROWS = [
    f"{date(2000, 1, 3) + timedelta(days=day)},S{stock},10,11.5,9.25,10.5,1000"
    for stock in (1, 2)
    for day in range(3000)
]


@pytest.mark.parametrize(
    "odd",
    [
        *("2000-01-03,S9,10,11.5,9.25,10.5,1000", "2000-01-03,S9,+10, 11.5 ,925e-2,10.50,-0"),  # as good as any
        *("2000-01-03,S9,10,11.5,9.25,10.5,", "2000-01-03,S9,,11.5,9.25,10.5,1000", "2000-01-03,S9,10,11.5,9.25"),
        *('2000-01-03,S9,"10",11.5,9.25,10.5,1000', "2000-01-03,S9,$10,11.5,9.25,10.5,1.2k", ",,,,,,", ""),
        *("2000-01-03,S9,1_0,11.5,9.25,10.5,1000", "2000-01-03,S9,nan,inf,1e400,0x1,1000", "2000-01-03,S9,1d,2f,1,1,1"),
        *("2000-01-03,S9,10,9,9.25,10.5,1000", "2000-01-03,S9,10,11.5,-1,10.5,1000", "2000-13-03,S9,10,11,9,10,1000"),
        *("2000-01-03,$%,10,11.5,9.25,10.5,1000", "2990-01-03,S9,10,11,9,10,1000", "2000-01-03,S9,10,11,9,10,1000\r"),
        *("2000-01-03, s9.us ,10,11,9,10,1000", "2000-01-03,S9,10,11,9,10,\u0661", "2000-01-03,S9,10,11,9,10,1000,9"),
    ],
)
def test_a_large_block_is_read_as_cell_by_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    """The same rows, symbols and errors, whatever stands in one of its lines."""
    path = written(tmp_path, "\n".join([_HEADER, *_ROWS[:4000], odd, *_ROWS[4000:], ""]))

    def told() -> list[object]:
        file = PriceFile(path)
        (block,) = file.blocks()
        values = {name: column.tolist() for name, column in block.values.items()}
        return [file.symbols, block.errors, block.line.tolist(), block.time.tolist(), block.symbol.tolist(), values]

    monkeypatch.setattr(csv_plain, "WORTH_LOADING", 0)
    at_once = told()
    monkeypatch.setattr(csv_plain, "WORTHWHILE", 10**9)

    assert repr(at_once) == repr(told())  # by their digits: NaN is no other NaN


def test_only_plain_blocks_are_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a plain one is, without a look at a single cell."""
    file = PriceFile(written(tmp_path, "\n".join([_HEADER, *_ROWS, ""])))
    monkeypatch.setattr(RowParser, "_cells", None)
    monkeypatch.setattr(csv_plain, "WORTH_LOADING", 0)

    (block,) = file.blocks()

    assert (block.line[0], block.line.size, file.symbols) == (2, 6000, ["S1", "S2"])
    assert set(block.values[Field.CLOSE].tolist()) == {10.5}


def test_a_short_file_loads_nothing_for_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second would be most of what it takes; what is loaded already costs nothing."""
    monkeypatch.delitem(sys.modules, "pyarrow", raising=False)
    assert not csv_plain.is_worthwhile(2, 20_000)
    assert csv_plain.is_worthwhile(60_002, 20_000)

    monkeypatch.setitem(sys.modules, "pyarrow", object())
    assert csv_plain.is_worthwhile(2, 20_000)
    assert not csv_plain.is_worthwhile(2, 4_000)
