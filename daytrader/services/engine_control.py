"""The switch that pauses all trading: stored, so that a restart keeps it, and that any process may turn it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.models import EngineControl

_ENGINE: Final = "engine"
_IS_PAUSED: Final = select(EngineControl.is_paused).where(EngineControl.name == _ENGINE)


def is_paused(session: Session) -> bool:
    """Return whether all trading is paused."""
    return bool(session.scalar(_IS_PAUSED))


def turn(session: Session, *, is_paused: bool) -> None:
    """Pause all trading, or let it go on."""
    control = session.scalar(select(EngineControl).where(EngineControl.name == _ENGINE).with_for_update())
    if control is None:
        session.add(EngineControl(name=_ENGINE, is_paused=is_paused))
    else:
        control.is_paused = is_paused
