"""``python -m tests.simulation --seeds 50000``: as many worlds as one has patience for; a failure prints its seed."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time

import structlog

from tests.simulation.run import BrokenPromiseError, Simulator
from tests.throwaway import KINDS, empty_databases

_TELL_EVERY = 20


def main() -> None:
    """Run the seeds that the command line names; exit with 1 at the first that breaks a promise."""
    parser = argparse.ArgumentParser(description="Drive the production runner from seeds, with deaths and a bad line.")
    parser.add_argument("--seeds", type=int, default=50_000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first one: share the work among processes")
    parser.add_argument("--bars", type=int, default=200, help="of each world")
    parser.add_argument("--database", choices=KINDS, default="sqlite", help="on which database")
    parser.add_argument("--seed", type=int, default=None, help="run this one alone, and tell where it died")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    seeds = range(chosen.first, chosen.first + chosen.seeds) if chosen.seed is None else [chosen.seed]
    began, deaths, trades = time.monotonic(), 0, 0
    with empty_databases(chosen.database) as empty:
        simulator = Simulator(chosen.bars, empty)
        for done, seed in enumerate(seeds, 1):
            try:
                found = simulator.live(seed)
            except BrokenPromiseError as error:
                sys.exit(f"seed {seed}: {error}")
            deaths, trades = deaths + len(found.deaths), trades + found.trades
            if chosen.seed is not None:
                sys.stdout.write("".join(f"{death}\n" for death in found.deaths) + f"digest {found.digest}\n")
            if done % _TELL_EVERY == 0 or done == len(seeds):
                told = {"seeds": done, "last": seed, "deaths": deaths, "trades": trades}
                sys.stdout.write(json.dumps(told | {"seconds": round(time.monotonic() - began)}) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
