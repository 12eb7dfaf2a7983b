"""``python -m tests.brokers.faults --seeds 50``: so many sequences for each fault; a failure prints its seed."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections import Counter

import structlog

from tests.brokers.faults.machine import BrokenPromiseError, run
from tests.brokers.faults.plan import Fault
from tests.brokers.faults.server import alpaca_process
from tests.throwaway import KINDS, empty_databases

_TELL_EVERY = 20


def main() -> None:
    """Run the seeds that the command line names; exit with 1 at the first that breaks a promise."""
    parser = argparse.ArgumentParser(description="Drive the pump of orders from seeds, against a broker that fails.")
    parser.add_argument("--seeds", type=int, default=50, help="how many for each fault")
    parser.add_argument("--first", type=int, default=0, help="the first one: share the work among processes")
    parser.add_argument("--sessions", type=int, default=3, help="of each sequence")
    parser.add_argument("--database", choices=KINDS, default="sqlite", help="on which database")
    parser.add_argument("--seed", type=int, default=None, help="run this one alone, and tell what happened")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    seeds = range(chosen.first, chosen.first + chosen.seeds * len(Fault)) if chosen.seed is None else [chosen.seed]
    began, happened, executions = time.monotonic(), Counter[str](), 0
    with empty_databases(chosen.database) as empty, alpaca_process() as alpaca:
        for done, seed in enumerate(seeds, 1):
            try:
                found = run(seed, chosen.sessions, alpaca, empty)
            except BrokenPromiseError as error:
                sys.exit(f"seed {seed}: {error}")
            happened, executions = happened + found.happened, executions + found.executions
            if done % _TELL_EVERY == 0 or done == len(seeds):
                told = {"seeds": done, "last": seed, "executions": executions, "happened": happened}
                sys.stdout.write(json.dumps(told | {"seconds": round(time.monotonic() - began)}) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
