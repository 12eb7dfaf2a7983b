"""docs/spec-coverage.md: its rows are numbered without a gap, and each has a test of its own, which exists."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import coverage_table

ROOT = Path(__file__).parents[1]


def test_the_rows_are_numbered_without_a_gap() -> None:
    """From S1 on, and there are many."""
    numbers = [number for number, _, _ in coverage_table.rows()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 150


def test_every_row_says_something_of_its_own() -> None:
    """No statement is empty, and no test shows two of them."""
    rows = coverage_table.rows()
    assert all(statement.strip() for _, statement, _ in rows)
    assert [test for test, count in Counter(test for _, _, test in rows).items() if count > 1] == []


def test_every_test_of_the_table_exists(request: pytest.FixtureRequest) -> None:
    """
    By its whole id, parameters included.

    Whether it passed is known at the end only: `tests.coverage_table` fails a whole run in which one did not.
    """
    named = {test for _, _, test in coverage_table.rows()}
    missing = named - {item.nodeid for item in request.session.items}
    if missing:  # a run of some files: the others are collected for the purpose
        missing -= _collected({test.partition("::")[0] for test in missing})
    assert sorted(missing) == []


@pytest.mark.parametrize(
    ("passed", "options", "status"),
    [
        pytest.param({"tests/a.py::one", "tests/b.py::two"}, {}, pytest.ExitCode.OK, id="all passed"),
        pytest.param({"tests/a.py::one"}, {}, pytest.ExitCode.TESTS_FAILED, id="one was skipped"),
        pytest.param({"tests/a.py::one"}, {"keyword": "one"}, pytest.ExitCode.OK, id="not everything was asked for"),
    ],
)
def test_a_whole_run_fails_for_a_row_that_is_not_shown(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    passed: set[str],
    options: dict[str, str],
    status: pytest.ExitCode,
) -> None:
    """A test that ran without passing, neither failed, shows nothing."""
    table = tmp_path / "table.md"
    table.write_text("| S1 | one | `tests/a.py::one` |\n| S2 | two | `tests/b.py::two` |\n")
    monkeypatch.setattr(coverage_table, "TABLE", table)
    monkeypatch.setattr(coverage_table, "_ran", {"tests/a.py::one", "tests/b.py::two"})
    monkeypatch.setattr(coverage_table, "_passed", passed)
    config = SimpleNamespace(option=SimpleNamespace(**options), stash=pytest.Stash())
    session: Any = SimpleNamespace(config=config, exitstatus=pytest.ExitCode.OK)

    coverage_table.pytest_sessionfinish(session, pytest.ExitCode.OK)

    assert session.exitstatus == status


def _collected(files: set[str]) -> set[str]:
    present = sorted(file for file in files if (ROOT / file).is_file())
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *present]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    return set(done.stdout.splitlines())
