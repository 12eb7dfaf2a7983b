"""The command line as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from daytrader import __version__
from daytrader.cli import COMMANDS, main
from tests.cli.conftest import Command

HEAVY = {"numpy", "numba", "sqlalchemy", "flask", "rich", "structlog", "alembic", "pandas"}

# What a few answers need, and no start: each costs it a tenth of a second or more.
FOR_SOME_ANSWERS = {"alpaca", "apprise", "dask", "exchange_calendars", "pandas", "pyarrow", "scipy.linalg", "yfinance"}
FOR_SOME_ANSWERS |= {"redis", "requests"}
_START = """
from daytrader.cli import node
from daytrader.cli.listening import with_secret
from daytrader.cli.server import Server
from daytrader.config import Settings

settings = with_secret(Settings.from_environment())
node.prepare(settings, None)
node.build(settings).close()
"""


def _loaded(script: str, instance: Path, watched: set[str]) -> str:
    """Return what of *watched* *script* imports in a process of its own, and how often garbage was looked for."""
    script = f"""
import gc, sys
from daytrader.utils import garbage
garbage.collect_seldom()
looked = sum(each["collections"] for each in gc.get_stats())
{script}
print(sorted({watched!r} & set(sys.modules)), sum(each["collections"] for each in gc.get_stats()) - looked)
"""
    environment = os.environ | {"DAYTRADER_INSTANCE": str(instance)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_a_server_starts_without_what_only_some_answers_need(tmp_path: Path) -> None:
    """Nor does it look for garbage before it answers: nothing that it has loaded is any."""
    assert _loaded(_START, tmp_path, FOR_SOME_ANSWERS) == "[] 0"


@pytest.mark.parametrize("command", [("db", "status"), ("user", "list"), ("stocks", "list")])
def test_a_command_that_computes_nothing_loads_no_compiler(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Nor the server, nor the indicators: it is answered in half the time."""
    _loaded(_START, tmp_path, set())
    script = f"from daytrader.cli import main\nmain({list(command)!r}, standalone_mode=False)"
    assert _loaded(script, tmp_path, FOR_SOME_ANSWERS | {"flask", "marshmallow", "numba", "talib"}).startswith("[]")


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
