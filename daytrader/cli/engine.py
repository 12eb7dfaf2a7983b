"""The engine: the switch of all trading, and an engine in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

import click

from daytrader.cli.context import console, open_database, open_installation, use_own_strategies, warn
from daytrader.config import Settings
from daytrader.utils.errors import ConfigurationError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")

_LOOK_SECONDS: Final = 0.2


@click.group()
def engine() -> None:
    """Pause, stop and resume all trading, beside a running server too; on PostgreSQL, run an engine of its own."""


@engine.command()
@click.option("--speed", type=click.FloatRange(min=0), help="Bars a second instead of what is stored; 0: all at once.")
def run(*, speed: float | None) -> None:
    """
    Run an engine in this process (PostgreSQL only); SIGTERM stops it after the bar in hand.

    Where another engine trades already, one of `daytrader serve` included, this one stands by, and takes over within
    half a minute of its end.
    """
    from daytrader.cli.ending import until_told_to_stop
    from daytrader.cli.node import heard_elsewhere
    from daytrader.cli.trade_lines import log_trade
    from daytrader.engine.feed_choice import make_feed
    from daytrader.engine.order_pump import opener
    from daytrader.engine.supervisor import EngineSupervisor
    from daytrader.services import database
    from daytrader.utils import garbage, logs

    settings = Settings.from_environment()
    if database.is_sqlite(settings.database):
        raise ConfigurationError("on SQLite the engine is part of `daytrader serve`; one of its own needs PostgreSQL")
    logs.configure(settings.log_level, is_json=settings.is_production)
    open_installation(settings)
    use_own_strategies(settings)
    supervisor = EngineSupervisor(
        database_is_sqlite=False,
        instance_path=settings.instance,
        speed=speed,
        feed=make_feed(settings),
        open_account=opener(settings),
        on_trade=log_trade,
    )
    with until_told_to_stop() as told_to_stop, heard_elsewhere(settings):
        garbage.collect_as_usual()
        supervisor.start()
        shown = None
        while not told_to_stop.wait(_LOOK_SECONDS):
            state = supervisor.state
            if state is not shown:
                console().print(f"The engine is {state.value}")
                shown = state
        if not supervisor.stop():
            warn("the bar in hand was not finished: it will be taken again by whoever trades next")


@engine.command()
def pause() -> None:
    """Pause all trading: no service trades until `resume`, stops included."""
    _turn(is_paused=True)


@engine.command()
def resume() -> None:
    """Let trading go on where it was paused."""
    _turn(is_paused=False)


@engine.command()
@click.option("--user", "username", help="One user's services alone; all without.")
@click.option("--reason", help="Why, for people.")
def kill(*, username: str | None, reason: str | None) -> None:
    """Stop all that adds exposure now: nothing buys until `release`; stops stay in force."""
    from daytrader.services import exposure_limits

    _switch("kill", username, lambda session, user_id: exposure_limits.kill(session, user_id, reason))
    console().print("The kill switch is on: nothing buys, stops stay in force")


@engine.command()
@click.option("--user", "username", help="One user's services alone; all without.")
def release(*, username: str | None) -> None:
    """Turn the kill switch off: services buy again."""
    from daytrader.services import exposure_limits

    _switch("release", username, exposure_limits.release)
    console().print("The kill switch is off")


@engine.command()
@click.option("--user", "username", help="One user's positions alone; everybody's without.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def flatten(*, username: str | None, is_sure: bool) -> None:
    """
    Sell everything: services are paused, entries cancelled, every position is sold at the next open.

    Which the engine takes: one that is paused sells after `resume`. Run again it sells nothing twice.
    """
    from daytrader.services import emergency

    if not is_sure:
        whose = "every position of every user" if username is None else f"every position of {username}"
        click.confirm(f"Sell {whose} at the next open? This cannot be taken back.", abort=True, err=True)
    done = _switch(
        "flatten", username, lambda session, user_id: emergency.flatten(session, user_id, by=emergency.ADMIN)
    )
    console().print(
        f"Services paused: {done.paused}, entries cancelled: {done.cancelled}, "
        f"positions sold at the next open: {done.selling}"
    )


@engine.command()
def status() -> None:
    """Show whether trading is paused, and where the replay stands."""
    from daytrader.services import engine_control, exposure_limits, price_service
    from daytrader.services.session_manager import SessionManager

    open_database()
    with SessionManager(read_only=True) as session:
        is_paused = engine_control.is_paused(session)
        position = price_service.market_time(session)
        is_killed = exposure_limits.read(session, None).is_killed
    console().print(f"All trading is {'paused' if is_paused else 'on'}")
    if is_killed:
        console().print("The kill switch is on: nothing buys")
    console().print(f"Market time: {'not begun' if position is None else f'{position:%Y-%m-%d %H:%M} UTC'}")


def _switch(word: str, username: str | None, act: Callable[[Session, int | None], T]) -> T:
    from daytrader.services import audit_service, user_service
    from daytrader.services.session_manager import in_unit

    def turn(session: Session) -> T:
        user = None if username is None else user_service.by_username(session, username)
        if username is not None and user is None:
            raise NotFoundError("user")
        done = act(session, None if user is None else user.id)
        audit_service.record(session, audit_service.CONSOLE, f"engine.{word}", "/system/engine")
        return done

    # No `writes`, as below: whoever trades reads switch and orders before each bar.
    open_database()
    return in_unit(turn)


def _turn(*, is_paused: bool) -> None:
    from daytrader.services import audit_service, engine_control
    from daytrader.services.session_manager import in_unit

    word = "pause" if is_paused else "resume"

    def turn(session: Session) -> None:
        engine_control.turn(session, is_paused=is_paused)
        audit_service.record(session, audit_service.CONSOLE, f"engine.{word}", "/system/engine")

    # No `writes`: what must work beside a running server is a row that its engine reads anyway.
    open_database()
    in_unit(turn)
    console().print(f"All trading is {'paused' if is_paused else 'on again'}")
