"""Accounts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from daytrader.utils.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from daytrader.models.user import User


@click.group()
def user() -> None:
    """Create and mend accounts. The first administrator is made here."""


@user.command()
@click.argument("name")
@click.option("--email", required=True, metavar="MAIL", help="The account's mail address.")
@click.option("--admin", "is_admin", is_flag=True, help="Make the account an administrator.")
@click.option(
    "--password-stdin",
    "reads_stdin",
    is_flag=True,
    help="Read the password from standard input, so that it appears in no process list and no history.",
)
def create(name: str, email: str, *, is_admin: bool, reads_stdin: bool) -> None:
    """Create the account NAME; without --password-stdin the password is asked for."""
    from daytrader.cli.context import console, open_database
    from daytrader.services import audit_service, user_service
    from daytrader.services.session_manager import in_unit

    password = _password(reads_stdin=reads_stdin)

    def make(session: Session) -> User:
        account = user_service.create(session, name, email, password, is_admin=is_admin)
        audit_service.record(session, audit_service.CONSOLE, "user.create", f"/users/{account.id}")
        return account

    open_database(writes=True, makes_new=True)
    account = in_unit(make)
    role = "administrator" if account.is_admin else "user"
    console().print(f"Created {role} {account.username} <{account.email}>", markup=False)


@user.command("list")
def list_accounts() -> None:
    """List the accounts."""
    from rich.table import Table
    from sqlalchemy import select

    from daytrader.cli.context import console, open_database
    from daytrader.models.user import User
    from daytrader.services.session_manager import SessionManager

    open_database()
    table = Table("id", "name", "mail", "role", "open", "second factor", box=None)
    with SessionManager(read_only=True) as session:
        for each in session.scalars(select(User).order_by(User.id)):
            role = "administrator" if each.is_admin else "user"
            table.add_row(str(each.id), each.username, each.email, role, _word(each.is_active), _word(each.has_totp))
    console().print(table)


@user.command()
@click.argument("name")
@click.option("--admin/--no-admin", "is_admin", required=True, help="What the account is to be.")
def role(name: str, *, is_admin: bool) -> None:
    """Make the account NAME an administrator, or a user again; one administrator always stays."""
    from daytrader.cli.context import console, open_database
    from daytrader.services import audit_service, user_service
    from daytrader.services.actor import Actor
    from daytrader.services.session_manager import in_unit

    def change(session: Session) -> User:
        account = _named(session, name)
        user_service.set_role(session, Actor(account.id, is_admin=True), account.id, is_admin=is_admin)
        audit_service.record(session, audit_service.CONSOLE, "user.role", f"/users/{account.id}/role")
        return account

    open_database(writes=True)
    account = in_unit(change)
    console().print(f"{account.username} is {'an administrator' if is_admin else 'a user'}", markup=False)


@user.command()
@click.argument("name")
@click.option("--password-stdin", "reads_stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--remove-totp", "removes_totp", is_flag=True, help="Remove the second factor too: a telephone was lost.")
def password(name: str, *, reads_stdin: bool, removes_totp: bool) -> None:
    """Give the account NAME another password; every login of it ends."""
    from daytrader.cli.context import console, open_database
    from daytrader.services import audit_service, one_time_tokens, totp, user_service
    from daytrader.services.session_manager import in_unit

    chosen = _password(reads_stdin=reads_stdin)

    def change(session: Session) -> User:
        account = _named(session, name)
        user_service.set_password(session, one_time_tokens.issue(session, account), chosen)
        if removes_totp:
            totp.forget(session, account)
        audit_service.record(session, audit_service.CONSOLE, "user.set_password", f"/users/{account.id}")
        return account

    open_database(writes=True)
    account = in_unit(change)
    console().print(f"{account.username} has another password", markup=False)


def _named(session: Session, name: str) -> User:
    from daytrader.services import user_service

    account = user_service.by_username(session, name)
    if account is None:
        raise NotFoundError("user")
    return account


def _word(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _password(*, reads_stdin: bool) -> str:
    if not reads_stdin:
        prompted: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return prompted
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise InvalidInputError({"password": ["nothing came on standard input"]})
    return password
