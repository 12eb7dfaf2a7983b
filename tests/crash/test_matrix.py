"""An engine is killed wherever it can be: nothing is lost or done twice, the audit is clean each time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers.faults.server import RemoteAlpaca, alpaca_process
from tests.crash import accounts
from tests.crash.matrix import run_matrix
from tests.crash.nursery import Nursery
from tests.postgres import PostgresServer

SEED = 7


@pytest.fixture(scope="module")
def alpaca() -> Iterator[RemoteAlpaca]:
    """A broker in a process of its own."""
    with alpaca_process() as found:
        yield found


def test_twelve_deaths_on_sqlite(nest: Nursery, tmp_path: Path) -> None:
    """The books, the events and the broker's own memory are those of an engine that nobody killed."""
    run_matrix(nest, tmp_path, [f"sqlite:///{tmp_path / side}.db" for side in ("undisturbed", "killed")], SEED)


def test_twelve_deaths_on_postgresql(nest: Nursery, tmp_path: Path, postgres_server: PostgresServer) -> None:
    """As on SQLite."""
    with postgres_server.database("undisturbed") as undisturbed, postgres_server.database("killed") as killed:
        run_matrix(nest, tmp_path, [undisturbed, killed], SEED + 1)


def test_deaths_between_an_order_and_its_fill_at_an_account_on_sqlite(
    nest: Nursery, tmp_path: Path, alpaca: RemoteAlpaca
) -> None:
    """The books are those of orders that nobody disturbed; the broker was sent each once, and has no other."""
    urls = [f"sqlite:///{tmp_path / side}.db" for side in ("undisturbed", "killed")]
    assert accounts.run_matrix(nest, urls, alpaca) == len(accounts.POINTS)


def test_deaths_between_an_order_and_its_fill_at_an_account_on_postgresql(
    nest: Nursery, postgres_server: PostgresServer, alpaca: RemoteAlpaca
) -> None:
    """As on SQLite."""
    with postgres_server.database("undisturbed") as undisturbed, postgres_server.database("killed") as killed:
        assert accounts.run_matrix(nest, [undisturbed, killed], alpaca) == len(accounts.POINTS)
