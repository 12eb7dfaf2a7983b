"""Tests of daytrader.services.data_providers.json_rows."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from daytrader.services.data_providers.csv import PriceFile, read_bars_file
from daytrader.services.data_providers.csv_text import UnreadableFileError

BAR: dict[str, Any] = {"date": "2024-01-02", "open": 10, "high": 10.6, "low": 9.9, "close": 10.5, "volume": 1000}
NEXT = BAR | {"date": "2024-01-03"}


def _file(folder: Path, content: Any) -> Path:
    path = folder / "bars.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_numbers_are_read_as_they_are_written(tmp_path: Path) -> None:
    """Not by way of another form: what JSON says is what the bar has. Null is no value."""
    row = BAR | {"adj_close": None, "close": 10.123456}
    bars = read_bars_file(_file(tmp_path, [row, NEXT])).bars
    assert (bars.n, bars.close[0], bars.volume[1]) == (2, 10.123456, 1000)


def test_it_may_be_packed_and_begin_with_space(tmp_path: Path) -> None:
    """As any text may."""
    path = tmp_path / "bars"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf \n[\n" + json.dumps(BAR).encode() + b"\n]\n"))
    assert read_bars_file(path).bars.n == 1


def test_more_than_fits_into_one_reading(tmp_path: Path) -> None:
    """Objects lie across the pieces that are read; each comes once, and progress ends with the file."""
    days = [f"{2000 + n // 336}-{1 + n // 28 % 12:02}-{1 + n % 28:02}" for n in range(8_000)]
    path = _file(tmp_path, json.dumps([BAR | {"date": day} for day in days], indent=2))
    told: list[int] = []
    blocks = list(PriceFile(path).blocks(told.append))
    assert sum(block.time.size for block in blocks) == len(days)
    assert [line for block in blocks for line in block.line.tolist()] == [*range(1, len(days) + 1)]
    assert told
    assert told[-1] <= path.stat().st_size


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"close": "x\ny"}, "close"),
        ({"close": [10]}, "close"),
        ({"close": {"a": 1}}, "close"),
        ({"close": True}, "close"),
        ({"close": None}, "close"),
        ({"date": 'a","b'}, "date"),
        ({"colour": "red"}, "row"),
    ],
)
def test_a_bad_row_is_named_by_its_place(tmp_path: Path, wrong: dict[str, Any], field: str) -> None:
    """Counted from 1; the rows around it are read."""
    (block,) = PriceFile(_file(tmp_path, [BAR, NEXT | wrong, NEXT])).blocks()
    assert [(error.line, error.field) for error in block.errors] == [(2, field)]
    assert block.line.tolist() == [1, 3]


ROW = json.dumps(BAR)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", "cut off"),
        ("[]", "no table"),
        ("[1, 2]", "no JSON array of objects"),
        ("[[1]]", "no JSON array of objects"),
        (f"[{ROW}", "cut off"),
        (f"[{ROW},", "cut off"),
        (f"[{ROW},]", "no JSON array of objects"),
        (f"[{ROW} {ROW}]", "no JSON array of objects"),
        (f"[{ROW[:-3]}", "cut off"),
        (f"[{ROW}] {ROW}", "goes on"),
        (f'[{ROW[:-1]}, "close": 11}}]', "twice"),
        (f"[{ROW.replace('10.5', 'NaN')}]", "well-formed"),
        (f"[{ROW.replace('10.5', '[' * 50_000)}]", "well-formed"),
        (f"[{ROW.replace('10.5', '1' * 200_000)}]", "well-formed"),
    ],
)
def test_what_is_no_array_of_objects_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    """As a whole, and told why; nesting without end included."""
    with pytest.raises(UnreadableFileError) as refused:
        list(PriceFile(_file(tmp_path, text)).blocks())
    assert reason in refused.value.fields["file"][0]
