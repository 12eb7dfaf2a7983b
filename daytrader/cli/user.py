"""Accounts."""

from __future__ import annotations

import sys

import click

from daytrader.utils.errors import InvalidInputError


@click.group()
def user() -> None:
    """Create accounts. Administrators are made here and nowhere else."""


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
    from daytrader.services import user_service
    from daytrader.services.session_manager import SessionManager

    password = _password(reads_stdin=reads_stdin)
    open_database(makes_new=True)
    with SessionManager() as session:
        account = user_service.create(session, name, email, password, is_admin=is_admin)
    role = "administrator" if account.is_admin else "user"
    console().print(f"Created {role} {account.username} <{account.email}>", markup=False)


def _password(*, reads_stdin: bool) -> str:
    if not reads_stdin:
        prompted: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return prompted
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise InvalidInputError({"password": ["nothing came on standard input"]})
    return password
