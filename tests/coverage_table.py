"""
Keeps docs/spec-coverage.md honest: each of its tests has to exist and, whenever the whole suite runs, to pass.

A test that is skipped, or expected to fail, shows nothing: the run fails then, however green the rest is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

TABLE: Final = Path(__file__).parents[1] / "docs" / "spec-coverage.md"
_ROW: Final = re.compile(r"^\| S(\d+) \| (.+) \| `(.+)` \|$")
_NARROWING: Final = ("keyword", "markexpr", "deselect", "lf", "ff", "stepwise", "collectonly")

_passed: set[str] = set()
_ran: set[str] = set()


def rows() -> list[tuple[int, str, str]]:
    """Return number, statement and test of each row."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    found = [_ROW.match(line) for line in lines if line.startswith("| S")]
    assert None not in found, "a row that is none"
    return [(int(match[1]), match[2], match[3]) for match in found if match]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what ran, and what passed."""
    _ran.add(report.nodeid)
    if report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
        _passed.add(report.nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run of everything in which a test of the table did not pass."""
    is_narrow = any(getattr(session.config.option, name, None) for name in _NARROWING)
    is_worker = hasattr(session.config, "workerinput")
    if exitstatus != pytest.ExitCode.OK or is_narrow or is_worker:
        return
    named = {test for _, _, test in rows()}
    if not {test.partition("::")[0] for test in named} <= {test.partition("::")[0] for test in _ran}:
        return  # some files only
    missing = sorted(named - _passed)
    if missing:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        session.config.stash[_MISSING] = missing


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which."""
    for test in terminalreporter.config.stash.get(_MISSING, []):
        terminalreporter.write_line(f"{TABLE.name}: {test} did not pass", red=True)


_MISSING: Final = pytest.StashKey[list[str]]()
