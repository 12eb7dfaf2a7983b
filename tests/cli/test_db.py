"""``daytrader db``: what an operator does with the database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from daytrader.models import Base, NotificationTarget, User
from daytrader.models.broker_credential import BrokerCredential
from daytrader.services.session_manager import SessionManager
from daytrader.utils import sealing
from daytrader.utils.current_datetime import get_current_datetime
from tests.cli.conftest import Command


def test_upgrade_makes_the_database_and_a_second_one_does_nothing(daytrader: Command, instance: Path) -> None:
    """It tells which migrations it applied."""
    assert "Applied 0001" in daytrader("db", "upgrade").output
    assert (instance / "daytrader.db").is_file()
    second = daytrader("db", "upgrade")
    assert second.exit_code == 0
    assert "Applied" not in second.output


def test_status_tells_what_is_pending_by_its_exit_code(daytrader: Command, instance: Path) -> None:
    """A script can ask."""
    instance.mkdir()
    sqlite3.connect(instance / "daytrader.db").close()
    before = daytrader("db", "status")
    assert before.exit_code == 1
    assert "Pending: 0001" in before.output
    daytrader("db", "upgrade")
    assert daytrader("db", "status").exit_code == 0


def test_check_lists_differences_and_exits_with_1(daytrader: Command, instance: Path) -> None:
    """Nothing to list is exit code 0."""
    daytrader("db", "upgrade")
    assert daytrader("db", "check").exit_code == 0
    with closing(sqlite3.connect(instance / "daytrader.db")) as connection:
        connection.execute("ALTER TABLE stocks ADD COLUMN colour TEXT")
    result = daytrader("db", "check")
    assert result.exit_code == 1
    assert result.output == "remove_column stocks.colour\n"


def test_ddl_writes_the_schema_into_the_instance_without_a_database(daytrader: Command, instance: Path) -> None:
    """Every table; running it makes them."""
    assert daytrader("db", "ddl").exit_code == 0
    script = (instance / "database.sql").read_text()
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert set(Base.metadata.tables) <= tables
    assert not (instance / "daytrader.db").exists()


def test_ddl_speaks_the_dialect_of_the_database_in_force(
    daytrader: Command, instance: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No server is asked for it."""
    monkeypatch.setenv("DAYTRADER_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert daytrader("db", "ddl", "--output", tmp_path / "schema.sql").exit_code == 0
    assert "TIMESTAMP WITH TIME ZONE" in (tmp_path / "schema.sql").read_text()
    assert not instance.exists()


def test_backup_goes_into_the_instance_or_where_it_is_told(daytrader: Command, instance: Path, tmp_path: Path) -> None:
    """The default names carry the time."""
    daytrader("db", "upgrade")
    assert daytrader("db", "backup").exit_code == 0
    assert [path.suffix for path in (instance / "backups").iterdir()] == [".db"]
    assert daytrader("db", "backup", tmp_path / "mine.db").exit_code == 0
    again = daytrader("db", "backup", tmp_path / "mine.db")
    assert again.exit_code == 1
    assert "is there already" in again.stderr


def test_the_commands_work_on_postgresql(
    daytrader: Command, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words."""
    monkeypatch.setenv("DAYTRADER_DATABASE_URL", empty_postgres_url)
    assert daytrader("db", "status").exit_code == 1
    assert daytrader("db", "upgrade").exit_code == 0
    assert daytrader("db", "check").exit_code == 0
    assert "pg_dump" in daytrader("db", "backup").stderr


@pytest.fixture
def old_key(daytrader: Command, instance: Path) -> str:
    """The key that sealed every kind of secret in the instance's database."""
    key = Fernet.generate_key().decode()
    daytrader("db", "upgrade")
    sealing.use(key, instance)
    with SessionManager() as session:
        user = User(username="alice", email="alice@example.com", password="Secret-Enough-1")
        session.add(user)
        session.flush()
        session.add(
            BrokerCredential(
                user_id=user.id,
                broker="alpaca",
                account="PA1",
                is_live=False,
                sealed_key=sealing.seal("the key"),
                sealed_secret=sealing.seal("the secret"),
                shown="0000",
                verified_at=get_current_datetime(),
            )
        )
        session.add(
            NotificationTarget(
                user_id=user.id, name="mine", sealed_url=sealing.seal("the address"), shown="", kinds=[], cursor=0
            )
        )
    return key


def _sealed() -> list[bytes]:
    """Return all that is stored sealed, whichever column it is in."""
    columns = [
        column for table in Base.metadata.sorted_tables for column in table.columns if column.name.startswith("sealed_")
    ]
    with SessionManager(read_only=True) as session:
        return [session.execute(select(column)).scalar_one() for column in columns]


def test_reseal_ends_a_change_of_keys(
    daytrader: Command, instance: Path, old_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is sealed opens with the new key alone."""
    new_key = Fernet.generate_key().decode()
    monkeypatch.setenv("DAYTRADER_SEALING_KEY", f"{new_key},{old_key}")
    assert "3 secrets" in daytrader("db", "reseal").output
    sealing.use(new_key, instance)
    assert sorted(map(sealing.unseal, _sealed())) == ["the address", "the key", "the secret"]


@pytest.mark.usefixtures("old_key")
def test_reseal_changes_nothing_where_a_key_is_missing(daytrader: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of them under one key and half under another would be worse."""
    before = _sealed()
    monkeypatch.setenv("DAYTRADER_SEALING_KEY", Fernet.generate_key().decode())
    result = daytrader("db", "reseal")
    assert result.exit_code == 1
    assert "DAYTRADER_SEALING_KEY lacks the key" in result.stderr
    assert _sealed() == before
