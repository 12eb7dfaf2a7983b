"""
``python -m tests.crash --times 200 --random 2000``: engines killed again and again, on either database.

At each of the twelve points ``--times`` times, then at random moments ``--random`` times, then while orders are
carried to an account ``--accounts`` times, at points and moments. A failure prints the seed, and ``--seed`` runs that
one again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

from tests.brokers.faults.server import alpaca_process
from tests.crash import accounts
from tests.crash.matrix import POINTS, run_matrix, run_random
from tests.crash.nursery import nursery
from tests.postgres import PostgresServer, running_postgres
from tests.throwaway import memory_folder

_DEATHS_OF_A_RUN: Final = 10
_SIDES: Final = ("undisturbed", "killed")
Work = Callable[[Path, Sequence[str], int], int]


def main() -> None:
    """Kill as often as the command line says; exit with 1 at the first seed whose books end otherwise."""
    parser = argparse.ArgumentParser(description="Kill an engine at twelve points and at random, again and again.")
    parser.add_argument("--times", type=int, default=200, help="how often at each point")
    parser.add_argument("--random", type=int, default=0, help="how often at random moments")
    parser.add_argument("--accounts", type=int, default=0, help="how often while orders are carried to an account")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite", help="on which database")
    parser.add_argument("--seed", type=int, default=None, help="run this seed alone, once each way")
    chosen = parser.parse_args()
    is_one = chosen.seed is not None
    server = running_postgres() if chosen.database == "postgresql" else nullcontext(None)
    with (
        tempfile.TemporaryDirectory(prefix="dtcrash", dir=memory_folder()) as name,
        nursery(Path(name)) as nest,
        alpaca_process() as alpaca,
        server as postgres,
    ):

        def at_points(folder: Path, urls: Sequence[str], seed: int) -> int:
            run_matrix(nest, folder, urls, seed)
            return len(POINTS)

        def at_random(folder: Path, urls: Sequence[str], seed: int) -> int:
            return run_random(nest, folder, urls, seed, _DEATHS_OF_A_RUN)

        def at_an_account(_folder: Path, urls: Sequence[str], seed: int) -> int:
            return accounts.run_random(nest, urls, alpaca, seed, _DEATHS_OF_A_RUN)

        for what, work, count in (
            ("points", at_points, chosen.times),
            ("moments", at_random, -(-chosen.random // _DEATHS_OF_A_RUN)),
            ("an account", at_an_account, -(-chosen.accounts // _DEATHS_OF_A_RUN)),
        ):
            seeds = [chosen.seed] if is_one else range(count)
            _run(what, work, seeds, Path(name), postgres)


def _run(what: str, work: Work, seeds: Sequence[int], name: Path, postgres: PostgresServer | None) -> None:
    began, deaths = time.monotonic(), 0
    for seed in seeds:
        folder = name / f"{what}-{seed}"
        folder.mkdir()
        with _databases(folder, postgres) as urls:
            try:
                deaths += work(folder, urls, seed)
            except AssertionError as error:
                sys.exit(f"seed {seed}, {what}: {error}")
        shutil.rmtree(folder)
        told = {"killed at": what, "seed": seed, "deaths": deaths, "seconds": round(time.monotonic() - began)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


@contextmanager
def _databases(folder: Path, postgres: PostgresServer | None) -> Iterator[Sequence[str]]:
    """Yield the addresses of two empty databases."""
    if postgres is None:
        yield [f"sqlite:///{folder / side}.db" for side in _SIDES]
        return
    with postgres.database(_SIDES[0]) as undisturbed, postgres.database(_SIDES[1]) as killed:
        yield [undisturbed, killed]


if __name__ == "__main__":
    main()
