"""The database: migrations, comparison with the models, DDL, backup and the keys of its secrets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from daytrader.cli.context import console, keep_servers_away, open_database
from daytrader.config import Settings
from daytrader.utils.current_datetime import get_current_datetime

if TYPE_CHECKING:
    from sqlalchemy import Engine


@click.group()
def db() -> None:
    """Look after the database that DAYTRADER_DATABASE_URL names, by default SQLite in the instance folder."""


@db.command()
def upgrade() -> None:
    """Make the database, or bring its schema to this version's; one transaction, safe to repeat."""
    from daytrader.services import database

    settings = Settings.from_environment()
    keep_servers_away(settings)
    done = database.upgrade(database.connect(settings.database))
    for revision in done.pending:
        console().print(f"Applied {revision}")
    console().print(f"The database is at revision {done.head}")


@db.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Show where the schema is; exit code 1 when migrations are pending."""
    from daytrader.services import database

    found = database.status(_existing())
    console().print(f"Revision {found.revision or 'none'}, this version needs {found.head}")
    if not found.is_current:
        console().print(f"Pending: {', '.join(found.pending)}. Run `daytrader db upgrade`.")
        ctx.exit(1)


@db.command()
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: database.sql in the instance."
)
def ddl(output: Path | None) -> None:
    """Write the schema of the models as SQL."""
    from daytrader.services import database

    settings = Settings.from_environment()
    target = output or settings.instance / "database.sql"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(database.ddl(settings.database), encoding="utf-8")
    console().print(f"Wrote {target}", markup=False, soft_wrap=True)


@db.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Compare the models with the database; exit code 1 when they differ."""
    from daytrader.services import schema_check

    differences = schema_check.differences(_existing())
    for difference in differences:
        console().print(difference, markup=False, soft_wrap=True)
    if differences:
        ctx.exit(1)
    console().print("The database agrees with the models")


@db.command()
@click.argument("target", required=False, type=click.Path(dir_okay=False, path_type=Path))
def backup(target: Path | None) -> None:
    """Copy the database to TARGET (default: backups/ in the instance), also while it is in use."""
    from daytrader.services import database

    settings = Settings.from_environment()
    moment = get_current_datetime().strftime("%Y%m%dT%H%M%SZ")
    target = target or settings.instance / "backups" / f"daytrader-{moment}.db"
    database.backup(open_database(settings), target)
    console().print(f"Wrote {target}", markup=False, soft_wrap=True)


@db.command()
def reseal() -> None:
    """Seal what is stored of others' secrets with the first of the keys: afterwards the others may go."""
    from daytrader.services import sealed_secrets
    from daytrader.services.session_manager import in_unit

    open_database(writes=True)
    count = in_unit(sealed_secrets.reseal)
    console().print(f"{count:,} secrets are sealed with the first key")


def _existing() -> Engine:
    from daytrader.services import database

    url = Settings.from_environment().database
    database.require_existing(url)
    return database.connect(url)
