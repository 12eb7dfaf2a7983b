"""The whole of DayTrader in one process: REST, sockets, pages and the engine."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import click

from daytrader.cli.context import console, warn
from daytrader.config import Settings
from daytrader.utils import secret_file
from daytrader.utils.errors import InvalidInputError, UnavailableError

if TYPE_CHECKING:
    from daytrader.engine.supervisor import EngineSupervisor

SECRET_FILE: Final = "secret-key"
_SECRET_BYTES: Final = 48
# A page of another site whose name was made to point here must not read the demo's password.
_LOOPBACK_NAMES: Final = "127.0.0.1,localhost,[::1]"
_READY_SECONDS: Final = 60.0
# Ten seconds are promised; on a first start the bar in hand may wait for the compiler, and is taken again instead.
_STOP_SECONDS: Final = 5.0
_JOBS_STOP_SECONDS: Final = 2.0  # a job that is stopped begins anew at the next start


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--demo", "is_demo", is_flag=True, help="Fill in sample prices, an account and five services.")
@click.option("--speed", type=click.FloatRange(min=0), help="Bars per second of the replay, 0 for no waiting.")
def run(port: int, host: str, *, is_demo: bool, speed: float | None) -> None:
    """Start API, sockets and engine in one process; Ctrl-C stops, the next start goes on where this one was."""
    settings = _settings(is_demo=is_demo)
    if settings.demo and not _is_loopback(host):
        raise InvalidInputError({"host": ["the demo shows its password to whoever asks: loopback addresses only"]})
    with _listening(host, port) as listener, _until_told_to_stop() as told_to_stop:
        _start(settings, listener, speed, told_to_stop)


def _settings(*, is_demo: bool) -> Settings:
    settings = Settings.from_environment()
    settings = replace(settings, demo=is_demo or settings.demo)
    if not settings.secret_key and not settings.is_production:
        path = settings.instance / SECRET_FILE
        secret = secret_file.read_or_make(path, lambda: secrets.token_urlsafe(_SECRET_BYTES))
        settings = replace(settings, secret_key=secret)
    settings.check()
    if settings.demo and not settings.trusted_hosts:
        return replace(settings, trusted_hosts=_LOOPBACK_NAMES)
    return settings


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Take the port before anything else is done: who comes second must change nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UnavailableError(f"cannot listen on {host}:{port}: {why}. Choose another with --port") from None
    with listener:
        yield listener


@contextmanager
def _until_told_to_stop() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C and SIGTERM set; a second Ctrl-C ends the process at once."""
    told = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        if told.is_set():
            signal.default_int_handler(signal.SIGINT, None)
        told.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(settings: Settings, listener: socket.socket, speed: float | None, told_to_stop: threading.Event) -> None:
    from daytrader.app import create_app
    from daytrader.cli.server import Server, wait_until_ready, warm_up
    from daytrader.cli.trade_lines import TradeLines
    from daytrader.engine.supervisor import EngineSupervisor
    from daytrader.services import database, demo
    from daytrader.utils import logs

    logs.configure(settings.log_level)
    database_engine = database.connect(settings.database)
    database.upgrade(database_engine)
    lines = TradeLines(console())
    supervisor = EngineSupervisor(
        database_is_sqlite=database.is_sqlite(settings.database),
        instance_path=settings.instance,
        speed=_fill_in(settings, speed),
        hurries_to=demo.HURRIES_TO if settings.demo else None,
        on_trade=lines.add,
    )
    app = create_app(settings)
    app.extensions["engine"] = supervisor
    server = Server(app, listener)
    supervisor.start()
    app.extensions["jobs"].start()
    server.start()
    try:
        if not wait_until_ready(server.address, settings, told_to_stop, _READY_SECONDS):
            warn(f"not ready yet: {supervisor.status()['error'] or 'still starting'}")
        _welcome(settings, server.address, supervisor)
        lines.begin()
        warm_up()
        told_to_stop.wait()
    finally:
        console().print("Stopping ...")
        if not supervisor.stop(_STOP_SECONDS):
            warn("the bar in hand was not finished: it will be taken again at the next start")
        app.extensions["jobs"].stop(_JOBS_STOP_SECONDS)
        server.stop()
        database_engine.dispose()


def _fill_in(settings: Settings, speed: float | None) -> float:
    """Make what the demo needs; return the replay's speed: as told, else its own."""
    from daytrader.services import demo
    from daytrader.services.session_manager import SessionManager

    if settings.demo:
        with SessionManager() as session:
            demo.fill(session, demo.credentials(settings.instance))
    if speed is not None:
        return speed
    with SessionManager(read_only=True) as session:
        return demo.replay_speed(session)


def _welcome(settings: Settings, address: str, supervisor: EngineSupervisor) -> None:
    """Say where it is, who may come in and what happens."""
    from daytrader import __version__
    from daytrader.services import demo

    console().print(f"DayTrader {__version__} answers at [link={address}]{address}[/link]", style="bold")
    if settings.demo:
        account = demo.credentials(settings.instance)
        console().print(f"Account {account.username}, password {account.password}", markup=False)
    status = supervisor.status()
    if status["position"] is None:
        console().print("No replay is set up: the services wait for prices.")
    else:
        console().print(
            f"{status['services']} services trade a replay, now at {status['position']:%Y-%m-%d}, "
            f"{status['speed']:g} bars a second. Ctrl-C stops; the next start goes on from there."
        )
