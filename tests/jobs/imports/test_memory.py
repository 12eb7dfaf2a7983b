"""Tests of daytrader.jobs.import_prices: how long a file is, is no matter of memory."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from datetime import date, timedelta
from pathlib import Path

from tests.conftest import World

from .conftest import HEADER, run, written

_MEASURE = """
import pathlib, resource, sys
from daytrader.jobs.import_prices import import_prices
from daytrader.jobs.import_report import ImportOptions
from daytrader.services import database
database.upgrade(database.connect(f"sqlite:///{sys.argv[1]}", is_durable=False))
for file in sys.argv[2:]:
    import_prices(pathlib.Path(file), ImportOptions(symbol=None, creates_stocks=True))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_a_process_that_imports_stays_small(tmp_path: Path) -> None:
    """Four times the rows, 200,000, add next to nothing to the most memory that the process ever held."""
    days = [str(date(1990, 1, 1) + timedelta(days=day)) for day in range(10_000)]
    files = []
    for stocks in (5, 20):
        files.append(tmp_path / f"{stocks}.csv")
        with files[-1].open("w") as file:
            file.write(f"{HEADER},symbol\n")
            file.writelines(f"{day},10.25,11.5,9.75,10.5,1000000,S{stock}\n" for stock in range(stocks) for day in days)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, tmp_path / "own.db", *files],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    of_few, of_many = (int(line) for line in done.stdout.split())
    assert of_many < 1.1 * of_few, "in kilobytes"


def test_memory_stays_flat(world: World, tmp_path: Path) -> None:  # noqa: ARG001 (the database)
    """Twice the rows take no more of it."""

    def peak(stocks: int) -> int:
        days = [str(date(2000, 1, 1) + timedelta(days=day)) for day in range(5_000)]
        rows = (f"{day},10.25,11.5,9.75,10.5,1000000,S{stock}" for stock in range(stocks) for day in days)
        path = written(tmp_path, *rows, header=f"{HEADER},symbol")
        tracemalloc.start()
        assert run(path, symbol=None).rows == stocks * 5_000
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1)  # what is made once
    assert peak(12) < 1.2 * peak(6)
