"""The server for production: the same as ``run``, in gunicorn's hands, with every check in force."""

from __future__ import annotations

import os
from datetime import date
from typing import Final

import click

from daytrader.cli.beside import serving
from daytrader.cli.context import console
from daytrader.cli.listening import address_of, listening, serving_options, with_feed, with_secret
from daytrader.config import PRODUCTION, Settings
from daytrader.utils import logs
from daytrader.utils.errors import ConfigurationError

_FEWEST_THREADS: Final = 32
_MOST_THREADS: Final = 4096


@click.command()
@serving_options
@click.option(
    "--threads",
    type=click.IntRange(_FEWEST_THREADS, _MOST_THREADS),
    default=256,
    show_default=True,
    help="Each socket holds one; 16 are kept for requests.",
)
def serve(
    port: int,
    host: str,
    *,
    threads: int,
    feed: str | None,
    provider: str | None,
    speed: float | None,
    replay_from: date | None,
) -> None:
    """
    Serve API, sockets and engine in production, behind a TLS proxy; SIGTERM stops within ten seconds.

    DAYTRADER_ENV is production unless it is set: DAYTRADER_SECRET_KEY is needed then.
    """
    settings = with_secret(Settings.from_environment({"DAYTRADER_ENV": PRODUCTION} | dict(os.environ)))
    settings = with_feed(settings, feed, provider)
    settings.check()
    if settings.demo:
        raise ConfigurationError("the demo is for `daytrader run`: its page shows its password")
    logs.configure(settings.log_level, is_json=settings.is_production)
    with listening(host, port) as listener, serving(settings.instance, address_of(listener)):
        from daytrader import __version__
        from daytrader.cli import node
        from daytrader.cli.gunicorn import Production

        node.prepare(settings, replay_from)
        console().print(f"DayTrader {__version__} serves at {address_of(listener)}", highlight=False)
        Production(lambda: node.build(settings, speed=speed), os.dup(listener.fileno()), threads).run()
