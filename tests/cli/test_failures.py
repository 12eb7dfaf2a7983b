"""Whatever fails on the command line is a sentence and an exit code, never a traceback."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine, event

from daytrader.cli.failures import explain
from tests.cli.conftest import Command
from tests.e2e.server import environment

PROGRAM: Final = (sys.executable, "-m", "daytrader")
COMMANDS: Final = (
    ("db", "status"),
    ("db", "upgrade"),
    ("stocks", "list"),
    ("user", "list"),
    ("audit",),
    ("engine", "status"),
    ("backtest", "AAPL"),
    ("replay", "--service", "1"),
    ("prices", "fetch", "sample"),
    ("run", "--port", "0"),
)


def program(instance: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m daytrader`` to its end."""
    return subprocess.run(
        [*PROGRAM, *words],
        env=environment(instance) | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _is_a_sentence(stderr: str) -> bool:
    return stderr.startswith("Error: ") and stderr.count("\n") == 1


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_file_that_is_no_database_is_said(
    daytrader: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Sequence[str]
) -> None:
    """By every command that opens one, with its place."""
    other = tmp_path / "letter.txt"
    other.write_text("Dear Sir or Madam, " * 100)
    monkeypatch.setenv("DAYTRADER_DATABASE_URL", f"sqlite:///{other}")
    result = daytrader(*words)
    assert result.exit_code == 1
    assert result.stderr == f"Error: the database sqlite:///{other} cannot be used: file is not a database\n"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_instance_that_is_a_file_is_said(daytrader: Command, instance: Path, words: Sequence[str]) -> None:
    """Whatever the command would have made there first."""
    instance.write_text("not a folder")
    result = daytrader(*words)
    assert result.exit_code in (1, 2)
    assert _is_a_sentence(result.stderr), result.stderr


@pytest.mark.parametrize(
    ("url", "code", "told"),
    [
        ("nonsense", 2, "must begin with sqlite:///"),
        ("mysql://user:secret@host/name", 2, "must begin with sqlite:///"),
        ("postgresql://user:secret@127.0.0.1:1/name", 1, "user:***@127.0.0.1:1/name cannot be used: connection failed"),
        ("sqlite:////proc/nowhere/daytrader.db", 1, "/proc/nowhere"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_without_its_password(
    daytrader: Command, monkeypatch: pytest.MonkeyPatch, url: str, code: int, told: str
) -> None:
    """2 for what nobody could connect to, 1 for what does not answer."""
    monkeypatch.setenv("DAYTRADER_DATABASE_URL", url)
    result = daytrader("db", "upgrade")
    assert (result.exit_code, "secret" in result.output) == (code, False)
    assert told in result.stderr
    assert _is_a_sentence(result.stderr), result.stderr


def test_a_damaged_database_is_said(daytrader: Command, instance: Path) -> None:
    """Its first page is whole, what follows is not."""
    daytrader("db", "upgrade")
    file = instance / "daytrader.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    result = daytrader("stocks", "list")
    assert result.exit_code == 1
    assert "cannot be used: database disk image is malformed" in result.stderr


@pytest.mark.parametrize("words", [("prices", "import"), ("backtest",), ("replay",)], ids=" ".join)
def test_a_file_that_cannot_be_read_is_said(daytrader: Command, tmp_path: Path, words: Sequence[str]) -> None:
    """A folder, nothing, and what is no table."""
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (tmp_path / "folder.csv").mkdir()
    for name in ("picture.csv", "folder.csv", "absent.csv"):
        result = daytrader(*words, tmp_path / name)
        assert result.exit_code in (1, 2)
        assert _is_a_sentence(result.stderr), result.stderr


def test_a_defect_is_named_and_its_trace_is_for_debugging(capfd: pytest.CaptureFixture[str]) -> None:
    """What nobody expected is still no page of code."""
    assert explain(ZeroDivisionError("division by zero")) == 1
    told = capfd.readouterr().err
    assert told.startswith("Error: ZeroDivisionError: division by zero. This is a defect")
    assert "Traceback" not in told


def test_the_module_is_the_program(tmp_path: Path) -> None:
    """``python -m daytrader`` fails as well as it works."""
    done = program(tmp_path / "instance", "stocks", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert _is_a_sentence(done.stderr)
    assert program(tmp_path, "--version").stdout.startswith("daytrader, version ")


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    """Output that cannot be written fails once, and not again while Python ends."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [*PROGRAM, "strategy", "list"],
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "Error: No space left on device\n")


@pytest.fixture
def full_disk() -> Iterator[None]:
    """SQLite databases that may not grow any more."""

    def stop_growing(connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # the pages that are there stay

    event.listen(Engine, "connect", stop_growing)
    yield
    event.remove(Engine, "connect", stop_growing)


def test_a_full_disk_under_the_database_is_said(
    daytrader: Command, instance: Path, request: pytest.FixtureRequest
) -> None:
    """And nothing of what did not fit is there."""
    daytrader("db", "upgrade")
    request.getfixturevalue("full_disk")
    result = daytrader("prices", "fetch", "sample", "AAPL")
    assert result.exit_code == 1
    database = f"sqlite:///{instance / 'daytrader.db'}"
    assert result.stderr.endswith(f"Error: the database {database} cannot be used: database or disk is full\n")
    assert "AAPL" not in daytrader("stocks", "list").stdout


def test_a_database_that_may_only_be_read_is_said(daytrader: Command) -> None:
    """By a command that writes; those that read work."""
    daytrader("db", "upgrade")

    def allow_no_write(connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    event.listen(Engine, "connect", allow_no_write)
    try:
        written, read = daytrader("stocks", "add", "NEWS"), daytrader("stocks", "list")
    finally:
        event.remove(Engine, "connect", allow_no_write)
    assert (written.exit_code, read.exit_code) == (1, 0)
    assert "cannot be used: attempt to write a readonly database\n" in written.stderr


@pytest.mark.parametrize("speed", ["nan", "inf", "-inf", "-1", "fast", ""])
@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_speed_that_is_none_is_refused(daytrader: Command, instance: Path, command: str, speed: str) -> None:
    """Before anything is made."""
    result = daytrader(command, "--speed", speed)
    assert result.exit_code == 2
    assert "must be a number of bars per second, 0 for no waiting" in result.stderr
    assert not instance.exists()


def test_what_is_made_is_its_owners_alone(daytrader: Command, instance: Path) -> None:
    """Prices, positions and mail addresses are nobody else's business, whatever the umask."""
    before = os.umask(0)
    try:
        daytrader("prices", "fetch", "sample", "AAPL")
        daytrader("backtest", "AAPL", "--strategy", "buy_and_hold")
        with sqlite3.connect(instance / "daytrader.db") as connection:
            connection.execute("BEGIN IMMEDIATE")
            modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [instance, *instance.rglob("*")]}
    finally:
        os.umask(before)
    assert instance / "daytrader.db" in modes
    for path, mode in modes.items():
        if path.is_dir():
            assert mode == 0o700, path
        elif path.parent == instance:
            assert mode == 0o600, path


def _interrupted(instance: Path, words: Sequence[str], has_begun: Callable[[], bool]) -> tuple[int, str]:
    process = subprocess.Popen(
        [*PROGRAM, *words],
        env=environment(instance),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Who runs the suite in the background ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (no threads yet)
    )
    deadline = time.monotonic() + 60
    while not has_begun() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=120)
    return process.returncode, stderr


def test_an_interrupt_within_a_finalizer_is_not_lost() -> None:
    """Python only prints what a finalizer raises; the interrupt comes again a moment later."""
    program = (
        "import signal, time\n"
        "from daytrader.cli.failures import keep_interrupts\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "keep_interrupts()\n"
        "class Held:\n"
        "    def __del__(self):\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "Held()\n"
        "time.sleep(20)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGINT
    assert "Exception ignored" not in done.stderr


def test_ctrl_c_ends_a_long_command_without_a_traceback(tmp_path: Path) -> None:
    """In the middle of a replay's bars; what it has committed stands."""
    prices = tmp_path / "prices.csv"
    days = (
        f"{year}-{month:02}-{day:02}" for year in range(1990, 2020) for month in range(1, 13) for day in range(1, 29)
    )
    prices.write_text("Date,Open,High,Low,Close\n" + "".join(f"{day},10,11,9,10\n" for day in days))
    kept = tmp_path / "kept.db"
    code, stderr = _interrupted(
        tmp_path / "instance",
        ("replay", str(prices), "--database", str(kept), "--json"),
        lambda: kept.exists() and kept.with_name("kept.db-wal").exists(),
    )
    assert code == 1
    assert "Aborted!" in stderr
    assert "Traceback" not in stderr
