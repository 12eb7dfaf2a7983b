"""Every combination of a sweep as a row of a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from daytrader.core.ranking import METRICS
from daytrader.utils.errors import ConfigurationError

if TYPE_CHECKING:
    from daytrader.core.combinations import Combinations
    from daytrader.core.sweep import Outcome

_ROWS: Final = 10_000  # at once


class CsvOutput:
    """
    The file, open while the sweep runs: symbol, settings, figures; empty where a figure is not defined.

    Raises:
        ConfigurationError: If it cannot be written.
    """

    def __init__(self, path: Path, combinations: Combinations) -> None:
        self._path = path
        self._combinations = combinations

    def __enter__(self) -> Self:
        """Make the file and write the names."""
        try:
            self._file = self._path.open("w", newline="", encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"cannot write {self._path}: {error.strerror}") from None
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._rows.writerow(["symbol", *self._combinations.names, "final_equity", "trades", *METRICS])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it; what is written stays."""
        self._file.close()

    def write(self, symbol: str, outcome: Outcome) -> None:
        """Write the combinations of one stock; those that the strategy refused have no figures."""
        for first in range(0, outcome.size, _ROWS):
            rows = slice(first, first + _ROWS)
            valid = outcome.is_valid[rows]
            columns: list[list[object]] = [column[rows].tolist() for column in self._combinations.columns]
            columns.append(
                [
                    cents / 100 if ok else ""
                    for cents, ok in zip(outcome.final_equity[rows].tolist(), valid, strict=True)
                ]
            )
            for name in ("trades", *METRICS):
                values = getattr(outcome, name)[rows]
                known = valid & ~np.isnan(values.astype(np.float64))
                columns.append([value if ok else "" for value, ok in zip(values.tolist(), known, strict=True)])
            self._rows.writerows(zip([symbol] * valid.size, *columns, strict=True))
