"""``daytrader user``: accounts, administrators among them, are made here."""

from __future__ import annotations

from sqlalchemy import select

from daytrader.models import AuditEntry, User
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime
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


def _made(daytrader: Command, name: str, *words: str) -> None:
    assert (
        daytrader(
            "user", "create", name, "--email", f"{name}@example.com", "--password-stdin", *words, input=PASSWORD
        ).exit_code
        == 0
    )


def test_accounts_are_listed(daytrader: Command) -> None:
    """With role and state, never with a secret."""
    _made(daytrader, "carol")
    _made(daytrader, "root", "--admin")
    shown = daytrader("user", "list")
    assert shown.exit_code == 0
    assert all(word in shown.output for word in ("carol", "root@example.com", "administrator"))
    assert "argon2" not in shown.output


def test_roles_change_but_the_last_administrator_stays(daytrader: Command) -> None:
    """Given to one, taken from the other."""
    _made(daytrader, "carol")
    _made(daytrader, "root", "--admin")
    assert daytrader("user", "role", "root", "--no-admin").exit_code == 1
    assert daytrader("user", "role", "carol", "--admin").exit_code == 0
    assert daytrader("user", "role", "root", "--no-admin").exit_code == 0
    assert {user.username for user in _users() if user.is_admin} == {"carol"}
    assert daytrader("user", "role", "nobody", "--admin").exit_code == 1


def test_a_lost_password_is_replaced(daytrader: Command) -> None:
    """From standard input; the second factor goes only when that is said; the audit log knows."""
    _made(daytrader, "carol")
    with SessionManager() as session:
        session.scalars(select(User)).one().totp_confirmed_at = get_current_datetime()
    assert daytrader("user", "password", "carol", "--password-stdin", input="Another-Good-2").exit_code == 0
    assert _users()[0].verify_password("Another-Good-2")
    assert _users()[0].has_totp
    again = daytrader("user", "password", "carol", "--password-stdin", "--remove-totp", input=PASSWORD)
    assert PASSWORD not in again.output
    assert not _users()[0].has_totp
    with SessionManager(read_only=True) as session:
        told = [(entry.via, entry.action) for entry in session.scalars(select(AuditEntry))]
    assert told == [("console", "user.create"), ("console", "user.set_password"), ("console", "user.set_password")]
