"""Blocks of a CSV in which every number is plain: read as columns at once, without a text for each cell."""

from __future__ import annotations

import io
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from daytrader.core.arrays import FloatArray, IntArray

WORTHWHILE: Final = 5_000
"""Lines of a block from which on this is quicker than cell by cell."""
WORTH_LOADING: Final = 50_000
"""Lines of a file from which on it is worth loading what this needs, which takes as long as many lines do."""


@dataclass(frozen=True, eq=False)
class PlainColumns:
    """
    Columns by their place in the line, each of n rows.

    Attributes:
        numbers: Finite numbers, shape (n,).
        texts: The texts that there are, and which of them stands in each row, shape (n,).
    """

    numbers: dict[int, FloatArray]
    texts: dict[int, tuple[Sequence[str], IntArray]]


def is_worthwhile(first_line: int, lines: int) -> bool:
    """Return whether a block of *lines* that begins at *first_line* of its file is quicker read as columns."""
    return lines >= WORTHWHILE and (first_line > WORTH_LOADING or "pyarrow" in sys.modules)


def read(
    text: str, lines: int, width: int, separator: str, numbers: Collection[int], texts: Collection[int]
) -> PlainColumns | None:
    """
    Return the columns of the *lines* of *text* at these places.

    None where a line has another *width*, something is quoted or not ASCII, or a cell of *numbers* holds anything but
    a finite number in digits: whoever reads cell by cell says what is wrong, or knows what is meant.
    """
    if not text.isascii() or '"' in text or "\r" in text:
        return None
    import pyarrow as pa
    from pyarrow import csv

    types = dict.fromkeys(map(str, numbers), pa.float64()) | dict.fromkeys(
        map(str, texts), pa.dictionary(pa.int32(), pa.string())
    )
    try:
        table = csv.read_csv(
            io.BytesIO(text.encode()),
            csv.ReadOptions(
                use_threads=False, block_size=len(text) + 1, column_names=[str(place) for place in range(width)]
            ),
            csv.ParseOptions(delimiter=separator, quote_char=False),
            csv.ConvertOptions(column_types=types, include_columns=[*types], null_values=[], strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != lines:  # an empty one was passed over
        return None
    found = {place: table.column(str(place)).to_numpy() for place in numbers}
    if not all(np.isfinite(column).all() for column in found.values()):
        return None
    coded = {place: table.column(str(place)).combine_chunks() for place in texts}
    return PlainColumns(
        found,
        {
            place: (column.dictionary.to_pylist(), column.indices.to_numpy().astype(np.int64))
            for place, column in coded.items()
        },
    )
