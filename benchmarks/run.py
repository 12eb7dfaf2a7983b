"""Measure; every figure is the median of several runs of one process on one machine.

`make bench` runs everything, `make bench NAME=backtest` one. Writes results/latest.json and the table of README.md,
which tells the fields.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import table
from benchmarks.table import RESULTS


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; *ratio* above 1 means that ours is faster, or that an absolute target is met."""

    name: str
    work: str
    ours: float
    peer: float | None
    peer_name: str | None
    peer_version: str | None
    unit: str
    ratio: float | None
    target: float
    equal: bool | None
    repeats: int


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the median time of *work*."""
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def absolute(name: str, work: str, seconds: float, target: float, repeats: int, *, equal: bool | None = None) -> Figure:
    """Return a figure that is held against a target of so many seconds."""
    return Figure(name, work, seconds, None, None, None, "s", target / seconds, target, equal, repeats)


def main() -> None:
    """Run the benchmarks named on the command line, all by default."""
    from benchmarks import (
        backtests,
        bars,
        columns,
        fanout,
        imports,
        interface,
        overfitting,
        portfolios,
        requests_served,
        starts,
        sweeps,
    )

    known: dict[str, Callable[[Path], list[Figure]]] = {
        "backtest": backtests.measure,
        "bar": bars.measure,
        "columns": columns.measure,
        "fanout": fanout.measure,
        "growth": sweeps.measure_growth,
        "import": imports.measure,
        "interface": interface.measure,
        "list": requests_served.measure,
        "million": backtests.measure_million,
        "overfitting": overfitting.measure,
        "portfolio": portfolios.measure,
        "start": starts.measure,
        "sweep": sweeps.measure,
        "symbols": sweeps.measure_symbols,
    }
    chosen = sys.argv[1:] or list(known)
    unknown = set(chosen) - set(known)
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    figures: list[Figure] = []
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder:
            figures += known[name](Path(folder))
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:8.2f} x"
        sys.stdout.write(f"{figure.name:24} {figure.ours:12.6f} {figure.unit:6} {ratio:12} {figure.work}\n")
    _write(figures, chosen, known)


def _write(figures: list[Figure], chosen: list[str], known: dict[str, Callable[[Path], list[Figure]]]) -> None:
    """Write the results; of a partial run only what was measured is replaced."""
    measured = {figure.name: asdict(figure) for figure in figures}
    kept: dict[str, object] = {}
    if set(chosen) != set(known) and RESULTS.exists():
        kept = {entry["name"]: entry for entry in json.loads(RESULTS.read_text())}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(list((kept | measured).values()), indent=2) + "\n")
    table.write()


if __name__ == "__main__":
    main()
