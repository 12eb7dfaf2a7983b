"""An engine is killed at each of twelve points: nothing is lost or done twice, the audit is clean each time."""

from __future__ import annotations

from pathlib import Path

from tests.crash.matrix import run_matrix
from tests.crash.nursery import Nursery
from tests.postgres import PostgresServer

SEED = 7


def test_twelve_deaths_on_sqlite(nest: Nursery, tmp_path: Path) -> None:
    """The books, the events and the broker's own memory are those of an engine that nobody killed."""
    run_matrix(nest, tmp_path, [f"sqlite:///{tmp_path / side}.db" for side in ("undisturbed", "killed")], SEED)


def test_twelve_deaths_on_postgresql(nest: Nursery, tmp_path: Path, postgres_server: PostgresServer) -> None:
    """As on SQLite."""
    with postgres_server.database("undisturbed") as undisturbed, postgres_server.database("killed") as killed:
        run_matrix(nest, tmp_path, [undisturbed, killed], SEED + 1)
