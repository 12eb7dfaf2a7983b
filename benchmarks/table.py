"""The results as the table in README.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parent / "results" / "latest.json"
README: Final = Path(__file__).parent / "README.md"
BEGIN: Final = "<!-- results: begin -->\n"
END: Final = "<!-- results: end -->\n"

_MANY: Final = 100
_HEAD: Final = "| name | work | ours | held against | ratio | wanted |\n|---|---|---|---|---|---|\n"


def table(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return *entries* of latest.json as a table, by name."""
    return _HEAD + "".join(map(_row, sorted(entries, key=lambda entry: entry["name"])))


def write() -> None:
    """Put the table of what was measured last into README.md, between its marks."""
    head, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    README.write_text(
        head + BEGIN + table(json.loads(RESULTS.read_text(encoding="utf-8"))) + END + tail, encoding="utf-8"
    )


def _row(entry: Mapping[str, Any]) -> str:
    peer = entry["peer_name"]
    if peer is None:
        against, ratio, wanted = _time(entry["target"]), entry["ratio"], 1
    else:
        against = f"{peer} {entry['peer_version'] or ''}".rstrip() + f", {_time(entry['peer'])}"
        ratio, wanted = entry["ratio"], entry["target"]
    shown = "-" if ratio is None else f"{ratio:.0f}" if abs(ratio) >= _MANY else f"{ratio:.3g}"
    return f"| {entry['name']} | {entry['work']} | {_time(entry['ours'])} | {against} | {shown} | {wanted:.3g} |\n"


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1 or unit == "µs":
            return f"{seconds * factor:.3g} {unit}"
    raise AssertionError
