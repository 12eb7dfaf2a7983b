"""The whole of DayTrader in one process: REST, sockets, pages and the engine."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from datetime import date, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import click

from daytrader.cli.beside import serving
from daytrader.cli.context import console, warn
from daytrader.cli.ending import until_told_to_stop
from daytrader.cli.listening import address_of, is_alone, listening, serving_options, with_feed, with_secret
from daytrader.config import Settings
from daytrader.utils.errors import InvalidInputError

if TYPE_CHECKING:
    from daytrader.engine.elsewhere import EngineElsewhere
    from daytrader.engine.supervisor import EngineSupervisor

# A page of another site whose name was made to point here must not read the demo's password.
_LOOPBACK_NAMES: Final = "127.0.0.1,localhost,[::1]"
_READY_SECONDS: Final = 60.0


@click.command()
@serving_options
@click.option("--demo", "is_demo", is_flag=True, help="Fill in sample prices, an account and five services.")
def run(
    port: int,
    host: str,
    *,
    is_demo: bool,
    feed: str | None,
    provider: str | None,
    speed: float | None,
    replay_from: date | None,
) -> None:
    """Start API, sockets and engine in one process; Ctrl-C stops, the next start goes on where this one was."""
    settings = _settings(is_demo=is_demo, feed=feed, provider=provider)
    if settings.demo and not _is_loopback(host):
        raise InvalidInputError({"host": ["the demo shows its password to whoever asks: loopback addresses only"]})
    with (
        listening(host, port) as listener,
        serving(settings.instance, address_of(listener), is_alone=is_alone(settings)),
        until_told_to_stop() as told_to_stop,
    ):
        _serve(settings, listener, speed, replay_from, told_to_stop)


def _settings(*, is_demo: bool, feed: str | None, provider: str | None) -> Settings:
    settings = with_feed(Settings.from_environment(), feed, provider)
    settings = with_secret(replace(settings, demo=is_demo or settings.demo))
    settings.check()
    if settings.demo and not settings.trusted_hosts:
        return replace(settings, trusted_hosts=_LOOPBACK_NAMES)
    return settings


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _serve(
    settings: Settings,
    listener: socket.socket,
    speed: float | None,
    replay_from: date | None,
    told_to_stop: threading.Event,
) -> None:
    from daytrader.cli import node
    from daytrader.cli.server import Server, hold_backtests, wait_until_ready
    from daytrader.cli.trade_lines import TradeLines

    lines = TradeLines(console())
    node.prepare(settings, replay_from)
    parts = node.build(settings, speed=speed, on_trade=lines.add, on_end=lambda last: lines.say(_farewell(last)))
    warm_up = hold_backtests(parts.app)
    server = Server(parts.app, listener)
    parts.start()
    server.start()
    try:
        if not wait_until_ready(server.address, settings, told_to_stop, _READY_SECONDS):
            warn(f"not ready yet: {parts.supervisor.status()['error'] or 'still starting'}")
        _welcome(settings, server.address, parts.supervisor)
        lines.begin()
        warm_up()
        told_to_stop.wait()
    finally:
        console().print("Stopping ...")
        if not parts.stop():
            warn("the bar in hand was not finished: it will be taken again at the next start")
        server.stop()
        parts.close()


def _welcome(settings: Settings, address: str, supervisor: EngineSupervisor | EngineElsewhere) -> None:
    """Say where it is, who may come in and what happens."""
    from daytrader import __version__
    from daytrader.services import demo

    console().print(f"DayTrader {__version__} answers at [link={address}]{address}[/link]", style="bold")
    if settings.demo:
        account = demo.credentials(settings.instance)
        console().print(f"Account {account.username}, password {account.password}", markup=False)
    status = supervisor.status()
    if supervisor.is_paused:
        warn("all trading is paused: `daytrader engine resume` ends that")
    if settings.feed != "replay":
        services = status["services"] or "No"
        console().print(f"{services} services trade the bars of {status['provider']} as they happen. Ctrl-C stops.")
        return
    if not status["services"]:
        console().print("No service is active: the stored prices are replayed for those that will be.")
        return
    position, speed = status["position"], status["speed"]
    where = "the first stored bar" if position is None else f"{position:%Y-%m-%d}"
    hurries = settings.demo and (position is None or position < demo.HURRIES_TO)
    if hurries:
        where += f", hurrying to {demo.HURRIES_TO:%Y-%m-%d}"
    console().print(
        f"{status['services']} services trade the stored prices, from {where}{', then ' if hurries else ', '}"
        f"{_pace(speed)}. Ctrl-C stops; the next start goes on from there."
    )


def _pace(speed: float) -> str:
    if speed == 0:
        return "without waiting"
    return f"{speed:g} bars a second" if speed >= 1 else f"a bar every {1 / speed:.0f} seconds"


def _farewell(last: datetime) -> str:
    return (
        f"The stored prices end here, on {last:%Y-%m-%d}: services keep what they hold and trade on when newer prices "
        "come.\n`daytrader audit` proves their books; another folder (DAYTRADER_INSTANCE=another) begins anew."
    )
