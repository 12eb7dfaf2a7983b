"""The command line as a whole."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest

from daytrader import __version__
from daytrader.cli import COMMANDS, main
from tests.cli.conftest import Command

HEAVY = {"numpy", "numba", "sqlalchemy", "flask", "rich", "structlog", "alembic", "pandas"}


def test_help_lists_every_command_and_imports_nothing_heavy() -> None:
    """The list is there before a person has noticed waiting."""
    script = f"""
import sys
from daytrader.cli import main
main(["--help"], standalone_mode=False)
print(sorted({HEAVY!r} & set(sys.modules)))
"""
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.endswith("[]\n")
    assert all(f"\n  {name} " in shown for name in COMMANDS)


def test_help_takes_less_than_three_tenths_of_a_second() -> None:
    """Of the processor's time, the best of a few: the machine may be busy with something else."""
    command = [sys.executable, "-c", "from daytrader.cli import main; main(['--help'])"]
    taken = []
    for _ in range(5):
        before = os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        taken.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(taken) < 0.3


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_of_the_table_can_be_loaded_and_explains_itself(daytrader: Command, name: str) -> None:
    """The table holds words only: here they are held against the code."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.help
    assert daytrader(name, "--help").exit_code == 0


def test_version(daytrader: Command) -> None:
    """The package's."""
    assert __version__ in daytrader("--version").output


def test_an_unknown_command_is_a_usage_error(daytrader: Command) -> None:
    """Exit code 2, as everywhere."""
    result = daytrader("fly")
    assert result.exit_code == 2
    assert "No such command 'fly'" in result.stderr


def test_an_expected_failure_is_one_line_and_no_traceback(daytrader: Command) -> None:
    """On stderr, so that a pipe stays clean."""
    result = daytrader("db", "check")
    assert result.exit_code != 0
    assert result.stdout == ""
    assert result.stderr.startswith("Error: there is no database yet")
    assert result.stderr.count("\n") == 1


def test_a_wrong_environment_variable_is_named(daytrader: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the person's to mend: exit code 2."""
    monkeypatch.setenv("DAYTRADER_REGISTRATION", "perhaps")
    result = daytrader("db", "status")
    assert result.exit_code == 2
    assert "DAYTRADER_REGISTRATION" in result.stderr
