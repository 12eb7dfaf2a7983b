"""``daytrader engine``: an engine in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Command


def test_on_sqlite_the_engine_is_part_of_the_server(daytrader: Command) -> None:
    """A second process would not be heard by the sockets of the first."""
    daytrader("db", "upgrade")
    refused = daytrader("engine", "run")
    assert refused.exit_code != 0
    assert "needs PostgreSQL" in refused.output


def test_on_postgresql_it_runs_until_it_is_told_to_stop(postgres_url: str, tmp_path: Path) -> None:
    """It takes the lease, says what it does, and ends well on SIGTERM."""
    command = [sys.executable, "-c", "from daytrader.cli import main; main()", "engine", "run"]
    variables = {"DAYTRADER_DATABASE_URL": postgres_url, "DAYTRADER_INSTANCE": str(tmp_path)}
    with subprocess.Popen(command, env=os.environ | variables, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        said = next(line for line in engine.stdout if "idle" in line)
        engine.send_signal(signal.SIGTERM)
        assert engine.wait(60) == 0
    assert said == "The engine is idle\n"
