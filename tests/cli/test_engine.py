"""``daytrader engine``: an engine in a process of its own."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from daytrader.cli.beside import serving, writing
from daytrader.cli.ending import until_told_to_stop
from daytrader.models import AuditEntry, Order
from daytrader.models.enums import OrderSide
from daytrader.services import database, demo, trading_service, transaction_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager, session_factory
from daytrader.utils.errors import ConflictError
from tests.cli.conftest import Command
from tests.conftest import World


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


@pytest.mark.parametrize("words", [("engine", "run"), ("worker",)])
def test_whoever_trades_or_works_apart_is_checked_as_a_server_is(
    daytrader: Command, words: tuple[str, ...], postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unsafe settings and, in production, an open demo account: refused in words."""
    monkeypatch.setenv("DAYTRADER_DATABASE_URL", postgres_url)
    monkeypatch.setenv("DAYTRADER_ENV", "production")
    World(database.connect(postgres_url)).user(demo.USERNAME)
    unsafe = daytrader(*words)
    assert (unsafe.exit_code, "SECRET_KEY" in unsafe.output) == (2, True)
    monkeypatch.setenv("DAYTRADER_SECRET_KEY", "6b1f0a97c43e5d28" * 3)
    opened = daytrader(*words)
    assert (opened.exit_code, "demo account is open" in opened.output) == (2, True)


@pytest.mark.parametrize("words", [("worker",), ("serve", "--no-engine"), ("serve", "--no-jobs")])
def test_on_sqlite_one_process_does_everything(
    daytrader: Command, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes would lose each other's writes."""
    monkeypatch.setenv("DAYTRADER_SECRET_KEY", "6b1f0a97c43e5d28" * 3)
    daytrader("db", "upgrade")
    refused = daytrader(*words)
    assert refused.exit_code != 0
    assert "PostgreSQL" in refused.output


def test_on_postgresql_commands_write_beside_servers(tmp_path: Path) -> None:
    """All of them hear of it from the database; on SQLite one excludes the other."""
    with (
        serving(tmp_path, "http://one", is_alone=False),
        serving(tmp_path, "http://two", is_alone=False),
        writing(tmp_path),
    ):
        pass
    with (
        serving(tmp_path, "http://one", is_alone=True),
        pytest.raises(ConflictError, match="http://one"),
        serving(tmp_path, "http://two", is_alone=False),
    ):
        pass


def test_the_kill_switch_is_turned_at_the_console(daytrader: Command, tmp_path: Path) -> None:
    """For one user or for all; beside a server too, which reads it before each order; a wrong name is said."""
    made = daytrader("user", "create", "alice", "--email", "a@example.com", "--password-stdin", input="Enough-Secret-1")
    assert made.exit_code == 0
    with serving(tmp_path, "http://one", is_alone=True):
        assert "nothing buys" in daytrader("engine", "kill", "--reason", "a test").output
        assert "The kill switch is on" in daytrader("engine", "status").output
        assert daytrader("engine", "kill", "--user", "alice").exit_code == 0
        assert daytrader("engine", "release").output == "The kill switch is off\n"
        assert "kill switch" not in daytrader("engine", "status").output
    unknown = daytrader("engine", "kill", "--user", "nobody")
    assert (unknown.exit_code, "user not found" in unknown.output) == (1, True)


def test_everything_is_sold_at_the_console(daytrader: Command, instance: Path) -> None:
    """Of one user or of all, beside a server too; asked first, told with counts, and in the audit log."""
    daytrader("db", "upgrade")
    world = World(session_factory.kw["bind"])
    stock = world.stock("ACME")
    world.prices(stock, [10.0])
    alice, bob = world.user("alice"), world.user("bob")
    services = [world.service(owner, stock) for owner in (alice, bob)]
    for owner, service in zip((alice, bob), services, strict=True):
        with SessionManager() as session:
            trading_service.activate(session, Actor(owner.id), service.id)
            transaction_service.buy(session, Actor(owner.id), service.id, 2, None)
    with serving(instance, "http://one", is_alone=True):
        unsure = daytrader("engine", "flatten", input="n\n")
        assert (unsure.exit_code, "every position of every user" in unsure.output) == (1, True)
        own = daytrader("engine", "flatten", "--user", "bob", "--yes")
        every = daytrader("engine", "flatten", input="y\n")
        again = daytrader("engine", "flatten", "--yes")

    assert own.output == "Services paused: 1, entries cancelled: 0, positions sold at the next open: 1\n"
    assert (
        every.output.splitlines()[-1] == "Services paused: 1, entries cancelled: 0, positions sold at the next open: 2"
    )
    assert again.output == "Services paused: 0, entries cancelled: 0, positions sold at the next open: 2\n"
    assert daytrader("engine", "flatten", "--user", "nobody", "--yes").exit_code == 1
    with SessionManager(read_only=True) as session:
        sales = session.scalars(select(Order).where(Order.side == OrderSide.SELL)).all()
        told = session.scalars(select(AuditEntry.action).where(AuditEntry.action == "engine.flatten")).all()
    assert [(sale.reason, sale.shares) for sale in sales] == [("flattened by an admin", 2)] * 2
    assert len(told) == 3


def test_a_process_that_was_told_to_stop_looks_for_no_garbage_at_its_end() -> None:
    """It would look through all that is loaded: a second of the processor, ten where others compute."""
    gc.unfreeze()
    try:
        with until_told_to_stop():
            assert gc.get_freeze_count() == 0
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
