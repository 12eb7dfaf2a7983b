"""What every command shares: settings, the database, the console."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import click

from daytrader.config import Settings
from daytrader.utils.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine


@cache
def console(*, stderr: bool = False) -> Console:
    """Return the console that people read; progress and warnings go to *stderr*, so that output can be piped."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def warn(message: str) -> None:
    """Print a warning to stderr."""
    console(stderr=True).print(f"Warning: {message}", style="yellow", markup=False, soft_wrap=True)


def use_own_strategies(settings: Settings | None = None) -> None:
    """Make the strategies in the installation's folder known, and warn of those that cannot be used."""
    from daytrader.core.strategy import broken_strategies
    from daytrader.services import strategy_folder

    settings = settings or Settings.from_environment()
    strategy_folder.use_folder(settings.strategies_folder)
    for broken in broken_strategies():
        warn(f"a strategy is left out: {broken.why}")


def open_database(settings: Settings | None = None, *, writes: bool = False, makes_new: bool = False) -> Engine:
    """
    Connect to the database of *settings* (default: of the environment).

    With *writes* no server starts until the command ends. With *makes_new* an empty database gets its tables: for
    commands that are a sensible first one. A database that holds something is never migrated on the way.

    Raises:
        ConfigurationError: If there is no database yet, or its schema is not the one this version needs.
        ConflictError: If the command writes, and a server is running.
    """
    from daytrader.services import column_cache, database
    from daytrader.utils import sealing

    settings = settings or Settings.from_environment()
    if writes:
        keep_servers_away(settings)
    if not makes_new:
        database.require_existing(settings.database)
    engine = database.connect(settings.database)
    status = database.status(engine)
    if makes_new and status.revision is None:
        status = database.upgrade(engine)
    if not status.is_current:
        raise ConfigurationError(
            f"the database is at revision {status.revision or 'none'}, this version needs {status.head}: "
            "run `daytrader db upgrade`"
        )
    column_cache.use(settings.instance)
    sealing.use(settings.sealing_key, settings.instance)
    return engine


def open_installation(settings: Settings) -> Engine:
    """
    Connect, as `open_database`, for a process that serves nobody itself, by what a server is checked for at its start.

    Raises:
        ConfigurationError: If a setting is unsafe or, in production, the demo account is open.
    """
    from daytrader.cli.listening import with_secret
    from daytrader.services import demo
    from daytrader.services.session_manager import SessionManager

    with_secret(settings).check()
    engine = open_database(settings)
    if settings.is_production:
        with SessionManager(read_only=True) as session:
            demo.require_no_account(session)
    return engine


def keep_servers_away(settings: Settings) -> None:
    """
    Let no server start until the command ends.

    Raises:
        ConflictError: If one is running.
    """
    from daytrader.cli.beside import writing

    click.get_current_context().with_resource(writing(settings.instance))
