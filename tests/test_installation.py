"""What is installed to run DayTrader is enough to run it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_SERVER: Final = (
    "daytrader.app",
    "daytrader.cli.node",
    "daytrader.cli.run",
    "daytrader.cli.serve",
    "daytrader.cli.worker",
)
_ALONE: Final = """
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

absent = set(sys.argv[1].split(","))
sys.meta_path.insert(0, Absent())
for module in sys.argv[2:]:
    __import__(module)
from daytrader.config import Settings
from daytrader.app import create_app
create_app(Settings.from_environment())
print("made")
"""


def _locked(purpose: str) -> set[str]:
    text = (ROOT / "requirements" / f"{purpose}.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE))


def test_the_server_starts_without_what_only_tests_and_extras_need(tmp_path: Path) -> None:
    """Tests bring packages along that a fresh installation lacks: nothing that always runs may stand on them."""
    extra = _locked("test") - _locked("run")
    absent = {
        module
        for module, owners in packages_distributions().items()
        if {re.sub(r"[._]", "-", owner.lower()) for owner in owners} <= extra
    }
    assert {"requests", "apprise", "hypothesis"} <= absent
    made = subprocess.run(
        [sys.executable, "-c", _ALONE, ",".join(sorted(absent)), *_SERVER],
        env={
            "DAYTRADER_INSTANCE": str(tmp_path / "instance"),
            "DAYTRADER_SECRET_KEY": "6b1f0a97c43e5d28" * 3,
            "PATH": "",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.stdout.endswith("made\n"), made.stderr
