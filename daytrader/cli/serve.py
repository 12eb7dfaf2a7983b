"""The server for production: the same as ``run``, in gunicorn's hands, with every check in force."""

from __future__ import annotations

import os
from datetime import date
from functools import partial
from typing import Final

import click

from daytrader.cli.beside import serving
from daytrader.cli.context import console
from daytrader.cli.listening import address_of, is_alone, listening, serving_options, with_feed, with_secret
from daytrader.config import PRODUCTION, Settings
from daytrader.utils import logs
from daytrader.utils.errors import ConfigurationError

_FEWEST_THREADS: Final = 32
_MOST_THREADS: Final = 4096
_MOST_SOCKETS: Final = 65_536


@click.command()
@serving_options
@click.option(
    "--threads",
    type=click.IntRange(_FEWEST_THREADS, _MOST_THREADS),
    default=128,
    show_default=True,
    help="For requests and sockets that poll; 16 are kept for requests.",
)
@click.option(
    "--sockets",
    type=click.IntRange(1, _MOST_SOCKETS),
    default=2000,
    show_default=True,
    help="Websockets that may be open at once: they hold no thread.",
)
@click.option("--no-engine", "trades", flag_value=False, default=True, help="`daytrader engine run` trades.")
@click.option("--no-jobs", "does_jobs", flag_value=False, default=True, help="`daytrader worker` does the jobs.")
def serve(
    port: int,
    host: str,
    *,
    threads: int,
    sockets: int,
    trades: bool,
    does_jobs: bool,
    feed: str | None,
    provider: str | None,
    speed: float | None,
    replay_from: date | None,
) -> None:
    """
    Serve API, sockets and engine in production, behind a TLS proxy; SIGTERM stops within ten seconds.

    DAYTRADER_ENV is production unless it is set: DAYTRADER_SECRET_KEY is needed then. On SQLite this is the only
    process; on PostgreSQL engine and jobs may have their own, and several of these may serve.
    """
    settings = with_secret(Settings.from_environment({"DAYTRADER_ENV": PRODUCTION} | dict(os.environ)))
    settings = with_feed(settings, feed, provider)
    settings.check()
    if settings.demo:
        raise ConfigurationError("the demo is for `daytrader run`: its page shows its password")
    if is_alone(settings) and not (trades and does_jobs):
        raise ConfigurationError("on SQLite one process serves, trades and does the jobs: several need PostgreSQL")
    logs.configure(settings.log_level, is_json=settings.is_production)
    with (
        listening(host, port) as listener,
        serving(settings.instance, address_of(listener), is_alone=is_alone(settings)),
    ):
        from daytrader import __version__
        from daytrader.cli import node
        from daytrader.cli.gunicorn import Production
        from daytrader.cli.trade_lines import log_trade

        node.prepare(settings, replay_from)
        console().print(f"DayTrader {__version__} serves at {address_of(listener)}", highlight=False)
        build = partial(node.build, settings, trades=trades, does_jobs=does_jobs, speed=speed, on_trade=log_trade)
        Production(build, os.dup(listener.fileno()), settings, threads=threads, sockets=sockets).run()
