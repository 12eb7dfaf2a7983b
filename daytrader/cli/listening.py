"""What the commands that serve have in common: their options, their settings, their port."""

from __future__ import annotations

import math
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import click

from daytrader.cli.options import DateType
from daytrader.config import FEEDS, Settings
from daytrader.utils import secret_file
from daytrader.utils.errors import UnavailableError

SECRET_FILE: Final = "secret-key"
_SECRET_BYTES: Final = 48
_BACKLOG: Final = 128


class SpeedType(click.ParamType[float]):
    """Market times a second."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse *value*: finite, and not negative."""
        try:
            speed = float(value)
        except ValueError:
            speed = math.nan
        if not (math.isfinite(speed) and speed >= 0):
            self.fail(f"{value!r} must be a number of bars per second, 0 for no waiting", param, ctx)
        return speed


_OPTIONS: Final = (
    click.option(
        "--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="0 takes any free one."
    ),
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option(
        "--feed",
        type=click.Choice(FEEDS),
        help="Where bars come from: stored ones, a provider, or made up.  [default: replay]",
    ),
    click.option("--provider", help="Whose bars the feed poll asks for, such as alpaca."),
    click.option("--speed", type=SpeedType(), help="Bars per second of the replay, 0 for no waiting.  [default: 1]"),
    click.option(
        "--replay-from",
        type=DateType(),
        help="First session to trade; at first the stocks' first bar, later where the last run stopped.",
    ),
)


def serving_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* ``port``, ``host``, ``feed``, ``provider``, ``speed`` and ``replay_from``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def with_feed(settings: Settings, feed: str | None, provider: str | None) -> Settings:
    """Return *settings* with the feed and the provider that the command line names."""
    if feed is None and provider is not None:
        feed = "poll"
    return replace(settings, feed=feed or settings.feed, provider=provider or settings.provider)


def with_secret(settings: Settings) -> Settings:
    """Return *settings* with a secret key: outside production one is made at the first start and kept."""
    if settings.secret_key or settings.is_production:
        return settings
    path = settings.instance / SECRET_FILE
    return replace(settings, secret_key=secret_file.read_or_make(path, lambda: secrets.token_urlsafe(_SECRET_BYTES)))


def is_alone(settings: Settings) -> bool:
    """Return whether a server of *settings* is the only process of its installation: it is on SQLite."""
    from daytrader.services import database

    return database.is_sqlite(settings.database)


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """
    Take the port before anything else is done: who comes second must change nothing.

    Raises:
        UnavailableError: If it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UnavailableError(f"cannot listen on {host}:{port}: {why}. Choose another with --port") from None
    with listener:
        yield listener


def address_of(listener: socket.socket) -> str:
    """Return the address that *listener* answers at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
