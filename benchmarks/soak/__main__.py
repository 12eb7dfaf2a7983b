"""
Load for half an hour, everything at once: `python -m benchmarks.soak [--minutes 30]`.

Two hundred services trade, one bar a second: each bar is 200 decisions, and whatever is ordered, bought and sold.
Three hundred sockets are people who have the page of one of the services open each (room `service_{id}`): they hear
about one event a second, that their service decided, and more when it trades; and once a second each asks to join,
which the server judges anew. A hundred times a second somebody asks for lists and prices over HTTP. That is what
`design` promises: 300 sockets at a message a second p99 <= 250 ms, 100 requests a second p99 <= 300 ms, 200 services
per bar <= 5 s, memory growth < 5 %.

Server and load share one machine: `generator_cpu` and `server_cpu` are the seconds of processor time each took of a
second, so that whoever reads the latencies sees what was measured. Writes `benchmarks/results/soak.json` and ends
with 1 where a promise is not kept.

`--all-in-services` puts all sockets into the room `services`, where each hears all 200 decisions of each bar: 60,000
deliveries a second, which is no promise. It writes `soak_all_in_services.json` and is judged by failures and books.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.soak.load import PROMISED, measured
from tests.e2e.server import daytrader

_RESULTS = Path(__file__).parents[1] / "results"


def main() -> int:
    """Run, write what came of it, and return 0 where all that is promised was kept."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--all-in-services", action="store_true", help="every socket hears of every service")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "instance"
        found = measured(instance, chosen.minutes * 60, is_crowd=chosen.all_in_services)
        audit = daytrader(instance, "audit")
    promised = {} if chosen.all_in_services else PROMISED
    kept = {name: found[name] is not None and float(str(found[name])) <= most for name, most in promised.items()}
    kept |= {"failures": found["failures"] == {}, "audit": audit.returncode == 0}
    told = {"at": datetime.now(UTC).isoformat(), "minutes": chosen.minutes, "promised": promised, **found, "kept": kept}
    result = _RESULTS / ("soak_all_in_services.json" if chosen.all_in_services else "soak.json")
    result.write_text(json.dumps(told, indent=2) + "\n")
    sys.stdout.write(result.read_text())
    return 0 if all(kept.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
