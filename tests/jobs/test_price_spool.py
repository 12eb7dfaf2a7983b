"""Tests of daytrader.jobs.price_spool."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from daytrader.jobs.price_spool import PriceSpool
from daytrader.services.data_providers.csv import PriceBlock
from daytrader.services.data_providers.csv_layouts import Field

ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(-5, 5)), max_size=30)
FIELDS = (Field.OPEN, Field.HIGH, Field.LOW, Field.CLOSE, Field.ADJ_CLOSE, Field.VOLUME)


def block(rows: list[tuple[int, int]], first_line: int) -> PriceBlock:
    """Return rows of symbol and time, with prices that tell the lines apart."""
    lines = np.arange(first_line, first_line + len(rows))
    table = np.array(rows, np.int64).reshape(-1, 2)
    return PriceBlock(lines, table[:, 1], table[:, 0], {name: lines.astype(float) for name in FIELDS}, ())


@given(st.lists(ROWS, max_size=4))
def test_repetitions_are_found_wherever_they_stand(parts: list[list[tuple[int, int]]]) -> None:
    """As a dictionary of all keys would find them, however the rows fall into blocks."""
    line = 2
    with PriceSpool() as spool:
        for part in parts:
            spool.add(block(part, line))
            line += len(part)
        found = {row: (error.line, error.reason) for row, error in spool.repeats().items()}

    first: dict[tuple[int, int], int] = {}
    expected = {}
    for row, key in enumerate(key for part in parts for key in part):
        if key in first:
            expected[row] = (row + 2, f"repeats line {first[key] + 2}")
        else:
            first[key] = row
    assert found == expected


@given(st.lists(ROWS, max_size=4))
def test_rows_come_back_as_they_went_in(parts: list[list[tuple[int, int]]]) -> None:
    """In the file's order, without those left out."""
    keys = [key for part in parts for key in part]
    left_out = np.arange(1, len(keys), 3)
    with PriceSpool() as spool:
        line = 2
        for part in parts:
            spool.add(block(part, line))
            line += len(part)
        kept = [row for rows in spool.kept(left_out) for row in rows.tolist()]
        disorder = {error.line for error in spool.disorder()}

    assert [row[0] - 2 for row in kept] == [row for row in range(len(keys)) if row not in left_out]
    assert [(row[2], row[1]) for row in kept] == [keys[row[0] - 2] for row in kept]
    steps = [(n + 2, b[1] - a[1]) for n, (a, b) in enumerate(pairwise(keys), 1) if a[0] == b[0]]
    back, on = {n for n, step in steps if step < 0}, {n for n, step in steps if step > 0}
    assert disorder in ([set()] if not back or not on else [back, on])
