"""``daytrader user``: accounts, administrators among them, are made here."""

from __future__ import annotations

from sqlalchemy import select

from daytrader.models import User
from daytrader.services.session_manager import SessionManager
from tests.cli.conftest import Command
from tests.conftest import PASSWORD


def _users() -> list[User]:
    with SessionManager(read_only=True) as session:
        return list(session.scalars(select(User)))


def test_create_reads_the_password_from_standard_input(daytrader: Command) -> None:
    """It stands in no process list, and the account works."""
    daytrader("db", "upgrade")
    result = daytrader("user", "create", "carol", "--email", "carol@example.com", "--password-stdin", input=PASSWORD)
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    (carol,) = _users()
    assert carol.verify_password(PASSWORD)
    assert not carol.is_admin


def test_create_asks_for_the_password_otherwise(daytrader: Command) -> None:
    """Twice, without showing it."""
    daytrader("db", "upgrade")
    answers = f"{PASSWORD}\n{PASSWORD}\n"
    result = daytrader("user", "create", "root", "--email", "root@example.com", "--admin", input=answers)
    assert "Created administrator root" in result.output
    assert PASSWORD not in result.output
    assert _users()[0].is_admin


def test_a_weak_password_or_a_taken_name_is_refused(daytrader: Command) -> None:
    """With the rule that it breaks; nobody is made."""
    daytrader("db", "upgrade")
    weak = daytrader("user", "create", "carol", "--email", "c@example.com", "--password-stdin", input="weak")
    assert weak.exit_code == 2
    assert "password: must be 8 to 128 characters long" in weak.stderr
    assert _users() == []
    words = ("user", "create", "carol", "--email", "c@example.com", "--password-stdin")
    assert daytrader(*words, input=PASSWORD).exit_code == 0
    assert daytrader(*words, input=PASSWORD).exit_code == 1
    assert len(_users()) == 1


def test_nothing_on_standard_input_is_no_password(daytrader: Command) -> None:
    """An empty pipe is a mistake, not an empty password."""
    daytrader("db", "upgrade")
    result = daytrader("user", "create", "carol", "--email", "c@example.com", "--password-stdin", input="")
    assert result.exit_code == 2
    assert "standard input" in result.stderr


def test_the_first_account_makes_the_database(daytrader: Command) -> None:
    """A newcomer's first command works."""
    result = daytrader("user", "create", "carol", "--email", "c@example.com", "--password-stdin", input=PASSWORD)
    assert result.exit_code == 0
    assert daytrader("db", "status").exit_code == 0
