"""The switch of all trading, also beside a running server: its engine looks at it before every bar."""

from __future__ import annotations

import click

from daytrader.cli.context import console, open_database


@click.group()
def engine() -> None:
    """Pause and resume all trading; a running server follows before its next bar, and a restart keeps it."""


@engine.command()
def pause() -> None:
    """Pause all trading: no service trades until `resume`, stops included."""
    _turn(is_paused=True)


@engine.command()
def resume() -> None:
    """Let trading go on where it was paused."""
    _turn(is_paused=False)


@engine.command()
def status() -> None:
    """Show whether trading is paused, and where the replay stands."""
    from daytrader.services import engine_control, price_service
    from daytrader.services.session_manager import SessionManager

    open_database()
    with SessionManager(read_only=True) as session:
        is_paused = engine_control.is_paused(session)
        position = price_service.market_time(session)
    console().print(f"All trading is {'paused' if is_paused else 'on'}")
    console().print(f"Market time: {'not begun' if position is None else f'{position:%Y-%m-%d %H:%M} UTC'}")


def _turn(*, is_paused: bool) -> None:
    from daytrader.services import audit_service, engine_control
    from daytrader.services.session_manager import SessionManager

    word = "pause" if is_paused else "resume"
    # No `writes`: what must work beside a running server is a row that its engine reads anyway.
    open_database()
    with SessionManager() as session:
        engine_control.turn(session, is_paused=is_paused)
        audit_service.record(session, audit_service.CONSOLE, f"engine.{word}", "/system/engine")
    console().print(f"All trading is {'paused' if is_paused else 'on again'}")
