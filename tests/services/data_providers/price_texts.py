"""Price files for tests: those that are kept, those that a test writes, and what is read from them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from daytrader.core.bars import Bars
from daytrader.services.data_providers.csv import PriceFile, RowError, read_bars_file

DATA: Final = Path(__file__).parents[2] / "data"
FORMATS: Final = DATA / "formats"
AWKWARD: Final = DATA / "awkward"
HEADER: Final = "date,open,high,low,close,volume\n"


def times(path: Path) -> list[str]:
    """Return the bars' starts."""
    return [datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%d %H:%M") for t in read_bars_file(path).bars.time.tolist()]


def errors(path: Path) -> list[RowError]:
    """Return what is wrong with the file's rows."""
    return [error for block in PriceFile(path).blocks() for error in block.errors]


def written(folder: Path, text: str, name: str = "prices.csv", encoding: str = "utf-8") -> Path:
    """Return a file that holds *text*."""
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


def assert_the_three_days(bars: Bars) -> None:
    """Prove that *bars* are those of the first three days of September 2020 which every vendor's file tells of."""
    assert [str(day) for day in bars.session.astype("datetime64[D]")] == ["2020-09-01", "2020-09-02", "2020-09-03"]
    np.testing.assert_array_equal(bars.open, [100.0, 101.5, 102.5])
    np.testing.assert_array_equal(bars.high, [102.5, 103.0, 102.6])
    np.testing.assert_array_equal(bars.low, [99.5, 101.0, 98.0])
    np.testing.assert_array_equal(bars.close, [101.25, 102.75, 98.25])
    np.testing.assert_array_equal(bars.volume, [1_200_000, 1_100_000, 2_500_000])
    assert bars.refused == ()
